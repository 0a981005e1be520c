//! The folder of a script, as the guest sees it: read-only, under [`FOLDER`].
//!
//! A folder that also holds places which no run may see, a home directory for instance, is shown in parts: copies of the
//! files that lie directly in it, and its directories as they are, without those places, links, and what has a name that
//! begins with a dot.

use std::fs::{self, DirBuilder, DirEntry, File, OpenOptions};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::{FlockOperation, OFlags, flock};
use rustix::io::Errno;

use super::off_limits::OffLimits;
use super::run::RunError;
use super::script::FOLDER;
use super::world::shows_processes;
use crate::action::Script;
use crate::base::Work;
use crate::secret::RunId;

/// Most files and directories of a folder that is shown in parts.
const MAX_FILES: usize = 1_000;
const MAX_DIRECTORIES: usize = 100;
/// Largest file that such a folder shows, in bytes; others are left out.
const MAX_FILE_BYTES: u64 = 4 * 1024 * 1024;
/// Most bytes of all of them.
const MAX_BYTES: u64 = 64 * 1024 * 1024;

/// Between two looks at a gate that others hold.
const GATE_PAUSE: Duration = Duration::from_millis(2);

/// What a run mounts for its script. Copies are removed when it goes.
pub(super) struct Folder {
    mounts: Vec<(PathBuf, String)>,
    /// What is mounted by its descriptor, so that it is what was looked at.
    _directories: Vec<File>,
    _copies: Option<Copies>,
}

/// A directory of copies; it is ours and closed to others. What nobody has locked any more is removed by whoever comes.
struct Copies {
    path: PathBuf,
    bytes: u64,
    _lock: File,
}

impl Folder {
    /// The folder of a script; copies, where they are needed, are made below `cache`. Takes a thread's time.
    ///
    /// # Errors
    /// [`RunError::Directory`] if it cannot be read, or is too large to be shown in parts.
    pub fn open(script: &Script, off_limits: &OffLimits, cache: &Path, work: &Work) -> Result<Self, RunError> {
        let folder = script.folder();
        if folder.parent().is_none() {
            return Err(refused(folder, "a script in the root directory would see the whole machine"));
        }
        if off_limits.check(folder).is_ok() {
            let mounts = vec![(folder.to_owned(), FOLDER.to_owned())];
            return Ok(Self { mounts, _directories: Vec::new(), _copies: None });
        }
        let copies = Copies::new(cache, work).map_err(|source| RunError::Copies { path: cache.to_owned(), source })?;
        Self::in_parts(script, off_limits, copies)
    }

    /// What there is to mount: directories of the host and what the guest calls them.
    pub fn mounts(&self) -> impl Iterator<Item = (PathBuf, String)> {
        self.mounts.iter().cloned()
    }

    fn in_parts(script: &Script, off_limits: &OffLimits, mut copies: Copies) -> Result<Self, RunError> {
        let folder = script.folder();
        let unreadable = |error: io::Error| RunError::Directory { path: folder.to_owned(), reason: error.to_string() };
        let mut mounts = vec![(copies.path.clone(), FOLDER.to_owned())];
        let mut directories = Vec::new();
        let mut files = 0;
        for entry in fs::read_dir(folder).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            let Some((name, file)) = open_shown(&entry, off_limits) else { continue };
            let metadata = file.metadata().map_err(unreadable)?;
            if metadata.is_dir() {
                // What lists the folder finds it there; what opens it is led to the directory itself.
                fs::create_dir(copies.path.join(&name)).map_err(unreadable)?;
                mounts.push((format!("/proc/self/fd/{}", file.as_raw_fd()).into(), format!("{FOLDER}/{name}")));
                directories.push(file);
            } else if metadata.is_file() && metadata.len() <= MAX_FILE_BYTES {
                copies.add(file, &name).map_err(unreadable)?;
                files += 1;
            }
            if files > MAX_FILES || directories.len() > MAX_DIRECTORIES || copies.bytes > MAX_BYTES {
                return Err(refused(folder, "it holds files of um-host's own, and too much besides"));
            }
        }
        if !copies.path.join(script.file()).exists() {
            return Err(refused(
                folder,
                "it holds files of um-host's own, and so shows no hidden, linked or large script",
            ));
        }
        Ok(Self { mounts, _directories: directories, _copies: Some(copies) })
    }
}

fn refused(folder: &Path, reason: &str) -> RunError {
    let reason = format!("{reason}; put the script into a folder of its own");
    RunError::Directory { path: folder.to_owned(), reason }
}

/// The name of what may be shown, and the thing itself, open: what is judged is what will be seen.
fn open_shown(entry: &DirEntry, off_limits: &OffLimits) -> Option<(String, File)> {
    let name = entry.file_name().into_string().ok()?;
    if name.starts_with('.') {
        return None;
    }
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let file = OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(entry.path()).ok()?;
    let path = fs::read_link(format!("/proc/self/fd/{}", file.as_raw_fd())).ok()?;
    (off_limits.check(&path).is_ok() && !shows_processes(&path)).then_some((name, file))
}

impl Copies {
    fn new(cache: &Path, work: &Work) -> io::Result<Self> {
        let all = cache.join("scripts");
        DirBuilder::new().recursive(true).mode(0o700).create(&all)?;
        // Held while a directory is there that its owner has not locked yet.
        let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed();
        let mut options = OpenOptions::new();
        let gate = options.create(true).append(true).mode(0o600).custom_flags(flags).open(all.join("gate"))?;
        lock(&gate, work)?;
        remove_abandoned(&all);
        let path = all.join(RunId::new().to_string());
        DirBuilder::new().mode(0o700).create(&path)?;
        let lock = File::open(&path)?;
        flock(&lock, FlockOperation::LockExclusive)?;
        Ok(Self { path, bytes: 0, _lock: lock })
    }

