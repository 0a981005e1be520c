//! What a run has published in a directory, as it says there itself: so that the next one may put its own in that place.
//!
//! The manifest is the hidden file [`MANIFEST`] in the published directory: name, size and SHA-256 of each document. A
//! directory in which something else stands than it names, or a file that differs from it, is somebody's work and not
//! ours to remove. What was deleted is no loss.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{AtFlags, Mode, OFlags, openat, unlinkat};
use rustix::io::Errno;
use serde::{Deserialize, Serialize};

use super::super::document::{DigestError, Document, sha256};
use super::super::name::{directories_of, is_fit};
use super::tree::{names_in, open_directory};
use um_base::{Over, Work};
use um_secret::RunId;

/// Its name in the published directory. No document is called so.
pub(super) const MANIFEST: &str = ".um-host-documents.json";
/// Largest that is written or read, in bytes.
const MAX_BYTES: u64 = 4 * 1024 * 1024;
/// Goes up with its form.
const FORMAT: u32 = 1;
/// For people who find it.
const ABOUT: &str = "um-host wrote this: the documents that a run has published in this directory. The next run that \
                     publishes here replaces them, and refuses to if anything else is here or one of them was changed.";

#[derive(Serialize, Deserialize)]
struct Manifest {
    about: String,
    format: u32,
    run: RunId,
    documents: Vec<Listed>,
}

#[derive(Serialize, Deserialize)]
struct Listed {
    name: String,
    bytes: u64,
    sha256: String,
}

/// What a directory holds that is not in the way.
#[derive(Debug)]
pub(super) enum Content {
    Nothing,
    Published(Names),
}

/// The names of what was published.
#[derive(Debug)]
pub(super) struct Names {
    files: Vec<String>,
    directories: BTreeSet<String>,
}

/// What is in the way.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unfit {
    #[error("`{0}` is no document that a run has published")]
    Foreign(String),
    #[error("`{0}` was changed after a run had published it")]
    Changed(String),
    #[error(transparent)]
    Read(#[from] io::Error),
    #[error(transparent)]
    Over(#[from] Over),
}

impl From<Errno> for Unfit {
    fn from(error: Errno) -> Self {
        Self::Read(error.into())
    }
}

/// Writes the manifest and flushes it.
///
/// # Errors
/// As the file system says, or that there are too many documents for one directory.
pub(super) fn write<'a>(
    directory: BorrowedFd,
    run: &RunId,
    documents: impl Iterator<Item = &'a Document>,
) -> io::Result<()> {
    let listed = |document: &Document| Listed {
        name: document.name.clone(),
        bytes: document.bytes,
        sha256: document.sha256.clone(),
    };
    let documents = documents.map(listed).collect();
    let manifest = Manifest { about: ABOUT.to_owned(), format: FORMAT, run: run.clone(), documents };
    let mut json = serde_json::to_vec_pretty(&manifest)?;
    json.push(b'\n');
    if json.len() as u64 > MAX_BYTES {
        return Err(io::Error::other("there are too many documents for one directory"));
    }
    let flags = OFlags::CREATE | OFlags::EXCL | OFlags::WRONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let mut file = File::from(openat(directory, MANIFEST, flags, Mode::from_raw_mode(0o666))?);
    file.write_all(&json)?;
    file.sync_all()
}

/// Says whether all that a directory holds was published there by a run, and is as it was then.
///
/// # Errors
/// [`Unfit`], with the first thing that was not.
pub(super) fn examine(directory: &OwnedFd, work: &Work) -> Result<Content, Unfit> {
    let (manifest, _held) = match open_file(directory.as_fd(), MANIFEST) {
        Ok(file) => {
            // Its text, and the names that are kept of it.
            let held = work.hold(file.metadata()?.len().min(MAX_BYTES) * 3)?;
            (read(file)?, held)
        }
        Err(Errno::NOENT) => {
            return match names_in(directory).next() {
                None => Ok(Content::Nothing),
                Some(name) => Err(Unfit::Foreign(shown(&name?))),
            };
        }
        Err(_) => return Err(Unfit::Changed(MANIFEST.to_owned())),
    };
    let listed: BTreeMap<&str, &Listed> =
        manifest.documents.iter().map(|listed| (listed.name.as_str(), listed)).collect();
    let directories: BTreeSet<String> =
        listed.keys().flat_map(|name| directories_of(name)).map(str::to_owned).collect();
    let looked = Examination { listed: &listed, directories: &directories, work };
    looked.below(directory, "")?;
    let files = listed.keys().map(|&name| name.to_owned()).collect();
    Ok(Content::Published(Names { files, directories }))
}

