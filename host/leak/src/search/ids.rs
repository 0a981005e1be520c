//! What forms and the nodes of their trie are called, and whose form one is.

use um_secret::KEY_NAME;

use crate::form::Form;

/// Whose form this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Label {
    /// Index of the guarded value.
    pub(crate) secret: u32,
    pub(crate) form: Form,
}

impl Label {
    /// Of a key of um-host itself, which is no guarded value.
    pub(crate) const KEY: Self = Self { secret: u32::MAX, form: Form::Raw };

    /// What it is called, by the names of all guarded values.
    pub(crate) fn name(self, names: &[String]) -> &str {
        names.get(self.secret as usize).map_or(KEY_NAME, String::as_str)
    }
}

/// In the order in which they came.
pub(crate) type FormId = u32;
pub(crate) type NodeId = u32;
