//! What is handed back of a run that is over: its outcome, and what no outcome holds.

use std::time::Duration;

use super::Outcome;
use crate::documents::sink::Receipt;

/// A run that is over.
#[derive(Debug)]
#[non_exhaustive]
pub struct Ended {
    /// What it came to.
    pub outcome: Outcome,
    /// What the guest wrote, filtered, where [`Output::Collect`](crate::Output::Collect) was asked for.
    pub stdout: Vec<u8>,
    /// As `stdout`.
    pub stderr: Vec<u8>,
    /// Where the documents are that the run has published, in their order in the outcome.
    pub receipt: Receipt,
    /// How long it waited for its turn before it began, which is not of its time.
    pub queued: Duration,
}
