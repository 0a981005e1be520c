//! The files that keys are kept in.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::bench::scratch;
use crate::keys::file::{NewKeyFile, default_key_file};
use crate::keys::source::{KeyError, KeySource};
use um_envelope::{Key, KeyTextError, StoreId};

fn write(path: &Path, text: &str, mode: u32) {
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

fn read(path: &Path) -> Result<Key, KeyError> {
    KeySource::File(path.to_owned()).read()
}

#[test]
fn a_key_file_must_be_regular_ours_and_private() {
    let directory = scratch();
    let (path, text) = (directory.path().join("key"), Key::random().to_text());
    assert!(matches!(read(&path), Err(KeyError::FileMissing { .. })));
    for mode in [0o600, 0o400, 0o700] {
        write(&path, &text, mode);
        assert!(read(&path).is_ok(), "{mode:o}");
    }
    for mode in [0o640, 0o604, 0o644, 0o610, 0o601] {
        write(&path, &text, mode);
        assert!(matches!(read(&path), Err(KeyError::FileMode { mode: found, .. }) if found == mode), "{mode:o}");
    }
    write(&path, &text, 0o600);
    let link = directory.path().join("link");
    std::os::unix::fs::symlink(&path, &link).unwrap();
    assert!(matches!(read(&link), Err(KeyError::FileKind { what: "a symbolic link", .. })));
    assert!(matches!(read(directory.path()), Err(KeyError::FileKind { what: "a directory", .. })));
    assert!(matches!(read(Path::new("/dev/null")), Err(KeyError::FileKind { what: "no regular file", .. })));
}

#[test]
fn a_fifo_in_the_place_of_a_key_does_not_hang() {
    let directory = scratch();
    let path = directory.path().join("fifo");
    rustix::fs::mkfifoat(rustix::fs::CWD, &path, rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR).unwrap();
    assert!(matches!(read(&path), Err(KeyError::FileKind { what: "no regular file", .. })));
}

#[test]
fn a_key_file_of_another_user_is_refused() {
    let directory = scratch();
    let path = directory.path().join("key");
    write(&path, &Key::random().to_text(), 0o600);
    // Only root can give a file away; for others the check stands in the test above as long as it is theirs.
    if rustix::process::geteuid().is_root() {
        std::os::unix::fs::chown(&path, Some(12345), None).unwrap();
        assert!(matches!(read(&path), Err(KeyError::FileOwner { owner: 12345, user: 0, .. })));
    }
}

#[test]
fn what_a_key_file_holds_is_told_by_reason_and_never_repeated() {
    let directory = scratch();
    let path = directory.path().join("key");
    for (text, reason) in [
        ("", KeyTextError::Empty),
        ("hunter2hunter2", KeyTextError::Prefix),
        ("um-host-key-tooshort", KeyTextError::Length { length: 20 }),
    ] {
        write(&path, text, 0o600);
        let error = read(&path).err().unwrap();
        assert!(matches!(&error, KeyError::Text { reason: found, .. } if *found == reason), "{error}");
        assert!(text.is_empty() || !error.to_string().contains(text), "{error}");
    }
    write(&path, &"k".repeat(1 << 20), 0o600);
    assert!(matches!(read(&path), Err(KeyError::Text { reason: KeyTextError::Prefix, .. })));
}

#[test]
fn a_new_key_file_is_private_never_over_another_and_goes_unless_it_is_kept() {
    let config = scratch();
    let path = default_key_file(config.path(), StoreId::from_bytes([0xab; 16]));
    assert!(path.ends_with(format!("um-host/keys/{}", "ab".repeat(16))));
    drop(NewKeyFile::create(&path, &Key::random(), |_| {}).ok().unwrap());
    assert!(!path.exists());
    let key = Key::random();
    let kept = NewKeyFile::create(&path, &key, |_| {}).ok().unwrap().keep();
    assert_eq!(read(&kept).ok().unwrap().to_text(), key.to_text());
    assert_eq!(std::fs::metadata(&kept).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(std::fs::metadata(kept.parent().unwrap()).unwrap().permissions().mode() & 0o777, 0o700);
    assert!(NewKeyFile::create(&path, &Key::random(), |_| {}).is_err());
    assert_eq!(read(&kept).ok().unwrap().to_text(), key.to_text(), "the first key is still there");
    assert_eq!(std::fs::read_dir(kept.parent().unwrap()).unwrap().count(), 1, "no draft is left");
}
