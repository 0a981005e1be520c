//! A key for a store that is still to be made.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use um_envelope::{Key, KeyId};
use zeroize::Zeroizing;

use super::source::KeyError;

/// A key that opens no store yet. It is kept nowhere until it is written down.
pub struct NewKey(Key);

impl NewKey {
    /// A key of 256 random bits.
    ///
    /// # Panics
    /// If the operating system has no random numbers to give.
    pub fn random() -> Self {
        Self(Key::random())
    }

    /// What it is called.
    pub fn id(&self) -> KeyId {
        self.0.id()
    }

    /// The key as it is written down: 59 characters, without a line break.
    pub fn text(&self) -> Zeroizing<String> {
        self.0.to_text()
    }

    /// Writes it to a new file that this user alone may read, and makes that durable.
    ///
    /// # Errors
    /// [`KeyError::FileExists`] or [`KeyError::FileUnmade`]; then there is no such file, or the one that was there before.
    pub fn write(&self, path: &Path) -> Result<(), KeyError> {
        let failed = |source: io::Error| match source.kind() {
            io::ErrorKind::AlreadyExists => KeyError::FileExists { path: path.to_owned() },
            _ => KeyError::FileUnmade { path: path.to_owned(), source },
        };
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(failed)?;
        let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let written = file.write_all(self.text().as_bytes()).and_then(|()| file.sync_all());
        let kept = written.and_then(|()| File::open(directory)?.sync_all());
        kept.map_err(|error| {
            let _ = fs::remove_file(path);
            failed(error)
        })
    }
}
