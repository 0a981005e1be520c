//! Files without a name, for what nobody has looked through yet.
//!
//! They are made in the directory above the target, so that they can be linked there later. Where the file system has
//! none (overlayfs before Linux 6.6, ZFS, NFS), they are made in a private place, and copied once they may leave: under a
//! name that is random, in a directory closed to others, with a mode by which nobody opens them, and for the moment until
//! they are unlinked, in which nothing is in them.

use std::env;
use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, Dir, Mode, OFlags, fstat, linkat, openat, unlinkat};
use rustix::io::Errno;

use super::tree::{mode_of, open_directory};
use um_secret::RunId;

/// Where files without a name are made.
pub(super) enum Unnamed {
    /// In this directory.
    Beside(OwnedFd),
    Elsewhere(Private),
}

/// A directory of ours that is closed to others.
pub(super) struct Private {
    directory: OwnedFd,
    /// To be removed at the end, where there is no cache to keep it in.
    temporary: Option<PathBuf>,
}

impl Unnamed {
    /// Beside the target if that is possible, otherwise in the cache directory, or where temporary files are.
    ///
    /// # Errors
    /// What no other place would mend: a parent that cannot be written, a full disk, no more descriptors.
    pub fn find(parent: &OwnedFd, cache: Option<&Path>, run: &RunId) -> io::Result<Self> {
        match without_name(parent.as_fd()) {
            Ok(_) => Ok(Self::Beside(parent.try_clone()?)),
            Err(error) if is_final(error) => Err(error.into()),
            Err(_) => Ok(Self::Elsewhere(Private::open(cache, run)?)),
        }
    }

    pub fn create(&self) -> io::Result<File> {
        match self {
            Self::Beside(parent) => Ok(without_name(parent.as_fd())?),
            Self::Elsewhere(private) => private.create(),
        }
    }
}

impl Private {
    /// A directory of the cache, or one for this run alone.
    pub fn open(cache: Option<&Path>, run: &RunId) -> io::Result<Self> {
        let temporary = env::temp_dir().join(format!("um-host-{run}"));
        let path = cache.map_or_else(|| temporary.clone(), |cache| cache.join("documents"));
        match DirBuilder::new().mode(0o700).create(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && cache.is_some() => {}
            made => made?,
        }
        let directory = open_directory(CWD, &path)?;
        let found = fstat(&directory)?;
        if found.st_uid != rustix::process::geteuid().as_raw() || mode_of(&found) & 0o077 != 0 {
            let open = format!("`{}` must be this user's own, with mode 700", path.display());
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, open));
        }
        remove_left(&directory);
        Ok(Self { directory, temporary: cache.is_none().then_some(temporary) })
    }

    fn create(&self) -> io::Result<File> {
        match without_name(self.directory.as_fd()) {
            Err(error) if !is_final(error) => self.create_and_unlink(),
            created => Ok(created?),
        }
    }

    /// Whoever makes it may write and read it whatever its mode is; nobody who finds its name may.
    pub fn create_and_unlink(&self) -> io::Result<File> {
        let name = RunId::new().to_string();
        let flags = OFlags::CREATE | OFlags::EXCL | OFlags::RDWR | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = openat(&self.directory, &name, flags, Mode::empty())?;
        match unlinkat(&self.directory, &name, AtFlags::empty()) {
            // Another run has taken it for one that was left.
            Ok(()) | Err(Errno::NOENT) => Ok(file.into()),
            Err(error) => Err(error.into()),
        }
    }
}

impl Drop for Private {
    fn drop(&mut self) {
        if let Some(temporary) = &self.temporary {
            // It is empty, and holds nothing if a kill leaves it.
            let _ = fs::remove_dir(temporary);
        }
    }
}

/// Gives a file a name in a directory: by a link, or by a copy where that is refused or the file is of another place.
///
/// # Errors
/// As the file system says; [`io::ErrorKind::AlreadyExists`] where it takes two names for one.
pub(super) fn give_name(file: &mut File, directory: BorrowedFd, name: &str) -> io::Result<()> {
    let source = format!("/proc/self/fd/{}", file.as_raw_fd());
    match linkat(CWD, &source, directory, name, AtFlags::SYMLINK_FOLLOW) {
        Err(Errno::EXIST) => Err(Errno::EXIST.into()),
        Ok(()) => Ok(()),
        Err(_) => copy(file, directory, name),
    }
}

fn copy(file: &mut File, directory: BorrowedFd, name: &str) -> io::Result<()> {
    let flags = OFlags::CREATE | OFlags::EXCL | OFlags::WRONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let mut copy = File::from(openat(directory, name, flags, Mode::from_raw_mode(0o666))?);
    io::copy(file, &mut copy)?;
    copy.sync_all()
}

