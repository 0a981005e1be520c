//! META: what the database says about itself, under the store key, in every transaction.
//!
//! Compared with the keyring it shows which side of a pending change counts, and whether one of the two files is older
//! than the other.

use std::path::Path;

use super::error::StoreError;
use super::id::StoreId;
use super::keyring::{AuditHead, Keyring, Side};
use super::seal::{self, Key};
use super::wire::{Malformed, Reader, Writer};

const FORMAT: u8 = 1;
const MAC_PURPOSE: &str = "um-host meta";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Meta {
    pub store: StoreId,
    /// The number of committed changes.
    pub generation: u64,
    pub audit: AuditHead,
}

impl Meta {
    pub fn encode(&self, store_key: &Key) -> Vec<u8> {
        let mut writer = Writer::with_capacity(128);
        writer.u8(FORMAT).raw(&self.store.0).u64(self.generation).u64(self.audit.count).raw(&self.audit.head);
        let mut bytes = writer.finish().to_vec();
        let mac = store_key.authenticate(MAC_PURPOSE, &[&bytes]);
        bytes.extend_from_slice(&mac);
        bytes
    }

    pub fn decode(bytes: &[u8], store_key: &Key) -> Result<Self, Malformed> {
        let (body, mac) = bytes.split_last_chunk::<32>().ok_or(Malformed)?;
        if !seal::same(&store_key.authenticate(MAC_PURPOSE, &[body]), mac) {
            return Err(Malformed);
        }
        let mut reader = Reader::new(body);
        if reader.u8()? != FORMAT {
            return Err(Malformed);
        }
        let (store, generation) = (StoreId(reader.id()?), reader.u64()?);
        let audit = AuditHead { count: reader.u64()?, head: reader.authenticator()? };
        reader.finish()?;
        Ok(Self { store, generation, audit })
    }

    /// Which side of the keyring's pending change counts: the old one where none is pending.
    ///
    /// # Errors
    /// Keyring and database do not belong together: one is older than the other, or another store's.
    pub fn side(&self, keyring: &Keyring, data: &Path) -> Result<Side, StoreError> {
        let old = Self { store: keyring.store, generation: keyring.generation, audit: keyring.audit };
        if *self == old {
            return Ok(Side::Old);
        }
        let new = keyring.pending.as_ref().map(|pending| Self {
            generation: keyring.generation + 1,
            audit: pending.audit,
            ..old
        });
        if Some(*self) == new {
            return Ok(Side::New);
        }
        let what = match self.generation.cmp(&keyring.generation) {
            std::cmp::Ordering::Less => "secrets.redb is older than the keyring",
            std::cmp::Ordering::Greater => "the keyring is older than secrets.redb",
            std::cmp::Ordering::Equal => "keyring and secrets.redb took different ways",
        };
        let path = data.to_owned();
        Err(StoreError::RolledBack { path, what, keyring: keyring.generation, database: self.generation })
    }
}
