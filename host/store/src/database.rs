//! The one place that names redb: `secrets.redb`, which holds ciphertext and nothing that opens it.
//!
//! - Writers open with an integrity check and commit in two phases, durably; the file must exist and hold a database.
//! - Readers open read-only. redb trusts a cleanly closed file and may panic on an altered one: every panic of redb
//!   becomes [`StoreError::Damaged`], and what is read is believed only after our own authentication.
//! - A file that has other names, in a backup made of hard links, is copied before it is changed.
//! - Nothing here decrypts.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use redb::{ReadTransaction, ReadableDatabase, ReadableTable, ReadableTableMetadata, TableDefinition};

use super::backend::Backend;
use super::disk::{Disk, Identity, Unopened, is_shared, open_to_read, open_to_write};
use super::error::StoreError;
use super::guard::caught;
use super::id::Id;
use super::overlay::Overlay;
use super::unshare::unshare;

/// The bytes that redb may cache: an opened database lives for one change or one snapshot.
const CACHE: usize = 8 << 20;
const META: TableDefinition<u8, &[u8]> = TableDefinition::new("META");
const INDEX: TableDefinition<&[u8; 16], &[u8]> = TableDefinition::new("INDEX");
const VALUES: TableDefinition<&[u8; 40], &[u8]> = TableDefinition::new("VALUES");
const AUDIT: TableDefinition<u64, &[u8]> = TableDefinition::new("AUDIT");

/// Where the value of one version of one secret lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Row {
    pub workspace: Id,
    pub secret: Id,
    pub version: u64,
}

impl Row {
    fn key(&self) -> [u8; 40] {
        let mut key = [0; 40];
        key[..16].copy_from_slice(&self.workspace);
        key[16..32].copy_from_slice(&self.secret);
        key[32..].copy_from_slice(&self.version.to_be_bytes());
        key
    }
}

/// What one transaction changes. META is written in every one.
#[derive(Default)]
pub(super) struct Batch {
    pub meta: Vec<u8>,
    /// Workspaces and their new INDEX rows; none removes the row.
    pub index: Vec<(Id, Option<Vec<u8>>)>,
    pub put: BTreeMap<Row, Vec<u8>>,
    pub remove: Vec<Row>,
    pub audit: Vec<(u64, Vec<u8>)>,
}

/// Why a database could not be read.
#[derive(Debug)]
pub(super) enum ReadFailure {
    /// A writer did not close it: somebody must open it for writing first.
    NeedsRepair,
    Store(StoreError),
}

impl From<StoreError> for ReadFailure {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// The database opened for one change.
pub(super) struct Database {
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
        guarded(&self.path, || self.commit_rows(batch).map_err(|fault| fault.at(&self.path)))
    }