/// A file of no name in a directory. It gets the mode and group that one with a name would have.
fn without_name(directory: BorrowedFd) -> Result<File, Errno> {
    let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
    Ok(openat(directory, ".", flags, Mode::from_raw_mode(0o666))?.into())
}

/// Whether that says more than that there are no such files here.
fn is_final(error: Errno) -> bool {
    matches!(
        error,
        Errno::ACCESS
            | Errno::ROFS
            | Errno::NOSPC
            | Errno::DQUOT
            | Errno::MFILE
            | Errno::NFILE
            | Errno::NOMEM
            | Errno::IO
    )
}

/// Removes what runs have left that were killed in the moment before a file loses its name: it is empty.
fn remove_left(directory: &OwnedFd) {
    for entry in Dir::read_from(directory).into_iter().flatten().flatten() {
        let name = entry.file_name();
        if name.to_bytes() != b"." && name.to_bytes() != b".." {
            let _ = unlinkat(directory, name, AtFlags::empty());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Seek, Write};
    use std::os::unix::fs::{MetadataExt, PermissionsExt};

    use super::*;

    fn is_private_and_empty(path: &Path) -> bool {
        fs::metadata(path).unwrap().permissions().mode() & 0o777 == 0o700 && fs::read_dir(path).unwrap().count() == 0
    }

    #[test]
    fn a_file_of_the_private_place_has_no_name_and_is_copied_where_it_may_leave() {
        let cache = tempfile::tempdir().unwrap();
        let private = Private::open(Some(cache.path()), &RunId::new()).unwrap();
        for mut file in [private.create().unwrap(), private.create_and_unlink().unwrap()] {
            assert_eq!(file.metadata().unwrap().nlink(), 0);
            assert!(is_private_and_empty(&cache.path().join("documents")));
            file.write_all(b"text").unwrap();
            file.rewind().unwrap();
            let target = tempfile::tempdir().unwrap();
            let directory = open_directory(CWD, target.path().as_os_str()).unwrap();
            give_name(&mut file, directory.as_fd(), "a.txt").unwrap();
            assert_eq!(fs::read_to_string(target.path().join("a.txt")).unwrap(), "text");
            let taken = give_name(&mut file, directory.as_fd(), "a.txt").unwrap_err();
            assert_eq!(taken.kind(), io::ErrorKind::AlreadyExists);
        }
    }

    #[test]
    fn nobody_opens_a_file_in_the_moment_in_which_it_has_a_name() {
        if rustix::process::geteuid().is_root() {
            return;
        }
        let folder = tempfile::tempdir().unwrap();
        let flags = OFlags::CREATE | OFlags::EXCL | OFlags::RDWR;
        let mut file: File = openat(CWD, folder.path().join("x"), flags, Mode::empty()).unwrap().into();
        assert!(File::open(folder.path().join("x")).is_err());
        file.write_all(b"text").unwrap();
        file.rewind().unwrap();
        assert_eq!(file.read(&mut [0; 9]).unwrap(), 4);
    }

    #[test]
    fn what_a_kill_has_left_in_the_cache_is_removed_and_what_is_open_to_others_is_not_used() {
        let cache = tempfile::tempdir().unwrap();
        let path = cache.path().join("documents");
        fs::create_dir(&path).unwrap();
        let refusal = Private::open(Some(cache.path()), &RunId::new()).err().unwrap();
        assert_eq!(refusal.kind(), io::ErrorKind::PermissionDenied);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
        fs::write(path.join("left"), "").unwrap();
        Private::open(Some(cache.path()), &RunId::new()).unwrap();
        assert!(is_private_and_empty(&path));
    }

    #[test]
    fn without_a_cache_the_private_place_goes_with_its_run() {
        let run = RunId::new();
        let private = Private::open(None, &run).unwrap();
        let path = private.temporary.clone().unwrap();
        assert!(path.ends_with(format!("um-host-{run}")) && is_private_and_empty(&path));
        drop(private);
        assert!(!path.exists());
    }

    #[test]
    fn what_another_place_would_not_mend_is_told() {
        let gone = tempfile::tempdir().unwrap();
        let parent = open_directory(CWD, gone.path().as_os_str()).unwrap();
        drop(gone);
        assert!(matches!(Unnamed::find(&parent, None, &RunId::new()), Ok(Unnamed::Elsewhere(_))));
        for errno in [Errno::NOSPC, Errno::DQUOT, Errno::MFILE, Errno::ACCESS, Errno::ROFS] {
            assert!(is_final(errno));
        }
        for errno in [Errno::OPNOTSUPP, Errno::ISDIR, Errno::NOENT, Errno::INVAL, Errno::NOSYS] {
            assert!(!is_final(errno));
        }
    }
}
