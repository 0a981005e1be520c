//! Documents: what an action publishes, filtered as it is written, staged, inspected, and published together by one
//! rename.
//!
//! Text leaves with its masks. What is no text is looked through when it is complete, compressed parts too: a value in
//! it, and none of the run's documents is published.
//!
//! The files of a run are written into a hidden directory beside the target. When the run has succeeded they are
//! flushed to the disk and the directory is renamed onto the target, which must be absent or empty: so readers see all
//! documents of a run or none, and nothing that was there is ever overwritten. In any other case the staging directory
//! is removed.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use cap_std::fs::{Dir, OpenOptions};
use rustix::fs::{AtFlags, CWD, OFlags, StatxAttributes, StatxFlags, statx};
use wasmtime::component::Resource;
use wasmtime_wasi::p2::DynOutputStream;

use super::bindings::um::action::documents as wit;
use super::limits::{Limit, Limits};
use super::outcome::Document;
use super::pipe::{Allowance, Pipe, StreamEnd};
use super::state::State;
use super::tripwire::Tripwire;
use crate::base::{Over, Work, blocking, detached, drives_a_display, is_unseen, joins};
use crate::leak::{Budget, End, Filter, InspectError, Stream, Withheld};
use crate::secret::RunId;

/// Longest name of a document, in bytes: what file systems take.
const MAX_NAME_BYTES: usize = 255;

/// Why a run's documents cannot be staged or published.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DocumentsError {
    #[error("the documents directory `{}` is not empty; name a new one, so that nothing is overwritten", path.display())]
    NotEmpty { path: PathBuf },
    #[error("the documents path `{}` is not a directory; name a new one", path.display())]
    NotADirectory { path: PathBuf },
    #[error("the documents directory `{}` cannot be made: {source}", path.display())]
    Prepare { path: PathBuf, source: io::Error },
    #[error("the document `{name}` could not be written: {source}; none of the run's documents was published")]
    Write { name: String, source: io::Error },
    #[error("the document `{name}` could not be read back: {source}; none of the run's documents was published")]
    Read { name: String, source: io::Error },
    #[error("the documents could not be published to `{}`: {source}; none of them is there", path.display())]
    Publish { path: PathBuf, source: io::Error },
}

/// Whether the documents of a run may leave.
pub(super) enum Checked {
    Ready(Ready),
    /// None may, because of this one.
    Withheld {
        document: String,
        reason: String,
    },
}

/// Documents that may leave, on the disk and without a name yet that anybody would open. Dropping it removes them.
#[derive(Default)]
pub(super) struct Ready {
    target: Option<Target>,
    /// In the order of creation.
    documents: Vec<Document>,
}

/// Why the documents of a run could not be looked through.
#[derive(Debug, thiserror::Error)]
pub(super) enum CheckError {
    #[error(transparent)]
    Over(#[from] Over),
    #[error(transparent)]
    Documents(#[from] DocumentsError),
}

/// The documents of one run.
pub(super) struct Documents {
    target: Option<Target>,
    staged: Vec<Staged>,
    filter: Filter,
    allowance: Allowance,
    at_most: u64,
    tripwire: Tripwire,
}

/// Where documents are published, and where they wait until then.
struct Target {
    path: PathBuf,
    /// The mode that the published directory gets: that of the empty one which is there already, if any.
    mode: u32,
    staging: Staging,
    directory: Dir,
}

/// A directory beside the target, closed to others, that is removed unless it becomes the target.
struct Staging(PathBuf);

struct Staged {
    name: String,
    pipe: Pipe,
}

impl Documents {
    /// Without a target the action cannot create documents.
    ///
    /// # Errors
    /// [`DocumentsError`] if the target is there and is not an empty directory.
    pub fn new(
        target: Option<PathBuf>,
        run: &RunId,
        limits: &Limits,
        filter: Filter,
        tripwire: Tripwire,
    ) -> Result<Self, DocumentsError> {
        let target = target.map(|path| Target::prepare(&path, run)).transpose()?;
        let allowance = Allowance::new(Limit::DocumentBytes, limits.document_bytes);
        Ok(Self { target, staged: Vec::new(), filter, allowance, at_most: limits.documents, tripwire })
    }

    fn create(&mut self, name: &str) -> Result<StreamEnd, wit::Error> {
        if !is_plain_name(name) || self.filter.text(Stream::Document("a document's name".to_owned()), name) != name {
            return Err(wit::Error::InvalidName);
        }
        if self.staged.iter().any(|staged| staged.name == name) {
            return Err(wit::Error::Exists);
        }
        if self.staged.len() as u64 >= self.at_most {
            return Err(wit::Error::Limit);
        }
        let target = self.target.as_ref().ok_or(wit::Error::Unavailable)?;
        // Where the file system takes two spellings for one name.
        let file = target.create(name).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => wit::Error::Exists,
            _ => wit::Error::Unavailable,
        })?;
        let redactor = self.filter.stream(Stream::Document(name.to_owned()));
        let pipe = Pipe::to_file(redactor, file, self.allowance.clone(), self.tripwire.clone());
        self.staged.push(Staged { name: name.to_owned(), pipe: pipe.clone() });
        Ok(StreamEnd::only(pipe))
    }

