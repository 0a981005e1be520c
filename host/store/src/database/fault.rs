//! How redb is called, and what it says as errors of the store: its faults, its panics, and a file that is not its own.

use std::fs::File;
use std::io;
use std::path::Path;

use super::panics::caught;
use crate::disk::opening::{Identity, Unopened};
use crate::error::StoreError;

/// The bytes that redb may cache: an opened database lives for one change or one snapshot.
pub(super) const CACHE: usize = 8 << 20;
/// As writers open it, with its integrity checked.
pub(super) fn open_with(backend: impl redb::StorageBackend, path: &Path) -> Result<redb::Database, StoreError> {
    let mut builder = redb::Builder::new();
    builder.set_cache_size(CACHE).set_check_integrity_on_open(true);
    builder.create_with_backend(backend).map_err(|error| Fault::from(redb::Error::from(error)).at(path))
}

/// Runs something of redb's; a panic of it means that the file is not what redb wrote.
pub(super) fn guarded<T>(path: &Path, run: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
    caught(run).unwrap_or_else(|| Err(damaged(path, "secrets.redb cannot be read")))
}

/// An error of redb's, of whatever operation.
pub(super) struct Fault(redb::Error);

impl<E: Into<redb::Error>> From<E> for Fault {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl Fault {
    pub fn at(self, path: &Path) -> StoreError {
        use std::io::ErrorKind::{InvalidData, UnexpectedEof};
        let directory = parent(path).to_owned();
        match self.0 {
            redb::Error::Io(error) if matches!(error.kind(), InvalidData | UnexpectedEof) => {
                damaged(path, "secrets.redb is no database")
            }
            redb::Error::Io(error) => StoreError::io("use", path, error),
            redb::Error::DatabaseAlreadyOpen | redb::Error::LockProtocolMismatch => {
                StoreError::InUse { path: directory, holder: None, waited: std::time::Duration::ZERO }
            }
            redb::Error::PreviousIo => StoreError::io("write", path, std::io::Error::other("an earlier write failed")),
            // The texts of redb name pages and tables, never what is in them.
            error => damaged(path, &format!("secrets.redb: {error}")),
        }
    }
}

pub(super) fn check_place(path: &Path, identity: Identity) -> Result<(), StoreError> {
    match Identity::at(path) {
        Ok(now) if now == identity => Ok(()),
        Ok(_) => Err(damaged(path, "secrets.redb was replaced while it was open")),
        Err(error) => Err(opening(path, error.into())),
    }
}

pub(super) fn check_file(path: &Path, file: &File) -> Result<(), StoreError> {
    let metadata = file.metadata().map_err(|error| StoreError::io("look at", path, error))?;
    if metadata.len() == 0 {
        // redb would take an empty file for a new database.
        return Err(damaged(path, "secrets.redb is empty"));
    }
    Ok(())
}

/// A file that is not there is damage: the keyring beside it says that there is a store.
pub(super) fn opening(path: &Path, unopened: Unopened) -> StoreError {
    match unopened {
        Unopened::Io(error) if error.kind() == io::ErrorKind::NotFound => damaged(path, "secrets.redb is missing"),
        unopened => StoreError::unopened("open", path, unopened),
    }
}

pub(super) fn damaged(path: &Path, what: &str) -> StoreError {
    StoreError::Damaged { path: parent(path).to_owned(), what: what.to_owned() }
}

pub(super) fn parent(path: &Path) -> &Path {
    path.parent().unwrap_or(path)
}
