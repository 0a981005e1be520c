//! Sealed messages: AES-256-GCM-SIV (RFC 8452) under keys by HKDF-SHA256 (RFC 5869).
//!
//! - Each message has a key of its own, derived with a random 32-byte salt: no nonce can repeat under a key.
//! - Each message commits to its key (32 bytes, compared in constant time): no ciphertext opens under two keys.
//! - Each message is bound to its `SealContext`: put anywhere else, it does not open.
//! - Keys and plaintexts are wiped when they are dropped; so is the cipher (a test looks).
//!
//! Deliberately absent: any choice of algorithm, trying several keys on one message, and wiping the blocks that HMAC and
//! HKDF themselves keep on the stack: their crates do not, and the next calls write over them.

use aes_gcm_siv::aead::AeadInOut;
use aes_gcm_siv::{Aes256GcmSiv, KeyInit, Nonce, Tag};
use um_secret::apart;
use zeroize::Zeroizing;

use super::context::{FORMAT, SealContext};
use super::derive::{expand, same};
use super::id::random;
use super::key::Key;
use super::wire::Malformed;

const SALT: usize = 32;
const COMMITMENT: usize = 32;
const TAG: usize = 16;
/// How much longer than its plaintext a sealed message is, in bytes.
pub(crate) const OVERHEAD: usize = 1 + SALT + COMMITMENT + TAG;

/// Seals a message: format, salt, commitment, ciphertext, tag.
pub(crate) fn seal(key: &Key, context: &SealContext, plaintext: &[u8]) -> Vec<u8> {
    let salt: [u8; SALT] = random();
    let derived = Derived::new(key, &salt);
    let mut sealed = Vec::with_capacity(plaintext.len() + OVERHEAD);
    sealed.push(FORMAT);
    sealed.extend_from_slice(&salt);
    sealed.extend_from_slice(derived.commitment());
    let start = sealed.len();
    sealed.extend_from_slice(plaintext);
    // The key is for this message alone, so the nonce has nothing to tell apart.
    let tag = encrypt(derived.key(), &Nonce::default(), &context.associated(), &mut sealed[start..]);
    sealed.extend_from_slice(&tag);
    sealed
}

/// Opens what [`seal`] made under the same key for the same context.
pub(crate) fn open(key: &Key, context: &SealContext, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Malformed> {
    if sealed.len() < OVERHEAD || sealed[0] != FORMAT {
        return Err(Malformed);
    }
    let (salt, rest) = sealed[1..].split_at(SALT);
    let (commitment, rest) = rest.split_at(COMMITMENT);
    let (ciphertext, tag) = rest.split_at(rest.len() - TAG);
    let derived = Derived::new(key, salt);
    if !same(derived.commitment(), commitment) {
        return Err(Malformed);
    }
    let mut plaintext = Zeroizing::new(ciphertext.to_vec());
    let tag = Tag::try_from(tag).map_err(|_| Malformed)?;
    decrypt(derived.key(), &Nonce::default(), &context.associated(), &mut plaintext, &tag)?;
    Ok(plaintext)
}

/// The key of one message and its commitment.
struct Derived(Zeroizing<[u8; 64]>);

impl Derived {
    fn new(key: &Key, salt: &[u8]) -> Self {
        let mut bytes = Zeroizing::new([0; 64]);
        expand(key.expose(), Some(salt), b"um-host sealed message", bytes.as_mut());
        Self(bytes)
    }

    fn commitment(&self) -> &[u8] {
        &self.0[32..]
    }

    fn key(&self) -> &[u8] {
        &self.0[..32]
    }
}

/// Encrypts in place; gives the tag.
pub(crate) fn encrypt(key: &[u8], nonce: &Nonce, associated: &[u8], message: &mut [u8]) -> Tag {
    // The last block, which is filled up on the stack, stays there else.
    let tag = apart(|| cipher(key).encrypt_inout_detached(nonce, associated, message.into()));
    tag.expect("messages are far below 64 GiB")
}

/// Decrypts in place, or leaves the ciphertext as it was.
pub(crate) fn decrypt(
    key: &[u8],
    nonce: &Nonce,
    associated: &[u8],
    message: &mut [u8],
    tag: &Tag,
) -> Result<(), Malformed> {
    apart(|| cipher(key).decrypt_inout_detached(nonce, associated, message.into(), tag)).map_err(|_| Malformed)
}

fn cipher(key: &[u8]) -> Aes256GcmSiv {
    Aes256GcmSiv::new_from_slice(key).expect("the key has 32 bytes")
}
