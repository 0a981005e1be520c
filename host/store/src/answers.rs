//! What the store tells about itself and its keys. What it keeps is told in words of [`secret`](um_secret).

use um_envelope::{KeyId, StoreId};
use um_secret::LastUse;

/// A secret was deleted, and its value destroyed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deleted {
    /// The last version that there was.
    pub version: u64,
    /// When a run read it last, if any did.
    pub last_use: Option<LastUse>,
    /// Part of the records of reads could not be trusted, so `last_use` may tell too little.
    pub reads_damaged: bool,
}

/// What `check` found, after it settled whatever a crash had left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// What the store is called for ever.
    pub store_id: StoreId,
    /// What the key that opened it is called.
    pub key_id: KeyId,
    /// The number of committed changes.
    pub generation: u64,
    /// How many workspaces there are.
    pub workspaces: usize,
    /// Rows of the audit log, whose chain was verified.
    pub audit_rows: u64,
    /// Records of reads that the audit log vouches for are missing or were altered.
    pub reads_damaged: bool,
    /// Whether a change that a crash had cut short was finished or taken back.
    pub settled: bool,
}

/// A new store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Initialised {
    /// What the store is called for ever.
    pub store_id: StoreId,
    /// What the key that opens it is called.
    pub key_id: KeyId,
    /// Where the new key lies; `None` if one was given.
    pub key_file: Option<std::path::PathBuf>,
}
