//! Where a key comes from, and the wrong one.

use std::io::{Seek, SeekFrom, Write};
use std::os::fd::AsRawFd;
use std::os::unix::fs::PermissionsExt;

use um_store::{KeyError, KeySource, KeySourceError, KeyTextError, NewKey, Store, StoreError};

use super::child;
use super::world::{KEY, OTHER_KEY, World, read, set, write_key};

#[test]
fn a_source_is_a_file_or_a_variable_and_never_a_key() {
    assert_eq!(KeySource::parse("file:/etc/um host/key"), Ok(KeySource::File("/etc/um host/key".into())));
    assert_eq!(KeySource::parse("file:relative"), Ok(KeySource::File("relative".into())));
    assert_eq!(KeySource::parse("file:um-host-key-backup.txt"), Ok(KeySource::File("um-host-key-backup.txt".into())));
    assert_eq!(KeySource::parse("env:UM_KEY_2"), Ok(KeySource::Env("UM_KEY_2".to_owned())));
    assert_eq!(KeySource::parse("fd:3"), Ok(KeySource::Fd(3)));
    assert_eq!(KeySource::parse("credential:um-host.key"), Ok(KeySource::Credential("um-host.key".to_owned())));
    for text in [KEY, &format!("  {KEY}"), &format!("file:{KEY}"), &format!("env:{KEY}"), &KEY[..40], "um-host-key-"] {
        let refused = KeySource::parse(text).unwrap_err();
        assert_eq!(refused, KeySourceError::LooksLikeKey, "{text}");
        assert!(!refused.to_string().contains("AAEC"), "{refused}");
    }
    for (text, expected) in [
        ("file:", KeySourceError::NoPath),
        ("env:", KeySourceError::NoVariable),
        ("env:$KEY", KeySourceError::NoVariable),
        ("env:2KEY", KeySourceError::NoVariable),
        ("fd:", KeySourceError::NoDescriptor),
        ("fd:2", KeySourceError::NoDescriptor),
        ("fd:+3", KeySourceError::NoDescriptor),
        ("fd:99999999999", KeySourceError::NoDescriptor),
        ("credential:", KeySourceError::NoCredential),
        ("credential:..", KeySourceError::NoCredential),
        ("credential:a/b", KeySourceError::NoCredential),
        ("credential:../key", KeySourceError::NoCredential),
        ("passphrase:", KeySourceError::NotBuilt { scheme: "passphrase" }),
        ("command:pass show key", KeySourceError::NotBuilt { scheme: "command" }),
    ] {
        assert_eq!(KeySource::parse(text), Err(expected), "{text}");
    }
}

#[test]
fn a_text_that_is_no_source_is_never_repeated() {
    for text in ["", "hunter2hunter2", "/etc/key", "hunter2:hunter2", "FILE:/hunter2", "AAECAwQFBgcICQoLDA0ODw=="] {
        let refused = KeySource::parse(text).unwrap_err();
        assert_eq!(refused, KeySourceError::Unknown, "{text}");
        assert!(text.is_empty() || !refused.to_string().contains(text), "{refused}");
        assert!(!refused.to_string().contains("hunter2"), "{refused}");
    }
}

#[test]
fn the_wrong_key_is_named_with_the_right_one() {
    let world = World::new();
    let right = world.open().key_id();
    write_key(&world.key_file(), OTHER_KEY);
    let error = Store::open(&world.data(), Some(world.key())).unwrap_err();
    let StoreError::WrongKey { store, given } = &error else { panic!("{error}") };
    assert_eq!(store, &[right]);
    assert_ne!(*given, right);
    let message = error.to_string();
    assert!(message.contains(&right.to_string()) && message.contains(&given.to_string()), "{message}");
    let before = world.bytes();
    assert!(Store::open(&world.data(), Some(world.key())).is_err());
    assert_eq!(world.bytes(), before, "a wrong key changes nothing");
}

#[test]
fn a_key_that_is_missing_or_altered_is_told_apart_from_a_wrong_one() {
    let world = World::new();
    let refusal = |world: &World| Store::open(&world.data(), Some(world.key())).unwrap_err();
    std::fs::remove_file(world.key_file()).unwrap();
    assert!(matches!(refusal(&world), StoreError::Key(KeyError::FileMissing { .. })));
    for (text, reason) in [
        (&KEY[..KEY.len() - 1], KeyTextError::Length { length: 58 }),
        (&KEY.replace("AAEC", "AAED"), KeyTextError::Checksum),
        ("", KeyTextError::Empty),
    ] {
        write_key(&world.key_file(), text);
        let error = refusal(&world);
        assert!(matches!(&error, StoreError::Key(KeyError::Text { reason: found, .. }) if *found == reason), "{error}");
        assert!(!error.to_string().contains("AAE"), "{error}");
    }
}

