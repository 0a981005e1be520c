//! The directory of the segments: opened once, never through a link, and its files by their names in it alone.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStringExt;
use std::path::Path;

use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, fstat, fsync, openat, statat};

use crate::disk::opening::{Stranger, Unopened, own};

/// An opened directory of this user.
pub(super) struct Folder(OwnedFd);

impl Folder {
    pub fn open(path: &Path) -> io::Result<Self> {
        let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let descriptor = openat(CWD, path, flags, Mode::empty())?;
        let owner = fstat(&descriptor)?.st_uid;
        if owner != rustix::process::geteuid().as_raw() {
            return Err(Unopened::Stranger(Stranger::Foreign(owner)).into());
        }
        Ok(Self(descriptor))
    }

    /// The regular files in it, each with its length in bytes, by name.
    pub fn files(&self) -> io::Result<Vec<(OsString, u64)>> {
        let mut files = Vec::new();
        for entry in Dir::read_from(&self.0)? {
            let entry = entry?;
            let Ok(status) = statat(&self.0, entry.file_name(), AtFlags::SYMLINK_NOFOLLOW) else { continue };
            if FileType::from_raw_mode(status.st_mode) == FileType::RegularFile {
                let name = OsString::from_vec(entry.file_name().to_bytes().to_vec());
                files.push((name, u64::try_from(status.st_size).unwrap_or(0)));
            }
        }
        files.sort();
        Ok(files)
    }

    pub fn open_to_read(&self, name: &OsString) -> io::Result<File> {
        self.open_file(name, OFlags::RDONLY)
    }

    pub fn open_to_append(&self, name: &OsString) -> io::Result<File> {
        self.open_file(name, OFlags::RDWR | OFlags::APPEND)
    }

    /// Makes an empty file to append to. It must not exist.
    pub fn create(&self, name: &str) -> io::Result<File> {
        let flags = OFlags::RDWR | OFlags::APPEND | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
        Ok(openat(&self.0, name, flags, Mode::RUSR | Mode::WUSR)?.into())
    }

    /// Makes the names in it durable.
    pub fn sync(&self) -> io::Result<()> {
        Ok(fsync(&self.0)?)
    }

    /// Not to follow a link, and not to block on a FIFO that somebody put there.
    fn open_file(&self, name: &OsString, access: OFlags) -> io::Result<File> {
        let opened =
            openat(&self.0, name, access | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC, Mode::empty());
        Ok(own(opened?.into())?)
    }
}
