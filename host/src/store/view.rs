//! What the store tells about what it keeps. Never a value.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::id::StoreId;
use super::key::KeyId;
use crate::secret::{Binding, Exposure, Masking, RecordedActor, RunId, SecretName, WorkspaceName};

/// A workspace in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkspaceSummary {
    pub name: WorkspaceName,
    pub created: Timestamp,
    /// How many secrets it holds.
    pub secrets: usize,
}

/// What is known about one workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkspaceDetails {
    pub name: WorkspaceName,
    pub created: Timestamp,
    /// The hosts that every run may call, in the order in which they were allowed.
    pub allowed: Vec<String>,
    /// By name.
    pub secrets: Vec<SecretSummary>,
}

/// A secret in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretSummary {
    pub name: SecretName,
    pub description: String,
    /// 1 for the first value, one more for each that replaced it.
    pub version: u64,
    pub created: Timestamp,
    /// When the value or the description last changed.
    pub updated: Timestamp,
    pub exposure: Exposure,
    /// Where the value may go; anywhere that a run may reach, if there are none.
    pub bindings: Vec<Binding>,
    pub expires: Option<Timestamp>,
    /// How much of the value the leak filter can guard, as found when it was set.
    pub masking: Masking,
}

/// The reads of one secret by runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastUse {
    pub at: Timestamp,
    /// The run that read it last.
    pub run: RunId,
    /// Who started it, if that was written down.
    pub by: Option<RecordedActor>,
    /// How often it was read since it was created, as far as records reach back.
    pub reads: u64,
    /// How many requests were refused since the value stood in them and is bound to other hosts.
    pub refused: u64,
    /// In how many runs the value was put into requests to each host, for a placeholder.
    pub sealed: BTreeMap<String, u64>,
}

/// How to store a value.
#[derive(Clone, Debug, Default)]
pub struct SetOptions {
    /// `None` keeps the description that is there.
    pub description: Option<String>,
    /// `None` seals the value if bindings are given, and otherwise keeps what is there; a new secret is revealed.
    pub exposure: Option<Exposure>,
    /// Where the value may go; `None` keeps what is there.
    pub bindings: Option<Vec<Binding>>,
    /// Store only if the secret is at this version now; 0 means that it must not exist.
    pub if_version: Option<u64>,
    /// Take a value that the leak filter cannot guard.
    pub allow_unmaskable: bool,
}

/// A value was stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    pub version: u64,
    /// Whether the secret is new; otherwise its former value is gone.
    pub created: bool,
    pub masking: Masking,
    pub exposure: Exposure,
    pub bindings: Vec<Binding>,
}

/// A secret was deleted, and its value destroyed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deleted {
    pub version: u64,
    pub last_use: Option<LastUse>,
    /// Part of the records of reads could not be trusted, so `last_use` may tell too little.
    pub reads_damaged: bool,
}

/// What `check` found, after it settled whatever a crash had left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    pub store_id: StoreId,
    pub key_id: KeyId,
    /// The number of committed changes.
    pub generation: u64,
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
    pub store_id: StoreId,
    pub key_id: KeyId,
    /// Where the new key lies; `None` if one was given.
    pub key_file: Option<std::path::PathBuf>,
}
