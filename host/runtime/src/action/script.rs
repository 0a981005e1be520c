//! A Python script: the file that is run, and the folder that it sees.

use std::fs::OpenOptions;
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::code::Code;
use super::code::take::Judge;
use super::error::LoadError;
use um_base::Work;

/// What a folder that is an action starts with.
const MAIN: &str = "main.py";

/// A script that is there. Its code is taken when it is loaded.
#[derive(Clone)]
pub struct Script {
    origin: Origin,
    file: String,
    name: String,
}

/// Where a script's code is.
#[derive(Clone)]
enum Origin {
    /// In a folder of this machine, without links.
    Folder(PathBuf),
    Memory(Arc<Code>),
}

impl Script {
    /// A script that lies in memory: the name of the file that is run, and all files that it sees with their paths
    /// (`main.py`, `lib/words.py`). Bounds are those of a script on disk.
    ///
    /// ```
    /// use um_runtime::action::Script;
    ///
    /// let script = Script::of_files("main.py", [("main.py", "import words\n"), ("words.py", "WORD = 1\n")])?;
    /// assert_eq!(script.name(), "main");
    /// # Ok::<(), um_runtime::LoadError>(())
    /// ```
    ///
    /// # Errors
    /// [`LoadError`] if a path is none, one is there twice, that of the script is not among them, or they are too large.
    pub fn of_files<N: Into<String>, B: Into<Vec<u8>>>(
        file: &str,
        files: impl IntoIterator<Item = (N, B)>,
    ) -> Result<Self, LoadError> {
        let files = files.into_iter().map(|(path, bytes)| (path.into(), bytes.into()));
        let code = Code::of_files(file, files)?;
        Ok(Self { origin: Origin::Memory(Arc::new(code)), file: file.to_owned(), name: stem(Path::new(file)) })
    }

    /// Finds the script that a path names, following links as Python does: what lies beside the file itself is what it
    /// can import.
    ///
    /// # Errors
    /// [`LoadError`] if there is no such file, or it may not be read.
    pub fn open(path: &Path) -> Result<Self, LoadError> {
        let is_folder = path.is_dir();
        let file = if is_folder { path.join(MAIN) } else { path.to_owned() };
        let real = match file.canonicalize() {
            Ok(real) => real,
            Err(error) if error.kind() == io::ErrorKind::NotFound && is_folder => {
                return Err(LoadError::Directory { path: path.to_owned() });
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(LoadError::NotFound { path: file }),
            Err(source) => return Err(LoadError::Unreadable { path: file, source }),
        };
        if !real.is_file() {
            return Err(LoadError::NotAFile { path: file });
        }
        // Without waiting, should it have become a pipe by now.
        let flags = rustix::fs::OFlags::NONBLOCK.bits().cast_signed();
        let opened = OpenOptions::new().read(true).custom_flags(flags).open(&real);
        opened.map_err(|source| LoadError::Unreadable { path: file.clone(), source })?;
        match is_folder {
            true => Self::of_folder(path, file, &real),
            false => Self::of_file(file, &real),
        }
    }

    fn of_file(given: PathBuf, real: &Path) -> Result<Self, LoadError> {
        let name = real.file_name().and_then(|name| name.to_str());
        let (Some(folder), Some(name)) = (real.parent(), name) else {
            return Err(LoadError::Unnameable { path: given });
        };
        Ok(Self { origin: Origin::Folder(folder.to_owned()), file: name.to_owned(), name: stem(Path::new(name)) })
    }

    /// The folder that was named is what is shown, so the file must be in it.
    fn of_folder(given: &Path, file: PathBuf, real: &Path) -> Result<Self, LoadError> {
        let unreadable = |source| LoadError::Unreadable { path: given.to_owned(), source };
        let folder = given.canonicalize().map_err(unreadable)?;
        if !real.starts_with(&folder) {
            return Err(LoadError::LinkedOut { path: file });
        }
        // `main` says nothing where several folders are actions.
        Ok(Self { name: stem(&folder), file: MAIN.to_owned(), origin: Origin::Folder(folder) })
    }

    /// Takes its code as it is now. Of what lies directly in its folder only that is taken which `shown` says may be
    /// seen, if not all of it may. Takes a thread's time.
    ///
    /// # Errors
    /// [`LoadError`] if its folder cannot be read, or the code is too large.
    pub(crate) fn code(&self, shown: Option<&Judge>, work: &Work) -> Result<Arc<Code>, LoadError> {
        match &self.origin {
            Origin::Folder(folder) => Code::take(folder, &self.file, shown, work).map(Arc::new),
            Origin::Memory(code) => Ok(Arc::clone(code)),
        }
    }

    /// The folder that holds it, without links; none for one that lies in memory.
    pub fn folder(&self) -> Option<&Path> {
        match &self.origin {
            Origin::Folder(folder) => Some(folder),
            Origin::Memory(_) => None,
        }
    }

    /// Its name in that folder.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The name of the action: of the file without its ending, or of the folder.
    pub fn name(&self) -> &str {
        &self.name
    }
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use rustix::fs::{CWD, FileType, Mode, mknodat};

    use super::*;

    #[test]
    fn a_script_is_a_file_or_a_folder_with_main_py() {
        let home = tempfile::tempdir().unwrap();
        let path = |name: &str| home.path().join(name);
        fs::create_dir_all(path("weekly")).unwrap();
        fs::create_dir(path("empty")).unwrap();
        fs::write(path("weekly/main.py"), "").unwrap();
        fs::write(path("report.py"), "").unwrap();
        symlink(path("weekly/main.py"), path("link.py")).unwrap();
        let real = home.path().canonicalize().unwrap();
        for (given, folder, file, name) in [
            ("report.py", real.clone(), "report.py", "report"),
            ("weekly", real.join("weekly"), "main.py", "weekly"),
            ("link.py", real.join("weekly"), "main.py", "main"),
        ] {
            let script = Script::open(&path(given)).unwrap();
            assert_eq!((script.folder(), script.file(), script.name()), (Some(folder.as_path()), file, name));
        }
        symlink(path("report.py"), path("empty/main.py")).unwrap();
        assert!(matches!(Script::open(&path("empty")), Err(LoadError::LinkedOut { .. })));
        fs::remove_file(path("empty/main.py")).unwrap();
        assert!(matches!(Script::open(&path("empty")), Err(LoadError::Directory { .. })));
        assert!(matches!(Script::open(&path("absent.py")), Err(LoadError::NotFound { .. })));
        for pipe in ["pipe.py", "empty/main.py"] {
            mknodat(CWD, path(pipe), FileType::Fifo, Mode::RUSR, 0).unwrap();
        }
        assert!(matches!(Script::open(&path("pipe.py")), Err(LoadError::NotAFile { .. })));
        assert!(matches!(Script::open(&path("empty")), Err(LoadError::NotAFile { .. })));
        assert!(matches!(Script::open(Path::new("/dev/null")), Err(LoadError::NotAFile { .. })));
        fs::create_dir(path("folder.py")).unwrap();
        assert!(matches!(Script::open(&path("folder.py")), Err(LoadError::Directory { .. })));
    }
}
