//! Appends read records: one segment per process, held by its flock.
//!
//! A record is durable once `settle` of its run has succeeded. After a failed fsync nobody knows what is on the disk, and
//! a second one proves nothing: the segment is left, and each run that had records in it is told when it settles.

use std::collections::{HashMap, HashSet};
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustix::fs::{FlockOperation, flock};

use um_envelope::{AuditKey, Id, ReadRecord, SegmentHead, StoreId, random};

use super::folder::Folder;
use crate::clock::now;
use crate::disk::opening::{Identity, is_shared};
use crate::error::StoreError;

/// A segment of this size takes no further records.
pub(super) const MAX_SEGMENT: u64 = 16 << 20;

/// The read records that this process writes.
pub(crate) struct Journal {
    directory: PathBuf,
    state: Mutex<State>,
    /// Held while syncing, so that runs that end together share one fsync. Taken before the state.
    turn: Mutex<()>,
}

#[derive(Default)]
struct State {
    current: Option<Segment>,
    /// How many records were appended by this process.
    appended: u64,
    /// The runs with records that may not be on the disk yet, each with its last one.
    unsynced: HashMap<Id, u64>,
    /// The runs with records that may never get there: `settle` says so, however often it is asked.
    lost: HashSet<Id>,
}

struct Segment {
    file: Arc<File>,
    path: PathBuf,
    head: SegmentHead,
}

impl State {
    /// Whether the current segment takes no further records: it is full, or it has got a second name, in a backup made
    /// of hard links, and what is appended to it would be appended there too.
    fn is_spent(&self) -> bool {
        let spent = |segment: &Segment| segment.head.length >= MAX_SEGMENT || is_shared(&segment.file);
        self.current.as_ref().is_some_and(spent)
    }

    /// Leaves a segment that failed, with all that was not synced.
    fn lose(&mut self) {
        self.current = None;
        self.lost.extend(self.unsynced.drain().map(|(run, _)| run));
    }
}

impl Journal {
    pub fn new(directory: PathBuf) -> Self {
        Self { directory, state: Mutex::default(), turn: Mutex::default() }
    }

    /// Writes a record down. The value may be handed out once this has returned.
    pub fn append(&self, key: &AuditKey, record: &ReadRecord) -> Result<(), StoreError> {
        let mut state = self.with_room()?;
        if state.current.is_none() {
            state.current = Some(self.join(key)?);
        }
        let segment = state.current.as_mut().expect("there is a segment now");
        let (bytes, head) = segment.head.append(key, record);
        if let Err(error) = (&*segment.file).write_all(&bytes) {
            let failure = StoreError::io("record the read in", &segment.path, error);
            // Half a record must not stay in front of the next one.
            if segment.file.set_len(segment.head.length).is_err() {
                state.lose();
            }
            return Err(failure);
        }
        segment.head = head;
        state.appended += 1;
        let last = state.appended;
        state.unsynced.insert(record.run, last);
        Ok(())
    }

    /// Makes the records of a run durable, and with them all that were appended before.
    ///
    /// # Errors
    /// If a record of this run may be lost, now and whenever it is asked again.
    pub fn settle(&self, run: &Id) -> Result<(), StoreError> {
        if lock(&self.state).unsynced.contains_key(run) {
            self.sync(|state| state.unsynced.contains_key(run))?;
        }
        if lock(&self.state).lost.contains(run) {
            let lost = io::Error::other("records of reads may have been lost in an earlier failure");
            return Err(StoreError::io("record reads in", &self.directory, lost));
        }
        Ok(())
    }