    /// Ends the documents that the guest has left open.
    pub fn finish(&self, end: End) {
        self.staged.iter().for_each(|staged| staged.pipe.finish(end));
    }

    /// Looks through what was staged and flushes it to the disk, in the time and memory that the run still has.
    ///
    /// # Errors
    /// [`CheckError`]; then nothing is left of it.
    pub async fn check(mut self, work: &Work) -> Result<Checked, CheckError> {
        let (mut sizes, mut files) = (Vec::new(), Vec::new());
        for Staged { name, pipe } in std::mem::take(&mut self.staged) {
            let document = self.filter.text(Stream::Document("a document's name".to_owned()), &name);
            if document != name {
                let reason = "its name holds a secret that the run read after it had created it".to_owned();
                return Ok(Checked::Withheld { document, reason });
            }
            let finished = pipe.finished();
            let finished = finished.map_err(|source| DocumentsError::Write { name: name.clone(), source })?;
            sizes.push((name.clone(), finished.bytes));
            files.extend(finished.file.map(|file| (name, file)));
        }
        let Some(target) = self.target.take().filter(|_| !files.is_empty()) else {
            return Ok(Checked::Ready(Ready::default()));
        };
        let (filter, search) = (self.filter.clone(), work.clone());
        let checked = blocking(work, move || {
            let found = inspect(&search, &mut files, &filter)?;
            if found.is_none() {
                sync(files)?;
            }
            Ok::<_, CheckError>(found)
        });
        if let Some((document, withheld)) = checked.await?? {
            return Ok(Checked::Withheld { document, reason: withheld.to_string() });
        }
        let document = |(name, bytes): (String, u64)| Document { path: target.path.join(&name), name, bytes };
        let documents = sizes.into_iter().map(document).collect();
        Ok(Checked::Ready(Ready { target: Some(target), documents }))
    }
}

impl Ready {
    pub fn is_empty(&self) -> bool {
        self.documents.is_empty()
    }

    /// Gives all documents their names by one rename. It is the run's last deed: neither deadline nor signal is heard.
    ///
    /// # Errors
    /// [`DocumentsError::Publish`]; then nothing is published.
    pub async fn publish(self) -> Result<Vec<Document>, DocumentsError> {
        if let Some(target) = self.target {
            detached(move || target.publish()).await?;
        }
        Ok(self.documents)
    }
}

/// The first document that may not leave, if there is one.
fn inspect(
    work: &Work,
    files: &mut [(String, File)],
    filter: &Filter,
) -> Result<Option<(String, Withheld)>, CheckError> {
    let mut budget = Budget::default();
    for (name, file) in files {
        match filter.inspect(work, &Stream::Document(name.clone()), file, &mut budget) {
            Ok(()) => {}
            Err(InspectError::Withheld(withheld)) => return Ok(Some((name.clone(), withheld))),
            Err(InspectError::Over(over)) => return Err(over.into()),
            Err(InspectError::Read(source)) => {
                return Err(DocumentsError::Read { name: name.clone(), source }.into());
            }
        }
    }
    Ok(None)
}

fn sync(files: Vec<(String, File)>) -> Result<(), DocumentsError> {
    files
        .into_iter()
        .try_for_each(|(name, file)| file.sync_all().map_err(|source| DocumentsError::Write { name, source }))
}