    fn add(&mut self, file: File, name: &str) -> io::Result<()> {
        let mut copy = File::create_new(self.path.join(name))?;
        self.bytes += io::copy(&mut io::Read::take(file, MAX_FILE_BYTES), &mut copy)?;
        Ok(())
    }
}

impl Drop for Copies {
    fn drop(&mut self) {
        // What cannot be removed now is removed by a later run.
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// Waits for others that make copies, as long as the run may: whoever holds it may have been stopped.
fn lock(gate: &File, work: &Work) -> io::Result<()> {
    loop {
        match flock(gate, FlockOperation::NonBlockingLockExclusive) {
            Err(Errno::WOULDBLOCK) => work.step().map_err(io::Error::other)?,
            locked => return Ok(locked?),
        }
        std::thread::sleep(GATE_PAUSE);
    }
}

/// Removes what runs have left that were killed.
fn remove_abandoned(all: &Path) {
    for entry in fs::read_dir(all).into_iter().flatten().flatten() {
        let flags = (OFlags::NOFOLLOW | OFlags::DIRECTORY).bits().cast_signed();
        let opened = OpenOptions::new().read(true).custom_flags(flags).open(entry.path());
        let Ok(directory) = opened else { continue };
        if flock(&directory, FlockOperation::NonBlockingLockExclusive).is_ok() {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn folder_with(files: &[&str]) -> tempfile::TempDir {
        let home = tempfile::tempdir().unwrap();
        for file in files {
            let path = home.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, file).unwrap();
        }
        home
    }

    fn mounts(home: &Path, off_limits: &OffLimits, cache: &Path) -> Vec<(PathBuf, String)> {
        let script = Script::open(&home.join("report.py")).unwrap();
        let Ok(folder) = Folder::open(&script, off_limits, cache, &Work::unlimited()) else { panic!("it is readable") };
        folder.mounts().collect()
    }

    #[test]
    fn a_folder_of_its_own_is_mounted_as_it_is() {
        let (home, cache) = (folder_with(&["report.py"]), tempfile::tempdir().unwrap());
        let real = home.path().canonicalize().unwrap();
        assert_eq!(mounts(home.path(), &OffLimits::new(), cache.path()), [(real, FOLDER.to_owned())]);
        assert_eq!(fs::read_dir(cache.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_home_is_shown_without_what_no_run_may_see() {
        let files = ["report.py", "notes.txt", "key.txt", "lib/x.py", "store/rows", ".config/keys/k", ".env"];
        let (home, cache) = (folder_with(&files), tempfile::tempdir().unwrap());
        symlink(home.path().join("key.txt"), home.path().join("link.txt")).unwrap();
        symlink(home.path().join("store"), home.path().join("linked")).unwrap();
        fs::hard_link(home.path().join("key.txt"), home.path().join("hard.txt")).unwrap();
        fs::File::create(home.path().join("large")).unwrap().set_len(MAX_FILE_BYTES + 1).unwrap();
        let off_limits =
            OffLimits::new().place("a", &home.path().join("key.txt")).place("b", &home.path().join("store"));
        let script = Script::open(&home.path().join("report.py")).unwrap();
        let Ok(folder) = Folder::open(&script, &off_limits, cache.path(), &Work::unlimited()) else {
            panic!("readable")
        };
        let mounted: Vec<_> = folder.mounts().collect();
        let mut seen: Vec<_> = fs::read_dir(&mounted[0].0)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        seen.sort();
        assert_eq!(seen, ["lib", "notes.txt", "report.py"]);
        assert_eq!(mounted[1].1, "/action/lib");
        assert_eq!(mounted[1].0.canonicalize().unwrap(), home.path().canonicalize().unwrap().join("lib"));
        assert_eq!(mounted.len(), 2);
        let copies = mounted[0].0.clone();
        drop(folder);
        assert!(!copies.exists());
    }

    #[test]
    fn what_a_killed_run_has_left_is_removed_and_what_another_has_is_not() {
        let cache = tempfile::tempdir().unwrap();
        let left = cache.path().join("scripts/left");
        fs::create_dir_all(&left).unwrap();
        fs::write(left.join("copy"), "").unwrap();
        let Ok(one) = Copies::new(cache.path(), &Work::unlimited()) else { panic!("it can be made") };
        assert!(!left.exists());
        let Ok(_other) = Copies::new(cache.path(), &Work::unlimited()) else { panic!("it can be made") };
        assert!(one.path.exists());
    }

    #[test]
    fn a_folder_that_cannot_be_shown_says_so() {
        let cache = tempfile::tempdir().unwrap();
        let reason = |files: &[&str], large: u64| {
            let home = folder_with(files);
            fs::File::create(home.path().join("more.bin")).unwrap().set_len(large).unwrap();
            let off_limits = OffLimits::new().place("a", &home.path().join("store"));
            let script = Script::open(&home.path().join(files[0])).unwrap();
            match Folder::open(&script, &off_limits, cache.path(), &Work::unlimited()) {
                Err(RunError::Directory { reason, .. }) => reason,
                _ => panic!("it is not to be shown"),
            }
        };
        assert!(reason(&[".hidden.py", "store/rows"], 0).contains("shows no hidden"));
        let many: Vec<String> = (0..=MAX_FILES).map(|number| format!("{number}.txt")).collect();
        let many: Vec<&str> = ["x.py", "store/rows"].into_iter().chain(many.iter().map(String::as_str)).collect();
        assert!(reason(&many, 0).contains("too much besides"));
        assert_eq!(fs::read_dir(cache.path().join("scripts")).unwrap().count(), 1, "the gate alone");
    }
}
