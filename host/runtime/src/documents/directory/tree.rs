//! Directories by their descriptors: what is looked at is what is used, whatever is put in its place meanwhile.

use std::ffi::OsStr;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;

use rustix::fs::{AtFlags, Dir, Mode, OFlags, Stat, fsync, openat, unlinkat};
use rustix::io::Errno;

/// Deeper trees than any of ours are not removed.
const MAX_DEPTH: usize = 16;

/// Opens a directory, not what a link leads to.
pub(super) fn open_directory(above: impl AsFd, path: impl AsRef<OsStr>) -> Result<OwnedFd, Errno> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    openat(above, path.as_ref(), flags, Mode::empty())
}

/// The permissions, with the bits for set-user-ID, set-group-ID and sticky.
pub(super) fn mode_of(stat: &Stat) -> u32 {
    stat.st_mode & 0o7777
}

/// The names in a directory.
pub(super) fn names_in(directory: impl AsFd) -> impl Iterator<Item = io::Result<Vec<u8>>> {
    let (entries, failure) = match Dir::read_from(directory) {
        Ok(entries) => (Some(entries), None),
        Err(error) => (None, Some(Err(error.into()))),
    };
    let names = entries.into_iter().flatten().filter_map(|entry| match entry {
        Ok(entry) => {
            let name = entry.file_name().to_bytes();
            (name != b"." && name != b"..").then(|| Ok(name.to_vec()))
        }
        Err(error) => Some(Err(error.into())),
    });
    failure.into_iter().chain(names)
}

/// Removes what has this name, with all that is below it, and follows no link.
pub(super) fn remove_tree(above: BorrowedFd, name: &OsStr) -> io::Result<()> {
    remove_below(above, name, MAX_DEPTH)
}

fn remove_below(above: BorrowedFd, name: &OsStr, depth: usize) -> io::Result<()> {
    match unlinkat(above, name, AtFlags::empty()) {
        Ok(()) | Err(Errno::NOENT) => return Ok(()),
        Err(Errno::ISDIR | Errno::PERM) if depth > 0 => {}
        Err(error) => return Err(error.into()),
    }
    let directory = open_directory(above, name)?;
    let names: Vec<_> = names_in(&directory).collect::<Result<_, _>>()?;
    for inner in names {
        remove_below(directory.as_fd(), OsStr::from_bytes(&inner), depth - 1)?;
    }
    Ok(unlinkat(above, name, AtFlags::REMOVEDIR)?)
}

/// Flushes a directory to the disk.
pub(super) fn sync(directory: impl AsFd) -> io::Result<()> {
    Ok(fsync(directory)?)
}
