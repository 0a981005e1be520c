//! The files of the data directory: what they are called, who may use them now, how they are opened and changed.

pub(crate) mod files;
pub(crate) mod filesystem;
pub(crate) mod keyring_file;
pub(crate) mod lock;
pub(crate) mod names;
pub(crate) mod opening;
