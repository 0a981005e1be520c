//! The one place that names the cipher: AES-256-GCM-SIV (RFC 8452) under keys by HKDF-SHA256 (RFC 5869).
//!
//! - Each message has a key of its own, derived with a random 32-byte salt: no nonce can repeat under a key.
//! - Each message commits to its key (32 bytes, compared in constant time): no ciphertext opens under two keys.
//! - Each message is bound to its [`Place`]: put anywhere else, it does not open.
//! - Keys and plaintexts are wiped when they are dropped; so is the cipher (a test looks).
//!
//! Deliberately absent: any choice of algorithm, trying several keys on one message, and wiping the blocks that HMAC and
//! HKDF themselves keep on the stack: their crates do not, and the next calls write over them.

use aes_gcm_siv::aead::AeadInOut;
use aes_gcm_siv::{Aes256GcmSiv, KeyInit, Nonce, Tag};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::id::{Id, StoreId, random};
use um_secret::apart;

/// The version of this format: the first byte of every sealed message, and part of what it is bound to.
const FORMAT: u8 = 1;
const SALT: usize = 32;
const COMMITMENT: usize = 32;
const TAG: usize = 16;
/// How much longer than its plaintext a sealed message is, in bytes.
pub(super) const OVERHEAD: usize = 1 + SALT + COMMITMENT + TAG;

/// A message authentication code by HMAC-SHA256.
pub(super) type Authenticator = [u8; 32];

/// 256 secret bits, wiped on drop. Boxed, since a move would leave a copy behind.
#[derive(Clone, Default)]
pub(super) struct Key(Box<Zeroizing<[u8; 32]>>);

impl Key {
    /// # Panics
    /// If the operating system has no random numbers to give.
    pub fn random() -> Self {
        let mut key = Self::default();
        getrandom::fill(&mut key.0[..]).expect("the operating system gives random numbers");
        key
    }

    /// `None` unless there are exactly 32 bytes.
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        let mut key = Self::default();
        if bytes.len() != key.0.len() {
            return None;
        }
        key.0.copy_from_slice(bytes);
        Some(key)
    }

    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    /// Bytes that tell this key from others and nothing about it.
    pub fn fingerprint(&self) -> [u8; 8] {
        let mut id = [0; 8];
        expand(&self.0[..], None, b"um-host key id", &mut id);
        id
    }

    /// Authenticates the parts, each with its length, under a key derived for `purpose` alone.
    pub fn authenticate(&self, purpose: &str, parts: &[&[u8]]) -> Authenticator {
        let mut derived = Zeroizing::new([0; 32]);
        expand(&self.0[..], None, purpose.as_bytes(), derived.as_mut());
        let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&derived[..]).expect("HMAC takes keys of any length");
        for part in parts {
            mac.update(&(part.len() as u64).to_le_bytes());
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }
}

/// Compares two authenticators without telling by its time where they differ.
pub(super) fn same(one: &[u8], other: &[u8]) -> bool {
    one.ct_eq(other).into()
}

/// 24 bits that catch a mistyped or cut key text.
pub(super) fn checksum(text: &[u8]) -> [u8; 3] {
    let digest = Sha256::digest(text);
    [digest[0], digest[1], digest[2]]
}

/// What a sealed message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    StoreKey,
    AuditKey,
    WorkspaceLabel,
    WorkspaceKey,
    Index,
    Value,
    AuditRow,
    ReadRecord,
}

impl Kind {
    fn as_str(self) -> &'static str {
        match self {
            Self::StoreKey => "store key",
            Self::AuditKey => "audit key",
            Self::WorkspaceLabel => "workspace label",
            Self::WorkspaceKey => "workspace key",
            Self::Index => "index",
            Self::Value => "value",
            Self::AuditRow => "audit row",
            Self::ReadRecord => "read record",
        }
    }
}

/// Where a sealed message belongs. What does not apply is zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub store: StoreId,
    pub kind: Kind,
    pub workspace: Id,
    pub secret: Id,
    pub version: u64,
    pub epoch: u64,
}

