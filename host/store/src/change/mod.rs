//! Changing the store: one change from the lock to the acknowledgement, what verbs do to a workspace, the first of all.

pub(crate) mod edit;
pub(crate) mod init;
pub(crate) mod session;