impl Target {
    fn prepare(path: &Path, run: &RunId) -> Result<Self, DocumentsError> {
        let prepare = |source| DocumentsError::Prepare { path: path.to_owned(), source };
        let (target, mode) = match path.canonicalize() {
            Ok(existing) => {
                check_empty(&existing)?;
                check_no_mount(&existing).map_err(prepare)?;
                let mode = fs::metadata(&existing).map_err(prepare)?.permissions().mode();
                (existing, Some(mode))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound && path.is_symlink() => return Err(prepare(error)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                (std::path::absolute(path).map_err(prepare)?, None)
            }
            Err(error) => return Err(prepare(error)),
        };
        let (Some(parent), Some(name)) = (target.parent(), target.file_name()) else {
            return Err(DocumentsError::NotEmpty { path: target });
        };
        if !parent.is_dir() {
            let absent = io::Error::new(io::ErrorKind::NotFound, "the directory above it is not there");
            return Err(prepare(absent));
        }
        let staging = parent.join(format!(".{}.um-host-{run}", name.to_string_lossy()));
        // Now, and not for the first document: what stands in the way is told before the action runs.
        fs::create_dir(&staging).map_err(prepare)?;
        let staging = Staging(staging);
        let usual = fs::metadata(&staging.0).map_err(prepare)?.permissions().mode();
        let flags = (OFlags::DIRECTORY | OFlags::NOFOLLOW).bits().cast_signed();
        let opened = fs::OpenOptions::new().read(true).custom_flags(flags).open(&staging.0).map_err(prepare)?;
        opened.set_permissions(fs::Permissions::from_mode(0o700)).map_err(prepare)?;
        let directory = Dir::from_std_file(opened);
        Ok(Self { path: target.clone(), mode: mode.unwrap_or(usual), staging, directory })
    }

    fn create(&self, name: &str) -> io::Result<File> {
        Ok(self.directory.open_with(name, OpenOptions::new().read(true).write(true).create_new(true))?.into_std())
    }

    fn publish(self) -> Result<(), DocumentsError> {
        let sync = |path: &Path| File::open(path).and_then(|directory| directory.sync_all());
        let parent = self.path.parent().map(Path::to_owned).unwrap_or_default();
        let Staging(staging) = &self.staging;
        // By what was opened when it was made: somebody else may have put another thing in its place.
        let directory = self.directory.into_std_file();
        let ready =
            directory.set_permissions(fs::Permissions::from_mode(self.mode)).and_then(|()| directory.sync_all());
        let ready = ready.and_then(|()| check_same(&directory, staging));
        let renamed = ready.and_then(|()| fs::rename(staging, &self.path));
        renamed.map_err(|source| DocumentsError::Publish { path: self.path.clone(), source })?;
        // The documents are there; only their surviving a power loss this instant is not certain yet.
        let _ = sync(&parent);
        Ok(())
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        // What was published has another name by now. What cannot be removed is a hidden directory that names its run.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// That a path leads to this directory, and not by a link.
fn check_same(directory: &File, path: &Path) -> io::Result<()> {
    let (opened, there) = (directory.metadata()?, fs::symlink_metadata(path)?);
    match (opened.dev(), opened.ino()) == (there.dev(), there.ino()) {
        true => Ok(()),
        false => Err(io::Error::other("somebody has put something else in the place of what the run had written")),
    }
}

/// Nothing can be renamed onto what is mounted.
fn check_no_mount(path: &Path) -> io::Result<()> {
    let found = statx(CWD, path, AtFlags::empty(), StatxFlags::empty())?;
    match found.stx_attributes.contains(StatxAttributes::MOUNT_ROOT) {
        true => Err(io::Error::other("it is mounted; name a directory in it")),
        false => Ok(()),
    }
}

fn check_empty(path: &Path) -> Result<(), DocumentsError> {
    let mut entries = match fs::read_dir(path) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
            return Err(DocumentsError::NotADirectory { path: path.to_owned() });
        }
        Err(source) => return Err(DocumentsError::Prepare { path: path.to_owned(), source }),
    };
    if entries.next().is_some() {
        return Err(DocumentsError::NotEmpty { path: path.to_owned() });
    }
    Ok(())
}

/// A file name that hides nothing and that no program takes for anything else: no path, no option (`-rf`), no home
/// (`~root`), no hidden file, nothing that a display obeys or does not show, nothing that other systems drop at the end.
/// Names that only Windows reserves (`NUL`, `a:b`) are names here; there they fail aloud.
fn is_plain_name(name: &str) -> bool {
    let is_edge = |c: char| c.is_whitespace() || c == '.';
    // What joins shows nothing behind a letter that it does not change.
    let joins_nothing = name.chars().zip(name.chars().skip(1)).any(|(before, c)| joins(c) && before.is_ascii());
    (1..=MAX_NAME_BYTES).contains(&name.len())
        && !name.starts_with(['-', '~'])
        && !name.starts_with(joins)
        && !name.starts_with(is_edge)
        && !name.ends_with(is_edge)
        && !joins_nothing
        && !name.chars().any(|c| drives_a_display(c) || is_unseen(c) || matches!(c, '/' | '\\'))
}

impl wit::Host for State {
    async fn create(&mut self, name: String) -> wasmtime::Result<Result<Resource<DynOutputStream>, wit::Error>> {
        match self.documents.create(&name) {
            Ok(stream) => {
                let stream: DynOutputStream = Box::new(stream);
                Ok(Ok(self.table.push(stream)?))
            }
            Err(error) => Ok(Err(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_name_is_no_path_and_hides_nothing() {
        let ordinary = [
            "contacts.json",
            "Übersicht 2026.csv",
            "a",
            "a-b~c.tar.gz",
            "#1 (copy), 50 %.txt",
            "12:30.log",
            "NUL",
            "報告\u{3000}書.pdf",
            "می\u{200c}خواهم.txt",
            "👩\u{200d}💻.md",
            "❤\u{fe0f}.png",
            &"n".repeat(255),
        ];
        for name in ordinary {
            assert!(is_plain_name(name), "{name}");
        }
        for name in
            ["-rf", "--help", "~", "~root", " a", "a ", "a.", "a\u{a0}", "\u{3000}a", "...", "a\tb", "\u{200d}a"]
        {
            assert!(!is_plain_name(name), "{name:?}");
        }
        for c in
            "\u{1b}\u{7f}\u{85}\u{9b}\u{ad}\u{200b}\u{200d}\u{202e}\u{2066}\u{2028}\u{2029}\u{feff}\u{fe0f}".chars()
        {
            assert!(!is_plain_name(&format!("invoice{c}fdp.exe")), "{c:?}");
        }
        for name in ["", ".", "..", ".hidden", "a/b", "a\\b", "a\0b", "a\nb", &"n".repeat(256)] {
            assert!(!is_plain_name(name), "{name:?}");
        }
    }

    #[test]
    fn a_target_must_be_absent_or_an_empty_directory() {
        let folder = tempfile::tempdir().unwrap();
        let prepare = |name: &str| Target::prepare(&folder.path().join(name), &RunId::new());
        assert!(prepare("absent").is_ok());
        fs::create_dir(folder.path().join("empty")).unwrap();
        assert!(prepare("empty").is_ok());
        fs::write(folder.path().join("file"), "").unwrap();
        assert!(matches!(prepare("file"), Err(DocumentsError::NotADirectory { .. })));
        assert!(matches!(prepare(""), Err(DocumentsError::NotEmpty { .. })));
        assert!(matches!(prepare("absent/below"), Err(DocumentsError::Prepare { .. })));
    }

    /// Whoever may write beside the target put another directory in the place of what the run had written: that was
    /// published, and what a link led to was opened to all.
    #[test]
    fn what_was_put_in_the_place_of_the_documents_is_not_published() {
        let folder = tempfile::tempdir().unwrap();
        let victim = folder.path().join("victim");
        fs::create_dir(&victim).unwrap();
        fs::set_permissions(&victim, fs::Permissions::from_mode(0o700)).unwrap();
        for planted in [true, false] {
            let target = Target::prepare(&folder.path().join("out"), &RunId::new()).unwrap();
            let staging = target.staging.0.clone();
            fs::rename(&staging, folder.path().join("moved")).unwrap();
            match planted {
                true => std::os::unix::fs::symlink(&victim, &staging).unwrap(),
                false => fs::create_dir(&staging).unwrap(),
            }
            assert!(matches!(target.publish(), Err(DocumentsError::Publish { .. })));
            assert!(!folder.path().join("out").exists());
            assert_eq!(fs::metadata(&victim).unwrap().permissions().mode() & 0o777, 0o700);
            let _ = fs::remove_file(&staging).or_else(|_| fs::remove_dir(&staging));
            fs::remove_dir(folder.path().join("moved")).unwrap();
        }
    }
}
