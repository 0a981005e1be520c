//! What a host takes at once, and who may wait for how long.

use std::thread::available_parallelism;
use std::time::Duration;

use super::machine;
use crate::limits::table::Limits;

/// Runs at once for each processor.
const RUNS_FOR_EACH: u64 = 256;
/// Most places that are set aside: 64 TiB of address space, half of what there is.
const MOST_PLACES: u64 = 16 * 1024;
/// How many runs may wait.
const QUEUE: u64 = 4_096;
/// How long a run may wait.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a host takes at once. What there is no room for waits, first come first served within its workspace and in turns
/// between workspaces, and is refused where it would wait for too long or among too many.
///
/// A run counts with what it may use at most: its limits `memory` and `host-memory` together, 384 MiB by default. So where
/// many are to be under way at once, give them lower limits rather than the host more memory than there is.
///
/// By default, sized by the machine: 256 runs for each processor, three quarters of its memory (or of what its control group
/// may have), 4,096 runs that wait, each 60 s at most.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Capacity {
    pub(super) runs: u64,
    pub(super) memory: u64,
    pub(super) queue: u64,
    pub(super) patience: Duration,
}

impl Default for Capacity {
    fn default() -> Self {
        let processors = available_parallelism().map_or(1, |processors| processors.get() as u64);
        Self {
            runs: processors.saturating_mul(RUNS_FOR_EACH),
            memory: machine::memory() / 4 * 3,
            queue: QUEUE,
            patience: PATIENCE,
        }
    }
}

impl Capacity {
    /// How many places are to be set aside for runs, one for each that may go on at once; none where those are too many.
    pub(crate) fn places(&self) -> Option<u32> {
        u32::try_from(self.runs.max(1)).ok().filter(|&places| u64::from(places) <= MOST_PLACES)
    }

    /// Most runs at once.
    pub fn runs(self, runs: u64) -> Self {
        Self { runs, ..self }
    }

    /// Most memory that runs may use together by their limits, in bytes. A run that may use more by itself is refused.
    pub fn memory(self, bytes: u64) -> Self {
        Self { memory: bytes, ..self }
    }

    /// Most runs that wait, be it for room or for the quota of their workspace. With none, what cannot start at once is
    /// refused.
    pub fn queue(self, runs: u64) -> Self {
        Self { queue: runs, ..self }
    }

    /// The longest that a run waits. It does not count as the run's time.
    pub fn patience(self, time: Duration) -> Self {
        Self { patience: time, ..self }
    }
}

/// What a run with these limits counts as, in bytes.
pub(crate) fn reserved(limits: &Limits) -> u64 {
    limits.memory.saturating_add(limits.host_memory)
}
