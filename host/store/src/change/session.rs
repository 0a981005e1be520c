//! WRITE: one change of the store, from the lock to the acknowledgement.
//!
//! 1. Lock, open the database, read the keyring, wipe what a crash left of an old one.
//! 2. Settle a pending change: META tells which side counts. No key is destroyed before the database is on the disk.
//! 3. The keyring with the change pending: old and new keys are there.
//! 4. One transaction. **The change happens here.**
//! 5. The keyring without the old side: what was replaced or deleted opens no more.
//! 6. Close the database, unlock.
//!
//! A failure in 4 to 6 is settled by opening the store again, and told as done, not done or unknown.

use um_base::step;
use um_envelope::{AuditRow, Id, Index, Keyring, Keys, MAX_KEYRING, Meta, Note, SegmentHead, Side, WorkspaceEntry};
use um_secret::Actor;

use crate::clock::now;
use crate::database::rows::Batch;
use crate::database::writing::Database;
use crate::disk::keyring_file::{self, FINAL, PENDING};
use crate::disk::lock::{Deadline, Lock};
use crate::disk::names::FRESH_DATABASE;
use crate::error::StoreError;
use crate::opened::Opened;
use crate::reads::usage::heads;
use crate::view::View;

/// What a new workspace leaves free in the keyring, in bytes, so that a full one still takes every other change: more
/// than a pending change of one workspace adds.
const HEADROOM: usize = 1024;

/// The store opened for one change, with whatever a crash had left settled.
pub(crate) struct Session<'a> {
    pub opened: &'a Opened,
    pub keyring: Keyring,
    pub keys: Keys,
    /// Whether there was something to settle.
    pub settled: bool,
    verb: &'static str,
    // Dropped before the lock.
    database: Database,
    lock: Lock,
}

/// What one commit changes.
pub(crate) struct Delta {
    /// The workspaces that are different afterwards.
    pub touched: Vec<Touch>,
    /// Values added and removed.
    pub rows: Batch,
    /// The changes, in their order: each is a row of the audit log.
    pub notes: Vec<Note>,
}

/// A workspace as it is to be: a new key and a new epoch come by themselves.
pub(crate) struct Touch {
    pub id: Id,
    pub label: Vec<u8>,
    pub index: Index,
}

impl<'a> Session<'a> {
    /// Steps 1 and 2.
    pub fn begin(opened: &'a Opened, verb: &'static str, deadline: Deadline) -> Result<Self, StoreError> {
        let lock = Lock::exclusive(&opened.data, verb, deadline)?;
        step("locked");
        Self::resume(opened, verb, lock, Trust::Disk)
    }

    /// Steps 1 and 2 of somebody who has the lock already.
    fn resume(opened: &'a Opened, verb: &'static str, lock: Lock, trust: Trust) -> Result<Self, StoreError> {
        let database = Database::open(&opened.disk, &opened.database())?;
        step("database-open");
        let (keyring, keys) = opened.load_keyring()?;
        keyring_file::wipe_leftovers(&*opened.disk, &opened.data)?;
        remove_fresh(opened)?;
        step("keyring-read");
        let (database, keyring, settled) = settle(opened, database, keyring, &keys, trust)?;
        opened.saw(keyring.generation);
        step("settled");
        Ok(Self { opened, keyring, keys, settled, verb, database, lock })
    }

    /// Looks at the store as it is before the change.
    pub fn look<T>(&self, look: impl FnOnce(&View) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let Self { opened, keyring, keys, database, .. } = self;
        database.read(|rows| look(&View { opened, keyring, keys, rows }))
    }

    /// Step 6 where nothing was changed.
    pub fn end(self) -> Result<(), StoreError> {
        self.database.close()?;
        drop(self.lock);
        Ok(())
    }

    /// Steps 3 to 6.
    pub fn commit(mut self, by: &Actor, delta: Delta) -> Result<(), StoreError> {
        let grows = delta.touched.iter().any(|touch| !self.keyring.workspaces.contains_key(&touch.id));
        let bound = if grows { MAX_KEYRING - HEADROOM } else { MAX_KEYRING };
        let batch = self.prepare(by, delta)?;
        let pending = self.keyring.encode(&self.keys);
        if pending.len() > bound {
            return Err(StoreError::TooManyWorkspaces);
        }
        keyring_file::replace(&*self.opened.disk, &self.opened.data, &pending, &PENDING)?;
        let (opened, verb, goal) = (self.opened, self.verb, self.keyring.generation + 1);
        let Self { database, lock, keyring, keys, .. } = self;
        match finish(opened, database, keyring, &keys, &batch) {
            Ok(()) => {
                opened.saw(goal);
                drop(lock);
                step("unlocked");
                Ok(())
            }
            Err(error) => settle_failure(opened, verb, lock, goal, error),
        }
    }

