//! Key files as orchestrators mount them: by what is known of a file, and on a real mount in a namespace of its own.

use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use super::bench::scratch;
use crate::keys::permission::{Found, Keeper, Kind};
use crate::keys::source::{KeyError, KeySource};
use um_envelope::Key;

const USER: u32 = 1000;
/// Tells this binary where it lies what it mounted.
const MOUNTED: &str = "UM_TEST_MOUNTED";

fn check(owner: u32, mode: u32, read_only: bool, keeper: Keeper) -> Result<(), KeyError> {
    Found { kind: Kind::Regular, owner, mode, read_only }.check(Path::new("key"), USER, keeper)
}

#[test]
fn a_file_that_can_be_written_is_the_users_own_and_for_nobody_else() {
    for mode in [0o600, 0o400, 0o700, 0o500] {
        assert!(check(USER, mode, false, Keeper::User).is_ok(), "{mode:o}");
        assert!(matches!(check(0, mode, false, Keeper::User), Err(KeyError::FileOwner { owner: 0, user: USER, .. })));
    }
    for mode in [0o640, 0o644, 0o604, 0o444, 0o440, 0o620, 0o602, 0o610, 0o601, 0o777] {
        let refused = check(USER, mode, false, Keeper::User);
        assert!(matches!(refused, Err(KeyError::FileMode { mode: found, .. }) if found == mode), "{mode:o}");
    }
}

#[test]
fn on_a_mount_that_is_read_only_any_file_will_do() {
    for mode in [0o644, 0o444, 0o440, 0o400, 0o777] {
        for owner in [0, USER, 65534] {
            assert!(check(owner, mode, true, Keeper::User).is_ok(), "{owner} {mode:o}");
        }
    }
    for kind in [Kind::Directory, Kind::Pipe, Kind::Other] {
        let found = Found { kind, owner: USER, mode: 0o600, read_only: true };
        assert!(matches!(found.check(Path::new("key"), USER, Keeper::User), Err(KeyError::FileKind { .. })));
    }
}

/// Systemd leaves the file to root and lists the user, which the mode shows as a group that may read.
#[test]
fn a_credential_is_the_users_or_roots_and_for_nobody_else() {
    for (owner, mode) in [(USER, 0o400), (0, 0o440), (0, 0o400), (USER, 0o600)] {
        assert!(check(owner, mode, false, Keeper::Systemd).is_ok(), "{owner} {mode:o}");
    }
    for (owner, mode) in [(0, 0o444), (0, 0o460), (USER, 0o644), (0, 0o404)] {
        assert!(
            matches!(check(owner, mode, false, Keeper::Systemd), Err(KeyError::FileMode { .. })),
            "{owner} {mode:o}"
        );
    }
    assert!(matches!(check(1001, 0o400, false, Keeper::Systemd), Err(KeyError::FileOwner { .. })));
}

/// As Kubernetes mounts a secret: `key` leads to `..data/key`, and `..data` to the directory that holds it.
const MOUNT: &str = r#"
set -e
mount -t tmpfs tmpfs "$1"
cd "$1"
mkdir ..2026_11_30 other
cp "$2" ..2026_11_30/key
cp "$2" open
cp "$2" other/key
chmod 444 ..2026_11_30/key other/key
chmod 644 open
ln -s ..2026_11_30 ..data
ln -s ..data/key key
ln -s "$2" out
cp "$2" ../open
ln -s ../open up
ln -s nowhere dangling
mkdir writable
mount -t tmpfs tmpfs writable
cp "$2" writable/key
chmod 600 writable/key
ln -s writable/key into-writable
mount -o remount,ro,bind "$1"
exec "$3" --exact tests::mounted::inside_the_namespace --nocapture
"#;

#[test]
fn a_key_is_read_from_a_mount_that_is_read_only_also_through_links_in_it() {
    let directory = scratch();
    let (mount, key) = (directory.path().join("mount"), directory.path().join("key"));
    std::fs::create_dir(&mount).unwrap();
    std::fs::write(&key, &*Key::random().to_text()).unwrap();
    let binary = std::env::current_exe().unwrap();
    let mut unshare = Command::new("timeout");
    unshare.args(["60", "unshare", "--user", "--map-root-user", "--mount", "sh", "-c", MOUNT, "sh"]);
    let output = unshare.args([&mount, &key, &binary]).env(MOUNTED, &mount).output().expect("unshare is installed");
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && said.contains("looked at the mount"),
        "no namespace of users and mounts: {said}"
    );
}

/// Of no use by itself: the test above starts it where the mount is.
#[test]
fn inside_the_namespace() {
    let Some(mount) = std::env::var_os(MOUNTED) else { return };
    let mount = Path::new(&mount);
    let read = |name: &str| KeySource::File(mount.join(name)).read();
    for name in ["key", "..data/key", "..2026_11_30/key", "open", "other/key", "writable/key"] {
        assert!(read(name).is_ok(), "{name}: {:?}", read(name).err());
    }
    for name in ["out", "up", "into-writable"] {
        assert!(matches!(read(name), Err(KeyError::FileLinkedOut { .. })), "{name}: {:?}", read(name).err());
    }
    assert!(matches!(read("dangling"), Err(KeyError::FileMissing { .. })));
    assert!(matches!(read("other"), Err(KeyError::FileKind { what: "a directory", .. })));
    // What can be written is held to the stricter rule, though it lies below.
    symlink(mount.join("writable/key"), mount.join("writable/link")).unwrap();
    assert!(matches!(read("writable/link"), Err(KeyError::FileKind { what: "a symbolic link", .. })));
    let open = mount.join("writable/open");
    std::fs::copy(mount.join("open"), &open).unwrap();
    assert!(matches!(read("writable/open"), Err(KeyError::FileMode { mode: 0o644, .. })));
    std::io::Write::write_all(&mut std::io::stderr(), b"looked at the mount\n").unwrap();
}
