//! Why the runner is not installed. Each message says what to do about it.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::step::Step;

use um_base::coded;

/// Why the Python runner cannot be installed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "what each is stands in its message")]
pub enum InstallError {
    #[error("there is no python3 in PATH; Python actions need it once, to package the runner")]
    NoPython,
    #[error("`{}` is Python {version}, and componentize-py needs 3.10 or newer", path.display())]
    OldPython { path: PathBuf, version: String },
    #[error("`{}` does not start ({reason})", path.display())]
    BrokenPython { path: PathBuf, reason: String },
    #[error("`{}` (Python {version}) cannot make virtual environments with pip", path.display())]
    NoVenv { path: PathBuf, version: String },
    #[error("no virtual environment could be made ({reason})")]
    Environment { python: PathBuf, reason: String },
    #[error("pip could not download the packages ({reason})")]
    Download { reason: String },
    #[error("what pip downloaded is not what this version of um-host was made with ({reason}); nothing of it was run")]
    Hashes { reason: String },
    #[error("the index that pip asks has no such wheel for this platform ({reason})")]
    NoWheel { reason: String },
    #[error("pip could not install the packages ({reason})")]
    Packages { reason: String },
    #[error("componentize-py could not package the runner ({reason}); this is a fault of um-host or of this machine")]
    Packaging { reason: String },
    #[error("the file system of `{}` lets nothing on it be run (it is mounted noexec)", path.display())]
    NoExec { path: PathBuf },
    #[error("there is no room left below `{}`", path.display())]
    DiskFull { path: PathBuf },
    #[error("{step} took longer than {} s and was stopped", after.as_secs())]
    TimedOut { step: Step, after: Duration },
    #[error("the directory `{}` belongs to another user or is no directory", path.display())]
    Owner { path: PathBuf },
    #[error("the directory `{}` is open to others (mode {mode:o})", path.display())]
    Mode { path: PathBuf, mode: u32 },
    #[error("`{}` cannot be {action}: {source}", path.display())]
    Io { action: &'static str, path: PathBuf, source: io::Error },
}

coded! { InstallError:
    Self::NoPython => NotFound "python-absent",
    Self::OldPython { .. } => Unsupported "python-too-old",
    Self::BrokenPython { .. } => Unavailable "python-broken",
    Self::NoVenv { .. } => Unavailable "python-without-venv",
    Self::Environment { .. } => Unavailable "python-environment",
    Self::Download { .. } => Unavailable "python-download",
    Self::Hashes { .. } => Denied "python-package-hashes",
    Self::NoWheel { .. } => Unsupported "python-no-wheel",
    Self::Packages { .. } => Unavailable "python-packages",
    Self::Packaging { .. } => Unavailable "python-packaging",
    Self::NoExec { .. } => Unavailable "python-cache-noexec",
    Self::DiskFull { .. } => Unavailable "python-disk-full",
    Self::TimedOut { .. } => Unavailable "python-timeout",
    Self::Owner { .. } => Denied "cache-owner",
    Self::Mode { .. } => Denied "cache-mode",
    Self::Io { .. } => Unavailable "python-cache-io",
}

impl InstallError {
    /// What the file system answered when `path` was to be `action` ("written").
    pub(super) fn io(action: &'static str, path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull { path },
            _ => Self::Io { action, path, source },
        }
    }
}