    /// Seals everything that the change writes, and puts it into the keyring as pending.
    fn prepare(&mut self, by: &Actor, delta: Delta) -> Result<Batch, StoreError> {
        let mut batch = delta.rows;
        let mut entries = Vec::with_capacity(delta.touched.len());
        for touch in delta.touched {
            let (entry, row) = self.renew(touch);
            batch.index.push((entry.id, Some(row)));
            entries.push(entry);
        }
        let (at, mut chain, mut heads, last) = (now(), self.keyring.audit, self.segment_heads()?, delta.notes.len());
        for (number, note) in delta.notes.into_iter().enumerate() {
            // The last row speaks for all before it.
            let reads = if number + 1 == last { std::mem::take(&mut heads) } else { Vec::new() };
            let (sealed, head) = AuditRow::new(at, by, note, reads).seal(&self.keys.audit, &chain);
            batch.audit.push((chain.count, sealed));
            chain = head;
        }
        self.keyring.begin(chain, entries);
        batch.meta = Meta::after(&self.keyring).encode(&self.keys);
        Ok(batch)
    }

    /// Where the segments of read records end. A row that does not open says nothing: `check` tells it.
    fn segment_heads(&self) -> Result<Vec<SegmentHead>, StoreError> {
        let vouched = self.look(|view| view.vouched())?;
        Ok(heads(&self.opened.reads(), &self.keys.audit, &vouched.unwrap_or_default()))
    }

    /// A new key and a new epoch for a workspace, and its index sealed under them.
    fn renew(&self, touch: Touch) -> (WorkspaceEntry, Vec<u8>) {
        let epoch = self.keyring.workspaces.get(&touch.id).map_or(0, |entry| entry.epoch) + 1;
        self.keys.seal_workspace(touch.id, touch.label, epoch, &touch.index)
    }
}

/// Steps 4 to 6, up to the lock.
fn finish(
    opened: &Opened,
    database: Database,
    mut keyring: Keyring,
    keys: &Keys,
    batch: &Batch,
) -> Result<(), StoreError> {
    database.commit(batch)?;
    step("committed");
    // While the old keys are still there to go back to.
    database.check_place()?;
    keyring.settle(Side::New);
    keyring_file::replace(&*opened.disk, &opened.data, &keyring.encode(keys), &FINAL)?;
    database.close()?;
    step("closed");
    Ok(())
}

/// After a failure in steps 4 to 6: opens the store again to see which side it came down on.
fn settle_failure(
    opened: &Opened,
    verb: &'static str,
    lock: Lock,
    goal: u64,
    error: StoreError,
) -> Result<(), StoreError> {
    match Session::resume(opened, verb, lock, Trust::Nothing) {
        Ok(session) if session.keyring.generation == goal => match session.end() {
            Ok(()) => Ok(()),
            Err(cause) => Err(StoreError::Unknown { verb, cause: Box::new(cause) }),
        },
        // Not done: the first error says why.
        Ok(session) => {
            let _ = session.end();
            Err(error)
        }
        Err(_) => Err(StoreError::Unknown { verb, cause: Box::new(error) }),
    }
}

/// Whether what the database shows may be believed to be on the disk.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Trust {
    Disk,
    /// A write of this process failed: what is read may stand in memory only.
    Nothing,
}

/// Ends a pending change on the side that META names, and checks that each index is of its epoch.
fn settle(
    opened: &Opened,
    mut database: Database,
    mut keyring: Keyring,
    keys: &Keys,
    trust: Trust,
) -> Result<(Database, Keyring, bool), StoreError> {
    let side = database.read(|rows| View { opened, keyring: &keyring, keys, rows }.side())?;
    let pending = keyring.pending.is_some();
    keyring.settle(side);
    // Before any key goes: what does not fit is left as it is.
    database.read(|rows| View { opened, keyring: &keyring, keys, rows }.check_epochs())?;
    match side {
        // Nobody knows any more whether the process that left this saw an fsync fail.
        Side::New => database = secure(opened, database)?,
        Side::Old if pending => database.sync()?,
        Side::Old if trust == Trust::Nothing => database = secure(opened, database)?,
        Side::Old => {}
    }
    if pending {
        keyring_file::replace(&*opened.disk, &opened.data, &keyring.encode(keys), &FINAL)?;
    }
    Ok((database, keyring, pending))
}

/// Sees to it that what the database shows is on the disk, before a key goes that an older state would need: by a
/// fresh copy, since after a failed fsync another one may succeed without having written anything. Where there is no
/// space for the copy, all keys stay.
fn secure(opened: &Opened, database: Database) -> Result<Database, StoreError> {
    let fresh = opened.data.join(FRESH_DATABASE);
    match database.copy_to(&fresh) {
        Ok(()) => database.replace_by(&fresh),
        Err(error) => {
            // What there is of it takes the space that is needed.
            let _ = remove_fresh(opened);
            Err(error)
        }
    }
}

/// A copy of the database that a crash cut short.
fn remove_fresh(opened: &Opened) -> Result<(), StoreError> {
    let path = opened.data.join(FRESH_DATABASE);
    match opened.disk.unlink(&path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(StoreError::io("remove", &path, error)),
        _ => Ok(()),
    }
}
