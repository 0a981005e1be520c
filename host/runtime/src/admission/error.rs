//! Why a run was not let in.

use std::time::Duration;

use um_base::coded;

use super::place::Place;
use crate::outcome::Blame;

/// Why a run was not let in. None of its action's code has run, and nothing was read for it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "what each is stands in its message")]
pub enum AdmissionError {
    #[error("the host is being shut down and starts no further runs")]
    Draining,
    #[error("the run may use {needed} bytes of memory by its limits, and all runs of this host together {most}")]
    TooLarge { needed: u64, most: u64 },
    /// `waiting` in all, the run's own workspace among them.
    #[error("the host is busy, and as many runs wait as may: {waiting}")]
    QueueFull { waiting: u64 },
    /// Where it stood when it gave up.
    #[error("the run waited {} s for its turn; {} of its workspace were before it, and {} waited in all", waited.as_secs_f64(), place.ahead, place.waiting)]
    QueueTimeout { waited: Duration, place: Place },
    #[error("the workspace has as many runs as it may have at once: {most}")]
    Runs { most: u64 },
    /// `after` that time there is some again, if ever.
    #[error("the workspace has used up its processor time")]
    Cpu { after: Option<Duration> },
    /// `after` that time it may, if ever.
    #[error("the workspace has read as many secrets as it may for now")]
    SecretReads { after: Option<Duration> },
}

coded! { AdmissionError:
    Self::Draining => Unavailable "host-draining",
    Self::TooLarge { .. } => Full "run-too-large",
    Self::QueueFull { .. } => Busy "queue-full",
    Self::QueueTimeout { .. } => Busy "queue-timeout",
    Self::Runs { .. } => Busy "quota-runs",
    Self::Cpu { .. } => Busy "quota-cpu",
    Self::SecretReads { .. } => Busy "quota-secret-reads",
}

impl AdmissionError {
    /// Who must act: whoever runs the host, never the action.
    pub fn blame(&self) -> Blame {
        Blame::Host
    }

    /// The status of a process that stands for this run, as [`Outcome::status`](crate::Outcome::status).
    pub fn status(&self) -> u8 {
        125
    }
}