/// Removes what was published in a directory, and the directory; what is not named stays, and so does the directory then.
pub(super) fn remove(above: BorrowedFd, name: &str, content: &Content) -> io::Result<()> {
    if let Content::Published(names) = content {
        let directory = open_directory(above, name)?;
        for file in &names.files {
            gone(unlinkat(&directory, file, AtFlags::empty()))?;
        }
        // What lies deeper comes later in this order.
        for inner in names.directories.iter().rev() {
            gone(unlinkat(&directory, inner, AtFlags::REMOVEDIR))?;
        }
        // Last: without it nobody could tell what the rest is.
        gone(unlinkat(&directory, MANIFEST, AtFlags::empty()))?;
    }
    Ok(unlinkat(above, name, AtFlags::REMOVEDIR)?)
}

struct Examination<'a> {
    listed: &'a BTreeMap<&'a str, &'a Listed>,
    directories: &'a BTreeSet<String>,
    work: &'a Work,
}

impl Examination<'_> {
    /// Goes no deeper than the manifest does, and ends at the first thing that it does not name.
    fn below(&self, directory: &OwnedFd, prefix: &str) -> Result<(), Unfit> {
        for name in names_in(directory) {
            self.work.step()?;
            let name = name?;
            let path = format!("{prefix}{}", shown(&name));
            let plain = std::str::from_utf8(&name).map_err(|_| Unfit::Foreign(path.clone()))?;
            if path == MANIFEST {
                continue;
            } else if let Some(listed) = self.listed.get(path.as_str()) {
                self.compare(directory, plain, listed)?;
            } else if self.directories.contains(&path) {
                match open_directory(directory, plain) {
                    Ok(inner) => self.below(&inner, &format!("{path}/"))?,
                    // Another run that has replaced all of it is removing it.
                    Err(Errno::NOENT) => {}
                    Err(_) => return Err(Unfit::Changed(path)),
                }
            } else {
                return Err(Unfit::Foreign(path));
            }
        }
        Ok(())
    }

    fn compare(&self, directory: &OwnedFd, name: &str, listed: &Listed) -> Result<(), Unfit> {
        let changed = || Unfit::Changed(listed.name.clone());
        let mut file = match open_file(directory.as_fd(), name) {
            Ok(file) => file,
            Err(Errno::NOENT) => return Ok(()),
            Err(_) => return Err(changed()),
        };
        let metadata = file.metadata()?;
        if !metadata.is_file() || metadata.len() != listed.bytes {
            return Err(changed());
        }
        let digest = sha256(&mut file, self.work).map_err(|error| match error {
            DigestError::Over(over) => Unfit::Over(over),
            DigestError::Read(error) => Unfit::Read(error),
        })?;
        if digest == listed.sha256 { Ok(()) } else { Err(changed()) }
    }
}

/// The manifest, if it is one of ours: whatever else has its name was not written by a run.
fn read(file: File) -> Result<Manifest, Unfit> {
    let changed = || Unfit::Changed(MANIFEST.to_owned());
    if !file.metadata()?.is_file() {
        return Err(changed());
    }
    let mut json = Vec::new();
    file.take(MAX_BYTES + 1).read_to_end(&mut json)?;
    let manifest: Option<Manifest> =
        Some(json).filter(|json| json.len() as u64 <= MAX_BYTES).and_then(|json| serde_json::from_slice(&json).ok());
    let whole =
        |manifest: &Manifest| manifest.format == FORMAT && manifest.documents.iter().all(|listed| is_fit(&listed.name));
    manifest.filter(whole).ok_or_else(changed)
}

/// Opens a file, not what a link leads to, and waits for nobody.
fn open_file(directory: BorrowedFd, name: &str) -> Result<File, Errno> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    Ok(openat(directory, OsStr::new(name), flags, Mode::empty())?.into())
}

fn gone(removed: Result<(), Errno>) -> Result<(), Errno> {
    removed.or_else(|error| if error == Errno::NOENT { Ok(()) } else { Err(error) })
}

