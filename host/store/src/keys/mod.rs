//! The master key: where it is to be read, and the file that it is kept in.

pub(crate) mod file;
pub(crate) mod source;
