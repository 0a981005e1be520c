//! What earlier versions wrote: it must open for ever. The stores are those of `tests/store/golden`, whose rows the tests
//! of the store read.

use std::path::{Path, PathBuf};

use crate::key::Key;
use crate::keyring::change::Keyring;
use crate::keyring::header::{Header, KEYRING_HEADER};
use crate::segment::SegmentHead;

fn stores() -> [PathBuf; 4] {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/store/golden");
    ["store-1", "store-2", "store-3", "store-4"].map(|name| golden.join(name))
}

/// The bytes 0 to 31.
fn master() -> Key {
    Key::parse(b"um-host-key-AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8qG-Q").ok().unwrap()
}

#[test]
fn keyrings_that_were_written_once_open_and_are_written_again_byte_for_byte() {
    assert_eq!(master().id().to_string(), "k_c33615973afe73fa");
    for store in stores() {
        let bytes = std::fs::read(store.join("keyring")).unwrap();
        let (keyring, keys) = Keyring::open(&bytes, &master()).unwrap();
        let header: &[u8; KEYRING_HEADER] = bytes.first_chunk().unwrap();
        assert!(Header::is_one(header) && Header::generation(header) == keyring.generation);
        assert!(keyring.generation > 0 && keyring.pending.is_none());
        assert!(keyring.audit.count >= keyring.generation, "each change has a row or more");
        let mut names: Vec<_> =
            keyring.workspaces.values().map(|entry| keys.open_label(entry).unwrap().0.to_string()).collect();
        names.sort();
        assert!(names.contains(&"default".to_owned()), "{names:?}");
        assert!(keyring.workspaces.values().all(|entry| keys.workspace_key(entry).is_ok()));
        assert!(keyring.encode(&keys) == bytes, "{}", store.display());
    }
}

#[test]
fn records_of_reads_that_were_written_once_are_read_to_the_end() {
    for store in stores() {
        let bytes = std::fs::read(store.join("keyring")).unwrap();
        let (_, keys) = Keyring::open(&bytes, &master()).unwrap();
        for segment in std::fs::read_dir(store.join("reads")).unwrap() {
            let bytes = std::fs::read(segment.unwrap().path()).unwrap();
            let (mut records, mut end) = (0, 0);
            SegmentHead::each(&keys.audit, &bytes, |head, record| {
                assert!(!record.workspace.0.is_empty() && !record.secret.0.is_empty());
                (records, end) = (records + 1, head.length);
            });
            assert!(records > 0 && end == bytes.len() as u64, "{records} records up to {end} of {}", bytes.len());
            let read = |at: u64, out: &mut [u8]| {
                out.copy_from_slice(&bytes[at as usize..][..out.len()]);
                Ok::<_, ()>(())
            };
            let last = SegmentHead::last(&keys.audit, end, read).unwrap().unwrap();
            assert_eq!((last.records, last.length, last.is_gapless(&bytes)), (records, end, true));
        }
    }
}
