//! Rows of the audit log, as they are read back.

use jiff::Timestamp;
use serde::Serialize;

use super::look::MAX_PAGE;
use crate::actor::ActorRecord;
use crate::name::WorkspaceName;
use crate::run_id::RunId;

/// Which rows of the audit log.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct AuditRange {
    /// The number of the first row; they are counted from 0.
    pub from: u64,
    /// Rows about this workspace only.
    pub workspace: Option<WorkspaceName>,
    /// At most so many rows, and no more than [`MAX_PAGE`]; without it that many.
    pub limit: Option<usize>,
}

impl AuditRange {
    /// All rows from this number on.
    pub fn from(from: u64) -> Self {
        Self { from, ..Self::default() }
    }

    /// And about this workspace only.
    #[must_use]
    pub fn of(self, workspace: WorkspaceName) -> Self {
        Self { workspace: Some(workspace), ..self }
    }

    /// And so many at most.
    #[must_use]
    pub fn limit(self, limit: usize) -> Self {
        Self { limit: Some(limit), ..self }
    }

    /// How many rows a page may have: at least 1.
    pub fn page(&self) -> usize {
        self.limit.unwrap_or(MAX_PAGE).clamp(1, MAX_PAGE)
    }
}

/// Some rows of the audit log.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct AuditPage {
    /// The rows, in their order.
    pub entries: Vec<AuditEntry>,
    /// Where to go on, if there is more. A page may hold fewer rows than were asked for, or none, and have one.
    pub next: Option<u64>,
    /// How many rows the log has in all.
    pub rows: u64,
}

impl AuditPage {
    /// A page with these rows.
    pub fn new(entries: Vec<AuditEntry>, next: Option<u64>, rows: u64) -> Self {
        Self { entries, next, rows }
    }
}

/// One change, and who made it. Names and versions, never a value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct AuditEntry {
    /// Counted from 0.
    pub number: u64,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: ActorRecord,
    /// The run in which it was done, if it was in one.
    pub run: Option<RunId>,
    /// For example `secrets set`.
    pub verb: String,
    /// As it was called then.
    pub workspace: Option<String>,
    /// As it was called then.
    pub secret: Option<String>,
    /// The version that the secret had then: the new one, or the last.
    pub version: Option<u64>,
    /// What else there is to say.
    pub details: String,
}

impl AuditEntry {
    /// With the rest to be filled in.
    pub fn new(number: u64, at: Timestamp, by: ActorRecord, verb: impl Into<String>) -> Self {
        let (verb, details) = (verb.into(), String::new());
        Self { number, at, by, run: None, verb, workspace: None, secret: None, version: None, details }
    }
}
