//! The store as a program holds it: where it lies, the key to it, and the snapshots that runs share.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use um_envelope::{KeyId, StoreId};
use um_secret::{Actor, WorkspaceName};

use super::answers::Initialised;
use super::change::edit::Edit;
use super::change::init::{Plan, init};
use super::change::session::Session;
use super::disk::files::{Disk, LocalDisk};
use super::disk::lock::Deadline;
use super::error::{InitError, StoreError};
use super::keys::file::config_home;
use super::keys::source::KeySource;
use super::look::cache::Snapshots;
use super::opened::Opened;

/// How long to wait for others, unless told otherwise.
const PATIENCE: Duration = Duration::from_secs(10);

/// An opened store. Cloning is cheap; all clones share their snapshots.
///
/// No file is kept open but the process's own log of reads, so any number of processes may use one store.
///
/// ```no_run
/// use um_secret::{Actor, Door, SecretName, SecretValue, SetOptions, WorkspaceName};
/// use um_store::Store;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let store = Store::open("/var/lib/um-host".as_ref(), None)?;
/// let (workspace, name) = (WorkspaceName::parse("default")?, SecretName::parse("HUBSPOT_API_KEY")?);
/// let value = SecretValue::new(std::fs::read_to_string("/run/hubspot")?)?;
/// let stored = store.set(&Actor::local(Door::Library), &workspace, &name, &value, SetOptions::default())?;
/// println!("version {}", stored.version);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Store {
    pub(crate) opened: Arc<Opened>,
    pub(crate) snapshots: Arc<Snapshots>,
    patience: Duration,
}

impl Store {
    /// Makes a store with the workspace `default` in `data`, which must be empty or not exist.
    ///
    /// Without a source a new key is made and kept in `$XDG_CONFIG_HOME/um-host/keys/STORE-ID`; with one, the source
    /// must hold a key already.
    ///
    /// # Errors
    /// [`InitError`]; then neither store nor key file is left behind.
    pub fn init(by: &Actor, data: &Path, key: Option<KeySource>) -> Result<Initialised, InitError> {
        init(&Plan { data, key, config: config_home(), disk: Arc::new(LocalDisk), by })
    }

    /// Opens the store in `data` with the key from the source, or from the default key file of the store.
    ///
    /// # Errors
    /// [`StoreError::Missing`], [`StoreError::Key`], [`StoreError::WrongKey`], [`StoreError::Damaged`],
    /// [`StoreError::NetworkFilesystem`], or what else keeps the keyring from being read.
    pub fn open(data: &Path, key: Option<KeySource>) -> Result<Self, StoreError> {
        Self::open_within(data, key, PATIENCE)
    }

    /// As [`open`](Self::open), which waits 10 s for other processes that use the store.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_within(data: &Path, key: Option<KeySource>, patience: Duration) -> Result<Self, StoreError> {
        Self::open_patiently(Arc::new(LocalDisk), data, key, patience)
    }

    #[cfg(test)]
    pub(crate) fn open_on(disk: Arc<dyn Disk>, data: &Path, key: Option<KeySource>) -> Result<Self, StoreError> {
        Self::open_patiently(disk, data, key, PATIENCE)
    }

    fn open_patiently(
        disk: Arc<dyn Disk>,
        data: &Path,
        key: Option<KeySource>,
        patience: Duration,
    ) -> Result<Self, StoreError> {
        let opened = Arc::new(Opened::open(disk, data, key, Deadline::after(patience))?);
        Ok(Self { opened, snapshots: Arc::default(), patience: PATIENCE })
    }

    /// How long to wait for other processes that use the store: 10 s unless told.
    #[must_use]
    pub fn with_patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// What the store is called for ever.
    pub fn id(&self) -> StoreId {
        self.opened.store
    }

    /// What the key that opened it is called.
    pub fn key_id(&self) -> KeyId {
        self.opened.master.id()
    }

    /// The data directory.
    pub fn path(&self) -> &Path {
        &self.opened.data
    }

    pub(crate) fn deadline(&self) -> Deadline {
        Deadline::after(self.patience)
    }

    pub(crate) fn begin(&self, verb: &'static str) -> Result<Session<'_>, StoreError> {
        Session::begin(&self.opened, verb, self.deadline())
    }

    pub(crate) fn edit(&self, verb: &'static str, workspace: &WorkspaceName) -> Result<Edit<'_>, StoreError> {
        Edit::open(self.begin(verb)?, workspace)
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("id", &self.id()).field("path", &self.path()).finish_non_exhaustive()
    }
}
