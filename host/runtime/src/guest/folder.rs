//! The folder of a script: what is taken of it when the script is loaded, and what each run sees of it, at
//! [`FOLDER`](super::script::FOLDER).
//!
//! A folder that also holds places which no run may see, a home directory for instance, is taken and shown in parts:
//! without those places, links, and what has a name that begins with a dot.

use std::io;
use std::path::Path;
use std::sync::Arc;

use super::files::folder::Folder;
use super::files::folder::live::Live;
use super::procfs::shows_processes;
use crate::action::code::Code;
use crate::action::code::take::Judge;
use crate::action::error::LoadError;
use crate::action::script::Script;
use crate::error::RunError;
use crate::off_limits::OffLimits;
use um_base::{Shortage, Work};

/// Takes the code of a script as it is now. Takes a thread's time.
///
/// # Errors
/// [`LoadError`] if its folder cannot be read or must not be shown, or there is too much.
pub(crate) fn take(script: &Script, off_limits: &OffLimits, work: &Work) -> Result<Arc<Code>, LoadError> {
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
pub(crate) fn open(script: &Script, code: &Arc<Code>, off_limits: &OffLimits) -> Result<Folder, RunError> {
    let Some(folder) = script.folder() else { return Ok(Folder::new(Arc::clone(code), None)) };
    if shows_machine(folder) {
        let reason = "it shows the whole machine".to_owned();
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

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn home_with(files: &[&str]) -> tempfile::TempDir {
        let home = tempfile::tempdir().unwrap();
        for file in files {
            let path = home.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, file).unwrap();
        }
        home
    }

    #[test]
    fn a_folder_of_its_own_is_judged_by_nobody_and_a_home_by_where_things_lie() {
        let home = home_with(&["report.py", "key.txt", "store/rows", "lib/x.py"]);
        let path = |name: &str| home.path().canonicalize().unwrap().join(name);
        fs::hard_link(path("key.txt"), path("hard.txt")).unwrap();
        let off_limits = OffLimits::new().add("a", &path("key.txt")).add("b", &path("store"));
        assert!(judge(&path("lib"), &off_limits).is_none() && judge(home.path(), &OffLimits::new()).is_none());
        let judge = judge(home.path(), &off_limits).unwrap();
        let shown = ["report.py", "lib", "key.txt", "hard.txt", "store", "store/rows"].map(|name| judge(&path(name)));
        assert_eq!(shown, [true, true, false, false, false, false]);
        assert!(!judge(Path::new("/proc")));
    }

    #[test]
    fn modules_among_what_no_run_may_see_are_not_taken() {
        let home = home_with(&["report.py", "store/x.py", "lib/x.py"]);
        let script = Script::open(&home.path().join("report.py")).unwrap();
        let off_limits = OffLimits::new().add("a", &home.path().join("store"));
        let Ok(code) = take(&script, &off_limits, &Work::unlimited()) else { panic!("it is readable") };
        assert_eq!(["report.py", "lib/x.py", "store/x.py"].map(|path| code.entry(path).is_some()), [true, true, false]);
    }

    #[test]
    fn a_folder_that_shows_the_machine_is_no_scripts() {
        let home = tempfile::tempdir().unwrap();
        assert!(shows_machine(Path::new("/")) && shows_machine(Path::new("/proc")) && !shows_machine(home.path()));
    }

    #[test]
    fn a_folder_that_is_gone_shows_what_was_taken_and_one_that_is_a_file_too() {
        let home = home_with(&["action/main.py"]);
        let action = home.path().join("action");
        let script = Script::open(&action).unwrap();
        let Ok(code) = take(&script, &OffLimits::new(), &Work::unlimited()) else { panic!("it is readable") };
        fs::remove_dir_all(&action).unwrap();
        assert!(open(&script, &code, &OffLimits::new()).is_ok());
        fs::write(&action, "").unwrap();
        assert!(open(&script, &code, &OffLimits::new()).is_ok());
    }
}
