//! The one way by which the store changes files: every write, rename and fsync of the keyring and the database.
//!
//! And the one way by which it opens them: what is no regular file of this user is a [`Stranger`], and not touched. A
//! file with a second name is read like any other, since nothing is believed that is not authenticated, but never
//! changed in place: what belongs to somebody else, a planted key file or a backup made of hard links, stays as it is.
//!
//! A test puts a recorder in the place of the disk and replays what it saw, cut off anywhere, as a power loss would.

use std::fmt::{self, Debug};
use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, FileExt, MetadataExt, OpenOptionsExt};
use std::path::Path;

use rustix::fs::OFlags;
use rustix::io::Errno;

/// What can be done to the files of a store.
pub(super) trait Disk: Debug + Send + Sync + 'static {
    /// Makes an empty file that only this user may open. It must not exist.
    fn create(&self, path: &Path) -> io::Result<File>;
    fn write_at(&self, file: &File, offset: u64, bytes: &[u8]) -> io::Result<()>;
    fn set_len(&self, file: &File, length: u64) -> io::Result<()>;
    fn sync(&self, file: &File) -> io::Result<()>;
    fn link(&self, from: &Path, to: &Path) -> io::Result<()>;
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    fn unlink(&self, path: &Path) -> io::Result<()>;
    /// Makes a directory that only this user may enter. It must not exist.
    fn create_directory(&self, path: &Path) -> io::Result<()>;
    fn sync_directory(&self, path: &Path) -> io::Result<()>;
}

/// The disk as the operating system shows it.
#[derive(Debug)]
pub(super) struct LocalDisk;

impl Disk for LocalDisk {
    fn create(&self, path: &Path) -> io::Result<File> {
        OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(path)
    }

    fn write_at(&self, file: &File, offset: u64, bytes: &[u8]) -> io::Result<()> {
        file.write_all_at(bytes, offset)
    }

    fn set_len(&self, file: &File, length: u64) -> io::Result<()> {
        file.set_len(length)
    }

    fn sync(&self, file: &File) -> io::Result<()> {
        file.sync_all()
    }

    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        std::fs::hard_link(from, to)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        std::fs::rename(from, to)
    }

    fn unlink(&self, path: &Path) -> io::Result<()> {
        std::fs::remove_file(path)
    }

    fn create_directory(&self, path: &Path) -> io::Result<()> {
        DirBuilder::new().mode(0o700).create(path)
    }

    fn sync_directory(&self, path: &Path) -> io::Result<()> {
        File::open(path)?.sync_all()
    }
}

/// Why a file of the store was not opened.
#[derive(Debug)]
pub(super) enum Unopened {
    /// Something stands in its place that is no file of the store. It was not touched.
    Stranger(Stranger),
    Io(io::Error),
}

/// What may stand in the place of a file and is never read from, nor written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stranger {
    Link,
    /// A directory, a FIFO, a socket, a device.
    NoFile,
    /// It belongs to the user of this number.
    Foreign(u32),
}

/// Opens a file of the store for reading: never through a symbolic link, and only a regular file of this user. The
/// standard library sets close-on-exec.
pub(super) fn open_to_read(path: &Path) -> Result<File, Unopened> {
    open(path, OpenOptions::new().read(true))
}

/// As [`open_to_read`], for reading and writing. Whether it may be changed in place is for [`is_shared`] to say.
pub(super) fn open_to_write(path: &Path) -> Result<File, Unopened> {
    open(path, OpenOptions::new().read(true).write(true))
}

fn open(path: &Path, options: &mut OpenOptions) -> Result<File, Unopened> {
    // Not to block on a FIFO that somebody put there.
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits();
    let opened = options.custom_flags(flags as i32).open(path);
    own(opened.map_err(Unopened::from)?)
}

/// The opened file, if it is a regular one of this user.
pub(super) fn own(file: File) -> Result<File, Unopened> {
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
pub(super) fn is_shared(file: &File) -> bool {
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
pub(super) struct Identity {
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
