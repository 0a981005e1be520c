//! The directory below the cache in which runners stand, and who may work in it.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, OFlags, flock};
use rustix::io::Errno;

use super::error::InstallError;

/// What the temporary directory of an installation is called, before the id of its process.
const WORKSHOP: &str = "making.";

/// Makes a directory that only this user may enter, and holds one that is there already to that.
pub(super) fn make_private(path: &Path) -> Result<(), InstallError> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.map_err(|error| InstallError::io("made", path, error))?;
    let metadata = fs::symlink_metadata(path).map_err(|error| InstallError::io("read", path, error))?;
    if !metadata.is_dir() || metadata.uid() != rustix::process::geteuid().as_raw() {
        return Err(InstallError::Owner { path: path.to_owned() });
    }
    match metadata.mode() & 0o777 {
        mode if mode & 0o077 != 0 => Err(InstallError::Mode { path: path.to_owned(), mode }),
        _ => Ok(()),
    }
}

/// Has what was made, renamed or removed in a directory outlast a power loss.
pub(super) fn sync(path: &Path) -> Result<(), InstallError> {
    let synced = File::open(path).and_then(|directory| directory.sync_all());
    synced.map_err(|error| InstallError::io("written", path, error))
}

/// The right to install into a directory, until it is dropped or its process ends.
#[derive(Debug)]
pub(super) struct Lock(#[expect(dead_code, reason = "closing it gives the right back")] File);

impl Lock {
    /// Waits until nobody else installs; `waiting` is called once if somebody does.
    pub fn acquire(directory: &Path, waiting: impl FnOnce()) -> Result<Self, InstallError> {
        let path = directory.join("lock");
        let failed = |error: io::Error| InstallError::io("locked", &path, error);
        let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed();
        let file =
            OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).custom_flags(flags).open(&path);
        let file = file.map_err(failed)?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Err(Errno::WOULDBLOCK) => waiting(),
            locked => return locked.map(|()| Self(file)).map_err(|error| failed(error.into())),
        }
        loop {
            match flock(&file, FlockOperation::LockExclusive) {
                Ok(()) => return Ok(Self(file)),
                Err(Errno::INTR) => {}
                Err(error) => return Err(failed(error.into())),
            }
        }
    }
}

/// A temporary directory in which a runner is made. It is removed with all that is in it.
pub(super) struct Workshop(PathBuf);

impl Workshop {
    /// Makes one, and removes those that killed installations left: whoever holds the lock knows that nobody works there.
    pub fn set_up(directory: &Path, _lock: &Lock) -> Result<Self, InstallError> {
        for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
            if entry.file_name().as_encoded_bytes().starts_with(WORKSHOP.as_bytes()) {
                // What cannot be removed takes room and nothing else.
                let _ = fs::remove_dir_all(entry.path());
            }
        }
        let path = directory.join(format!("{WORKSHOP}{}", std::process::id()));
        make_private(&path)?;
        let workshop = Self(path);
        make_private(&workshop.temporary())?;
        Ok(workshop)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    /// What it is in, which is still there when it is gone.
    pub fn directory(&self) -> &Path {
        self.0.parent().expect("it is made in a directory")
    }

    /// Where child processes put what they need for a moment.
    pub fn temporary(&self) -> PathBuf {
        self.0.join("tmp")
    }
}

impl Drop for Workshop {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
