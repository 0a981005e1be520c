//! How far a decoder came.

/// What one step of a codec came to.
pub(super) struct Step {
    /// Bytes of input that were used.
    pub used: usize,
    /// Bytes of output that were made.
    pub made: usize,
    pub then: Then,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Then {
    GoesOn,
    Ended,
    /// No valid data any more.
    Broken,
}
