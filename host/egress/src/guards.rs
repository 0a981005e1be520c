//! The guards by name, so that tests can switch each off and see what it is for. A release has no switch.

/// One rule that keeps a value where it belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Guard {
    /// Only header values, queries and bodies may hold a placeholder.
    Site,
    /// It is all of its field.
    Whole,
    /// It is of this run, unchanged.
    Known,
    /// Its field is none that others read or write.
    Field,
    /// The request goes where the secret is bound.
    Bound,
    /// It stands in the field that the binding names.
    Placement,
    /// It stands in the request once.
    Once,
    /// No TRACE, no CONNECT.
    Method,
    /// No Range, no If-Range, and no answer in parts.
    Range,
    /// Bodies are watched.
    Body,
    /// Bodies of answers are filtered.
    Reflected,
    /// Values and names of answers' fields are filtered.
    Head,
    /// Answers are decompressed before they are filtered.
    Decode,
    /// What is found is kept together over pieces.
    Held,
    /// Decompressed sizes are bounded.
    Bounds,
    /// Answers are held against secrets that the run did not read, too.
    Unread,
}

/// Which guards are on: all, but in tests of what each is for.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Guards {
    #[cfg(any(test, debug_assertions))]
    off: u32,
}

impl Guards {
    #[cfg(test)]
    pub(crate) fn without(guard: Guard) -> Self {
        Self { off: 1 << guard as u32 }
    }

    #[cfg(any(test, debug_assertions))]
    pub(crate) fn holds(self, guard: Guard) -> bool {
        self.off >> guard as u32 & 1 == 0
    }

    #[cfg(not(any(test, debug_assertions)))]
    pub(crate) fn holds(self, _: Guard) -> bool {
        true
    }
}
