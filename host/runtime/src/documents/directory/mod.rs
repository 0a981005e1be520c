//! Documents as files of a directory of this machine: published by one rename, and by one exchange over what an earlier
//! run had published there.
//!
//! Until all of a run's documents have passed they are files without a name (`unnamed`). Then they get their names in a
//! hidden directory beside the target (`container`), with a manifest of them (`manifest`), are flushed, and moved to the
//! target in one step. So a reader of the target sees the documents of one run and never a mixture, whenever the host is
//! killed; and what anybody else has put there is never overwritten.
//!
//! A plain rename serves where the target is absent or empty: onto anything else the kernel refuses to move a directory,
//! as with `RENAME_NOREPLACE`, which many file systems do not know. Over an earlier run's it is `RENAME_EXCHANGE`; what
//! comes back from that is looked at once more, and put back if somebody has changed it meanwhile. Where a file system has
//! no exchange (NFS, some of FUSE), the second run is refused before it starts: two renames would leave a moment, and
//! after a crash more, with neither.

mod access;
mod container;
mod manifest;
mod tree;
mod unnamed;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{
    AtFlags, CWD, Mode, OFlags, RenameFlags, StatxAttributes, StatxFlags, fchmod, fstat, mkdirat, openat, renameat,
    renameat_with, statx,
};
use rustix::io::Errno;

use super::error::{CheckError, DocumentsError};
use super::name::directories_of;
use super::sink::{DocumentSink, Passed, Published, Receipt};
use access::Access;
use container::{COMPLETE, Container, UNFINISHED, remove_abandoned};
use manifest::{Content, Unfit, examine};
use tree::{open_directory, sync};
use um_base::{Work, step};
use um_secret::RunId;
use unnamed::{Unnamed, give_name};

/// How often a target is looked at anew, since another run has published there at the same moment.
const ATTEMPTS: usize = 100;

/// The steps of publishing, in order; each is announced when it has been done. `old-removed` comes only where there was
/// something.
pub const PUBLISH_STEPS: [&str; 6] =
    ["container-made", "documents-named", "documents-complete", "documents-placed", "old-removed", "container-removed"];

/// A directory of this machine.
pub(super) struct DirectorySink {
    /// As its user finds it, for errors and receipts.
    path: PathBuf,
    /// What the target lies in, and what it is called there.
    parent: OwnedFd,
    name: OsString,
    run: RunId,
    unnamed: Unnamed,
}

/// What stands where the documents are to go.
enum Target {
    Absent,
    Empty(Access),
    /// What an earlier run has published.
    Published(Access),
}

impl Target {
    /// What a new directory in its place has to keep.
    fn access(&self) -> Option<&Access> {
        match self {
            Self::Absent => None,
            Self::Empty(access) | Self::Published(access) => Some(access),
        }
    }
}

impl DirectorySink {
    /// Finds the target, and what would keep documents from being published there; removes what killed runs have left
    /// beside it.
    ///
    /// # Errors
    /// [`CheckError`]: the target is no directory or holds what no run has published there, or its file system cannot
    /// do what is needed.
    pub fn open(path: &Path, run: RunId, cache: Option<&Path>, work: &Work) -> Result<Self, CheckError> {
        let prepare = |source| DocumentsError::Prepare { path: path.to_owned(), source };
        let path = settled(path).map_err(prepare)?;
        let (Some(above), Some(name)) = (path.parent(), path.file_name()) else {
            return Err(prepare(io::Error::other("it is the root of all directories; name one below it")).into());
        };
        let name = name.to_owned();
        let parent = match openat(CWD, above, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty()) {
            Ok(parent) => parent,
            Err(Errno::NOENT | Errno::NOTDIR) => {
                let absent = io::Error::new(io::ErrorKind::NotFound, "the directory above it is not there");
                return Err(prepare(absent).into());
            }
            Err(error) => return Err(prepare(error.into()).into()),
        };
        remove_abandoned(&parent, work)?;
        let unnamed = Unnamed::find(&parent, cache, &run).map_err(prepare)?;
        let sink = Self { path, parent, name, run, unnamed };
        let target = sink.target(work)?;
        sink.rehearse(&target)?;
        Ok(sink)
    }

