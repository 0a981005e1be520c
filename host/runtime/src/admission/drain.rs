//! The end of a host: what becomes of its runs.

/// What became of a host's runs since it was told to [drain](crate::Host::drain).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Drained {
    /// Runs that came to their end in time.
    pub finished: u64,
    /// Runs that were cancelled at the deadline.
    pub cancelled: u64,
    /// Runs that waited for their turn, and were refused.
    pub refused: u64,
    /// Runs that were cancelled, and had not settled 20 s later: somebody who takes their documents does not answer.
    pub left: u64,
}
