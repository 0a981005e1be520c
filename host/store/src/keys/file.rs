//! Reads the master key from its source, and writes a new one down.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, OFlags, RenameFlags, renameat_with};
use um_envelope::{Key, StoreId};
use zeroize::Zeroizing;

use super::source::{KeyError, KeySource};

/// More than a key text and a line break have: a longer file is no key file.
const MAX_TEXT: u64 = 256;

impl KeySource {
    /// The key file that `init` makes and that is used where no source is given.
    ///
    /// # Errors
    /// [`KeyError::NoHome`] if neither XDG_CONFIG_HOME nor HOME says where.
    pub(crate) fn default_for(store: StoreId) -> Result<Self, KeyError> {
        let config = config_home().ok_or(KeyError::NoHome)?;
        Ok(Self::File(default_key_file(&config, store)))
    }

    pub(crate) fn read(&self) -> Result<Key, KeyError> {
        match self {
            Self::File(path) => read_file(path),
            Self::Env(variable) => read_variable(variable),
        }
    }
}

/// `$XDG_CONFIG_HOME`, or `~/.config`. Relative paths there are to be ignored (XDG base directory specification).
pub(crate) fn config_home() -> Option<PathBuf> {
    let absolute = |variable| std::env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute());
    absolute("XDG_CONFIG_HOME").or_else(|| absolute("HOME").map(|home| home.join(".config")))
}

pub(crate) fn default_key_file(config: &Path, store: StoreId) -> PathBuf {
    config.join("um-host").join("keys").join(store.to_string())
}

fn read_variable(variable: &str) -> Result<Key, KeyError> {
    let text = std::env::var_os(variable).ok_or_else(|| KeyError::VariableMissing { variable: variable.to_owned() })?;
    let text = Zeroizing::new(text.into_encoded_bytes());
    Key::parse(&text).map_err(|reason| KeyError::Text { place: format!("the environment variable {variable}"), reason })
}

fn read_file(path: &Path) -> Result<Key, KeyError> {
    // Not through a link, and not to hang on a FIFO: what it is comes out below.
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits();
    let opened = OpenOptions::new().read(true).custom_flags(flags as i32).open(path);
    let mut file = opened.map_err(|error| opening(path, error))?;
    check_file(path, &file)?;
    let mut text = Zeroizing::new(Vec::with_capacity(MAX_TEXT as usize));
    let read = (&mut file).take(MAX_TEXT).read_to_end(&mut text);
    read.map_err(|source| KeyError::File { path: path.to_owned(), source })?;
    Key::parse(&text).map_err(|reason| KeyError::Text { place: format!("the key file {}", path.display()), reason })
}

fn opening(path: &Path, source: io::Error) -> KeyError {
    let path = path.to_owned();
    match source.kind() {
        io::ErrorKind::NotFound => KeyError::FileMissing { path },
        _ if source.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error()) => {
            KeyError::FileKind { path, what: "a symbolic link" }
        }
        // A socket, or a device without a driver.
        _ if source.raw_os_error() == Some(rustix::io::Errno::NXIO.raw_os_error()) => {
            KeyError::FileKind { path, what: "no regular file" }
        }
        _ => KeyError::File { path, source },
    }
}

fn check_file(path: &Path, file: &File) -> Result<(), KeyError> {
    let path = path.to_owned();
    let metadata = match file.metadata() {
        Ok(metadata) => metadata,
        Err(source) => return Err(KeyError::File { path, source }),
    };
    if metadata.is_dir() {
        return Err(KeyError::FileKind { path, what: "a directory" });
    }
    if !metadata.is_file() {
        return Err(KeyError::FileKind { path, what: "no regular file" });
    }
    let (owner, user) = (metadata.uid(), rustix::process::geteuid().as_raw());
    if owner != user {
        return Err(KeyError::FileOwner { path, owner, user });
    }
    let mode = metadata.mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(KeyError::FileMode { path, mode });
    }
    Ok(())
}

/// A key file that was just made, and that goes again unless the store it is for comes to be.
pub(crate) struct NewKeyFile {
    path: PathBuf,
    keep: bool,
}

impl NewKeyFile {
    /// Writes the key down; never over a file that is there. `step` is told what has been done.
    pub fn create(path: &Path, key: &Key, step: impl Fn(&'static str)) -> Result<Self, KeyError> {
        let failed = |source| KeyError::File { path: path.to_owned(), source };
        let directory = path.parent().unwrap_or(path);
        DirBuilder::new().recursive(true).mode(0o700).create(directory).map_err(failed)?;
        let unnamed = path.with_extension("tmp");
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&unnamed).map_err(failed)?;
        let draft = Self { path: unnamed, keep: false };
        file.write_all(key.to_text().as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
        step("key-written");
        let moved = renameat_with(CWD, &draft.path, CWD, path, RenameFlags::NOREPLACE);
        moved.map_err(|error| failed(error.into()))?;
        let placed = Self { path: path.to_owned(), keep: false };
        // Of the directories above, some may be new as well.
        for above in directory.ancestors().take(3).filter(|above| !above.as_os_str().is_empty()) {
            File::open(above).and_then(|above| above.sync_all()).map_err(failed)?;
        }
        step("key-placed");
        Ok(placed)
    }

    pub fn keep(mut self) -> PathBuf {
        self.keep = true;
        self.path.clone()
    }
}

impl Drop for NewKeyFile {
    fn drop(&mut self) {
        if !self.keep {
            // After the rename there is no draft any more: nothing is removed then.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}
