//! How large an action may be.

use std::fmt;

/// Largest action that is read, in bytes.
pub const MAX_COMPONENT_BYTES: u64 = 64 * 1024 * 1024;
/// Largest file of a script that is taken, in bytes: packages have generated modules of more than 4 MiB.
pub(crate) const MAX_FILE_BYTES: u64 = 8 * 1024 * 1024;
/// Most bytes of all files of a script that are taken.
pub(crate) const MAX_BYTES: u64 = 64 * 1024 * 1024;
/// Most files of a script that are taken.
pub(crate) const MAX_FILES: usize = 10_000;
/// Most directories of a script that are looked into.
pub(crate) const MAX_DIRECTORIES: usize = 10_000;
/// Most of them in one another.
pub(crate) const MAX_DEPTH: usize = 64;

/// What there was too much of in a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[expect(missing_docs, reason = "what each is, and how much may be, is what it displays as")]
pub enum FolderBound {
    Bytes,
    Files,
    Directories,
    Depth,
}

impl fmt::Display for FolderBound {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::Bytes => write!(formatter, "{} MiB of Python modules", MAX_BYTES / 1024 / 1024),
            Self::Files => write!(formatter, "{MAX_FILES} Python modules"),
            Self::Directories => write!(formatter, "{} directories", MAX_DIRECTORIES),
            Self::Depth => write!(formatter, "{} directories in one another", MAX_DEPTH),
        }
    }
}
