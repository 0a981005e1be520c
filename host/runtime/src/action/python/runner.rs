//! Finds the runner component of this version, and puts it in its place.

use std::fs::{self, File, Permissions};
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags, Stat, fstat, open, openat};

use super::directory::{Lock, Workshop, make_private, sync};
use super::error::InstallError;
use super::install::Installation;
use super::sources;
use super::step::Step;

/// The directory of all runners, below the cache.
const DIRECTORY: &str = "python";
const FILE: &str = "runner.wasm";

/// The runner component of this version of um-host, as a file that is ours and that nobody else can open.
///
/// One that [`install`](Self::install) had to wait for or to make holds the right to install until it is dropped: who
/// compiles it first keeps it for that long, so that those who wait find it compiled as well.
#[derive(Debug)]
pub struct Runner {
    path: PathBuf,
    bytes: u64,
    #[expect(dead_code, reason = "dropping it gives the right back")]
    turn: Option<Lock>,
}

impl Runner {
    /// Finds the runner below a cache directory. Nothing of it is read: this takes microseconds.
    pub fn find(cache: &Path) -> Option<Self> {
        let runner = open_runner(cache).ok()?;
        let bytes = u64::try_from(fstat(&runner).ok()?.st_size).ok()?;
        Some(Self { path: path(cache), bytes, turn: None })
    }

    /// Finds the runner, or makes it: about a minute, with pip's download of 17 MB. Of those who ask at the same
    /// time one works and the others wait. `progress` is told of each step as it begins, and of none if all is there.
    ///
    /// # Errors
    /// [`InstallError`], which says what is in the way and what to do about it.
    pub fn install(cache: &Path, progress: &dyn Fn(Step)) -> Result<Self, InstallError> {
        Self::install_by(&Installation::new(progress), cache)
    }

    pub(super) fn install_by(installation: &Installation<'_>, cache: &Path) -> Result<Self, InstallError> {
        if let Some(runner) = Self::find(cache) {
            return Ok(runner);
        }
        let directory = cache.join(DIRECTORY);
        make_private(cache)?;
        make_private(&directory)?;
        let lock = Lock::acquire(&directory, || installation.tell(Step::Waiting))?;
        if Self::find(cache).is_none() {
            let workshop = Workshop::set_up(&directory, &lock)?;
            let made = installation.make(&workshop)?;
            keep(&made, &path(cache))?;
        }
        let gone = || InstallError::Packaging { reason: "it is gone again".to_owned() };
        Self::find(cache).map(|runner| Self { turn: Some(lock), ..runner }).ok_or_else(gone)
    }

    /// Where its file is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The size of the component.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }
}

fn path(cache: &Path) -> PathBuf {
    [DIRECTORY, sources::key(), FILE].iter().fold(cache.to_owned(), |path, name| path.join(name))
}

/// Opens the runner through directories that only this user may enter, following no link from the cache on.
fn open_runner(cache: &Path) -> io::Result<File> {
    let (enter, read) = (OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC, OFlags::NOFOLLOW | OFlags::CLOEXEC);
    let mut directory = open(cache, enter, Mode::empty())?;
    for name in [DIRECTORY, sources::key()] {
        own(&directory, 0o077)?;
        directory = openat(&directory, name, enter, Mode::empty())?;
    }
    own(&directory, 0o077)?;
    let file = openat(&directory, FILE, read | OFlags::NONBLOCK, Mode::empty())?;
    own(&file, 0o277)?;
    let file = File::from(file);
    match file.metadata()?.is_file() {
        true => Ok(file),
        false => Err(io::ErrorKind::InvalidInput.into()),
    }
}

/// Whether something belongs to this user and grants none of what is `forbidden`.
fn own(file: &impl AsFd, forbidden: u32) -> io::Result<()> {
    let Stat { st_uid, st_mode, .. } = fstat(file)?;
    match st_uid == rustix::process::geteuid().as_raw() && st_mode & forbidden == 0 {
        true => Ok(()),
        false => Err(io::ErrorKind::PermissionDenied.into()),
    }
}

/// Puts what was made into its place, whole or not at all.
fn keep(made: &Path, path: &Path) -> Result<(), InstallError> {
    let directory = path.parent().expect("it stands in a directory of its own");
    make_private(directory)?;
    let sealed = File::open(made).and_then(|file| {
        file.set_permissions(Permissions::from_mode(0o400))?;
        file.sync_all()
    });
    sealed.map_err(|error| InstallError::io("written", made, error))?;
    fs::rename(made, path).map_err(|error| InstallError::io("written", path, error))?;
    sync(directory)?;
    directory.parent().map_or(Ok(()), sync)
}
