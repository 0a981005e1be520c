//! Counts the processor time of one guest, in its own code and in the host's work for it.
//!
//! The guest's future is measured each time it is polled. It gives the thread back at every tick of the host's clock and
//! whenever it waits, so waiting costs nothing and no call escapes the count. What other threads do for it is counted by
//! its [`Work`](um_base::Work).

use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::limits::table::Limit;
use crate::tripwire::{Stop, Tripwire};
use um_base::thread_time;

/// The processor time of one run.
pub(crate) struct CpuTime {
    /// In nanoseconds.
    used: AtomicU64,
    allowed: Option<Duration>,
    tripwire: Tripwire,
}

impl CpuTime {
    pub fn new(allowed: Option<Duration>, tripwire: Tripwire) -> Self {
        Self { used: AtomicU64::new(0), allowed, tripwire }
    }

    pub fn used(&self) -> Duration {
        Duration::from_nanos(self.used.load(Ordering::Relaxed)) + self.tripwire.work().spent()
    }

    /// Counts what the future uses, and trips the wire when it is more than allowed.
    pub async fn measure<T>(&self, guest: impl Future<Output = T>) -> T {
        let mut guest = pin!(guest);
        std::future::poll_fn(|context| {
            let before = thread_time();
            let polled = guest.as_mut().poll(context);
            let spent = thread_time().saturating_sub(before);
            self.used.fetch_add(u64::try_from(spent.as_nanos()).unwrap_or(u64::MAX), Ordering::Relaxed);
            if self.allowed.is_some_and(|allowed| self.used() > allowed) {
                self.tripwire.trip(Stop::Limit(Limit::Cpu));
            }
            polled
        })
        .await
    }
}
