//! The hidden directory beside the target in which documents are put together: `.NAME.um-host-RUN`.
//!
//! It is closed to others, and locked as long as its run is there; so whoever comes later removes what nobody has locked
//! any more. What is in it by then may leave: a run that is killed leaves nothing else with a name.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::thread;
use std::time::Duration;

use rustix::fs::{AtFlags, FlockOperation, Mode, fchmod, flock, fstat, mkdirat, statat, unlinkat};
use rustix::io::Errno;
use rustix::process::geteuid;

use super::access::Access;
use super::manifest::{examine, remove};
use super::tree::{mode_of, names_in, open_directory, remove_tree};
use um_base::{Over, Work};
use um_secret::RunId;

/// Stands between the name of the target and the run.
const MARK: &[u8] = b".um-host-";
/// What is being put together, and what is complete: the new documents, and after the exchange the old ones.
pub(super) const UNFINISHED: &str = "unfinished";
pub(super) const COMPLETE: &str = "complete";
/// Longest name that file systems take, in bytes.
const MAX_NAME_BYTES: usize = 255;
/// How often it is made again, since somebody has taken it for abandoned before it was locked.
const ATTEMPTS: usize = 100;
const PAUSE: Duration = Duration::from_millis(2);

/// It is removed with what is in it, unless something is there that no run has published.
pub(super) struct Container {
    parent: OwnedFd,
    name: OsString,
    /// Holds the lock.
    directory: OwnedFd,
}

impl Container {
    /// Makes and locks it.
    ///
    /// # Errors
    /// As the file system says.
    pub fn make(parent: &OwnedFd, target: &OsStr, run: &RunId) -> io::Result<Self> {
        let name = name_for(target, run);
        for _ in 0..ATTEMPTS {
            match mkdirat(parent, &name, Mode::RWXU) {
                Ok(()) => {
                    if let Some(directory) = lock(parent, &name)? {
                        return Ok(Self { parent: parent.try_clone()?, name, directory });
                    }
                }
                Err(Errno::EXIST) => {}
                Err(error) => return Err(error.into()),
            }
            thread::sleep(PAUSE);
        }
        Err(Errno::EXIST.into())
    }

    pub fn directory(&self) -> BorrowedFd<'_> {
        self.directory.as_fd()
    }

    /// Tries whether a directory in it can be given the owner and group of what is there.
    ///
    /// # Errors
    /// As the file system says.
    pub fn try_ownership(&self, access: &Access) -> io::Result<()> {
        match mkdirat(&self.directory, UNFINISHED, Mode::RWXU) {
            Ok(()) | Err(Errno::EXIST) => {}
            Err(error) => return Err(error.into()),
        }
        let tried = access.give_ownership(&open_directory(&self.directory, UNFINISHED)?);
        tried.map_err(|error| match error {
            Errno::PERM | Errno::INVAL => io::Error::new(
                io::ErrorKind::PermissionDenied,
                format!("a new directory in its place cannot be given to its {access}"),
            ),
            error => error.into(),
        })
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        // What cannot be removed now is removed by a later run.
        let _ = remove_container(&self.parent, &self.name, &self.directory, &Work::unlimited());
    }
}

/// Removes what runs have left beside a target that were killed while they published. Only what is named, owned and closed
/// as by us, and what nobody has locked, is touched.
///
/// # Errors
/// [`Over`], if the run is over before all was looked at.
pub(super) fn remove_abandoned(parent: &OwnedFd, work: &Work) -> Result<(), Over> {
    // A parent that cannot be listed keeps what was left there.
    let Ok(listed) = open_directory(parent, ".") else { return Ok(()) };
    for name in names_in(&listed).flatten().filter(|name| is_ours(name)) {
        work.step()?;
        let name = OsStr::from_bytes(&name);
        let Ok(directory) = open_directory(parent, name) else { continue };
        let closed = fstat(&directory).is_ok_and(|found| {
            found.st_uid == geteuid().as_raw() && mode_of(&found) & 0o777 == Mode::RWXU.as_raw_mode()
        });
        if closed && flock(&directory, FlockOperation::NonBlockingLockExclusive).is_ok() {
            let _ = remove_container(parent, name, &directory, work);
        }
    }
    Ok(())
}

/// What is complete is removed only if a run has published all of it: after an exchange it is what was there before.
fn remove_container(parent: &OwnedFd, name: &OsStr, directory: &OwnedFd, work: &Work) -> io::Result<()> {
    remove_tree(directory.as_fd(), OsStr::new(UNFINISHED))?;
    match open_directory(directory, COMPLETE) {
        Ok(complete) => {
            let content = examine(&complete, work).map_err(io::Error::other)?;
            remove(directory.as_fd(), COMPLETE, &content)?;
        }
        Err(Errno::NOENT) => {}
        Err(error) => return Err(error.into()),
    }
    // Somebody else may have put another thing in its place, and that is not ours.
    match is_same(parent, name, directory)? {
        true => Ok(unlinkat(parent, name, AtFlags::REMOVEDIR)?),
        false => Ok(()),
    }
}