impl Place {
    /// The place of something that the store has one of.
    pub fn new(store: StoreId, kind: Kind) -> Self {
        Self { store, kind, workspace: [0; 16], secret: [0; 16], version: 0, epoch: 0 }
    }

    /// Every field with its length before it, so that no two places give the same bytes.
    fn associated(&self) -> Vec<u8> {
        let (version, epoch) = (self.version.to_le_bytes(), self.epoch.to_le_bytes());
        let kind = self.kind.as_str().as_bytes();
        let fields: [&[u8]; 7] = [&[FORMAT], &self.store.0, &self.workspace, &self.secret, &version, &epoch, kind];
        let mut bytes = Vec::with_capacity(128);
        for field in fields {
            bytes.extend_from_slice(&(field.len() as u32).to_le_bytes());
            bytes.extend_from_slice(field);
        }
        bytes
    }
}

/// The message was sealed under another key or for another place, or was altered.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unopened;

/// Seals a message: format, salt, commitment, ciphertext, tag.
pub(super) fn seal(key: &Key, place: &Place, plaintext: &[u8]) -> Vec<u8> {
    let salt: [u8; SALT] = random();
    let derived = Derived::new(key, &salt);
    let mut sealed = Vec::with_capacity(plaintext.len() + OVERHEAD);
    sealed.push(FORMAT);
    sealed.extend_from_slice(&salt);
    sealed.extend_from_slice(derived.commitment());
    let start = sealed.len();
    sealed.extend_from_slice(plaintext);
    // The key is for this message alone, so the nonce has nothing to tell apart.
    let tag = encrypt(derived.key(), &Nonce::default(), &place.associated(), &mut sealed[start..]);
    sealed.extend_from_slice(&tag);
    sealed
}

/// Opens what [`seal`] made under the same key for the same place.
pub(super) fn open(key: &Key, place: &Place, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Unopened> {
    if sealed.len() < OVERHEAD || sealed[0] != FORMAT {
        return Err(Unopened);
    }
    let (salt, rest) = sealed[1..].split_at(SALT);
    let (commitment, rest) = rest.split_at(COMMITMENT);
    let (ciphertext, tag) = rest.split_at(rest.len() - TAG);
    let derived = Derived::new(key, salt);
    if !same(derived.commitment(), commitment) {
        return Err(Unopened);
    }
    let mut plaintext = Zeroizing::new(ciphertext.to_vec());
    let tag = Tag::try_from(tag).map_err(|_| Unopened)?;
    decrypt(derived.key(), &Nonce::default(), &place.associated(), &mut plaintext, &tag)?;
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
pub(super) fn encrypt(key: &[u8], nonce: &Nonce, associated: &[u8], message: &mut [u8]) -> Tag {
    // The last block, which is filled up on the stack, stays there else.
    let tag = apart(|| cipher(key).encrypt_inout_detached(nonce, associated, message.into()));
    tag.expect("messages are far below 64 GiB")
}

/// Decrypts in place, or leaves the ciphertext as it was.
pub(super) fn decrypt(
    key: &[u8],
    nonce: &Nonce,
    associated: &[u8],
    message: &mut [u8],
    tag: &Tag,
) -> Result<(), Unopened> {
    apart(|| cipher(key).decrypt_inout_detached(nonce, associated, message.into(), tag)).map_err(|_| Unopened)
}

fn cipher(key: &[u8]) -> Aes256GcmSiv {
    Aes256GcmSiv::new_from_slice(key).expect("the key has 32 bytes")
}

/// HKDF-SHA256 (RFC 5869): extract with the salt, expand with the purpose.
fn expand(secret: &[u8], salt: Option<&[u8]>, purpose: &[u8], out: &mut [u8]) {
    Hkdf::<Sha256>::new(salt, secret).expand(purpose, out).expect("at most 64 bytes are asked for");
}
