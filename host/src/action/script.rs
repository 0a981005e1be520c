//! A Python script: the file that is run, and the folder that it sees.

use std::fs::OpenOptions;
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::LoadError;

/// What a folder that is an action starts with.
const MAIN: &str = "main.py";

/// A script that is there. It is read anew by each run, so that an edit needs no build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    folder: PathBuf,
    file: String,
    name: String,
}

impl Script {
    /// Whether a path names a script: a directory, or a file that ends in `.py`.
    pub fn is_at(path: &Path) -> bool {
        path.is_dir() || path.extension().is_some_and(|extension| extension == "py")
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
        Ok(Self { folder: folder.to_owned(), file: name.to_owned(), name: stem(Path::new(name)) })
    }

    /// The folder that was named is what is shown, so the file must be in it.
    fn of_folder(given: &Path, file: PathBuf, real: &Path) -> Result<Self, LoadError> {
        let unreadable = |source| LoadError::Unreadable { path: given.to_owned(), source };
        let folder = given.canonicalize().map_err(unreadable)?;
        if !real.starts_with(&folder) {
            return Err(LoadError::LinkedOut { path: file });
        }
        // `main` says nothing where several folders are actions.
        Ok(Self { name: stem(&folder), file: MAIN.to_owned(), folder })
    }

    /// The folder that holds it, without links.
    pub fn folder(&self) -> &Path {
        &self.folder
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
            assert!(Script::is_at(&path(given)));
            let script = Script::open(&path(given)).unwrap();
            assert_eq!((script.folder(), script.file(), script.name()), (folder.as_path(), file, name));
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