    /// Tries what files without a name do not show: whether directories can be made and exchanged here.
    fn rehearse(&self, target: &Target) -> Result<(), DocumentsError> {
        let prepare = |source: io::Error| DocumentsError::Prepare { path: self.path.clone(), source };
        let exchanges = match target {
            Target::Published(access) if !access.mode.contains(Mode::WUSR | Mode::XUSR) => {
                let closed = io::Error::new(io::ErrorKind::PermissionDenied, "what is there may not be changed");
                return Err(prepare(closed));
            }
            target => matches!(target, Target::Published(_)),
        };
        let kept = target.access();
        if kept.is_none() && matches!(self.unnamed, Unnamed::Beside(_)) {
            return Ok(());
        }
        let container = Container::make(&self.parent, &self.name, &self.run).map_err(prepare)?;
        if exchanges {
            let directory = container.directory();
            let made = [UNFINISHED, COMPLETE].map(|name| mkdirat(directory, name, Mode::RWXU));
            made.into_iter().collect::<Result<(), _>>().map_err(|error| prepare(error.into()))?;
            renameat_with(directory, UNFINISHED, directory, COMPLETE, RenameFlags::EXCHANGE)
                .map_err(|error| self.not_exchanged(error))?;
        }
        match kept {
            Some(access) => container.try_ownership(access).map_err(prepare),
            None => Ok(()),
        }
    }

    fn target(&self, work: &Work) -> Result<Target, CheckError> {
        let prepare = |error: io::Error| DocumentsError::Prepare { path: self.path.clone(), source: error };
        let directory = match open_directory(&self.parent, &self.name) {
            Ok(directory) => directory,
            Err(Errno::NOENT) => return Ok(Target::Absent),
            Err(Errno::NOTDIR | Errno::LOOP) => {
                return Err(DocumentsError::NotADirectory { path: self.path.clone() }.into());
            }
            Err(error) => return Err(prepare(error.into()).into()),
        };
        check_no_mount(&directory).map_err(prepare)?;
        let access = Access::of(&fstat(&directory).map_err(|error| prepare(error.into()))?);
        match examine(&directory, work) {
            Ok(Content::Nothing) => Ok(Target::Empty(access)),
            Ok(Content::Published(_)) => Ok(Target::Published(access)),
            Err(unfit) => Err(self.unfit(unfit)),
        }
    }

    fn publish(&self, passed: &mut [Passed]) -> Result<(), DocumentsError> {
        let container = Container::make(&self.parent, &self.name, &self.run).map_err(|error| self.failed(error))?;
        step("container-made");
        self.put_together(&container, passed)?;
        step("documents-complete");
        let exchanged = self.place(&container)?;
        // The documents are there; only their surviving a power loss this instant is not certain yet.
        let _ = open_directory(&self.parent, ".").map(sync);
        step("documents-placed");
        if let Some(old) = exchanged {
            // What cannot be removed now is removed by a later run.
            let _ = manifest::remove(container.directory(), COMPLETE, &old);
            step("old-removed");
        }
        drop(container);
        step("container-removed");
        Ok(())
    }

    /// Gives the documents their names, and all of them together that of what is complete.
    fn put_together(&self, container: &Container, passed: &mut [Passed]) -> Result<(), DocumentsError> {
        let within = container.directory();
        mkdirat(within, UNFINISHED, Mode::from_raw_mode(0o777)).map_err(|error| self.failed(error.into()))?;
        let unfinished = open_directory(within, UNFINISHED).map_err(|error| self.failed(error.into()))?;
        let mut directories = BTreeSet::new();
        for Passed { document, content } in passed.iter_mut() {
            let name = document.name.as_str();
            let write = |source| DocumentsError::Write { name: name.to_owned(), source: explained(source) };
            for directory in directories_of(name) {
                if directories.insert(directory.to_owned()) {
                    mkdirat(&unfinished, directory, Mode::from_raw_mode(0o777)).map_err(|error| write(error.into()))?;
                }
            }
            give_name(content, unfinished.as_fd(), name).map_err(write)?;
        }
        let documents = passed.iter().map(|passed| &passed.document);
        let flush = || {
            manifest::write(unfinished.as_fd(), &self.run, documents)?;
            for directory in directories.iter().rev() {
                sync(open_directory(&unfinished, directory)?)?;
            }
            sync(&unfinished)?;
            step("documents-named");
            renameat(within, UNFINISHED, within, COMPLETE)?;
            sync(within)
        };
        flush().map_err(|error| self.failed(error))
    }

