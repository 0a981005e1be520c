//! A run as data: what is asked for ([`Ask`]), what is granted ([`Grant`]), and both with all that only a door knows
//! ([`RunSpec`]).
//!
//! Deliberately absent: paths and streams of this machine, values, whatever cannot be sent elsewhere.

pub(crate) mod ask;
pub(crate) mod grant;

use serde::Serialize;

use super::policy::PolicyFile;
use um_base::coded;
use um_secret::{Actor, Door, RunId, WorkspaceName};

pub use ask::{Ask, AskError, MAX_ASK_BYTES};
pub use grant::{Ceiling, Grant, GrantError, Granted, GrantedBy};

/// Which shape a [`RunSpec`] has as data; it rises when something changes its meaning.
const SCHEMA: u32 = 1;

/// One run, decided: whose it is, what it is called with, what it may do. Made by a door of what somebody asked, and
/// never read from a client, so it has no `Deserialize`.
///
/// ```
/// use um_runtime::{Ask, Ceiling, PolicyFile, RunSpec};
/// use um_secret::{Actor, Door, WorkspaceName};
///
/// let ask = Ask::from_json(r#"{ "input": {"page": 1}, "hosts": ["api.hubapi.com"] }"#)?;
/// let policy = PolicyFile::parse("secrets = ['HUBSPOT_API_KEY']")?;
/// let workspace = WorkspaceName::parse("sales")?;
/// let spec = RunSpec::resolve(workspace, Actor::local(Door::Library), ask, &policy, &Ceiling::default())?;
/// assert_eq!(spec.grant.hosts().len(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct RunSpec {
    /// Of the shape that this has as data.
    pub schema: u32,
    /// Made by the door, new for each run.
    pub run: RunId,
    /// Whose secrets it is given.
    pub workspace: WorkspaceName,
    /// Who starts it.
    pub actor: Actor,
    /// Of the action that is meant, as [`Action::digest`](crate::Action::digest) tells it: a run of another one does
    /// not start. Without, any action will do.
    pub digest: Option<String>,
    /// What it is called with.
    pub ask: Ask,
    /// What it may do.
    pub grant: Grant,
}

/// Why what is asked cannot be run.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "what each is stands in its message")]
pub enum SpecError {
    #[error(transparent)]
    Ask(#[from] AskError),
    #[error(transparent)]
    Grant(#[from] GrantError),
}

coded! { SpecError:
    Self::Ask(error) => in error,
    Self::Grant(error) => in error,
}

impl RunSpec {
    /// Decides what somebody asked for. What the workspace allows is added when the run starts, as it is then.
    ///
    /// # Errors
    /// [`SpecError`]: the ask does not keep within its bounds, or nobody grants what it needs.
    pub fn resolve(
        workspace: WorkspaceName,
        actor: Actor,
        ask: Ask,
        policy: &PolicyFile,
        ceiling: &Ceiling,
    ) -> Result<Self, SpecError> {
        ask.check()?;
        let grant = Grant::resolve(&[], policy, &ask, ceiling)?;
        Ok(Self { schema: SCHEMA, run: RunId::new(), workspace, actor, digest: None, ask, grant })
    }

    /// A run of this process's own: without a policy, under no ceiling.
    ///
    /// # Errors
    /// As [`resolve`](Self::resolve).
    pub fn new(workspace: WorkspaceName, ask: Ask) -> Result<Self, SpecError> {
        Self::resolve(workspace, Actor::local(Door::Library), ask, &PolicyFile::default(), &Ceiling::default())
    }

    /// Holds the run to the action with this digest.
    #[must_use]
    pub fn of(self, digest: impl Into<String>) -> Self {
        Self { digest: Some(digest.into()), ..self }
    }

    /// Gives the run an id that is known already. The runtime does not look whether it was used before.
    #[must_use]
    pub fn id(self, run: RunId) -> Self {
        Self { run, ..self }
    }
}
