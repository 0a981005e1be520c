//! Where a run gets its secrets from: the border between the runtime and whatever keeps the values.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::actor::Actor;
use super::binding::Binding;
use super::exposure::Exposure;
use super::name::{SecretName, WorkspaceName};
use super::parts::Parts;
use super::run_id::RunId;
use super::value::SecretValue;
use super::vault::error::VaultError;
use um_base::coded;
use um_base::rule::{Rule, RuleError};

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

/// One workspace as one run sees it, and the log of what is read of it.
#[async_trait]
pub trait Snapshot: ReadLog {
    /// Which workspace it is of.
    fn workspace(&self) -> &WorkspaceName;

    /// All secrets, ordered by name. Never values.
    fn entries(&self) -> &[Entry];

    /// What every run of the workspace may call.
    fn allow_list(&self) -> &[Rule] {
        &[]
    }

    /// Decrypts one value that nobody gets: neither the guest nor a request. Answers of the hosts that it is bound to are
    /// held against it, so that none brings it to the guest. That is no read of the run's and leaves no record, and an
    /// expired value is as good as any.
    async fn peek(&self, name: &SecretName) -> Result<SecretValue, OpenError>;

    /// Hands out one value, after the read has been recorded. Whoever overrides this answers for that order.
    async fn open(&self, name: &SecretName, by: &Reader) -> Result<SecretValue, OpenError> {
        let entry = self.entries().iter().find(|entry| entry.name == *name).ok_or(OpenError::NotFound)?;
        if entry.expires.is_some_and(|expires| expires <= Timestamp::now()) {
            return Err(OpenError::Expired);
        }
        let value = self.peek(name).await?;
        self.record_read(name, by).await.map_err(|error| OpenError::Unavailable(error.into()))?;
        Ok(value)
    }
}

/// The log of what runs read of one snapshot. Nothing here has a default: a log that forgets is none.
#[async_trait]
pub trait ReadLog: Send + Sync {
    /// Records that a value is about to be handed out, or a placeholder for it; if this fails, it is not.
    async fn record_read(&self, name: &SecretName, by: &Reader) -> Result<(), SettleError>;

    /// Records the requests of a run that were refused for a value in them. Called before [`settle`](Self::settle), if
    /// there are any.
    async fn record_refusals(&self, refused: &[Misdirected], by: &Reader) -> Result<(), SettleError>;

    /// Records that a sealed value is about to go out in a request of a run, before it does: if this fails, nothing is
    /// sent. Called once for each secret and host of a run; `count` is 1.
    async fn record_sealed(&self, used: &SealedUse, by: &Reader) -> Result<(), SettleError>;

    /// Makes the records of what a run has read durable. The runtime calls it once, at the end of the run.
    async fn settle(&self, by: &Reader) -> Result<(), SettleError>;
}

/// Who reads: a run, and who started it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reader {
    /// The run.
    pub run: RunId,
    /// Who started it.
    pub actor: Actor,
}

impl Reader {
    /// A run, and who started it.
    pub fn new(run: RunId, actor: Actor) -> Self {
        Self { run, actor }
    }
}

/// What a snapshot tells about one secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What it is called.
    pub name: SecretName,
    /// Of its value: it rises with each that is set. 1 where values are never replaced.
    pub version: u64,
    /// What it is for, in the owner's words.
    pub description: String,
    /// Whether runs get its value or a placeholder.
    pub exposure: Exposure,
    /// Where its value may go; anywhere that the run may reach, if there are none.
    pub bindings: Vec<Binding>,
    /// From when on it is not handed out.
    pub expires: Option<Timestamp>,
    /// What is known of the parts of its value.
    pub parts: Arc<Parts>,
}

/// Requests to one host that were refused, since a value stood in them that is bound to others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Misdirected {
    /// Whose value it was.
    pub secret: SecretName,
    /// Where they were to go.
    pub host: String,
    /// At least 1.
    pub count: u64,
}

/// Requests to one host that a sealed value went out in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedUse {
    /// Whose value it was.
    pub secret: SecretName,
    /// Where they went.
    pub host: String,
    /// At least 1.
    pub count: u64,
}

/// What went wrong below; its message says what to do and never holds a value.
type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Why there is no snapshot.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "what each is stands in its message")]
pub enum SnapshotError {
    #[error("there is no workspace `{workspace}`")]
    NoWorkspace { workspace: WorkspaceName, closest: Vec<String> },
    /// What is kept as allowed is no rule, so nobody knows what the workspace allows.
    #[error("what the workspace `{workspace}` allows cannot be understood: {reason}")]
    Allowed { workspace: WorkspaceName, reason: RuleError },
    /// Nothing has been made yet that could keep secrets. A run that asks for none goes on without.
    #[error(transparent)]
    Absent(Cause),
    #[error(transparent)]
    Unavailable(Cause),
}

