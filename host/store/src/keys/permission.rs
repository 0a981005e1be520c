//! Whether a key file is kept as one should be: so that nobody else can read it, and nobody has put it there.
//!
//! - Where this process can write (or somebody else, as far as it can tell): a regular file, by its own name, of this user
//!   and for this user alone.
//! - On a mount that is read-only here: any regular file, also by a link that stays in its directory. So orchestrators
//!   hand out secrets: of root, for everybody in the container, through links that they turn. Who decides what is there is
//!   whoever made the mount.
//! - As a credential of systemd: of this user or of root, who gives it to this user alone by an access list, of which the
//!   mode shows as much as a group's permission to read.

use std::fs::{File, Metadata};
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;

use rustix::fs::{StatVfsMountFlags, fstatvfs};

use super::source::KeyError;

/// What is known of an open file.
pub(crate) struct Found {
    pub(crate) kind: Kind,
    pub(crate) owner: u32,
    /// The permissions alone.
    pub(crate) mode: u32,
    /// Whether it is on a mount that is read-only here.
    pub(crate) read_only: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Regular,
    Directory,
    Pipe,
    Other,
}

/// For whom a file may be.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keeper {
    /// The user.
    User,
    /// Systemd, for the user.
    Systemd,
}

impl Found {
    pub(crate) fn of(file: &File) -> io::Result<Self> {
        let metadata = file.metadata()?;
        let read_only = fstatvfs(file)?.f_flag.contains(StatVfsMountFlags::RDONLY);
        Ok(Self { kind: Kind::of(&metadata), owner: metadata.uid(), mode: metadata.mode() & 0o777, read_only })
    }

    /// Whether a key may be read from it, for `user`.
    ///
    /// # Errors
    /// [`KeyError`] with what is wrong.
    pub(crate) fn check(&self, path: &Path, user: u32, keeper: Keeper) -> Result<(), KeyError> {
        let (path, owner, mode) = (path.to_owned(), self.owner, self.mode);
        let (is_own, foreign) = match keeper {
            Keeper::User => (owner == user, 0o077),
            Keeper::Systemd => (owner == user || owner == 0, 0o037),
        };
        match self.kind {
            Kind::Directory => Err(KeyError::FileKind { path, what: "a directory" }),
            Kind::Pipe | Kind::Other => Err(KeyError::FileKind { path, what: "no regular file" }),
            Kind::Regular if self.read_only => Ok(()),
            Kind::Regular if !is_own => Err(KeyError::FileOwner { path, owner, user }),
            Kind::Regular if mode & foreign != 0 => Err(KeyError::FileMode { path, mode }),
            Kind::Regular => Ok(()),
        }
    }
}

impl Kind {
    fn of(metadata: &Metadata) -> Self {
        match metadata.file_type() {
            kind if kind.is_file() => Self::Regular,
            kind if kind.is_dir() => Self::Directory,
            kind if kind.is_fifo() => Self::Pipe,
            _ => Self::Other,
        }
    }
}
