//! The fields of a request that a sealed value goes into: where a placeholder is all of one, and how the value is written
//! there.

pub(crate) mod body;
pub(crate) mod form;
pub(crate) mod header;
