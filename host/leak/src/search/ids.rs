//! What forms and the nodes of their trie are called, and whose form one is.

use crate::form::Form;

/// Whose form this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Label {
    /// Index of the guarded value.
    pub(crate) secret: u32,
    pub(crate) form: Form,
}

/// In the order in which they came.
pub(crate) type FormId = u32;
pub(crate) type NodeId = u32;
