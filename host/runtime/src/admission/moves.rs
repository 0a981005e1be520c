//! What becomes of runs when something happens: what the bookkeeping says, and the gate hands on.

use std::time::Duration;

use super::error::AdmissionError;

/// A run at the gate, in the order of arrival.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Ticket(pub u64);

/// What becomes of runs.
#[derive(Debug, Default)]
#[must_use]
pub(super) struct Moves {
    /// These start, in this order.
    pub started: Vec<Ticket>,
    /// These wait no more.
    pub refused: Vec<(Ticket, AdmissionError)>,
    /// These are the next of workspaces that can go on at that time: somebody must ask again then.
    pub alarms: Vec<(Ticket, Duration)>,
}
