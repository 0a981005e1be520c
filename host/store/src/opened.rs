//! The store as a program holds it: where it lies, the key to it, and the snapshots that runs share.

use std::fmt;
use std::io::ErrorKind::{NotADirectory, NotFound};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::cache::Cache;
use super::disk::{Disk, LocalDisk};
use super::error::{InitError, StoreError};
use super::id::StoreId;
use super::init::{Plan, init};
use super::key::{KeyId, KeySource};
use super::key_read::config_home;
use super::keyring::{Header, Keyring, Keys, Refusal};
use super::lock::{Deadline, Lock};
use super::reads::{Journal, READS};
use super::seal::Key;
use super::view::Initialised;
use super::{filesystem, keyring_file};
use um_secret::Actor;

/// How long to wait for others, unless told otherwise.
const PATIENCE: Duration = Duration::from_secs(10);

/// An opened store. Cloning is cheap; all clones share their snapshots.
///
/// No file is kept open but the process's own log of reads, so any number of processes may use one store.
///
/// ```no_run
/// use um_host::secret::{Actor, Door, SecretName, SecretValue, SetOptions, WorkspaceName};
/// use um_host::store::Store;
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
    pub(super) opened: Arc<Opened>,
    pub(super) patience: Duration,
}

/// What all clones of a [`Store`] share.
pub(super) struct Opened {
    pub data: PathBuf,
    pub store: StoreId,
    pub master: Key,
    pub disk: Arc<dyn Disk>,
    pub journal: Arc<Journal>,
    pub cache: Mutex<Cache>,
    /// The highest generation that this process has seen.
    seen: AtomicU64,
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
    pub(super) fn open_on(disk: Arc<dyn Disk>, data: &Path, key: Option<KeySource>) -> Result<Self, StoreError> {
        Self::open_patiently(disk, data, key, PATIENCE)
    }

    fn open_patiently(
        disk: Arc<dyn Disk>,
        data: &Path,
        key: Option<KeySource>,
        patience: Duration,
    ) -> Result<Self, StoreError> {
        let data = std::path::absolute(data).map_err(|error| StoreError::io("find", data, error))?;
        match data.metadata() {
            Ok(metadata) if metadata.is_dir() => {}
            Err(error) if !matches!(error.kind(), NotFound | NotADirectory) => {
                return Err(StoreError::io("look at", &data, error));
            }
            _ => return Err(StoreError::Missing { path: data }),
        }
        filesystem::check(&data)?;
        let refused = |refusal| refused(&data, refusal, None);
        // Unlocked, and so perhaps in the middle of a change: only to tell whether there is a store, and which.
        keyring_file::load(&data)?;
        let lock = Lock::shared(&data, Deadline::after(patience))?;
        let bytes = keyring_file::load(&data)?;
        drop(lock);
        let store = Header::parse(&bytes).map_err(refused)?.store;
        let source = key.map_or_else(|| KeySource::default_for(store), Ok)?;
        let master = source.read()?;
        let journal = Arc::new(Journal::new(data.join(READS), store));
        let opened = Opened { data, store, master, disk, journal, cache: Mutex::default(), seen: AtomicU64::new(0) };
        opened.open_keyring(&bytes)?;
        Ok(Self { opened: Arc::new(opened), patience: PATIENCE })
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
        KeyId(self.opened.master.fingerprint())
    }

    /// The data directory.
    pub fn path(&self) -> &Path {
        &self.opened.data
    }

    pub(super) fn deadline(&self) -> Deadline {
        Deadline::after(self.patience)
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("id", &self.id()).field("path", &self.path()).finish_non_exhaustive()
    }
}

impl Opened {
    /// Reads and checks the keyring. The caller holds the lock.
    pub fn load_keyring(&self) -> Result<(Keyring, Keys), StoreError> {
        self.open_keyring(&keyring_file::load(&self.data)?)
    }

    pub fn open_keyring(&self, bytes: &[u8]) -> Result<(Keyring, Keys), StoreError> {
        let opened = Keyring::open(bytes, &self.master);
        let (keyring, keys) = opened.map_err(|refusal| refused(&self.data, refusal, Some(&self.master)))?;
        if keyring.store != self.store {
            return Err(self.damaged("another store has taken its place"));
        }
        let (found, seen) = (keyring.generation, self.seen());
        if found < seen {
            return Err(StoreError::Older { path: self.data.clone(), found, seen });
        }
        self.saw(found);
        Ok((keyring, keys))
    }

    /// The highest generation that this process has seen.
    pub fn seen(&self) -> u64 {
        self.seen.load(Ordering::Acquire)
    }

    /// Notes a generation that counts. The caller holds the lock, so that none comes late.
    pub fn saw(&self, generation: u64) {
        self.seen.fetch_max(generation, Ordering::AcqRel);
    }

    pub fn database(&self) -> PathBuf {
        self.data.join(super::DATABASE)
    }

    pub fn reads(&self) -> PathBuf {
        self.data.join(READS)
    }

    pub fn damaged(&self, what: &str) -> StoreError {
        StoreError::Damaged { path: self.data.clone(), what: what.to_owned() }
    }
}

fn refused(data: &Path, refusal: Refusal, master: Option<&Key>) -> StoreError {
    match (refusal, master) {
        (Refusal::WrongKey(store), Some(master)) => StoreError::WrongKey { store, given: KeyId(master.fingerprint()) },
        (Refusal::TooNew { found, known }, _) => StoreError::TooNew { found, known },
        (Refusal::Damaged(what), _) => StoreError::Damaged { path: data.to_owned(), what: what.to_owned() },
        (Refusal::WrongKey(_), None) => {
            StoreError::Damaged { path: data.to_owned(), what: "the keyring has no valid form".to_owned() }
        }
    }
}
