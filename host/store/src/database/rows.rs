//! The tables of the database and their rows.

use std::collections::BTreeMap;
use std::path::Path;

use redb::{ReadTransaction, ReadableDatabase, ReadableTable, ReadableTableMetadata, TableDefinition};
use um_envelope::{Id, ValueRow, epoch_of};

use super::fault::{Fault, damaged};
use crate::error::StoreError;

const META: TableDefinition<u8, &[u8]> = TableDefinition::new("META");
const INDEX: TableDefinition<&[u8; 16], &[u8]> = TableDefinition::new("INDEX");
const VALUES: TableDefinition<&[u8; 40], &[u8]> = TableDefinition::new("VALUES");
const AUDIT: TableDefinition<u64, &[u8]> = TableDefinition::new("AUDIT");

/// What one transaction changes. META is written in every one.
#[derive(Default)]
pub(crate) struct Batch {
    pub meta: Vec<u8>,
    /// Workspaces and their new INDEX rows; none removes the row.
    pub index: Vec<(Id, Option<Vec<u8>>)>,
    pub put: BTreeMap<ValueRow, Vec<u8>>,
    pub remove: Vec<ValueRow>,
    pub audit: Vec<(u64, Vec<u8>)>,
}

/// Makes one change, durably, or none.
pub(super) fn commit_rows(redb: &redb::Database, batch: &Batch) -> Result<(), Fault> {
    let mut transaction = redb.begin_write()?;
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
            values.remove(&row.to_bytes())?;
        }
        for (row, sealed) in &batch.put {
            values.insert(&row.to_bytes(), sealed.as_slice())?;
        }
        let mut audit = transaction.open_table(AUDIT)?;
        for (sequence, sealed) in &batch.audit {
            audit.insert(sequence, sealed.as_slice())?;
        }
    }
    Ok(transaction.commit()?)
}

/// Copies every row into an empty database, durably.
pub(super) fn copy_rows(from: &redb::Database, to: &redb::Database) -> Result<(), Fault> {
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

/// The rows as one transaction sees them.
pub(crate) struct Rows<'a> {
    pub(super) transaction: ReadTransaction,
    pub(super) path: &'a Path,
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
            Ok(row.and_then(|row| epoch_of(row.value())))
        };
        catch_fault(epoch).map_err(|fault| fault.at(self.path))
    }

    pub fn value(&self, row: &ValueRow) -> Result<Option<Vec<u8>>, StoreError> {
        self.get(VALUES, &row.to_bytes())
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
