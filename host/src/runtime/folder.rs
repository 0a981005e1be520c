//! The folder of a script, as the guest sees it: read-only, under [`FOLDER`].
//!
//! A folder that also holds places which no run may see, a home directory for instance, is shown in parts: copies of its
//! files, and its directories, without those places, links, and names that begin with a dot.

use std::fs::{self, DirBuilder, DirEntry, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::off_limits::OffLimits;
use super::run::RunError;
use super::script::FOLDER;
use super::world::shows_processes;
use crate::action::Script;
use crate::secret::RunId;

/// Most files and directories of a folder that is shown in parts.
const MAX_ENTRIES: usize = 1_000;
/// Largest file that such a folder shows, in bytes; others are left out.
const MAX_FILE_BYTES: u64 = 4 * 1024 * 1024;
/// What a run that was killed has left is removed after this time.
const STALE: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// What a run mounts for its script. Copies are removed when it goes.
pub(super) struct Folder {
    mounts: Vec<(PathBuf, String)>,
    _copies: Option<Copies>,
}

/// A directory of copies; it is ours and closed to others.
struct Copies(PathBuf);

impl Folder {
    /// The folder of a script; copies, where they are needed, are made below `cache`.
    ///
    /// # Errors
    /// [`RunError::Directory`] if it cannot be read, or is too large to be shown in parts.
    pub fn open(script: &Script, off_limits: &OffLimits, cache: &Path, run: &RunId) -> Result<Self, RunError> {
        let folder = script.folder();
        if folder.parent().is_none() {
            let reason = "a script in the root directory would see the whole machine; put it into a folder of its own";
            return Err(RunError::Directory { path: folder.to_owned(), reason: reason.to_owned() });
        }
        if off_limits.check(folder).is_ok() {
            return Ok(Self { mounts: vec![(folder.to_owned(), FOLDER.to_owned())], _copies: None });
        }
        let refused = |reason: String| RunError::Directory { path: folder.to_owned(), reason };
        Self::in_parts(folder, off_limits, cache, run).map_err(|error| refused(error.to_string()))
    }

    /// What there is to mount: directories of the host and what the guest calls them.
    pub fn mounts(&self) -> impl Iterator<Item = (PathBuf, String)> {
        self.mounts.iter().cloned()
    }

    fn in_parts(folder: &Path, off_limits: &OffLimits, cache: &Path, run: &RunId) -> io::Result<Self> {
        let copies = Copies::new(cache, run)?;
        let mut mounts = vec![(copies.0.clone(), FOLDER.to_owned())];
        for (count, entry) in fs::read_dir(folder)?.enumerate() {
            if count == MAX_ENTRIES {
                return Err(io::Error::other(format!(
                    "it holds files of um-host's own and more than {MAX_ENTRIES} others; put the script into a folder \
                     of its own"
                )));
            }
            let entry = entry?;
            let Some(name) = shown(&entry, off_limits) else { continue };
            let kind = entry.file_type()?;
            if kind.is_dir() {
                // What lists the folder finds it there; what opens it is led to the directory itself.
                fs::create_dir(copies.0.join(&name))?;
                mounts.push((entry.path(), format!("{FOLDER}/{name}")));
            } else if kind.is_file() {
                copies.add(&entry.path(), &name)?;
            }
        }
        Ok(Self { mounts, _copies: Some(copies) })
    }
}

/// The name of what may be shown, if it may.
fn shown(entry: &DirEntry, off_limits: &OffLimits) -> Option<String> {
    let name = entry.file_name().into_string().ok()?;
    let path = entry.path();
    (!name.starts_with('.') && off_limits.check(&path).is_ok() && !shows_processes(&path)).then_some(name)
}

impl Copies {
    fn new(cache: &Path, run: &RunId) -> io::Result<Self> {
        let all = cache.join("scripts");
        DirBuilder::new().recursive(true).mode(0o700).create(&all)?;
        remove_stale(&all);
        let own = all.join(run.to_string());
        DirBuilder::new().mode(0o700).create(&own)?;
        Ok(Self(own))
    }

    /// Copies a file, unless it became a link meanwhile, is not to be read, or is large.
    fn add(&self, path: &Path, name: &str) -> io::Result<()> {
        let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
        let Ok(mut file) = OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(path) else {
            return Ok(());
        };
        let metadata = file.metadata()?;
        if !metadata.is_file() || metadata.len() > MAX_FILE_BYTES {
            return Ok(());
        }
        io::copy(&mut file, &mut File::create_new(self.0.join(name))?).map(drop)
    }
}

impl Drop for Copies {
    fn drop(&mut self) {
        // What cannot be removed is removed as stale by a later run.
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn remove_stale(all: &Path) {
    let age = |entry: &DirEntry| {
        let modified = entry.metadata().and_then(|metadata| metadata.modified()).ok()?;
        SystemTime::now().duration_since(modified).ok()
    };
    for entry in fs::read_dir(all).into_iter().flatten().flatten() {
        if age(&entry).is_some_and(|age| age > STALE) {
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
        let Ok(folder) = Folder::open(&script, off_limits, cache, &RunId::new()) else { panic!("it is readable") };
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
        let Ok(folder) = Folder::open(&script, &off_limits, cache.path(), &RunId::new()) else { panic!("readable") };
        let mounted: Vec<_> = folder.mounts().collect();
        let mut seen: Vec<_> = fs::read_dir(&mounted[0].0)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        seen.sort();
        assert_eq!(seen, ["lib", "notes.txt", "report.py"]);
        assert_eq!(mounted[1..], [(home.path().canonicalize().unwrap().join("lib"), "/action/lib".to_owned())]);
        let copies = mounted[0].0.clone();
        drop(folder);
        assert!(!copies.exists());
    }
}
