//! The database opened for the moment of one reading. Nothing here changes the file.

use std::path::Path;
use std::sync::Arc;

use redb::ReadableDatabase;

use super::backend::Backend;
use super::fault::{CACHE, Fault, check_file, damaged, guarded, open_with, opening};
use super::overlay::Overlay;
use super::panics::caught;
use super::rows::Rows;
use crate::disk::files::Disk;
use crate::disk::opening::open_to_read;
use crate::error::StoreError;

/// Why a database could not be read.
#[derive(Debug)]
pub(crate) enum ReadFailure {
    /// A writer did not close it: somebody must open it for writing first.
    NeedsRepair,
    Store(StoreError),
}

impl From<StoreError> for ReadFailure {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// Opens the database for the moment of one reading. Never changes the file.
pub(crate) fn read_only<T>(
    disk: &Arc<dyn Disk>,
    path: &Path,
    read: impl FnOnce(&Rows) -> Result<T, StoreError>,
) -> Result<T, ReadFailure> {
    let file = open_to_read(path).map_err(|error| opening(path, error))?;
    check_file(path, &file)?;
    let backend = Backend::new(disk, file).map_err(|error| StoreError::io("open", path, error))?;
    let outcome = caught(|| {
        let opened = redb::Builder::new().set_cache_size(CACHE).open_read_only_with_backend(backend);
        let database = opened.map_err(|error| match error {
            redb::DatabaseError::RepairAborted => ReadFailure::NeedsRepair,
            error => ReadFailure::Store(Fault::from(redb::Error::from(error)).at(path)),
        })?;
        let transaction = database.begin_read().map_err(|error| Fault::from(redb::Error::from(error)).at(path))?;
        Ok(read(&Rows { transaction, path })?)
    });
    outcome.unwrap_or_else(|| Err(damaged(path, "secrets.redb cannot be read").into()))
}

/// Reads what a crash left, also where nothing can be written: what has to be repaired is repaired in memory. Never
/// changes the file.
pub(crate) fn read_repaired<T>(
    path: &Path,
    read: impl FnOnce(&Rows) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let file = open_to_read(path).map_err(|error| opening(path, error))?;
    check_file(path, &file)?;
    let overlay = Overlay::new(file).map_err(|error| StoreError::io("open", path, error))?;
    guarded(path, || {
        let redb = open_with(overlay, path)?;
        let transaction = redb.begin_read().map_err(|error| Fault::from(redb::Error::from(error)).at(path))?;
        read(&Rows { transaction, path })
    })
}
