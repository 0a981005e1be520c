//! Credentials as systemd hands them to a service: files in a directory of its own (systemd.exec(5), "Credentials").

use std::env;
use std::path::PathBuf;

/// Longest name, in bytes: that of a file.
const MAX_NAME: usize = 255;

/// Where they are, if there are any.
pub(super) fn directory() -> Option<PathBuf> {
    env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from).filter(|path| path.is_absolute())
}

/// Whether a text can be the name of one, and of no file elsewhere.
pub(super) fn is_name(text: &str) -> bool {
    !matches!(text, "" | "." | "..") && text.len() <= MAX_NAME && !text.contains(['/', '\0'])
}
