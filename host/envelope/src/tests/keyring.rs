//! The keyring: what it keeps, and what it refuses.

use crate::audit::AuditHead;
use crate::id::StoreId;
use crate::key::{Key, Keys};
use crate::keyring::change::{Keyring, Pending, Side, Touched, WorkspaceEntry};
use crate::keyring::header::{KEYRING_HEADER, MAX_KEYRING, Refusal};
use crate::keyring::slot::Slot;

const STORE: StoreId = StoreId::from_bytes([7; 16]);

fn entry(id: u8, epoch: u64) -> WorkspaceEntry {
    WorkspaceEntry { id: [id; 16], label: vec![id; 40], epoch, key: vec![id ^ 0x55; 113] }
}

fn keyring(master: &Key) -> (Keyring, Keys) {
    let (mut keyring, keys) = Keyring::new(STORE, master, "file");
    (keyring.generation, keyring.audit) = (12, AuditHead { count: 12, head: [3; 32] });
    keyring.workspaces = [([1; 16], entry(1, 4)), ([2; 16], entry(2, 9))].into();
    (keyring, keys)
}

fn pending() -> Pending {
    Pending {
        audit: AuditHead { count: 13, head: [4; 32] },
        touched: vec![
            Touched { old: Some(entry(3, 6)), new: Some(entry(3, 7)) },
            Touched { old: None, new: Some(entry(4, 1)) },
            Touched { old: Some(entry(5, 2)), new: None },
        ],
    }
}

fn refusal(bytes: &[u8], master: &Key) -> Refusal {
    Keyring::open(bytes, master).err().expect("it was taken")
}

#[test]
fn a_keyring_comes_back_as_it_was_written() {
    let master = Key::random();
    let (mut keyring, keys) = keyring(&master);
    for pending in [None, Some(pending())] {
        keyring.pending = pending;
        let (read, opened) = Keyring::open(&keyring.encode(&keys), &master).unwrap();
        assert_eq!(read, keyring);
        assert_eq!(opened.key.expose(), keys.key.expose());
        assert_eq!(opened.audit.key.expose(), keys.audit.key.expose());
    }
}

#[test]
fn a_pending_change_settles_to_either_side() {
    let master = Key::random();
    let (mut before, _) = keyring(&master);
    before.pending = Some(pending());
    let (mut old, mut new) = (before.clone(), before);
    old.settle(Side::Old);
    new.settle(Side::New);
    let epochs = |keyring: &Keyring| -> Vec<(u8, u64)> {
        keyring.workspaces.values().map(|entry| (entry.id[0], entry.epoch)).collect()
    };
    assert_eq!(epochs(&old), [(1, 4), (2, 9), (3, 6), (5, 2)]);
    assert_eq!((old.generation, old.audit.count, old.pending.is_none()), (12, 12, true));
    assert_eq!(epochs(&new), [(1, 4), (2, 9), (3, 7), (4, 1)]);
    assert_eq!((new.generation, new.audit.count, new.pending.is_none()), (13, 13, true));
}

#[test]
fn every_flipped_bit_of_a_keyring_is_refused() {
    let master = Key::random();
    let (mut keyring, keys) = keyring(&master);
    for pending in [None, Some(pending())] {
        keyring.pending = pending;
        let bytes = keyring.encode(&keys);
        for bit in 0..bytes.len() * 8 {
            let mut altered = bytes.clone();
            altered[bit / 8] ^= 1 << (bit % 8);
            match refusal(&altered, &master) {
                Refusal::Damaged(_) => {}
                // The number of the format, before anything else is looked at.
                Refusal::TooNew { .. } => assert!((16..20).contains(&(bit / 8))),
                Refusal::WrongKey(_) => panic!("bit {bit}: damage taken for a wrong key"),
            }
        }
    }
}

#[test]
fn a_keyring_cut_short_or_made_longer_is_refused() {
    let master = Key::random();
    let (keyring, keys) = keyring(&master);
    let bytes = keyring.encode(&keys);
    for length in 0..bytes.len() {
        assert!(matches!(refusal(&bytes[..length], &master), Refusal::Damaged(_)), "{length} bytes");
    }
    assert!(matches!(refusal(&[&bytes[..], &[0]].concat(), &master), Refusal::Damaged(_)));
    assert!(matches!(refusal(&vec![0; MAX_KEYRING + 1], &master), Refusal::Damaged(_)));
    assert!(matches!(refusal(&[0; KEYRING_HEADER], &master), Refusal::Damaged(_)));
}

#[test]
fn any_of_many_slots_opens_the_store() {
    let masters: Vec<Key> = (0..5).map(|_| Key::random()).collect();
    let (mut keyring, keys) = keyring(&masters[0]);
    keyring.slots = masters.iter().map(|master| Slot::new(STORE, master, "env", &keys.key)).collect();
    let bytes = keyring.encode(&keys);
    for master in &masters {
        assert_eq!(Keyring::open(&bytes, master).unwrap().0, keyring);
    }
    let ids = masters.iter().map(Key::id).collect();
    assert_eq!(refusal(&bytes, &Key::random()), Refusal::WrongKey(ids));
}

#[test]
fn a_later_format_is_told_from_damage() {
    let master = Key::random();
    let (keyring, keys) = keyring(&master);
    let mut bytes = keyring.encode(&keys);
    bytes[16] = 2;
    assert_eq!(refusal(&bytes, &master), Refusal::TooNew { found: 2, known: 1 });
    bytes[16] = 0;
    assert!(matches!(refusal(&bytes, &master), Refusal::Damaged(_)), "no version ever wrote format 0");
}
