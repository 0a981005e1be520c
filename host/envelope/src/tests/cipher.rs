//! The cipher: published vectors, what it is bound to, and what is left of it in memory.

use std::fs::File;
use std::hint::black_box;
use std::os::unix::fs::FileExt;

use aes_gcm_siv::{Aes256GcmSiv, KeyInit, Nonce, Tag};

use crate::context::{Kind, SealContext};
use crate::id::StoreId;
use crate::key::Key;
use crate::seal::{self, OVERHEAD};
use crate::wire::Malformed;

/// RFC 8452, appendix C.2: nonce, associated, plaintext, ciphertext and tag. The key is 01 and zeros, the nonce 03 and
/// zeros.
const VECTORS: [(&str, &str, &str); 6] = [
    ("", "", "07f5f4169bbf55a8400cd47ea6fd400f"),
    ("", "0100000000000000", "c2ef328e5c71c83b843122130f7364b761e0b97427e3df28"),
    ("", "010000000000000000000000", "9aab2aeb3faa0a34aea8e2b18ca50da9ae6559e48fd10f6e5c9ca17e"),
    (
        "",
        "0100000000000000000000000000000002000000000000000000000000000000",
        "4a6a9db4c8c6549201b9edb53006cba821ec9cf850948a7c86c68ac7539d027fe819e63abcd020b006a976397632eb5d",
    ),
    ("01", "0200000000000000", "1de22967237a813291213f267e3b452f02d01ae33e4ec854"),
    ("01", "020000000000000000000000", "163d6f9cc1b346cd453a2e4cc1a4a19ae800941ccdc57cc8413c277f"),
];

fn unhex(text: &str) -> Vec<u8> {
    text.as_bytes().chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

fn context() -> SealContext {
    SealContext {
        workspace: [2; 16],
        secret: [3; 16],
        version: 4,
        epoch: 5,
        ..SealContext::new(StoreId::from_bytes([1; 16]), Kind::Value)
    }
}

#[test]
fn the_cipher_gives_what_rfc_8452_prints() {
    let (mut key, mut nonce) = ([0; 32], Nonce::default());
    (key[0], nonce[0]) = (1, 3);
    for (associated, plaintext, expected) in VECTORS {
        let (associated, plaintext) = (unhex(associated), unhex(plaintext));
        let mut message = plaintext.clone();
        let tag = seal::encrypt(&key, &nonce, &associated, &mut message);
        assert_eq!([&message[..], &tag[..]].concat(), unhex(expected));
        assert_eq!(seal::decrypt(&key, &nonce, &associated, &mut message, &tag), Ok(()));
        assert_eq!(message, plaintext);
        let wrong = Tag::from(std::array::from_fn(|at| tag[at] ^ 0x80));
        assert_eq!(seal::decrypt(&key, &nonce, &associated, &mut message, &wrong), Err(Malformed));
    }
}

#[test]
fn a_sealed_message_opens_under_its_key_at_its_place_and_nowhere_else() {
    let (key, context) = (Key::random(), context());
    let sealed = seal::seal(&key, &context, b"plaintext");
    assert_eq!(sealed.len(), OVERHEAD + 9);
    assert_eq!(seal::open(&key, &context, &sealed).unwrap().as_slice(), b"plaintext");
    assert!(seal::open(&Key::random(), &context, &sealed).is_err());
    for other in [
        SealContext { store: StoreId::from_bytes([9; 16]), ..context },
        SealContext { kind: Kind::Index, ..context },
        SealContext { workspace: [9; 16], ..context },
        SealContext { secret: [9; 16], ..context },
        SealContext { version: 9, ..context },
        SealContext { epoch: 9, ..context },
        // The same bytes, moved from one field to the next.
        SealContext { version: 5, epoch: 4, ..context },
    ] {
        assert!(seal::open(&key, &other, &sealed).is_err(), "{other:?}");
    }
}

#[test]
fn every_bit_of_a_sealed_message_counts() {
    let (key, context) = (Key::random(), context());
    let sealed = seal::seal(&key, &context, b"plaintext");
    for bit in 0..sealed.len() * 8 {
        let mut altered = sealed.clone();
        altered[bit / 8] ^= 1 << (bit % 8);
        assert!(seal::open(&key, &context, &altered).is_err(), "bit {bit}");
    }
    for length in 0..sealed.len() {
        assert!(seal::open(&key, &context, &sealed[..length]).is_err(), "{length} bytes");
    }
    let longer = [&sealed[..], &[0]].concat();
    assert!(seal::open(&key, &context, &longer).is_err());
}

#[test]
fn no_two_sealings_of_a_message_are_alike() {
    let (key, context) = (Key::random(), context());
    let (one, other) = (seal::seal(&key, &context, b"same"), seal::seal(&key, &context, b"same"));
    assert_ne!(one[1..33], other[1..33], "the salt");
    assert_ne!(one[33..65], other[33..65], "the commitment");
    assert_ne!(one[65..], other[65..], "the ciphertext");
}

/// The bytes of memory that a value lies in, also after it has gone, without an unsafe look: by /proc.
fn memory(address: usize, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    File::open("/proc/self/mem").unwrap().read_exact_at(&mut bytes, address as u64).unwrap();
    bytes
}

fn holds(memory: &[u8], key: &[u8]) -> bool {
    // The key schedule begins with the key itself, in whatever order: look for any eight bytes of it in a row.
    key.windows(8).any(|part| memory.windows(8).any(|found| found == part))
}

#[test]
fn a_cipher_that_was_dropped_leaves_no_bytes_of_its_key() {
    let key: [u8; 32] = std::array::from_fn(|at| 0x91 ^ (at as u8).wrapping_mul(37));
    let mut cipher = black_box(Some(Aes256GcmSiv::new_from_slice(&key).unwrap()));
    let (address, length) = (&raw const cipher as usize, size_of_val(&cipher));
    assert!(holds(&memory(address, length), &key), "while it lives it is there, so the look sees something");
    cipher = None;
    assert!(!holds(&memory(address, length), &key));
    black_box(&cipher);
}

#[test]
fn a_key_that_was_dropped_leaves_no_bytes() {
    let bytes: [u8; 32] = std::array::from_fn(|at| 0x5c ^ (at as u8).wrapping_mul(59));
    let key = black_box(Key::from_slice(&bytes).unwrap());
    let address = key.expose().as_ptr() as usize;
    assert!(holds(&memory(address, bytes.len()), &bytes));
    drop(key);
    assert!(!holds(&memory(address, bytes.len()), &bytes));
}
