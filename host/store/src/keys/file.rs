//! The key file that `init` makes, and where it lies.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags, renameat_with};
use um_envelope::{Key, StoreId};

use super::source::{KeyError, KeySource};

impl KeySource {
    /// The key file that `init` makes and that is used where no source is given.
    ///
    /// # Errors
    /// [`KeyError::NoHome`] if neither XDG_CONFIG_HOME nor HOME says where.
    pub(crate) fn default_for(store: StoreId) -> Result<Self, KeyError> {
        let config = config_home().ok_or(KeyError::NoHome)?;
        Ok(Self::File(default_key_file(&config, store)))
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

/// A key file that was just made, and that goes again unless the store it is for comes to be.
pub(crate) struct NewKeyFile {
    path: PathBuf,
    keep: bool,
}

impl NewKeyFile {
    /// Writes the key down; never over a file that is there. `step` is told what has been done.
    pub fn create(path: &Path, key: &Key, step: impl Fn(&'static str)) -> Result<Self, KeyError> {
        let failed = |source| KeyError::FileUnmade { path: path.to_owned(), source };
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
