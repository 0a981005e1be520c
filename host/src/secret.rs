//! Who keeps secrets and who uses them: what a vault implements, and what is asked of it.
//!
//! A run needs [`Secrets`]; who manages secrets needs [`Vault`], whose verbs are [`VaultExt`]'s.
//! [`conformance`] tells what of their promises a vault breaks.

pub use um_secret::{
    Actor, ActorKind, ActorRecord, AuditEntry, AuditPage, AuditRange, Binding, Change, Done, Door, Entry, Exposure,
    OpenError, Page, Part, Parts, Precondition, Query, ReadLog, Reader, Receipt, RunId, SealedUse, SecretDetails,
    SecretSummary, Secrets, SetOptions, SettleError, Snapshot, SnapshotError, Stored, Vault, VaultError, VaultExt,
    Verdict, Word, WorkspaceDetails, WorkspaceSummary, conformance,
};
