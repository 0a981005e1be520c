//! Appends read records: one segment per process, held by its flock.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustix::fs::{FlockOperation, OFlags, flock};

use super::super::error::StoreError;
use super::super::id::{Id, StoreId, random};
use super::super::seal::Key;
use super::super::wire::now;
use super::segment::{self, ReadRecord, SegmentHead};

/// A segment of this size takes no further records.
pub(super) const MAX_SEGMENT: u64 = 16 << 20;

/// The read records that this process writes.
pub(in super::super) struct Journal {
    directory: PathBuf,
    store: StoreId,
    state: Mutex<State>,
    /// Up to which record all is on the disk. Held while syncing, so that runs that end together share one fsync.
    synced: Mutex<u64>,
}

#[derive(Default)]
struct State {
    current: Option<Segment>,
    /// How many records were appended by this process.
    appended: u64,
    /// Records may have been lost with a segment that failed: the next `settle` says so.
    lost: bool,
}

struct Segment {
    file: Arc<File>,
    path: PathBuf,
    head: SegmentHead,
}

impl Journal {
    pub fn new(directory: PathBuf, store: StoreId) -> Self {
        Self { directory, store, state: Mutex::default(), synced: Mutex::new(0) }
    }

    /// Writes a record down. The value may be handed out once this has returned.
    pub fn append(&self, key: &Key, record: &ReadRecord) -> Result<(), StoreError> {
        let mut state = lock(&self.state);
        if state.current.as_ref().is_none_or(|segment| segment.head.length >= MAX_SEGMENT) {
            self.leave(&mut state)?;
            state.current = Some(self.join(key)?);
        }
        let segment = state.current.as_mut().expect("there is a segment now");
        let (bytes, head) = record.frame(self.store, key, &segment.head);
        if let Err(error) = (&*segment.file).write_all(&bytes) {
            let failure = StoreError::io("record the read in", &segment.path, error);
            // Half a record must not stay in front of the next one.
            if segment.file.set_len(segment.head.length).is_err() {
                state.lost |= self.leave(&mut state).is_err();
            }
            return Err(failure);
        }
        segment.head = head;
        state.appended += 1;
        Ok(())
    }

    /// Makes all records that were appended so far durable.
    pub fn settle(&self) -> Result<(), StoreError> {
        let (file, path, upto) = {
            let mut state = lock(&self.state);
            if std::mem::take(&mut state.lost) {
                let lost = io::Error::other("records of reads may have been lost in an earlier failure");
                return Err(StoreError::io("record reads in", &self.directory, lost));
            }
            let Some(segment) = &state.current else { return Ok(()) };
            (Arc::clone(&segment.file), segment.path.clone(), state.appended)
        };
        let mut synced = lock(&self.synced);
        if *synced < upto {
            file.sync_data().map_err(|error| StoreError::io("record reads in", &path, error))?;
            *synced = upto;
        }
        Ok(())
    }

    /// Leaves the current segment to others, with all its records on the disk.
    fn leave(&self, state: &mut State) -> Result<(), StoreError> {
        let Some(segment) = state.current.take() else { return Ok(()) };
        segment.file.sync_data().map_err(|error| StoreError::io("record reads in", &segment.path, error))
    }

    /// Takes over a segment whose process is gone, or makes a new one.
    fn join(&self, key: &Key) -> Result<Segment, StoreError> {
        let failed = |error| StoreError::io("record reads in", &self.directory, error);
        for entry in std::fs::read_dir(&self.directory).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            // One that cannot be taken over, for whatever reason, is left as it is.
            if let Ok(Some(segment)) = self.adopt(key, path) {
                return Ok(segment);
            }
        }
        self.create(key).map_err(failed)
    }

    fn adopt(&self, key: &Key, path: PathBuf) -> io::Result<Option<Segment>> {
        let file = appendable().open(&path)?;
        let metadata = file.metadata()?;
        if !metadata.is_file() || metadata.len() >= MAX_SEGMENT || flock(&file, EXCLUSIVE).is_err() {
            return Ok(None);
        }
        // With the lock held the end stands still. One that is torn stays as it is: evidence is not tidied away.
        let head = segment::tail(self.store, key, &file)?;
        let fits = head.filter(|head| path.file_name().is_some_and(|name| name == file_name(&head.segment).as_str()));
        Ok(fits.map(|head| Segment { file: Arc::new(file), path, head }))
    }

    fn create(&self, key: &Key) -> io::Result<Segment> {
        let id = segment_id();
        let path = self.directory.join(file_name(&id));
        let header = segment::header(self.store, key, id);
        let file = appendable().create_new(true).mode(0o600).open(&path)?;
        flock(&file, EXCLUSIVE)?;
        (&file).write_all(&header)?;
        file.sync_all()?;
        sync_directory(&self.directory)?;
        let mac = *header.last_chunk().expect("the header ends with its MAC");
        let head = SegmentHead { segment: id, records: 0, length: header.len() as u64, mac };
        Ok(Segment { file: Arc::new(file), path, head })
    }
}

const EXCLUSIVE: FlockOperation = FlockOperation::NonBlockingLockExclusive;

fn appendable() -> OpenOptions {
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits();
    let mut options = OpenOptions::new();
    options.read(true).append(true).custom_flags(flags as i32);
    options
}

/// The time in milliseconds in front, so that names sort by age, and random bits.
fn segment_id() -> Id {
    let mut id: Id = random();
    let milliseconds = u64::try_from(now().as_millisecond()).unwrap_or(0);
    id[..6].copy_from_slice(&milliseconds.to_be_bytes()[2..]);
    id
}

fn file_name(segment: &Id) -> String {
    StoreId(*segment).to_string()
}

fn sync_directory(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}

/// What these mutexes guard is whole at every moment at which a thread can panic.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
