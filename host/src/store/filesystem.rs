//! Which file systems cannot keep a store: those where flock does not keep two machines apart.

use std::path::Path;

use super::error::StoreError;

/// Magic number of statfs, name, and what is wrong with its locks. From the kernel's `magic.h` and its file systems'
/// own headers.
const NETWORK: [(u64, &str, &str); 10] = [
    (0x6969, "NFS", "locks depend on the server and are lost when it is away"),
    (0x517b, "SMB", "locks do not hold between machines"),
    (0xff53_4d42, "CIFS", "locks do not hold between machines"),
    (0xfe53_4d42, "SMB", "locks do not hold between machines"),
    (0x0102_1997, "9P", "locks end at the border of this machine"),
    (0x5346_414f, "AFS", "locks do not hold between machines"),
    (0x6b41_4653, "AFS", "locks do not hold between machines"),
    (0x7375_7245, "Coda", "files are replicated without locks"),
    (0x564c, "NCP", "locks do not hold between machines"),
    (0x786f_4256, "a shared folder of VirtualBox", "locks end at the border of this machine"),
];

/// Refuses a directory on a network file system.
pub(super) fn check(directory: &Path) -> Result<(), StoreError> {
    let found = match rustix::fs::statfs(directory) {
        Ok(found) => found,
        Err(error) => return Err(StoreError::io("look at", directory, error.into())),
    };
    refuse(directory, found.f_type as u64)
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
    fn local_file_systems_are_taken() {
        for magic in [0xef53, 0x0102_1994, 0x5846_5342, 0x9123_683e, 0x794c_7630] {
            assert!(refuse(Path::new("/"), magic).is_ok());
        }
        assert!(check(&std::env::temp_dir()).is_ok());
    }
}
