//! The code of a script: every module below its folder, taken by bytes and hash when the script is loaded.
//!
//! Guarantees: runs of one action get the same code, whatever becomes of the folder; two loads have one digest only if
//! all their code is the same; nothing is taken from outside of the folder; what is taken is bounded.
//!
//! Deliberately absent: files that are no code, which runs read as they are on the disk then; and what Python compiled
//! (`__pycache__`), which could stand for other code than what lies beside it.

pub(crate) mod take;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use sha2::{Digest, Sha256};

use super::bounds::{FolderBound, MAX_BYTES, MAX_FILE_BYTES, MAX_FILES};
use super::error::LoadError;

/// Of what a digest is made: goes up with its form.
const FORM: &[u8] = b"um-host script 1\n";

/// What a script's folder holds of code, at one time. Paths are relative to the folder, which is the empty one.
pub struct Code {
    entries: BTreeMap<String, Entry>,
    digest: String,
}

pub enum Entry {
    File(File),
    Folder(Folder),
}

/// A file as it was when it was taken.
#[derive(Clone)]
pub struct File {
    pub bytes: Bytes,
    pub stamp: Stamp,
}

/// A directory below which code is. What else is in it is not known here.
pub struct Folder {
    /// Of the code and of such directories that lie directly in it.
    pub names: BTreeSet<String>,
    pub stamp: Stamp,
}

/// Which file or directory it was, and when it was changed.
#[derive(Clone, Copy)]
pub struct Stamp {
    pub modified: SystemTime,
    /// Device and number.
    pub identity: (u64, u64),
}

/// Whether Python takes a file of that name for a module.
pub fn is_code(name: &str) -> bool {
    name.ends_with(".py") || name.ends_with(".pyc")
}

impl Code {
    /// Code that never was on a disk.
    ///
    /// # Errors
    /// [`LoadError`] if a path is none or is there twice, the script is not among them, or they are too large.
    pub fn of_files(main: &str, files: impl Iterator<Item = (String, Vec<u8>)>) -> Result<Self, LoadError> {
        let mut taken = Taken::new(PathBuf::from(main));
        for (path, bytes) in files {
            if !is_path(&path) || taken.files.contains_key(&path) {
                return Err(LoadError::FileName { name: path });
            }
            // No device has that number.
            let stamp = Stamp { modified: fixed_time(), identity: (u64::MAX, taken.files.len() as u64) };
            taken.add(path, File { bytes: bytes.into(), stamp })?;
        }
        if let Some(path) = taken.files.keys().find(|path| above(path).any(|above| taken.files.contains_key(above))) {
            return Err(LoadError::FileName { name: path.clone() });
        }
        match taken.files.contains_key(main) {
            true => Ok(taken.settle(main)),
            false => Err(LoadError::NotFound { path: main.into() }),
        }
    }

    /// What there is under a path, if that is code or holds code.
    pub fn entry(&self, path: &str) -> Option<&Entry> {
        self.entries.get(path)
    }

    /// What tells it from all other code, in hex.
    pub fn digest(&self) -> &str {
        &self.digest
    }
}

/// What has been taken so far.
struct Taken {
    folder: PathBuf,
    files: BTreeMap<String, File>,
    /// Directories that were looked into.
    folders: BTreeMap<String, Stamp>,
    bytes: u64,
}

impl Taken {
    fn new(folder: PathBuf) -> Self {
        Self { folder, files: BTreeMap::new(), folders: BTreeMap::new(), bytes: 0 }
    }

    fn add(&mut self, path: String, file: File) -> Result<(), LoadError> {
        let bytes = file.bytes.len() as u64;
        if bytes > MAX_FILE_BYTES {
            return Err(LoadError::ModuleTooLarge { path: self.folder.join(path), bytes });
        }
        self.bytes += bytes;
        if self.bytes > MAX_BYTES {
            return Err(self.over(FolderBound::Bytes));
        }
        if self.files.len() == MAX_FILES {
            return Err(self.over(FolderBound::Files));
        }
        self.files.insert(path, file);
        Ok(())
    }

    fn over(&self, bound: FolderBound) -> LoadError {
        LoadError::FolderTooLarge { path: self.folder.clone(), bound }
    }

    fn settle(self, main: &str) -> Code {
        let digest = self.digest(main);
        let mut entries = BTreeMap::new();
        let unknown = Stamp { modified: fixed_time(), identity: (u64::MAX, u64::MAX) };
        let stamp = |path: &str| self.folders.get(path).copied().unwrap_or(unknown);
        for path in self.files.keys() {
            let mut below = path.as_str();
            for above in above(path) {
                let empty = || Entry::Folder(Folder { names: BTreeSet::new(), stamp: stamp(above) });
                if let Entry::Folder(folder) = entries.entry(above.to_owned()).or_insert_with(empty) {
                    folder.names.insert(name(below).to_owned());
                }
                below = above;
            }
        }
        entries.extend(self.files.into_iter().map(|(path, file)| (path, Entry::File(file))));
        Code { entries, digest }
    }

    /// Of which file is run, and of the names and the hashes of all, in order.
    fn digest(&self, main: &str) -> String {
        let mut hasher = Sha256::new_with_prefix(FORM);
        let mut add = |path: &str, rest: &[u8]| {
            hasher.update((path.len() as u64).to_le_bytes());
            hasher.update(path);
            hasher.update(rest);
        };
        add(main, &[]);
        for (path, file) in &self.files {
            add(path, &Sha256::digest(&file.bytes));
        }
        hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// The directories that a path lies in, from the innermost to the folder itself.
fn above(path: &str) -> impl Iterator<Item = &str> {
    let parent = |path: &str| match path {
        "" => None,
        path => Some(path.rfind('/').unwrap_or(0)),
    };
    std::iter::successors(Some(path), move |path| Some(&path[..parent(path)?])).skip(1)
}

/// The last part of a path.
fn name(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

fn is_path(path: &str) -> bool {
    path.split('/').all(|part| !matches!(part, "" | "." | "..") && !part.contains('\0'))
}

/// When what was never on a disk was changed: the first time that a zip file can tell.
fn fixed_time() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(315_532_800)
}
