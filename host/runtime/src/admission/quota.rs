//! What one workspace may use of a host.

use std::time::Duration;

/// What happens with a run that is over a quota.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overflow {
    /// It waits for its turn, as for room on the host.
    Queue,
    /// It is refused at once.
    Refuse,
}

/// What one workspace may use of a host. Nothing but the host's [`Capacity`](crate::Capacity) bounds what is not named: how
/// much tenants may use is for whoever has them to say.
///
/// A quota decides which runs start. It ends none that is under way: one that has used up the processor time of its
/// workspace is paused until there is some again, and one that reads a secret waits for its turn, both in the run's own
/// time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use]
pub struct Quota {
    pub(super) runs: Option<Bound<u64>>,
    pub(super) cpu: Option<Bound<CpuShare>>,
    pub(super) secret_reads: Option<Bound<u64>>,
}

/// A bound, and what happens with what is over it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bound<T> {
    pub most: T,
    pub overflow: Overflow,
}

/// Processor time in a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct CpuShare {
    pub time: Duration,
    pub window: Duration,
}

impl Quota {
    /// Most runs at once.
    pub fn runs(self, most: u64, overflow: Overflow) -> Self {
        Self { runs: Some(Bound { most, overflow }), ..self }
    }

    /// Most processor time of all runs together in any window of time, by [`Usage::cpu`](crate::Usage): a second of each
    /// second is one processor, as is a minute of each minute. No more of its guests compute at the same time than it may use
    /// processors, rounded up. Windows are 30 days at most.
    pub fn cpu(self, time: Duration, window: Duration, overflow: Overflow) -> Self {
        Self { cpu: Some(Bound { most: CpuShare { time, window }, overflow }), ..self }
    }

    /// Most secrets that are read in a minute by all runs together. What a run reads again is no further read.
    pub fn secret_reads(self, each_minute: u64, overflow: Overflow) -> Self {
        Self { secret_reads: Some(Bound { most: each_minute, overflow }), ..self }
    }
}
