//! What forms and the nodes of their trie are called, and whose form one is.

use crate::form::Form;
use um_secret::Verdict;

/// Whose form this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Label {
    /// Index of the guarded value.
    pub(crate) secret: u32,
    /// The part of it, by its number among those of the value; 0 is the value itself.
    pub(crate) part: u16,
    pub(crate) form: Form,
    pub(crate) verdict: Verdict,
}

/// Each form has one.
const _: () = assert!(size_of::<Label>() == 8);

impl Label {
    /// Of a key of um-host itself, which is no guarded value.
    pub(crate) const KEY: Self = Self { secret: u32::MAX, part: 0, form: Form::Raw, verdict: Verdict::Certain };

    /// Of a value as a whole.
    #[cfg(any(test, fuzzing))]
    pub(crate) fn whole(secret: u32, form: Form) -> Self {
        Self { secret, part: 0, form, verdict: Verdict::Certain }
    }

    pub(crate) fn is_certain(self) -> bool {
        self.verdict == Verdict::Certain
    }

    /// Of several that own a form the highest do. What is certain for one is no doubt of another's; and what is a value
    /// itself is nobody else's part, line or such: who rotates a secret has to be told the one that was printed.
    pub(crate) fn rank(self) -> (Verdict, bool) {
        (self.verdict, self.form == Form::Raw)
    }
}

/// In the order in which they came.
pub(crate) type FormId = u32;
pub(crate) type NodeId = u32;
