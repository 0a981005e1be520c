//! What a vault refuses and what can go wrong with it: facts, for whoever has words for them.

use super::change::Conflict;
use crate::exposure::ExposureError;
use crate::name::{DescriptionError, SecretName, WorkspaceName};
use crate::value::Unmaskable;
use um_base::coded;
use um_base::rule::RuleError;

/// What went wrong below; it never holds a value.
type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Why a vault did not do what it was asked to. Nothing was changed then, but for [`Unknown`](Self::Unknown).
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "what each is stands in its message")]
pub enum VaultError {
    #[error("there is no workspace `{workspace}`")]
    NoWorkspace { workspace: WorkspaceName },
    #[error("there is a workspace `{workspace}` already")]
    WorkspaceExists { workspace: WorkspaceName },
    #[error("there is no secret `{name}` in workspace `{workspace}` (case matters)")]
    NoSecret {
        workspace: WorkspaceName,
        name: SecretName,
        /// Names that it may have been meant for.
        closest: Vec<String>,
    },
    /// What was named is not in it: it could be a secret.
    #[error("path {number} of those given names no part of `{name}`")]
    NoPart {
        name: SecretName,
        /// Which of the paths that were named, counted from 1.
        number: usize,
        /// Paths that it may have been meant for.
        closest: Vec<String>,
    },
    #[error("workspace `{workspace}` does not allow `{entry}`")]
    NotAllowed {
        workspace: WorkspaceName,
        entry: String,
        /// Entries that it may have been meant for.
        closest: Vec<String>,
    },
    /// What is kept as allowed is no rule, so nobody knows what the workspace allows.
    #[error("what the workspace `{workspace}` allows cannot be understood: {reason}")]
    Allowed { workspace: WorkspaceName, reason: RuleError },
    /// The precondition does not hold.
    #[error(transparent)]
    Conflict(#[from] Conflict),
    #[error("the value of `{name}` could not be masked in outputs: {reason}")]
    Unmaskable { name: SecretName, reason: Unmaskable },
    #[error("`{name}` cannot be stored so: {reason}")]
    Exposure { name: SecretName, reason: ExposureError },
    #[error(transparent)]
    Description(#[from] DescriptionError),
    #[error("an entry has at most {limit} bytes, and this one has {length}")]
    EntryTooLong { length: usize, limit: usize },
    #[error("{limit} changes can be made at once, and these are {count}")]
    TooManyChanges { count: usize, limit: usize },
    #[error("there is room for no further workspace")]
    TooManyWorkspaces,
    #[error("workspace `{workspace}` holds {limit} secrets at most")]
    TooManySecrets { workspace: WorkspaceName, limit: usize },
    #[error("workspace `{workspace}` would allow {count} hosts; at most {limit} are kept")]
    TooManyAllowed { workspace: WorkspaceName, count: usize, limit: usize },
    #[error("workspace `{workspace}` would hold {bytes} bytes of secrets; at most {limit} are kept")]
    WorkspaceFull { workspace: WorkspaceName, bytes: u64, limit: u64 },
    /// This vault cannot do it.
    #[error("this vault does not support `{what}`")]
    Unsupported { what: &'static str },
    /// Others use it, and it did not get its turn in time.
    #[error("the vault is in use by others")]
    Busy(#[source] Cause),
    #[error("the vault is not available")]
    Unavailable(#[source] Cause),
    /// What it keeps is not what it wrote.
    #[error("the vault is damaged")]
    Damaged(#[source] Cause),
    /// The changes may have been made or not: who looks finds out.
    #[error("it is not known whether the change took effect")]
    Unknown(#[source] Cause),
}

coded! { VaultError:
    Self::NoWorkspace { .. } => NotFound "workspace-not-found",
    Self::WorkspaceExists { .. } => Conflict "workspace-exists",
    Self::NoSecret { .. } => NotFound "secret-not-found",
    Self::NoPart { .. } => NotFound "part-not-found",
    Self::NotAllowed { .. } => NotFound "entry-not-found",
    Self::Allowed { .. } => Damaged "allowed-damaged",
    Self::Conflict(_) => Conflict "version-conflict",
    Self::Unmaskable { .. } => Invalid "value-unmaskable",
    Self::Exposure { reason, .. } => in reason,
    Self::Description(reason) => in reason,
    Self::EntryTooLong { .. } => Invalid "entry-too-long",
    Self::TooManyChanges { .. } => Invalid "too-many-changes",
    Self::TooManyWorkspaces => Full "too-many-workspaces",
    Self::TooManySecrets { .. } => Full "too-many-secrets",
    Self::TooManyAllowed { .. } => Full "too-many-allowed",
    Self::WorkspaceFull { .. } => Full "workspace-full",
    Self::Unsupported { .. } => Unsupported "vault-unsupported",
    Self::Busy(_) => Busy "vault-busy",
    Self::Unavailable(_) => Unavailable "vault-unavailable",
    Self::Damaged(_) => Damaged "vault-damaged",
    Self::Unknown(_) => Unknown "change-unknown",
}
