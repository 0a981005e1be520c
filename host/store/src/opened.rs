//! What is known of one store while a program holds it: where it lies, whose it is, and the key to it.

use std::io::ErrorKind::{NotADirectory, NotFound};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use um_envelope::{Header, Key, Keyring, Keys, Refusal, StoreId};

use super::disk::files::Disk;
use super::disk::lock::{Deadline, Lock};
use super::disk::names::{DATABASE, READS};
use super::disk::{filesystem, keyring_file};
use super::error::StoreError;
use super::keys::source::KeySource;
use super::reads::journal::Journal;

/// A store whose keyring the key has opened once. No file is open but the process's own log of reads.
pub(crate) struct Opened {
    pub data: PathBuf,
    pub store: StoreId,
    pub master: Key,
    pub disk: Arc<dyn Disk>,
    pub journal: Arc<Journal>,
    /// The highest generation that this process has seen.
    seen: AtomicU64,
}

impl Opened {
    /// Looks for a store in `data` and for its key, and reads the keyring under the lock.
    pub fn open(
        disk: Arc<dyn Disk>,
        data: &Path,
        key: Option<KeySource>,
        deadline: Deadline,
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
        // Unlocked, and so perhaps in the middle of a change: only to tell whether there is a store, and which.
        keyring_file::load(&data)?;
        let lock = Lock::shared(&data, deadline)?;
        let bytes = keyring_file::load(&data)?;
        drop(lock);
        let store = Header::parse(&bytes).map_err(|refusal| refused(&data, refusal, None))?.store;
        let source = key.map_or_else(|| KeySource::default_for(store), Ok)?;
        let master = source.read()?;
        let journal = Arc::new(Journal::new(data.join(READS)));
        let opened = Self { data, store, master, disk, journal, seen: AtomicU64::new(0) };
        opened.open_keyring(&bytes)?;
        Ok(opened)
    }

    /// Reads and checks the keyring. The caller holds the lock.
    pub fn load_keyring(&self) -> Result<(Keyring, Keys), StoreError> {
        self.open_keyring(&keyring_file::load(&self.data)?)
    }

    fn open_keyring(&self, bytes: &[u8]) -> Result<(Keyring, Keys), StoreError> {
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
        self.data.join(DATABASE)
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
        (Refusal::WrongKey(store), Some(master)) => StoreError::WrongKey { store, given: master.id() },
        (Refusal::TooNew { found, known }, _) => StoreError::TooNew { found, known },
        (Refusal::Damaged(what), _) => StoreError::Damaged { path: data.to_owned(), what: what.to_owned() },
        _ => StoreError::Damaged { path: data.to_owned(), what: "the keyring has no valid form".to_owned() },
    }
}
