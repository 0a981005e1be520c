//! Which file systems cannot keep a store: those where flock does not keep two machines apart.
//!
//! FUSE is any of them behind one number: there the kind of the mount decides, and one that is not known is refused.

use std::path::Path;

use crate::error::StoreError;

/// Magic number of statfs, name, and what is wrong with its locks. From the kernel's `magic.h` and its file systems'
/// own headers.
const NETWORK: [(u64, &str, &str); 14] = [
    (0x6969, "NFS", "locks depend on the server and are lost when it is away"),
    (0x517b, "SMB", "locks do not hold between machines"),
    (0xff53_4d42, "CIFS", "locks do not hold between machines"),
    (0xfe53_4d42, "SMB", "locks do not hold between machines"),
    (0x0102_1997, "9P", "locks end at the border of this machine"),
    (0x5346_414f, "AFS", "locks do not hold between machines"),
    (0x6b41_4653, "AFS", "locks do not hold between machines"),
    (0x7375_7245, "Coda", "files are replicated without locks"),
    (0x564c, "NCP", "locks do not hold between machines"),
    (0x00c3_6400, "Ceph", "locks depend on the server and are lost when it is away"),
    (0x0bd0_0bd0, "Lustre", "locks hold between machines only if all mount it so"),
    (0x4750_4653, "GPFS", "locks do not hold between machines"),
    (0x7461_636f, "OCFS2", "locks do not hold between machines"),
    (0x786f_4256, "a shared folder of VirtualBox", "locks end at the border of this machine"),
];

const FUSE: u64 = 0x6573_5546;

/// Kinds of FUSE that keep their files on this machine.
const LOCAL_FUSE: [&str; 11] = [
    "fuseblk",
    "fuse.bindfs",
    "fuse.cryfs",
    "fuse.encfs",
    "fuse.exfat",
    "fuse.fuse-overlayfs",
    "fuse.gocryptfs",
    "fuse.mergerfs",
    "fuse.ntfs-3g",
    "fuse.securefs",
    "fuse.zfs",
];

/// Refuses a directory on a network file system.
pub(crate) fn check(directory: &Path) -> Result<(), StoreError> {
    let found = match rustix::fs::statfs(directory) {
        Ok(found) => found,
        Err(error) => return Err(StoreError::io("look at", directory, error.into())),
    };
    let magic = found.f_type as u64;
    match magic & 0xffff_ffff {
        FUSE => check_fuse(directory),
        _ => refuse(directory, magic),
    }
}

fn check_fuse(directory: &Path) -> Result<(), StoreError> {
    let device =
        rustix::fs::stat(directory).map_err(|error| StoreError::io("look at", directory, error.into()))?.st_dev;
    let device = format!("{}:{}", rustix::fs::major(device), rustix::fs::minor(device));
    let mounts = std::fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    match kind(&mounts, &device) {
        Some(kind) if LOCAL_FUSE.contains(&kind) => Ok(()),
        _ => Err(StoreError::NetworkFilesystem {
            path: directory.to_owned(),
            filesystem: "FUSE",
            reason: "locks may not hold between machines",
        }),
    }
}

/// The type of the file system that is mounted from a device, as proc(5) describes its lines.
fn kind<'a>(mounts: &'a str, device: &str) -> Option<&'a str> {
    let line = mounts.lines().rfind(|line| line.split(' ').nth(2) == Some(device))?;
    line.split_once(" - ")?.1.split(' ').next()
}

fn refuse(directory: &Path, magic: u64) -> Result<(), StoreError> {
    // Some platforms sign-extend a 32-bit number.
    let magic = magic & 0xffff_ffff;
    match NETWORK.iter().find(|(number, ..)| *number == magic) {
        Some((_, filesystem, reason)) => {
            Err(StoreError::NetworkFilesystem { path: directory.to_owned(), filesystem, reason })
        }
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_file_system_is_refused_by_name_and_reason() {
        for (magic, name, reason) in NETWORK {
            let refusal = refuse(Path::new("/mnt/share"), magic).unwrap_err().to_string();
            assert!(refusal.contains(name) && refusal.contains(reason) && refusal.contains("/mnt/share"), "{refusal}");
        }
        assert!(refuse(Path::new("/"), 0xffff_ffff_ff53_4d42).is_err(), "sign-extended");
    }

    #[test]
    fn a_fuse_is_taken_only_if_it_is_known_to_be_local() {
        let mounts = "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n\
                      40 22 0:35 / /mnt/a rw,nosuid shared:3 master:1 - fuse.sshfs me@far:/ rw,user_id=0\n\
                      41 22 0:36 / /mnt/b rw - fuse.gocryptfs /plain rw\n";
        assert_eq!(kind(mounts, "8:1"), Some("ext4"));
        assert_eq!(kind(mounts, "0:35"), Some("fuse.sshfs"));
        assert_eq!(kind(mounts, "0:36"), Some("fuse.gocryptfs"));
        assert_eq!(kind(mounts, "0:3"), None);
        let local = |device| kind(mounts, device).is_some_and(|kind| LOCAL_FUSE.contains(&kind));
        assert!(local("0:36") && !local("0:35"));
        // Of a file system that is no FUSE there is no kind to take.
        assert!(check_fuse(&std::env::temp_dir()).is_err());
    }

    #[test]
    fn local_file_systems_are_taken() {
        for magic in [0xef53, 0x0102_1994, 0x5846_5342, 0x9123_683e, 0x794c_7630] {
            assert!(refuse(Path::new("/"), magic).is_ok());
        }
        assert!(check(&std::env::temp_dir()).is_ok());
    }
}
