//! Who may use the store now: `gate` and `lock`, two files that are locked with flock and never renamed.
//!
//! Readers share, a writer is alone. flock is not fair, so everybody passes the gate first: a writer that waits for
//! the readers to leave stands in the gate, and no new reader gets past it. Before that, a writer that finds readers
//! in the gate leaves a note there, and readers who see it let it go first, for a while.
//!
//! Notes are of no consequence, and never written into a file that has another name: it may be a copy's, or no lock.
//!
//! Each acquisition opens the files anew, since a flock belongs to the opened file; a crash frees it.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;
use um_envelope::random;

use super::names::{GATE, LOCK};
use super::opening::{Unopened, is_shared, open_to_read, open_to_write};
use crate::error::{Holder, StoreError};

/// The right to use the store, until it is dropped.
#[derive(Debug)]
pub(crate) struct Lock {
    file: File,
    exclusive: bool,
}

/// Until when to try.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline {
    began: Instant,
    patience: Duration,
}

impl Deadline {
    pub fn after(patience: Duration) -> Self {
        Self { began: Instant::now(), patience }
    }

    fn passed(&self) -> bool {
        self.began.elapsed() >= self.patience
    }
}

impl Lock {
    /// Waits until nobody writes.
    pub fn shared(data: &Path, deadline: Deadline) -> Result<Self, StoreError> {
        give_way(data);
        let gate = acquire(data, GATE, false, deadline)?;
        let file = acquire(data, LOCK, false, deadline)?;
        drop(gate);
        Ok(Self { file, exclusive: false })
    }

    /// Waits until nobody reads or writes, and leaves word of who has the store and for what.
    pub fn exclusive(data: &Path, verb: &str, deadline: Deadline) -> Result<Self, StoreError> {
        let gate = acquire(data, GATE, true, deadline)?;
        let file = acquire(data, LOCK, true, deadline)?;
        drop(gate);
        sign(&file, verb);
        Ok(Self { file, exclusive: true })
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        if self.exclusive {
            erase(&self.file);
        }
    }
}

fn acquire(data: &Path, name: &str, exclusive: bool, deadline: Deadline) -> Result<File, StoreError> {
    let path = data.join(name);
    let operation =
        if exclusive { FlockOperation::NonBlockingLockExclusive } else { FlockOperation::NonBlockingLockShared };
    loop {
        // A writer leaves notes, so it opens for writing; flock itself does not ask for that.
        let opened = if exclusive { open_to_write(&path) } else { open_to_read(&path) };
        let file = opened.map_err(|error| opening(data, name, error))?;
        let gate = exclusive && name == GATE;
        match flock(&file, operation) {
            Ok(()) => {
                if gate {
                    erase(&file);
                }
                return Ok(file);
            }
            Err(Errno::WOULDBLOCK | Errno::INTR) => {}
            Err(error) => return Err(StoreError::io("lock", &path, error.into())),
        }
        if deadline.passed() {
            if gate {
                // Others are not to go on giving way to a writer that has gone away.
                erase(&file);
            }
            let (path, waited) = (data.to_owned(), deadline.began.elapsed());
            return Err(StoreError::InUse { path, holder: holder(data), waited });
        }
        if gate {
            sign(&file, "waits");
        }
        std::thread::sleep(pause());
    }
}

/// Leaves word of who has a file, or waits for it, and for what. A full disk has no room for it, and needs none.
fn sign(file: &File, verb: &str) {
    let note = format!("{} {verb}\n", std::process::id());
    if !is_shared(file) {
        let _ = file.set_len(0).and_then(|()| file.write_all_at(note.as_bytes(), 0));
    }
}

/// Takes a note away. What is left behind is of no consequence.
fn erase(file: &File) {
    if !is_shared(file) {
        let _ = file.set_len(0);
    }
}

/// Lets a writer that waits at the gate go first. Only for a while: it may have been killed there, or wait for others.
fn give_way(data: &Path) {
    const TIMES: usize = 10;
    for _ in 0..TIMES {
        if note(&data.join(GATE)).is_none() {
            return;
        }
        std::thread::sleep(pause());
    }
}

/// 1 to 5 ms, so that those who wait do not all come at once.
fn pause() -> Duration {
    let [byte] = random::<1>();
    Duration::from_micros(1_000 + u64::from(byte) * 15)
}

/// Who has the store for writing.
fn holder(data: &Path) -> Option<Holder> {
    note(&data.join(LOCK))
}

/// Who left a note in a file, if that process is still there.
fn note(path: &Path) -> Option<Holder> {
    let file = open_to_read(path).ok()?;
    if file.metadata().ok()?.len() == 0 || is_shared(&file) {
        return None;
    }
    let mut note = String::new();
    file.take(256).read_to_string(&mut note).ok()?;
    let (pid, verb) = note.trim_end().split_once(' ')?;
    let pid: u32 = pid.parse().ok()?;
    let alive = Path::new("/proc").join(pid.to_string()).exists();
    alive.then(|| Holder { pid, verb: verb.to_owned() })
}

fn opening(data: &Path, name: &str, unopened: Unopened) -> StoreError {
    match unopened {
        Unopened::Io(error) if error.kind() == io::ErrorKind::NotFound => StoreError::Damaged {
            path: data.to_owned(),
            what: format!("the file `{name}` is missing (an empty file of this name will do)"),
        },
        Unopened::Io(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            StoreError::ReadOnly { path: data.to_owned(), what: "its lock may not be taken" }
        }
        unopened => StoreError::unopened("lock", &data.join(name), unopened),
    }
}
