//! Counts the processor time of one guest, in its own code and in the host's work for it.
//!
//! The guest's future is measured each time it is polled. It gives the thread back at every tick of the host's clock and
//! whenever it waits, so waiting costs nothing and no call escapes the count. What other threads do for it is counted by
//! its [`Work`](um_base::Work).

use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::Duration;

use crate::admission::rates::Pacer;
use crate::limits::table::Limit;
use crate::tripwire::{Stop, Tripwire};
use um_base::thread_time;

/// The processor time of one run.
pub(crate) struct CpuTime {
    /// In nanoseconds.
    used: AtomicU64,
    allowed: Option<Duration>,
    /// What holds it to the processor time of its workspace.
    pacer: Option<Mutex<Pacer>>,
    tripwire: Tripwire,
}

impl CpuTime {
    pub fn new(allowed: Option<Duration>, pacer: Option<Pacer>, tripwire: Tripwire) -> Self {
        Self { used: AtomicU64::new(0), allowed, pacer: pacer.map(Mutex::new), tripwire }
    }

    pub fn used(&self) -> Duration {
        Duration::from_nanos(self.used.load(Ordering::Relaxed)) + self.tripwire.work().spent()
    }

    /// Counts what the future uses, and trips the wire when it is more than allowed. Where its workspace has no more for now
    /// it is not polled until there is some.
    pub async fn measure<T>(&self, guest: impl Future<Output = T>) -> T {
        let mut guest = pin!(guest);
        let _leaves = Leaves(self);
        std::future::poll_fn(|context| {
            let _lane = match self.pacer().map(|mut pacer| pacer.poll_turn(context)) {
                Some(Poll::Pending) => return Poll::Pending,
                Some(Poll::Ready(lane)) => lane,
                None => None,
            };
            let before = thread_time();
            let polled = guest.as_mut().poll(context);
            let spent = thread_time().saturating_sub(before);
            self.used.fetch_add(u64::try_from(spent.as_nanos()).unwrap_or(u64::MAX), Ordering::Relaxed);
            if self.allowed.is_some_and(|allowed| self.used() > allowed) {
                self.tripwire.trip(Stop::Limit(Limit::Cpu));
            }
            if let Some(mut pacer) = self.pacer() {
                pacer.count(self.used());
            }
            polled
        })
        .await
    }

    fn pacer(&self) -> Option<MutexGuard<'_, Pacer>> {
        self.pacer.as_ref().map(|pacer| pacer.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Whatever ended the guest: others need not wait for it any more.
struct Leaves<'a>(&'a CpuTime);

impl Drop for Leaves<'_> {
    fn drop(&mut self) {
        if let Some(mut pacer) = self.0.pacer() {
            pacer.leave();
        }
    }
}

/// What was used after the guest had ended counts for those that come later.
impl Drop for CpuTime {
    fn drop(&mut self) {
        if let Some(mut pacer) = self.pacer() {
            pacer.count(self.used());
        }
    }
}
