//! Where a run is, and how much of a host is taken.

/// Where in the queue a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// How many runs of its own workspace are before it. None: it is the next of these.
    pub ahead: u64,
    /// How many runs wait in all, itself among them. How many of other workspaces start before it depends on what these
    /// have held so far.
    pub waiting: u64,
}

/// How much of a host is taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Occupancy {
    /// Runs under way.
    pub running: u64,
    /// Runs that wait for their turn.
    pub waiting: u64,
    /// What the runs under way may use by their limits, in bytes.
    pub memory: u64,
}

/// What a ticket stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    Waiting(Place),
    Running,
    Gone,
}
