//! The one way by which the store opens files: what is no regular file of this user is a [`Stranger`], and not touched.
//!
//! A file with a second name is read like any other, since nothing is believed that is not authenticated, but never
//! changed in place: what belongs to somebody else, a planted key file or a backup made of hard links, stays as it is.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use rustix::fs::OFlags;
use rustix::io::Errno;

/// Why a file of the store was not opened.
#[derive(Debug)]
pub(crate) enum Unopened {
    /// Something stands in its place that is no file of the store. It was not touched.
    Stranger(Stranger),
    Io(io::Error),
}

/// What may stand in the place of a file and is never read from, nor written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stranger {
    /// A symbolic link.
    Link,
    /// A directory, a FIFO, a socket, a device.
    NoFile,
    /// It belongs to the user of this number.
    Foreign(u32),
}

/// Opens a file of the store for reading: never through a symbolic link, and only a regular file of this user. The
/// standard library sets close-on-exec.
pub(crate) fn open_to_read(path: &Path) -> Result<File, Unopened> {
    open(path, OpenOptions::new().read(true))
}

/// As [`open_to_read`], for reading and writing. Whether it may be changed in place is for [`is_shared`] to say.
pub(crate) fn open_to_write(path: &Path) -> Result<File, Unopened> {
    open(path, OpenOptions::new().read(true).write(true))
}

fn open(path: &Path, options: &mut OpenOptions) -> Result<File, Unopened> {
    // Not to block on a FIFO that somebody put there.
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits();
    let opened = options.custom_flags(flags as i32).open(path);
    own(opened.map_err(Unopened::from)?)
}

/// The opened file, if it is a regular one of this user.
pub(crate) fn own(file: File) -> Result<File, Unopened> {
    let metadata = file.metadata()?;
    let owner = metadata.uid();
    if !metadata.is_file() {
        return Err(Unopened::Stranger(Stranger::NoFile));
    }
    if owner != rustix::process::geteuid().as_raw() {
        return Err(Unopened::Stranger(Stranger::Foreign(owner)));
    }
    Ok(file)
}

/// Whether the file has other names, as in a copy made of hard links: what is changed in place is changed there too.
/// One that cannot be looked at is not to be changed either.
pub(crate) fn is_shared(file: &File) -> bool {
    file.metadata().map_or(true, |metadata| metadata.nlink() > 1)
}

impl From<io::Error> for Unopened {
    fn from(error: io::Error) -> Self {
        match error.raw_os_error().map(Errno::from_raw_os_error) {
            Some(Errno::LOOP) => Self::Stranger(Stranger::Link),
            // A socket, or a device without a driver.
            Some(Errno::ISDIR | Errno::NXIO) => Self::Stranger(Stranger::NoFile),
            _ => Self::Io(error),
        }
    }
}

/// For those who tell every failure alike.
impl From<Unopened> for io::Error {
    fn from(unopened: Unopened) -> Self {
        match unopened {
            Unopened::Stranger(stranger) => Self::other(stranger.to_string()),
            Unopened::Io(error) => error,
        }
    }
}

impl fmt::Display for Stranger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Link => f.write_str("a symbolic link"),
            Self::NoFile => f.write_str("no regular file"),
            Self::Foreign(owner) => write!(f, "a file of another user ({owner})"),
        }
    }
}

/// Tells one file from another, whatever it is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    device: u64,
    inode: u64,
}

impl Identity {
    pub fn of(file: &File) -> io::Result<Self> {
        let metadata = file.metadata()?;
        Ok(Self { device: metadata.dev(), inode: metadata.ino() })
    }

    /// Of what the path itself names, should it be a link.
    pub fn at(path: &Path) -> io::Result<Self> {
        let metadata = std::fs::symlink_metadata(path)?;
        Ok(Self { device: metadata.dev(), inode: metadata.ino() })
    }
}
