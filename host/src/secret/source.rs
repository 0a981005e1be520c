//! Where a run gets its secrets from: the border between the runtime and whatever keeps the values.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Binding, Exposure, RunId, SecretName, SecretValue, WorkspaceName};
use crate::base::rule::{Rule, RuleError};

/// Something that keeps the secrets of workspaces: the store of this crate, or an embedder's own vault.
#[async_trait]
pub trait Secrets: Send + Sync + 'static {
    /// The workspace as it is now. The run that asked sees this and nothing later.
    ///
    /// Gives up after `patience`; what is late is [`SnapshotError::Unavailable`].
    async fn snapshot(&self, workspace: &WorkspaceName, patience: Duration)
    -> Result<Arc<dyn Snapshot>, SnapshotError>;

    /// Drops at once whatever is kept in memory to make the next snapshot cheaper.
    fn forget(&self) {}
}

/// One workspace as one run sees it.
#[async_trait]
pub trait Snapshot: Send + Sync {
    fn workspace(&self) -> &WorkspaceName;

    /// All secrets, ordered by name. Never values.
    fn entries(&self) -> &[Entry];

    /// What every run of the workspace may call.
    fn allow_list(&self) -> &[Rule] {
        &[]
    }

    /// Decrypts one value, after the read has been recorded under `run`.
    async fn open(&self, name: &SecretName, run: &RunId) -> Result<SecretValue, OpenError>;

    /// Decrypts one value that neither the guest nor a request gets: answers of the hosts that it is bound to are held
    /// against it, so that none brings it to the guest. That is no read of the run's and leaves no record, and an expired
    /// value is as good as any. By default it is [`open`](Self::open).
    async fn peek(&self, name: &SecretName, run: &RunId) -> Result<SecretValue, OpenError> {
        self.open(name, run).await
    }

    /// Records the requests of `run` that were refused for a value in them. Called before [`settle`](Self::settle), if
    /// there are any.
    async fn record_refusals(&self, _refused: &[Misdirected], _run: &RunId) -> Result<(), SettleError> {
        Ok(())
    }

    /// Records that a sealed value is about to go out in a request of `run`, before it does: if this fails, nothing is
    /// sent. Called once for each secret and host of a run; `count` is 1.
    async fn record_sealed(&self, _used: &SealedUse, _run: &RunId) -> Result<(), SettleError> {
        Ok(())
    }

    /// Makes the records of what `run` has read durable. The runtime calls it once, at the end of the run.
    async fn settle(&self, run: &RunId) -> Result<(), SettleError>;
}

/// What a snapshot tells about one secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub name: SecretName,
    /// Of its value: it rises with each that is set. 1 where values are never replaced.
    pub version: u64,
    pub description: String,
    pub exposure: Exposure,
    /// Where its value may go; anywhere that the run may reach, if there are none.
    pub bindings: Vec<Binding>,
    pub expires: Option<Timestamp>,
}

/// Requests to one host that were refused, since a value stood in them that is bound to others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Misdirected {
    pub secret: SecretName,
    pub host: String,
    /// At least 1.
    pub count: u64,
}

/// Requests to one host that a sealed value went out in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedUse {
    pub secret: SecretName,
    pub host: String,
    /// At least 1.
    pub count: u64,
}

/// What went wrong below; its message says what to do and never holds a value.
type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Why there is no snapshot.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SnapshotError {
    #[error("there is no workspace `{workspace}`; `um-host workspaces list` shows those there are")]
    NoWorkspace { workspace: WorkspaceName },
    /// What is kept as allowed is no rule, so nobody knows what the workspace allows.
    #[error(
        "what the workspace `{workspace}` allows cannot be understood: {reason}; take it back, and allow what is meant"
    )]
    Allowed { workspace: WorkspaceName, reason: RuleError },
    /// Nothing has been made yet that could keep secrets. A run that asks for none goes on without.
    #[error(transparent)]
    Absent(Cause),
    #[error(transparent)]
    Unavailable(Cause),
}

/// Why a value was not opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    #[error("the snapshot has no secret of this name")]
    NotFound,
    #[error("the secret is past its expiry date")]
    Expired,
    #[error(transparent)]
    Unavailable(Cause),
}

/// The records of a run's reads could not be made durable.
#[derive(Debug, thiserror::Error)]
#[error("the records of what the run read could not be written")]
pub struct SettleError(#[source] pub Cause);
