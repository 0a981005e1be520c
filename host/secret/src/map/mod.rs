//! A vault in memory.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

use super::actor::{Actor, ActorRecord};
use super::name::WorkspaceName;
use super::source::{Secrets, Snapshot, SnapshotError};
use super::vault::audit::{AuditEntry, AuditPage, AuditRange};
use super::vault::change::{Change, Done, Precondition, Receipt};
use super::vault::error::VaultError;
use super::vault::look::{Page, Query, SecretDetails, WorkspaceSummary};
use super::vault::{MAX_CHANGES, Vault};
use um_base::rule::Rule;

mod contents;
mod overlay;
mod reads;
mod secret;
mod snapshot;

use contents::{Contents, Note};
pub use overlay::{GivenError, Overlay};
pub use reads::ReadEntry;
use reads::{MAX_KEPT, Reads};
pub use secret::MapSecret;
use snapshot::MapSnapshot;

/// A vault in memory: for tests, and for embedders that bring values of their own. What is in it ends with the process,
/// the logs too: they hold the newest 100,000 changes and as many reads.
///
/// ```
/// use um_base::rule::{Placement, Rule};
/// use um_secret::{Binding, MapSecret, MapVault, SecretName, SecretValue, WorkspaceName};
///
/// let binding = Binding::new(Rule::parse("api.hubapi.com")?, Placement::default())?;
/// let token = SecretValue::new("pat-na1-7Hq2Lx9vTz".to_owned())?;
/// let token = MapSecret::new(SecretName::parse("HUBSPOT_API_KEY")?, token).sealed([binding])?;
/// let vault = MapVault::new()
///     .workspace(WorkspaceName::parse("default")?, [token])
///     .allow(&WorkspaceName::parse("default")?, [Rule::parse("api.hubapi.com")?]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// While runs use it, it is changed as every [`Vault`] is:
///
/// ```
/// use um_secret::{
///     Actor, ActorKind, Door, MapVault, Precondition, SecretName, SecretValue, SetOptions, VaultExt, WorkspaceName,
/// };
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let vault = MapVault::new();
/// let (ada, sales) = (Actor::new("ada", ActorKind::Person, Door::Library)?, WorkspaceName::parse("sales")?);
/// vault.create_workspace(&ada, &sales).await?;
/// let (name, value) = (SecretName::parse("TOKEN")?, SecretValue::new("pat-na1-7Hq2Lx9vTz".to_owned())?);
/// let only = Precondition::any().absent(name.clone());
/// let stored = vault.set_secret(&ada, &sales, &name, value, SetOptions::default(), only).await?;
/// assert_eq!(stored.version, 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Default)]
pub struct MapVault {
    state: Mutex<State>,
    reads: Arc<Reads>,
}

#[derive(Default)]
struct State {
    workspaces: BTreeMap<WorkspaceName, Arc<Contents>>,
    audit: VecDeque<AuditEntry>,
    /// How many rows there were ever.
    rows: u64,
}

impl MapVault {
    /// A vault without workspaces.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the workspace and its secrets, before there is anybody to write down. Of two with the same name the later
    /// one counts; a workspace that is there already is replaced.
    #[must_use]
    pub fn workspace<S: Into<MapSecret>>(self, workspace: WorkspaceName, secrets: impl IntoIterator<Item = S>) -> Self {
        let mut contents = Contents::new(workspace.clone());
        secrets.into_iter().map(Into::into).for_each(|secret: MapSecret| contents.add(secret));
        self.state().workspaces.insert(workspace, contents.publish());
        self
    }

    /// Lets every run of a workspace send these requests. A workspace that is not there is added, without secrets.
    #[must_use]
    pub fn allow(self, workspace: &WorkspaceName, rules: impl IntoIterator<Item = Rule>) -> Self {
        let mut contents =
            self.contents(workspace).map_or_else(|_| Contents::new(workspace.clone()), |kept| kept.copy());
        contents.allowed.extend(rules);
        self.state().workspaces.insert(workspace.clone(), contents.publish());
        self
    }

    /// What runs have read, oldest first.
    pub fn reads(&self) -> Vec<ReadEntry> {
        self.reads.all()
    }

    fn contents(&self, workspace: &WorkspaceName) -> Result<Arc<Contents>, VaultError> {
        let kept = self.state().workspaces.get(workspace).map(Arc::clone);
        kept.ok_or_else(|| VaultError::NoWorkspace { workspace: workspace.clone() })
    }

    /// Every change is one step, so a poisoned lock is as good as any.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Secrets for MapVault {
    async fn snapshot(
        &self,
        workspace: &WorkspaceName,
        _patience: Duration,
    ) -> Result<Arc<dyn Snapshot>, SnapshotError> {
        match self.contents(workspace) {
            Ok(contents) => Ok(Arc::new(MapSnapshot::new(contents, Arc::clone(&self.reads)))),
            Err(_) => Err(SnapshotError::NoWorkspace { workspace: workspace.clone(), closest: Vec::new() }),
        }
    }
}

