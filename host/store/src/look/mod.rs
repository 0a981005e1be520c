//! Looking at the store: one look, and the snapshots that runs keep of one.

pub(crate) mod cache;
pub(crate) mod read;
pub(crate) mod snapshot;
