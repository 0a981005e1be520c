//! Finds a Python of this machine that can make the environment in which the runner is packaged.

use std::collections::HashSet;
use std::env;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::child::{self, Finished};
use super::environment::Environment;
use super::error::InstallError;

/// What componentize-py asks for.
const OLDEST: (u32, u32) = (3, 10);
/// What Pythons are called, in the order in which they are tried.
const NAMES: [&str; 6] = ["python3", "python3.14", "python3.13", "python3.12", "python3.11", "python3.10"];
/// How long one may take to tell its version.
const PATIENCE: Duration = Duration::from_secs(20);
/// Tells the version before anything can fail.
const PROBE: &str = "import sys; print('version', *sys.version_info[:2], flush=True); import ensurepip, venv";

/// The first Python of PATH that will do. Where none does, the error tells of the one that lacks least.
pub(super) fn find(environment: &Environment, directory: &Path) -> Result<PathBuf, InstallError> {
    let mut seen = HashSet::new();
    let mut unfit = Vec::new();
    for path in NAMES.iter().flat_map(|name| programs(environment.path(), name)) {
        if !seen.insert(fs::canonicalize(&path).unwrap_or_else(|_| path.clone())) {
            continue;
        }
        match probe(&path, environment, directory) {
            None => return Ok(path),
            Some(reason) => unfit.push(reason),
        }
    }
    Err(unfit.into_iter().min_by_key(distance).unwrap_or(InstallError::NoPython))
}

/// How far a Python is from one that will do.
fn distance(unfit: &InstallError) -> u8 {
    match unfit {
        InstallError::NoVenv { .. } => 0,
        InstallError::OldPython { .. } => 1,
        _ => 2,
    }
}

/// The programs of a name in PATH. A directory that is not absolute would be another one for each who looks.
fn programs(path: Option<&OsStr>, name: &str) -> Vec<PathBuf> {
    let directories = env::split_paths(path.unwrap_or_default()).filter(|directory| directory.is_absolute());
    directories.map(|directory| directory.join(name)).filter(|path| is_program(path)).collect()
}

fn is_program(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

/// What is wrong with a Python, if something is.
fn probe(path: &Path, environment: &Environment, directory: &Path) -> Option<InstallError> {
    let broken = |reason: &str| Some(InstallError::BrokenPython { path: path.to_owned(), reason: reason.to_owned() });
    let Ok(Finished { success, output }) = child::run(path, &["-I", "-c", PROBE], environment, directory, PATIENCE)
    else {
        return broken("it does not answer");
    };
    let told = output.marked("version ");
    let Some((major, minor)) = told.as_deref().and_then(version) else { return broken(&output.last(1)) };
    let version = format!("{major}.{minor}");
    match success {
        _ if (major, minor) < OLDEST => Some(InstallError::OldPython { path: path.to_owned(), version }),
        false => Some(InstallError::NoVenv { path: path.to_owned(), version }),
        true => None,
    }
}

fn version(told: &str) -> Option<(u32, u32)> {
    let (major, minor) = told.trim().split_once(' ')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}
