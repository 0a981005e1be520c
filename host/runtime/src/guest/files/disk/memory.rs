//! What the kernel answers from memory. Where it would have to wait, or cannot tell, the answer is `None`, and whoever
//! asks again may wait.
//!
//! Linux before 5.12, sandboxes that know no openat2(2), and file systems that do not tell what they have in memory, are
//! asked again each time.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, IoSliceMut};
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

use cap_std::fs::Dir;
use rustix::fs::{FileType, Mode, OFlags, ResolveFlags, fstat, openat2, readlinkat};
use rustix::io::{Errno, ReadWriteFlags, preadv2};

use crate::guest::files::failure::Failure;

/// Inside the directory, on its own file system, and known to the kernel already.
const RESOLVE: ResolveFlags =
    ResolveFlags::BENEATH.union(ResolveFlags::NO_MAGICLINKS).union(ResolveFlags::NO_XDEV).union(ResolveFlags::CACHED);

/// Opens what lies below a directory of this machine.
pub fn open(directory: &Dir, path: &str, flags: OFlags) -> Result<Option<File>, Failure> {
    match openat2(directory, path, flags | OFlags::CLOEXEC, Mode::empty(), RESOLVE) {
        Ok(file) => Ok(Some(file.into())),
        // Whoever may wait hears the same.
        Err(errno @ (Errno::NOENT | Errno::NOTDIR | Errno::LOOP | Errno::ACCESS | Errno::NAMETOOLONG)) => {
            Err(errno.into())
        }
        Err(_) => Ok(None),
    }
}

/// Reads what is in memory of a file.
pub fn read(file: &File, length: usize, offset: u64) -> Option<Vec<u8>> {
    let mut bytes = vec![0; length];
    let read = preadv2(file, &mut [IoSliceMut::new(&mut bytes)], offset, ReadWriteFlags::NOWAIT).ok()?;
    bytes.truncate(read);
    Some(bytes)
}

/// Where an open link leads to.
pub fn read_link(found: &File) -> io::Result<PathBuf> {
    if FileType::from_raw_mode(fstat(found)?.st_mode) != FileType::Symlink {
        return Err(Errno::INVAL.into());
    }
    let target = readlinkat(found, "", Vec::new())?;
    Ok(OsString::from_vec(target.into_bytes()).into())
}