    /// Moves what is complete to the target in one step. What was there before, if a run had published it, is in its place
    /// then.
    fn place(&self, container: &Container) -> Result<Option<Content>, DocumentsError> {
        let within = container.directory();
        let complete = open_directory(within, COMPLETE).map_err(|error| self.failed(error.into()))?;
        for _ in 0..ATTEMPTS {
            let target = self.target(&Work::unlimited()).map_err(|error| self.failed(io::Error::other(error)))?;
            let access = target.access().copied();
            if let Some(access) = &access {
                let failed = |error: Errno| self.failed(error.into());
                access.give_ownership(&complete).map_err(failed)?;
                // What is moved to another place must be writable to its owner. After the owner, by whose change bits go.
                fchmod(&complete, access.mode | Mode::RWXU).map_err(failed)?;
            }
            let moved = match target {
                Target::Absent | Target::Empty(_) => {
                    renameat(within, COMPLETE, &self.parent, &self.name).map(|()| None)
                }
                Target::Published(_) => self.exchange(container)?.map(Some),
            };
            match moved {
                Ok(old) => {
                    if let Some(access) = access.filter(|access| !access.mode.contains(Mode::RWXU)) {
                        let _ = fchmod(&complete, access.mode);
                    }
                    return Ok(old);
                }
                // Another run was there first, or somebody has removed it: that is looked at anew.
                Err(Errno::EXIST | Errno::NOTEMPTY | Errno::NOTDIR | Errno::NOENT) => {}
                Err(error) => return Err(self.failed(error.into())),
            }
        }
        Err(self.failed(io::Error::other("others publish there all the time")))
    }

    /// Exchanges what is complete and what an earlier run has published. If somebody has changed that in this moment, it
    /// is put back.
    fn exchange(&self, container: &Container) -> Result<Result<Content, Errno>, DocumentsError> {
        let within = container.directory();
        let exchange = || renameat_with(within, COMPLETE, &self.parent, &self.name, RenameFlags::EXCHANGE);
        match exchange() {
            Ok(()) => {}
            Err(Errno::NOENT) => return Ok(Err(Errno::NOENT)),
            Err(error) => {
                return Err(match self.not_exchanged(error) {
                    told @ DocumentsError::NoExchange { .. } => self.failed(io::Error::other(told)),
                    told => told,
                });
            }
        }
        let came_back = match open_directory(within, COMPLETE) {
            Ok(old) => examine(&old, &Work::unlimited()),
            Err(error) => Err(error.into()),
        };
        came_back.map(Ok).map_err(|unfit| {
            let refused = self.failed(io::Error::other(unfit));
            match exchange() {
                Ok(()) => refused,
                // It stays in the container: that is not removed then.
                Err(error) => self.failed(error.into()),
            }
        })
    }

    fn failed(&self, source: io::Error) -> DocumentsError {
        DocumentsError::Publish { path: self.path.clone(), source }
    }

    fn not_exchanged(&self, error: Errno) -> DocumentsError {
        match error {
            Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP | Errno::XDEV => {
                DocumentsError::NoExchange { path: self.path.clone(), source: error.into() }
            }
            error => self.failed(error.into()),
        }
    }

    fn unfit(&self, unfit: Unfit) -> CheckError {
        let path = self.path.clone();
        match unfit {
            Unfit::Over(over) => CheckError::Over(over),
            Unfit::Foreign(name) => DocumentsError::Foreign { path, name }.into(),
            Unfit::Changed(name) => DocumentsError::Changed { path, name }.into(),
            Unfit::Read(source) => DocumentsError::Prepare { path, source }.into(),
        }
    }
}

impl DocumentSink for DirectorySink {
    fn create(&mut self, _name: &str) -> io::Result<File> {
        self.unnamed.create()
    }

    fn commit(self: Box<Self>, mut passed: Vec<Passed>) -> Result<Receipt, DocumentsError> {
        self.publish(&mut passed)?;
        let published = |Passed { document, .. }: Passed| Published {
            path: Some(self.path.join(&document.name)),
            name: document.name,
        };
        Ok(Receipt { documents: passed.into_iter().map(published).collect() })
    }

    /// Files without a name go with their descriptors.
    fn abort(self: Box<Self>) {}
}

/// The path with every link followed; as it was named, if nothing is there.
fn settled(path: &Path) -> io::Result<PathBuf> {
    match path.canonicalize() {
        Err(error) if error.kind() == io::ErrorKind::NotFound && !path.is_symlink() => std::path::absolute(path),
        settled => settled,
    }
}

/// Nothing can be renamed onto what is mounted.
fn check_no_mount(directory: &OwnedFd) -> io::Result<()> {
    let found = statx(directory, "", AtFlags::EMPTY_PATH, StatxFlags::empty())?;
    match found.stx_attributes.contains(StatxAttributes::MOUNT_ROOT) {
        true => Err(io::Error::other("it is mounted; name a directory in it")),
        false => Ok(()),
    }
}

/// The guest has never used a name twice.
fn explained(error: io::Error) -> io::Error {
    match error.kind() {
        io::ErrorKind::AlreadyExists => {
            io::Error::new(error.kind(), "the file system takes its name for that of another document")
        }
        _ => error,
    }
}