/// Locks what was just made; nothing, if somebody has taken it for abandoned.
fn lock(parent: &OwnedFd, name: &OsStr) -> io::Result<Option<OwnedFd>> {
    let directory = match open_directory(parent, name) {
        Ok(directory) => directory,
        Err(Errno::NOENT) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    // Another error is that of a file system without such locks: there nobody takes anything for abandoned.
    if flock(&directory, FlockOperation::NonBlockingLockExclusive) == Err(Errno::WOULDBLOCK) {
        return Ok(None);
    }
    let found = fstat(&directory)?;
    if mode_of(&found) & 0o777 != 0o700 {
        // A umask that takes from the owner. What the group inherits stays.
        fchmod(&directory, Mode::from_raw_mode(mode_of(&found) & 0o7000 | 0o700))?;
    }
    Ok(is_same(parent, name, &directory)?.then_some(directory))
}

/// Whether the name leads to this directory, and not by a link.
fn is_same(parent: &OwnedFd, name: &OsStr, directory: &OwnedFd) -> io::Result<bool> {
    let opened = fstat(directory)?;
    match statat(parent, name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(there) => Ok((opened.st_dev, opened.st_ino) == (there.st_dev, there.st_ino)),
        Err(Errno::NOENT) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// The name of the target is there for people, and shortened where both do not fit.
fn name_for(target: &OsStr, run: &RunId) -> OsString {
    let run = run.to_string();
    let room = MAX_NAME_BYTES - 1 - MARK.len() - run.len();
    let target = target.as_bytes();
    OsString::from_vec([b".", &target[..target.len().min(room)], MARK, run.as_bytes()].concat())
}

fn is_ours(name: &[u8]) -> bool {
    let Some((before, run)) = name.len().checked_sub(32).map(|at| name.split_at(at)) else { return false };
    let is_run = std::str::from_utf8(run).is_ok_and(|run| run.parse::<RunId>().is_ok());
    is_run && before.starts_with(b".") && before.ends_with(MARK) && before.len() > 1 + MARK.len()
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::path::{Path, PathBuf};

    use rustix::fs::CWD;

    use super::*;

    fn opened(path: &Path) -> OwnedFd {
        open_directory(CWD, path).unwrap()
    }

    fn make(folder: &Path) -> (Container, PathBuf) {
        let container = Container::make(&opened(folder), OsStr::new("out"), &RunId::new()).unwrap();
        let path = folder.join(&container.name);
        (container, path)
    }

    fn clean(folder: &Path) {
        remove_abandoned(&opened(folder), &Work::unlimited()).unwrap();
    }

    /// As a kill leaves it.
    fn abandon(container: Container) {
        let Container { parent: _, name: _, directory } = &container;
        flock(directory, FlockOperation::Unlock).unwrap();
        std::mem::forget(container);
    }

    #[test]
    fn it_is_closed_to_others_and_removed_with_what_is_in_it() {
        let folder = tempfile::tempdir().unwrap();
        let (container, path) = make(folder.path());
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
        fs::create_dir_all(path.join(UNFINISHED).join("a")).unwrap();
        fs::write(path.join(UNFINISHED).join("a/b"), "").unwrap();
        drop(container);
        assert!(!path.exists());
    }

    #[test]
    fn what_nobody_has_locked_is_removed_and_what_somebody_has_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let (left, left_path) = make(folder.path());
        fs::create_dir_all(left_path.join(UNFINISHED).join("a")).unwrap();
        fs::create_dir(left_path.join(COMPLETE)).unwrap();
        abandon(left);
        let (_held, held_path) = make(folder.path());
        clean(folder.path());
        assert!(!left_path.exists() && held_path.exists());
    }

    #[test]
    fn what_is_not_ours_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let run = RunId::new();
        let path = |name: &str| folder.path().join(name);
        let closed = Permissions::from_mode(0o700);
        let others = [format!(".out.um-host-{run}x"), format!("out.um-host-{run}"), format!(".um-host-{run}")];
        for name in &others {
            fs::create_dir(path(name)).unwrap();
            fs::set_permissions(path(name), closed.clone()).unwrap();
        }
        let open = format!(".open.um-host-{run}");
        fs::create_dir(path(&open)).unwrap();
        fs::set_permissions(path(&open), Permissions::from_mode(0o750)).unwrap();
        symlink(path(&others[0]), path(&format!(".link.um-host-{run}"))).unwrap();
        fs::write(path(&format!(".file.um-host-{run}")), "").unwrap();
        clean(folder.path());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 6);
    }

    /// After an exchange it holds what was there before: that may have got a file at the last moment.
    #[test]
    fn what_no_run_has_published_is_not_removed_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let (left, path) = make(folder.path());
        fs::create_dir(path.join(COMPLETE)).unwrap();
        fs::write(path.join(COMPLETE).join("thesis.txt"), "years of work").unwrap();
        abandon(left);
        clean(folder.path());
        assert!(path.join(COMPLETE).join("thesis.txt").exists());
    }

    #[test]
    fn it_is_made_while_others_clean_all_the_time() {
        let folder = tempfile::tempdir().unwrap();
        thread::scope(|scope| {
            let cleaning = scope.spawn(|| (0..2_000).for_each(|_| clean(folder.path())));
            while !cleaning.is_finished() {
                let (container, path) = make(folder.path());
                assert!(path.exists());
                clean(folder.path());
                assert!(is_same(&container.parent, &container.name, &container.directory).unwrap());
            }
        });
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn the_longest_name_of_a_target_fits() {
        let run = RunId::new();
        assert_eq!(name_for(OsStr::new("out"), &run).to_str().unwrap(), format!(".out.um-host-{run}"));
        let long = name_for(OsStr::new(&"n".repeat(255)), &run);
        assert_eq!(long.len(), 255);
        assert!(is_ours(long.as_bytes()));
    }
}
