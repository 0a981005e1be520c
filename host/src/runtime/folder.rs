//! The folder of a script: what is taken of it when the script is loaded, and what each run sees of it, at
//! [`FOLDER`](super::script::FOLDER).
//!
//! A folder that also holds places which no run may see, a home directory for instance, is taken and shown in parts:
//! without those places, links, and what has a name that begins with a dot.

use std::io;
use std::path::Path;
use std::sync::Arc;

use super::guest::files::{Folder, Live};
use super::off_limits::OffLimits;
use super::run::RunError;
use super::world::shows_processes;
use crate::action::{Code, Judge, LoadError, Script};
use crate::base::{Shortage, Work};

/// Takes the code of a script as it is now. Takes a thread's time.
///
/// # Errors
/// [`LoadError`] if its folder cannot be read or must not be shown, or there is too much.
pub(super) fn take(script: &Script, off_limits: &OffLimits, work: &Work) -> Result<Arc<Code>, LoadError> {
    let Some(folder) = script.folder() else { return script.code(None, work) };
    if shows_machine(folder) {
        return Err(LoadError::RootFolder { path: folder.to_owned() });
    }
    script.code(judge(folder, off_limits).as_deref(), work)
}

/// What a run sees of a script's folder. It may be gone: then its code is all there is.
///
/// # Errors
/// [`RunError::Directory`] if it cannot be opened, or must not be shown.
pub(super) fn open(script: &Script, code: &Arc<Code>, off_limits: &OffLimits) -> Result<Folder, RunError> {
    let Some(folder) = script.folder() else { return Ok(Folder::new(Arc::clone(code), None)) };
    if shows_machine(folder) {
        let reason = "it shows the whole machine; put the script into a folder of its own".to_owned();
        return Err(RunError::Directory { path: folder.to_owned(), reason });
    }
    let live = match Live::open_at(folder, judge(folder, off_limits)) {
        Ok(live) => Some(live),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => None,
        Err(error) => {
            return Err(match Shortage::of(&error) {
                Some(shortage) => RunError::Shortage(shortage),
                None => RunError::Directory { path: folder.to_owned(), reason: error.to_string() },
            });
        }
    };
    Ok(Folder::new(Arc::clone(code), live))
}

fn shows_machine(folder: &Path) -> bool {
    folder.parent().is_none() || shows_processes(folder)
}

/// Who judges what may be seen of a folder; nobody, where all of it may.
fn judge(folder: &Path, off_limits: &OffLimits) -> Option<Arc<Judge>> {
    off_limits.check(folder).err()?;
    let off_limits = off_limits.clone();
    Some(Arc::new(move |path: &Path| off_limits.check(path).is_ok() && !shows_processes(path)))
}