    /// The state, without a current segment that is spent: that one is left to itself with all its records on the disk.
    fn with_room(&self) -> Result<MutexGuard<'_, State>, StoreError> {
        loop {
            let mut state = lock(&self.state);
            if state.is_spent() && state.unsynced.is_empty() {
                state.current = None;
            }
            if !state.is_spent() {
                return Ok(state);
            }
            drop(state);
            self.sync(State::is_spent)?;
        }
    }

    /// Syncs the current segment, if there still is a need when it is our turn.
    fn sync(&self, needed: impl FnOnce(&State) -> bool) -> Result<(), StoreError> {
        let _turn = lock(&self.turn);
        let (file, path, upto) = {
            let state = lock(&self.state);
            match &state.current {
                Some(segment) if needed(&state) => (Arc::clone(&segment.file), segment.path.clone(), state.appended),
                _ => return Ok(()),
            }
        };
        let synced = in_place(&file, &path).and_then(|()| file.sync_data());
        let mut state = lock(&self.state);
        match synced {
            Ok(()) => state.unsynced.retain(|_, last| *last > upto),
            Err(_) => state.lose(),
        }
        synced.map_err(|error| StoreError::io("record reads in", &path, error))
    }

    /// Takes over a segment whose process is gone, or makes a new one.
    fn join(&self, key: &AuditKey) -> Result<Segment, StoreError> {
        let failed = |error| StoreError::io("record reads in", &self.directory, error);
        let folder = Folder::open(&self.directory).map_err(failed)?;
        for (name, _) in folder.files().map_err(failed)? {
            // One that cannot be taken over, for whatever reason, is left as it is.
            if let Some(segment) = self.adopt(key, &folder, &name).ok().flatten() {
                return Ok(segment);
            }
        }
        self.create(key, &folder).map_err(failed)
    }

    fn adopt(&self, key: &AuditKey, folder: &Folder, name: &OsString) -> io::Result<Option<Segment>> {
        let file = folder.open_to_append(name)?;
        if is_shared(&file) || file.metadata()?.len() >= MAX_SEGMENT || flock(&file, EXCLUSIVE).is_err() {
            return Ok(None);
        }
        // With the lock held the end stands still. One that is torn stays as it is: evidence is not tidied away.
        let head = SegmentHead::last(key, file.metadata()?.len(), |at, out| file.read_exact_at(out, at))?;
        let fits = head.filter(|head| name == file_name(&head.segment).as_str());
        // What is appended behind a hole would never be found again.
        let Some(head) = fits.filter(|head| is_gapless(&file, head)) else { return Ok(None) };
        Ok(Some(Segment { file: Arc::new(file), path: self.directory.join(name), head }))
    }

    fn create(&self, key: &AuditKey, folder: &Folder) -> io::Result<Segment> {
        let id = segment_id();
        let (header, head) = SegmentHead::create(key, id);
        let file = folder.create(&file_name(&id))?;
        flock(&file, EXCLUSIVE)?;
        (&file).write_all(&header)?;
        file.sync_all()?;
        folder.sync()?;
        Ok(Segment { file: Arc::new(file), path: self.directory.join(file_name(&id)), head })
    }
}

/// Whether all that stands before the end of a segment is there.
fn is_gapless(file: &File, head: &SegmentHead) -> bool {
    let mut bytes = vec![0; head.length as usize];
    file.read_exact_at(&mut bytes, 0).is_ok() && head.is_gapless(&bytes)
}

const EXCLUSIVE: FlockOperation = FlockOperation::NonBlockingLockExclusive;

/// Records in a file that has lost its name are synced and gone.
fn in_place(file: &File, path: &Path) -> io::Result<()> {
    match Identity::at(path) {
        Ok(identity) if identity == Identity::of(file)? => Ok(()),
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Err(io::Error::other("the file was removed or replaced while it was written to")),
    }
}

/// The time in milliseconds in front, so that names sort by age, and random bits.
fn segment_id() -> Id {
    let mut id: Id = random();
    let milliseconds = u64::try_from(now().as_millisecond()).unwrap_or(0);
    id[..6].copy_from_slice(&milliseconds.to_be_bytes()[2..]);
    id
}

/// What the file of a segment is called.
pub(super) fn file_name(segment: &Id) -> String {
    StoreId::from_bytes(*segment).to_string()
}

/// What these mutexes guard is whole at every moment at which a thread can panic.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