#[tokio::test]
async fn a_key_in_a_variable_opens_the_store_too() {
    let world = World::new();
    set(&world.open(), "TOKEN", "some value");
    assert_eq!(read(&world.open(), "default", "TOKEN").await, "some value");
    let opened = child::run(&world, "open-by-variable", &[("UM_TEST_KEY", KEY.as_ref())]);
    assert_eq!(opened.status.code(), Some(0), "{opened:?}");
    let wrong = child::run(&world, "open-by-variable", &[("UM_TEST_KEY", OTHER_KEY.as_ref())]);
    assert!(String::from_utf8_lossy(&wrong.stderr).contains("wrong key"), "{wrong:?}");
    let unset = child::run(&world, "open-by-variable", &[]);
    assert!(String::from_utf8_lossy(&unset.stderr).contains("UM_TEST_KEY is not set"), "{unset:?}");
    let pasted = child::run(&world, "open-by-variable", &[("UM_TEST_KEY", "hunter2hunter2".as_ref())]);
    let message = String::from_utf8_lossy(&pasted.stderr).into_owned();
    assert!(message.contains("holds no key") && !message.contains("hunter2"), "{message}");
}

#[test]
fn without_a_home_the_missing_source_is_said() {
    let world = World::new();
    let error = child::run(&world, "open", &[("HOME", "relative".as_ref()), ("XDG_CONFIG_HOME", "".as_ref())]);
    assert!(String::from_utf8_lossy(&error.stderr).contains("no home directory"), "{error:?}");
}

#[test]
fn a_new_key_is_written_for_one_user_and_never_over_anything() {
    let world = World::new();
    let (path, key) = (world.directory.path().join("new"), NewKey::random());
    key.write(&path).unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), *key.text());
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(matches!(NewKey::random().write(&path), Err(KeyError::FileExists { .. })));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), *key.text(), "the first key is still there");
    let nowhere = world.directory.path().join("nowhere/key");
    assert!(matches!(NewKey::random().write(&nowhere), Err(KeyError::FileUnmade { .. })));
    assert!(!nowhere.parent().unwrap().exists());
    let opens = |path: &std::path::Path| {
        let data = world.directory.path().join("other");
        Store::init(&crate::support::who::me(), &data, Some(KeySource::File(path.to_owned()))).unwrap();
        Store::open(&data, Some(KeySource::File(path.to_owned()))).unwrap().key_id()
    };
    assert_eq!(opens(&path), key.id());
}

#[test]
fn a_key_comes_through_a_descriptor_that_is_open() {
    let world = World::new();
    let number = |file: &dyn AsRawFd| KeySource::Fd(u32::try_from(file.as_raw_fd()).unwrap());
    // Where it stands in the file is not looked at.
    let mut file = std::fs::File::open(world.key_file()).unwrap();
    file.seek(SeekFrom::End(0)).unwrap();
    assert!(Store::open(&world.data(), Some(number(&file))).is_ok());
    let (reader, mut writer) = std::io::pipe().unwrap();
    writer.write_all(KEY.as_bytes()).unwrap();
    drop(writer);
    assert!(Store::open(&world.data(), Some(number(&reader))).is_ok());
    // A pipe gives a key once.
    let again = Store::open(&world.data(), Some(number(&reader)));
    assert!(matches!(again, Err(StoreError::Key(KeyError::Text { reason: KeyTextError::Empty, .. }))), "{again:?}");
    let (socket, _other) = std::os::unix::net::UnixStream::pair().unwrap();
    let directory = std::fs::File::open(world.directory.path()).unwrap();
    let null = std::fs::File::open("/dev/null").unwrap();
    for source in [number(&socket), number(&directory), number(&null)] {
        let refused = Store::open(&world.data(), Some(source));
        assert!(matches!(refused, Err(StoreError::Key(KeyError::DescriptorKind { .. }))), "{refused:?}");
    }
    let closed = Store::open(&world.data(), Some(KeySource::Fd(9999)));
    assert!(matches!(closed, Err(StoreError::Key(KeyError::DescriptorMissing { number: 9999 }))), "{closed:?}");
}
