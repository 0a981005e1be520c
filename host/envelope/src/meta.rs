//! META: what the rows say about themselves, under the store key, in every transaction.
//!
//! Compared with the keyring it shows which side of a pending change counts, and whether one of the two is older than
//! the other.

use super::audit::AuditHead;
use super::derive::same;
use super::id::StoreId;
use super::key::Keys;
use super::keyring::change::{Keyring, Side};
use super::wire::{Malformed, Reader, Writer};

const FORMAT: u8 = 1;
const MAC_PURPOSE: &str = "um-host meta";

/// What stands beside the rows, and is written with each change of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meta {
    store: StoreId,
    /// The number of committed changes.
    pub generation: u64,
    audit: AuditHead,
}

/// How rows and keyring do not belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Mismatch {
    /// The rows were put back from an older copy.
    #[error("the rows are older than the keyring")]
    RowsOlder,
    /// The keyring was put back from an older copy.
    #[error("the keyring is older than the rows")]
    KeyringOlder,
    /// They are of one generation, and not of one change; or of two stores.
    #[error("keyring and rows took different ways")]
    Diverged,
}

impl Meta {
    /// What it says while the keyring's change is pending, or where none is.
    pub fn before(keyring: &Keyring) -> Self {
        Self { store: keyring.store, generation: keyring.generation, audit: keyring.audit }
    }

    /// What it says once the keyring's pending change, if there is one, has been made.
    pub fn after(keyring: &Keyring) -> Self {
        let before = Self::before(keyring);
        keyring.pending.as_ref().map_or(before, |pending| Self {
            generation: before.generation + 1,
            audit: pending.audit,
            ..before
        })
    }

    /// Its bytes, authenticated under the store key.
    pub fn encode(&self, keys: &Keys) -> Vec<u8> {
        let mut writer = Writer::with_capacity(128);
        writer.u8(FORMAT).raw(self.store.as_bytes()).u64(self.generation).u64(self.audit.count).raw(&self.audit.head);
        let mut bytes = writer.finish().to_vec();
        let mac = keys.key.authenticate(MAC_PURPOSE, &[&bytes]);
        bytes.extend_from_slice(&mac);
        bytes
    }

    /// Reads what [`encode`](Self::encode) wrote under the same store key.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn decode(bytes: &[u8], keys: &Keys) -> Result<Self, Malformed> {
        let (body, mac) = bytes.split_last_chunk::<32>().ok_or(Malformed)?;
        if !same(&keys.key.authenticate(MAC_PURPOSE, &[body]), mac) {
            return Err(Malformed);
        }
        let mut reader = Reader::new(body);
        if reader.u8()? != FORMAT {
            return Err(Malformed);
        }
        let (store, generation) = (StoreId::from_bytes(reader.id()?), reader.u64()?);
        let audit = AuditHead { count: reader.u64()?, head: reader.authenticator()? };
        reader.finish()?;
        Ok(Self { store, generation, audit })
    }

    /// Which side of the keyring's pending change counts: the old one where none is pending.
    ///
    /// # Errors
    /// [`Mismatch`] if rows and keyring do not belong together.
    pub fn side(&self, keyring: &Keyring) -> Result<Side, Mismatch> {
        if *self == Self::before(keyring) {
            return Ok(Side::Old);
        }
        if *self == Self::after(keyring) {
            return Ok(Side::New);
        }
        Err(match self.generation.cmp(&keyring.generation) {
            std::cmp::Ordering::Less => Mismatch::RowsOlder,
            std::cmp::Ordering::Greater => Mismatch::KeyringOlder,
            std::cmp::Ordering::Equal => Mismatch::Diverged,
        })
    }
}
