//! The first bytes of a keyring: enough to see whose it is and whether anything has changed.

use crate::id::StoreId;
use crate::key::KeyId;
use crate::wire::{Malformed, Reader};

/// Length of the header, in bytes.
pub const KEYRING_HEADER: usize = 100;
/// Largest keyring, in bytes.
pub const MAX_KEYRING: usize = 1 << 20;
pub(super) const MAGIC: &[u8; 16] = b"um-host keyring\n";
pub(super) const FORMAT: u32 = 1;
/// Where the HMAC lies.
pub(super) const MAC_AT: usize = KEYRING_HEADER - 32;

/// Why a keyring was not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// Its slots are for these keys.
    #[error("the keyring is locked with another key")]
    WrongKey(Vec<KeyId>),
    /// What is wrong with it.
    #[error("{0}")]
    Damaged(&'static str),
    /// A later um-host wrote it.
    #[error("the keyring is of format {found}, and {known} is the last that is known")]
    TooNew {
        /// The number of its format.
        found: u32,
        /// The latest format that is read.
        known: u32,
    },
}

impl From<Malformed> for Refusal {
    fn from(_: Malformed) -> Self {
        Self::Damaged("the keyring has no valid form")
    }
}

/// The first 100 bytes. Not authenticated by themselves.
pub struct Header {
    /// Whose keyring it is.
    pub store: StoreId,
    pub(super) generation: u64,
    pub(super) pending: bool,
}

impl Header {
    /// Whether bytes begin as a keyring does, and not as one that has been wiped.
    pub fn is_one(bytes: &[u8; KEYRING_HEADER]) -> bool {
        bytes.starts_with(MAGIC)
    }

    /// The generation in the first bytes of a keyring.
    pub fn generation(bytes: &[u8; KEYRING_HEADER]) -> u64 {
        const AT: usize = 16 + 4 + 4 + 16;
        bytes[AT..].first_chunk().map_or(0, |generation| u64::from_le_bytes(*generation))
    }

    /// Reads the header of a whole keyring. It is not authenticated yet.
    ///
    /// # Errors
    /// [`Refusal::Damaged`], [`Refusal::TooNew`].
    pub fn parse(bytes: &[u8]) -> Result<Self, Refusal> {
        if bytes.len() < KEYRING_HEADER || bytes.len() > MAX_KEYRING {
            return Err(Refusal::Damaged("the keyring has no valid length"));
        }
        let mut reader = Reader::new(bytes);
        if reader.raw(MAGIC.len())? != MAGIC {
            return Err(Refusal::Damaged("the keyring is no keyring"));
        }
        let format = reader.u32()?;
        if format == 0 {
            return Err(Refusal::Damaged("the keyring has no valid form"));
        }
        if format > FORMAT {
            return Err(Refusal::TooNew { found: format, known: FORMAT });
        }
        if u64::from(reader.u32()?) != bytes.len() as u64 {
            return Err(Refusal::Damaged("the keyring has no valid length"));
        }
        let (store, generation, pending) = (StoreId::from_bytes(reader.id()?), reader.u64()?, reader.present()?);
        Ok(Self { store, generation, pending })
    }
}
