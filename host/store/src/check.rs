//! Whether the store is whole.

use std::collections::HashSet;

use um_envelope::{AuditHead, AuditRow, SegmentHead};

use super::answers::Checked;
use super::error::StoreError;
use super::reads::usage;
use super::store::Store;
use super::view::View;

impl Store {
    /// Settles what a crash left, and verifies what the store says about itself: the database's integrity, the epoch
    /// and the form of every index, the chain of the audit log, and the records of reads that it vouches for.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] or [`StoreError::RolledBack`] with what does not fit, or why the store cannot be opened.
    pub fn check(&self) -> Result<Checked, StoreError> {
        let session = self.begin("key check")?;
        let vouched = session.look(|view| {
            for entry in view.keyring.workspaces.values() {
                view.label(entry)?;
                view.index(entry)?;
            }
            verify_audit(view)
        })?;
        let audit_key = session.keys.audit.clone();
        let checked = Checked {
            store_id: self.id(),
            key_id: self.key_id(),
            generation: session.keyring.generation,
            workspaces: session.keyring.workspaces.len(),
            audit_rows: session.keyring.audit.count,
            reads_damaged: false,
            settled: session.settled,
        };
        session.end()?;
        // Nobody has to wait for this: the records are only ever added to.
        let reads_damaged = !usage::vouched_for(&self.opened.reads(), &audit_key, &vouched);
        Ok(Checked { reads_damaged, ..checked })
    }
}

/// Follows the chain of audit rows; gives every head of a segment of read records that they vouch for.
fn verify_audit(view: &View) -> Result<Vec<SegmentHead>, StoreError> {
    let key = &view.keys.audit;
    let (mut chain, mut vouched, mut whole) = (AuditHead::default(), HashSet::new(), true);
    let rows = view.rows.audit(|sequence, sealed| {
        whole &= sequence == chain.count;
        match AuditRow::open(key, sequence, sealed) {
            Ok(row) => vouched.extend(row.reads),
            Err(_) => whole = false,
        }
        chain = chain.extend(key, sealed);
    })?;
    if !whole || chain != view.keyring.audit || rows != chain.count {
        return Err(view.opened.damaged("the audit log was altered"));
    }
    Ok(Vec::from_iter(vouched))
}
