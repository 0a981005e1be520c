//! The end of a host: what becomes of its runs.

use std::time::Duration;

use crate::host::Host;

/// How long runs that were cancelled may take to settle: longer than the records of their reads may.
const SETTLE: Duration = Duration::from_secs(20);

/// What became of a host's runs since it was told to [drain](Host::drain).
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

impl Host {
    /// Shuts the host down: from now on it starts no further run, for good. Runs that wait are refused at once, as new ones
    /// are ([`AdmissionError::Draining`](crate::AdmissionError)), so that whoever wants them can start them elsewhere. Those
    /// under way may go on for this time; what is still going on then is cancelled, as by
    /// [`RunHandle::cancel`](crate::RunHandle::cancel).
    ///
    /// It may be called again, for a time that is shorter or longer; all calls count together. Dropping the future cancels
    /// nothing.
    pub async fn drain(&self, time: Duration) -> Drained {
        self.0.gate.drain(time, SETTLE).await
    }
}