fn shown(name: &[u8]) -> String {
    String::from_utf8_lossy(name).into_owned()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;
    use std::path::Path;

    use rustix::fs::CWD;

    use super::*;

    /// A directory that holds two documents, as a run leaves them.
    fn published() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("out");
        fs::create_dir_all(place.join("a/b")).unwrap();
        let documents = ["top.txt", "a/b/deep.txt"].map(|name| {
            fs::write(place.join(name), name).unwrap();
            let mut file = File::open(place.join(name)).unwrap();
            let digest = sha256(&mut file, &Work::unlimited()).unwrap();
            Document::new(name.to_owned(), name.len() as u64, digest)
        });
        write(opened(&place).as_fd(), &RunId::new(), documents.iter()).unwrap();
        folder
    }

    fn opened(path: &Path) -> OwnedFd {
        open_directory(CWD, path).unwrap()
    }

    /// What is in the way after somebody has done this to what was published.
    fn unfit(change: impl Fn(&Path)) -> String {
        let folder = published();
        let place = folder.path().join("out");
        change(&place);
        match examine(&opened(&place), &Work::unlimited()) {
            Err(Unfit::Foreign(name)) => format!("foreign {name}"),
            Err(Unfit::Changed(name)) => format!("changed {name}"),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_a_run_has_published_is_known_again_and_removed_whole() {
        let folder = published();
        let place = folder.path().join("out");
        let above = opened(folder.path());
        let content = examine(&opened(&place), &Work::unlimited()).unwrap();
        assert!(matches!(content, Content::Published(_)));
        remove(above.as_fd(), "out", &content).unwrap();
        assert!(!place.exists());
        fs::create_dir(&place).unwrap();
        let content = examine(&opened(&place), &Work::unlimited()).unwrap();
        assert!(matches!(content, Content::Nothing));
        remove(above.as_fd(), "out", &content).unwrap();
        assert!(!place.exists());
    }

    #[test]
    fn what_was_deleted_is_no_loss() {
        let folder = published();
        let place = folder.path().join("out");
        fs::remove_dir_all(place.join("a")).unwrap();
        let content = examine(&opened(&place), &Work::unlimited()).unwrap();
        remove(opened(folder.path()).as_fd(), "out", &content).unwrap();
        assert!(!place.exists());
    }

    #[test]
    fn anything_that_was_added_or_changed_is_told_by_name() {
        assert_eq!(unfit(|place| fs::write(place.join("a/b/new"), "").unwrap()), "foreign a/b/new");
        assert_eq!(unfit(|place| fs::create_dir(place.join("empty")).unwrap()), "foreign empty");
        assert_eq!(unfit(|place| symlink("top.txt", place.join("link")).unwrap()), "foreign link");
        assert_eq!(unfit(|place| fs::write(place.join("top.txt"), "TOP.TXT").unwrap()), "changed top.txt");
        assert_eq!(unfit(|place| fs::write(place.join("top.txt"), "longer now").unwrap()), "changed top.txt");
        let replace = |place: &Path, name: &str| {
            fs::rename(place.join(name), place.parent().unwrap().join("moved")).unwrap();
            symlink("../moved", place.join(name)).unwrap();
        };
        assert_eq!(unfit(|place| replace(place, "top.txt")), "changed top.txt");
        assert_eq!(unfit(|place| replace(place, "a")), "changed a");
    }

    #[test]
    fn a_manifest_that_no_run_has_written_counts_for_nothing() {
        let changed = format!("changed {MANIFEST}");
        for text in ["", "{}", "[", &" ".repeat(5 << 20)] {
            assert_eq!(unfit(|place| fs::write(place.join(MANIFEST), text).unwrap()), changed);
        }
        let edited = |from: &str, to: &str| {
            unfit(|place| {
                let text = fs::read_to_string(place.join(MANIFEST)).unwrap();
                assert!(text.contains(from));
                fs::write(place.join(MANIFEST), text.replace(from, to)).unwrap();
            })
        };
        assert_eq!(edited("\"format\": 1", "\"format\": 2"), changed);
        assert_eq!(edited("a/b/deep.txt", "a/../../deep.txt"), changed);
        assert_eq!(edited("a/b/deep.txt", "a/b/else.txt"), "foreign a/b/deep.txt");
        let first = unfit(|place| fs::remove_file(place.join(MANIFEST)).unwrap());
        assert!(first == "foreign a" || first == "foreign top.txt", "{first}");
    }

    #[test]
    fn more_documents_than_a_manifest_takes_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let document = |number: u32| Document::new(format!("{number}{}", "n".repeat(200)), 0, "0".repeat(64));
        let documents: Vec<_> = (0..20_000).map(document).collect();
        assert!(write(opened(folder.path()).as_fd(), &RunId::new(), documents.iter()).is_err());
        write(opened(folder.path()).as_fd(), &RunId::new(), documents[..10_000].iter()).unwrap();
    }
}