    fn commit_rows(&self, batch: &Batch) -> Result<(), Fault> {
        let mut transaction = self.redb.begin_write()?;
        transaction.set_two_phase_commit(true);
        transaction.set_durability(redb::Durability::Immediate)?;
        {
            transaction.open_table(META)?.insert(0, batch.meta.as_slice())?;
            let mut index = transaction.open_table(INDEX)?;
            for (workspace, sealed) in &batch.index {
                match sealed {
                    Some(sealed) => drop(index.insert(workspace, sealed.as_slice())?),
                    None => drop(index.remove(workspace)?),
                }
            }
            let mut values = transaction.open_table(VALUES)?;
            for row in &batch.remove {
                values.remove(&row.key())?;
            }
            for (row, sealed) in &batch.put {
                values.insert(&row.key(), sealed.as_slice())?;
            }
            let mut audit = transaction.open_table(AUDIT)?;
            for (sequence, sealed) in &batch.audit {
                audit.insert(sequence, sealed.as_slice())?;
            }
        }
        Ok(transaction.commit()?)
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

fn copy_rows(from: &redb::Database, to: &redb::Database) -> Result<(), Fault> {
    let source = from.begin_read()?;
    let mut target = to.begin_write()?;
    target.set_two_phase_commit(true);
    target.set_durability(redb::Durability::Immediate)?;
    copy_table(&source, &target, META)?;
    copy_table(&source, &target, INDEX)?;
    copy_table(&source, &target, VALUES)?;
    copy_table(&source, &target, AUDIT)?;
    Ok(target.commit()?)
}

fn copy_table<K: redb::Key + 'static, V: redb::Value + 'static>(
    source: &ReadTransaction,
    target: &redb::WriteTransaction,
    table: TableDefinition<K, V>,
) -> Result<(), Fault> {
    let (source, mut target) = (source.open_table(table)?, target.open_table(table)?);
    for row in source.iter()? {
        let (key, value) = row?;
        target.insert(key.value(), value.value())?;
    }
    Ok(())
}

/// Opens the database for the moment of one reading. Never changes the file.
pub(super) fn read_only<T>(
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
pub(super) fn read_repaired<T>(
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

/// As writers open it, with its integrity checked.
fn open_with(backend: impl redb::StorageBackend, path: &Path) -> Result<redb::Database, StoreError> {
    let mut builder = redb::Builder::new();
    builder.set_cache_size(CACHE).set_check_integrity_on_open(true);
    builder.create_with_backend(backend).map_err(|error| Fault::from(redb::Error::from(error)).at(path))
}

/// The rows as one transaction sees them.
pub(super) struct Rows<'a> {
    transaction: ReadTransaction,
    path: &'a Path,
}

impl Rows<'_> {
    pub fn meta(&self) -> Result<Vec<u8>, StoreError> {
        self.get(META, 0)?.ok_or_else(|| damaged(self.path, "the row META is missing"))
    }

    pub fn index(&self, workspace: &Id) -> Result<Option<Vec<u8>>, StoreError> {
        self.get(INDEX, workspace)
    }

    /// The epoch with which an index row begins.
    pub fn index_epoch(&self, workspace: &Id) -> Result<Option<u64>, StoreError> {
        let epoch = || {
            let row = self.transaction.open_table(INDEX)?.get(workspace)?;
            Ok(row.and_then(|row| row.value().first_chunk().map(|epoch| u64::from_le_bytes(*epoch))))
        };
        catch_fault(epoch).map_err(|fault| fault.at(self.path))
    }

    pub fn value(&self, row: &Row) -> Result<Option<Vec<u8>>, StoreError> {
        self.get(VALUES, &row.key())
    }

    pub fn audit_row(&self, sequence: u64) -> Result<Option<Vec<u8>>, StoreError> {
        self.get(AUDIT, sequence)
    }

    /// Visits the audit rows in order; gives back how many there are.
    pub fn audit(&self, mut visit: impl FnMut(u64, &[u8])) -> Result<u64, StoreError> {
        let rows = || {
            let table = self.transaction.open_table(AUDIT)?;
            for row in table.iter()? {
                let (sequence, sealed) = row?;
                visit(sequence.value(), sealed.value());
            }
            Ok(table.len()?)
        };
        catch_fault(rows).map_err(|fault| fault.at(self.path))
    }

    fn get<'k, K: redb::Key + 'static>(
        &self,
        table: TableDefinition<K, &'static [u8]>,
        key: K::SelfType<'k>,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let row = || Ok(self.transaction.open_table(table)?.get(key)?.map(|row| row.value().to_vec()));
        catch_fault(row).map_err(|fault| fault.at(self.path))
    }
}

/// Pins the error type of a closure.
fn catch_fault<T>(run: impl FnOnce() -> Result<T, Fault>) -> Result<T, Fault> {
    run()
}

/// Runs something of redb's; a panic of it means that the file is not what redb wrote.
fn guarded<T>(path: &Path, run: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
    caught(run).unwrap_or_else(|| Err(damaged(path, "secrets.redb cannot be read")))
}

/// An error of redb's, of whatever operation.
struct Fault(redb::Error);

impl<E: Into<redb::Error>> From<E> for Fault {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl Fault {
    fn at(self, path: &Path) -> StoreError {
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

fn check_place(path: &Path, identity: Identity) -> Result<(), StoreError> {
    match Identity::at(path) {
        Ok(now) if now == identity => Ok(()),
        Ok(_) => Err(damaged(path, "secrets.redb was replaced while it was open")),
        Err(error) => Err(opening(path, error.into())),
    }
}

fn check_file(path: &Path, file: &File) -> Result<(), StoreError> {
    let metadata = file.metadata().map_err(|error| StoreError::io("look at", path, error))?;
    if metadata.len() == 0 {
        // redb would take an empty file for a new database.
        return Err(damaged(path, "secrets.redb is empty"));
    }
    Ok(())
}

/// A file that is not there is damage: the keyring beside it says that there is a store.
fn opening(path: &Path, unopened: Unopened) -> StoreError {
    match unopened {
        Unopened::Io(error) if error.kind() == io::ErrorKind::NotFound => damaged(path, "secrets.redb is missing"),
        unopened => StoreError::unopened("open", path, unopened),
    }
}

fn damaged(path: &Path, what: &str) -> StoreError {
    StoreError::Damaged { path: parent(path).to_owned(), what: what.to_owned() }
}

fn parent(path: &Path) -> &Path {
    path.parent().unwrap_or(path)
}
