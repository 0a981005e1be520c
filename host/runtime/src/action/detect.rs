//! What an action is loaded from. Whether that is WebAssembly or Python is decided here, once.

use std::fs::{File, OpenOptions};
use std::io::Read;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::bounds::MAX_COMPONENT_BYTES;
use super::error::LoadError;
use super::script::Script;

/// An action that is there, and has not been loaded yet.
pub enum Source {
    /// A component or a core module.
    Wasm(Wasm),
    /// A Python script.
    Script(Script),
}

/// A file of WebAssembly, open and known to be one of sensible size.
pub struct Wasm {
    path: PathBuf,
    file: File,
}

impl Source {
    /// Finds what a path names: a directory, or a file that ends in `.py`, is a Python script; any other is WebAssembly.
    ///
    /// # Errors
    /// [`LoadError`] if it is not there, too large, or may not be read.
    pub fn open(path: &Path) -> Result<Self, LoadError> {
        match path.is_dir() || path.extension().is_some_and(|extension| extension == "py") {
            true => Script::open(path).map(Self::Script),
            false => Wasm::open(path).map(Self::Wasm),
        }
    }

    /// What the action is called: its file without the ending, or its folder.
    pub fn name(&self) -> String {
        match self {
            Self::Script(script) => script.name().to_owned(),
            Self::Wasm(wasm) => wasm.name(),
        }
    }

    /// Whether it is a Python script.
    pub fn is_script(&self) -> bool {
        matches!(self, Self::Script(_))
    }
}

impl From<Script> for Source {
    fn from(script: Script) -> Self {
        Self::Script(script)
    }
}

impl From<Wasm> for Source {
    fn from(wasm: Wasm) -> Self {
        Self::Wasm(wasm)
    }
}

impl Wasm {
    /// Opens a file, following links: what is loaded is what is open, whatever the path names later.
    ///
    /// # Errors
    /// [`LoadError`] if there is no such file, it is a directory or too large, or it may not be read.
    pub fn open(path: &Path) -> Result<Self, LoadError> {
        let path = path.to_owned();
        // Without waiting for somebody to write to it, should it be a pipe.
        let flags = rustix::fs::OFlags::NONBLOCK.bits().cast_signed();
        let file = match OpenOptions::new().read(true).custom_flags(flags).open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Err(LoadError::NotFound { path }),
            Err(source) => return Err(LoadError::Unreadable { path, source }),
        };
        let metadata = match file.metadata() {
            Ok(metadata) => metadata,
            Err(source) => return Err(LoadError::Unreadable { path, source }),
        };
        if metadata.is_dir() {
            return Err(LoadError::Directory { path });
        }
        if !metadata.is_file() {
            return Err(LoadError::NotAFile { path });
        }
        if metadata.len() > MAX_COMPONENT_BYTES {
            return Err(LoadError::TooLarge { bytes: metadata.len() });
        }
        Ok(Self { path, file })
    }

    /// Where it was opened.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The name of the file, without the ending.
    pub fn name(&self) -> String {
        self.path.file_stem().unwrap_or(self.path.as_os_str()).to_string_lossy().into_owned()
    }

    /// The open file.
    pub fn file(&self) -> &File {
        &self.file
    }

    /// Reads the file from its beginning, never more than [`MAX_COMPONENT_BYTES`].
    ///
    /// # Errors
    /// [`LoadError::Unreadable`], or [`LoadError::TooLarge`] if it grew meanwhile or is no regular file.
    pub fn read(&self) -> Result<Vec<u8>, LoadError> {
        let mut bytes = Vec::new();
        let read = (&self.file).take(MAX_COMPONENT_BYTES + 1).read_to_end(&mut bytes);
        read.map_err(|source| LoadError::Unreadable { path: self.path.clone(), source })?;
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_file_a_directory_and_a_device_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(Wasm::open(&folder.path().join("absent.wasm")), Err(LoadError::NotFound { .. })));
        assert!(matches!(Wasm::open(folder.path()), Err(LoadError::Directory { .. })));
        assert!(matches!(Wasm::open(Path::new("/dev/null")), Err(LoadError::NotAFile { .. })));
        let pipe = folder.path().join("pipe.wasm");
        rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, rustix::fs::Mode::RUSR, 0).unwrap();
        assert!(matches!(Wasm::open(&pipe), Err(LoadError::NotAFile { .. })));
    }

    #[test]
    fn a_directory_and_a_name_in_py_are_python_and_nothing_else_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        for name in ["report.py", "main.py", "report.wasm", "py"] {
            std::fs::write(path(name), "").unwrap();
        }
        for (name, is_script) in [("report.py", true), ("", true), ("report.wasm", false), ("py", false)] {
            assert_eq!(Source::open(&path(name)).unwrap().is_script(), is_script, "{name}");
        }
        assert!(matches!(Source::open(&path("absent")), Err(LoadError::NotFound { .. })));
    }
}