#[async_trait]
impl Vault for MapVault {
    async fn commit(
        &self,
        by: &Actor,
        workspace: &WorkspaceName,
        changes: Vec<Change>,
        only: Precondition,
    ) -> Result<Receipt, VaultError> {
        if changes.len() > MAX_CHANGES {
            return Err(VaultError::TooManyChanges { count: changes.len(), limit: MAX_CHANGES });
        }
        self.state().commit(by, workspace, changes, &only)
    }

    async fn look(&self, _by: &Actor, query: Query) -> Result<Page, VaultError> {
        match query {
            Query::Workspaces { after, limit } => {
                Ok(Page::of_workspaces(self.state().summaries(), after.as_ref(), limit))
            }
            Query::Workspace { workspace } => Ok(Page::Workspace(self.contents(&workspace)?.details())),
            Query::Secrets { workspace, after, limit } => {
                let contents = self.contents(&workspace)?;
                Ok(Page::of_secrets(contents.summaries().collect(), after.as_ref(), limit))
            }
            Query::Secret { workspace, name } => {
                let kept = self.contents(&workspace)?.find(&name)?;
                let last_use = self.reads.last_use(kept.id);
                Ok(Page::Secret(Box::new(SecretDetails { summary: kept.summary(), last_use, reads_damaged: false })))
            }
        }
    }

    async fn audit(&self, _by: &Actor, range: AuditRange) -> Result<AuditPage, VaultError> {
        Ok(self.state().audit_page(&range))
    }
}

impl State {
    /// On a copy, which takes the place of what is there when all has gone well. Snapshots keep what they have.
    fn commit(
        &mut self,
        by: &Actor,
        workspace: &WorkspaceName,
        changes: Vec<Change>,
        only: &Precondition,
    ) -> Result<Receipt, VaultError> {
        let (mut changes, mut done, mut notes) = (changes.into_iter().peekable(), Vec::new(), Vec::new());
        let creates = changes.next_if(|first| matches!(first, Change::CreateWorkspace)).is_some();
        let mut contents = match self.workspaces.get(workspace) {
            Some(_) if creates => return Err(VaultError::WorkspaceExists { workspace: workspace.clone() }),
            Some(kept) => kept.copy(),
            None if creates => Contents::new(workspace.clone()),
            None => return Err(VaultError::NoWorkspace { workspace: workspace.clone() }),
        };
        if creates {
            done.push(Done::WorkspaceCreated);
            notes.push(Note::of(Change::CreateWorkspace.verb()));
        }
        only.check(|name| contents.find(name).ok().map(|kept| kept.version))?;
        for change in changes {
            done.push(contents.apply(change, &mut notes)?);
        }
        contents.check_bounds()?;
        if !notes.is_empty() {
            self.workspaces.insert(workspace.clone(), contents.publish());
            notes.into_iter().for_each(|note| self.write_down(by, workspace, note));
        }
        Ok(Receipt::new(done))
    }

    fn write_down(&mut self, by: &Actor, workspace: &WorkspaceName, note: Note) {
        let Note { verb, secret, details } = note;
        let (secret, version) = secret.map(|(name, version)| (name.to_string(), version)).unzip();
        let entry = AuditEntry {
            run: by.run().cloned(),
            workspace: Some(workspace.to_string()),
            secret,
            version,
            details,
            ..AuditEntry::new(self.rows, Timestamp::now(), ActorRecord::from(by), verb)
        };
        if self.audit.len() == MAX_KEPT {
            self.audit.pop_front();
        }
        self.audit.push_back(entry);
        self.rows += 1;
    }

    fn audit_page(&self, range: &AuditRange) -> AuditPage {
        let about = range.workspace.as_ref().map(WorkspaceName::as_str);
        let fits = |entry: &&AuditEntry| {
            entry.number >= range.from && about.is_none_or(|about| entry.workspace.as_deref() == Some(about))
        };
        let mut entries: Vec<_> = self.audit.iter().filter(fits).take(range.page() + 1).cloned().collect();
        let next = entries.get(range.page()).map(|entry| entry.number);
        entries.truncate(range.page());
        AuditPage::new(entries, next, self.rows)
    }

    fn summaries(&self) -> Vec<WorkspaceSummary> {
        let summary = |(name, contents): (&WorkspaceName, &Arc<Contents>)| {
            let details = contents.details();
            WorkspaceSummary { name: name.clone(), created: details.created, secrets: details.secrets }
        };
        self.workspaces.iter().map(summary).collect()
    }
}