coded! { SnapshotError:
    Self::NoWorkspace { .. } => NotFound "workspace-not-found" of VaultError,
    Self::Allowed { .. } => Damaged "allowed-damaged" of VaultError,
    Self::Absent(_) => NotFound "secrets-absent",
    Self::Unavailable(_) => Unavailable "secrets-unavailable",
}

/// Why a value was not opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "what each is stands in its message")]
pub enum OpenError {
    #[error("the snapshot has no secret of this name")]
    NotFound,
    #[error("the secret is past its expiry date")]
    Expired,
    #[error(transparent)]
    Unavailable(Cause),
}

coded! { OpenError:
    Self::NotFound => NotFound "secret-not-found" of VaultError,
    Self::Expired => Denied "secret-expired",
    Self::Unavailable(_) => Unavailable "secret-unopened",
}

/// The records of a run's reads could not be made durable.
#[derive(Debug, thiserror::Error)]
#[error("the records of what the run read could not be written")]
pub struct SettleError(#[source] pub Cause);

coded! { SettleError:
    Self(_) => Unavailable "reads-unrecorded",
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

    use super::*;
    use crate::Door;

    /// A snapshot of one secret that has nothing but what it must.
    struct Least {
        workspace: WorkspaceName,
        entries: [Entry; 1],
        records: AtomicBool,
        reads: AtomicU64,
    }

    impl Least {
        fn new(expires: Option<Timestamp>) -> Self {
            let (description, bindings) = (String::new(), Vec::new());
            let name = SecretName::parse("TOKEN").unwrap();
            let exposure = Exposure::Revealed;
            let parts = Arc::default();
            let entries = [Entry { name, version: 1, description, exposure, bindings, expires, parts }];
            let workspace = WorkspaceName::parse("default").unwrap();
            Self { workspace, entries, records: AtomicBool::new(true), reads: AtomicU64::new(0) }
        }

        async fn get(&self, name: &str) -> Result<SecretValue, OpenError> {
            let by = Reader::new(RunId::new(), Actor::local(Door::Library));
            self.open(&SecretName::parse(name).unwrap(), &by).await
        }

        fn reads(&self) -> u64 {
            self.reads.load(Ordering::Relaxed)
        }
    }

    #[async_trait]
    impl Snapshot for Least {
        fn workspace(&self) -> &WorkspaceName {
            &self.workspace
        }

        fn entries(&self) -> &[Entry] {
            &self.entries
        }

        async fn peek(&self, _name: &SecretName) -> Result<SecretValue, OpenError> {
            Ok(SecretValue::new("some value".to_owned()).ok().unwrap())
        }
    }

    #[async_trait]
    impl ReadLog for Least {
        async fn record_read(&self, _name: &SecretName, _by: &Reader) -> Result<(), SettleError> {
            self.reads.fetch_add(1, Ordering::Relaxed);
            self.records.load(Ordering::Relaxed).then_some(()).ok_or_else(|| SettleError("the disk is full".into()))
        }

        async fn record_refusals(&self, _refused: &[Misdirected], _by: &Reader) -> Result<(), SettleError> {
            Ok(())
        }

        async fn record_sealed(&self, _used: &SealedUse, _by: &Reader) -> Result<(), SettleError> {
            Ok(())
        }

        async fn settle(&self, _by: &Reader) -> Result<(), SettleError> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn a_value_whose_read_is_not_recorded_is_not_handed_out() {
        let snapshot = Least::new(None);
        assert_eq!(snapshot.get("TOKEN").await.ok().unwrap().expose(), "some value");
        snapshot.records.store(false, Ordering::Relaxed);
        assert!(matches!(snapshot.get("TOKEN").await.err(), Some(OpenError::Unavailable(_))));
        assert_eq!(snapshot.reads(), 2);
    }

    #[tokio::test]
    async fn what_is_not_listed_or_expired_is_neither_opened_nor_recorded() {
        let hour = jiff::SignedDuration::from_hours(1);
        assert!(Least::new(Some(Timestamp::now() + hour)).get("TOKEN").await.is_ok());
        let snapshot = Least::new(Some(Timestamp::now() - hour));
        assert!(matches!(snapshot.get("TOKEN").await.err(), Some(OpenError::Expired)));
        assert!(matches!(snapshot.get("token").await.err(), Some(OpenError::NotFound)));
        assert_eq!(snapshot.reads(), 0);
    }
}
