//! The database opened for one change.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use redb::ReadableDatabase;

use super::backend::Backend;
use super::fault::{Fault, check_file, check_place, guarded, open_with, opening, parent};
use super::rows::{Batch, Rows, commit_rows, copy_rows};
use super::unshare::unshare;
use crate::disk::files::Disk;
use crate::disk::opening::{Identity, Unopened, is_shared, open_to_write};
use crate::error::StoreError;

/// The database opened for one change.
pub(crate) struct Database {
    redb: redb::Database,
    disk: Arc<dyn Disk>,
    path: PathBuf,
    identity: Identity,
}

impl Database {
    /// Makes an empty database in a file that must not exist.
    pub fn create(disk: &Arc<dyn Disk>, path: &Path) -> Result<Self, StoreError> {
        let file = disk.create(path).map_err(|error| StoreError::io("make", path, error))?;
        Self::with_file(disk, path, file)
    }

    /// Opens a database that must exist.
    pub fn open(disk: &Arc<dyn Disk>, path: &Path) -> Result<Self, StoreError> {
        let file = open_to_write(path).map_err(|error| match error {
            Unopened::Io(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                StoreError::ReadOnly { path: parent(path).to_owned(), what: "secrets.redb may not be written" }
            }
            error => opening(path, error),
        })?;
        check_file(path, &file)?;
        let file = if is_shared(&file) { unshare(&**disk, path, &file)? } else { file };
        Self::with_file(disk, path, file)
    }

    fn with_file(disk: &Arc<dyn Disk>, path: &Path, file: File) -> Result<Self, StoreError> {
        let identity = Identity::of(&file).map_err(|error| StoreError::io("look at", path, error))?;
        let backend = Backend::new(disk, file).map_err(|error| StoreError::io("open", path, error))?;
        let redb = guarded(path, || open_with(backend, path))?;
        Ok(Self { redb, disk: Arc::clone(disk), path: path.to_owned(), identity })
    }

    /// Reads from it.
    pub fn read<T>(&self, read: impl FnOnce(&Rows) -> Result<T, StoreError>) -> Result<T, StoreError> {
        guarded(&self.path, || {
            let transaction =
                self.redb.begin_read().map_err(|error| Fault::from(redb::Error::from(error)).at(&self.path))?;
            read(&Rows { transaction, path: &self.path })
        })
    }

    /// Makes one change, durably, or none.
    pub fn commit(&self, batch: &Batch) -> Result<(), StoreError> {
        guarded(&self.path, || commit_rows(&self.redb, batch).map_err(|fault| fault.at(&self.path)))
    }

    /// Makes sure that what it reads is what is on the disk.
    pub fn sync(&self) -> Result<(), StoreError> {
        let failed = |error| StoreError::io("write", &self.path, error);
        let file = open_to_write(&self.path).map_err(|error| opening(&self.path, error))?;
        self.disk.sync(&file).map_err(failed)
    }

    /// Copies every live row into a fresh file, written through: whatever the kernel lost after a failed fsync, the
    /// copy is on the disk whole.
    pub fn copy_to(&self, fresh: &Path) -> Result<(), StoreError> {
        let copy = Self::create(&self.disk, fresh)?;
        guarded(&self.path, || copy_rows(&self.redb, &copy.redb).map_err(|fault| fault.at(&self.path)))?;
        copy.close_file()?;
        let file = open_to_write(fresh).map_err(|error| StoreError::unopened("write", fresh, error))?;
        self.disk.sync(&file).map_err(|error| StoreError::io("write", fresh, error))
    }

    /// Puts such a copy in the place of this database and opens it.
    pub fn replace_by(self, fresh: &Path) -> Result<Self, StoreError> {
        let (disk, path) = (Arc::clone(&self.disk), self.path.clone());
        let failed = |error| StoreError::io("replace", &path, error);
        // The copy has everything; what this one could not write any more does not matter.
        let _ = self.close_file();
        disk.rename(fresh, &path).map_err(failed)?;
        disk.sync_directory(parent(&path)).map_err(failed)?;
        Self::open(&disk, &path)
    }

    /// Checks that the path still names the file that was opened: else a change goes into a file that nobody will see.
    pub fn check_place(&self) -> Result<(), StoreError> {
        check_place(&self.path, self.identity)
    }

    /// Closes it and checks its place once more.
    pub fn close(self) -> Result<(), StoreError> {
        let (path, identity) = (self.path.clone(), self.identity);
        self.close_file()?;
        check_place(&path, identity)
    }

    fn close_file(self) -> Result<(), StoreError> {
        let path = self.path;
        guarded(&path, || self.redb.close().map_err(|error| Fault::from(redb::Error::from(error)).at(&path)))
    }
}
