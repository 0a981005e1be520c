//! The budget of one run for what the host does on its behalf: a deadline, a reason to stop, and memory.
//!
//! A [`Work`] is cloned into every loop over foreign bytes: it asks [`step`](Work::step) as it goes and
//! [`hold`](Work::hold)s what it keeps. What takes a thread's time goes through [`blocking`], with one of the few
//! permits of the run, so that no run can take the threads of the others.
//!
//! Guarantees: the first reason to stop stays; bytes that are held are given back when [`Held`] is dropped; nothing that
//! looks at a budget that is over is told to go on.
//!
//! Deliberately absent: what the reasons mean to a run. The runtime names the limit.

#[cfg(test)]
mod tests;

use std::panic::resume_unwind;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinError;

use crate::coded;

/// Threads that one run may occupy with the host's work for it.
const PERMITS: usize = 4;

/// Why work is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Over {
    /// The time of the run is over.
    #[error("the time is over")]
    Deadline,
    /// There was no room for more bytes.
    #[error("the memory is used up")]
    Memory,
    /// Whoever began it wants no more of it.
    #[error("the work was stopped")]
    Stopped,
}

coded! { Over:
    Self::Deadline => Full "work-deadline",
    Self::Memory => Full "work-memory",
    Self::Stopped => Unavailable "work-stopped",
}

/// The budget of one run. Clones share it.
#[derive(Clone, Debug)]
pub struct Work(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    deadline: OnceLock<Instant>,
    /// 0 while it goes on, otherwise an [`Over`].
    over: AtomicU8,
    changed: Notify,
    held: AtomicU64,
    peak: AtomicU64,
    most: u64,
    /// In nanoseconds.
    spent: AtomicU64,
    threads: Arc<Semaphore>,
}

/// Bytes that are accounted for until this is dropped.
#[derive(Debug)]
#[must_use = "what is not kept is given back at once"]
pub struct Held {
    work: Work,
    bytes: u64,
}

impl Work {
    /// A budget of so many bytes, without a deadline yet.
    pub fn new(most: u64) -> Self {
        Self(Arc::new(Inner {
            deadline: OnceLock::new(),
            over: AtomicU8::new(0),
            changed: Notify::new(),
            held: AtomicU64::new(0),
            peak: AtomicU64::new(0),
            most,
            spent: AtomicU64::new(0),
            threads: Arc::new(Semaphore::new(PERMITS)),
        }))
    }

    /// A budget that ends by nothing but [`stop`](Self::stop).
    pub fn unlimited() -> Self {
        Self::new(u64::MAX)
    }

    /// Ends it so long from now. The first call counts; a time that is too far off to be told is none.
    pub fn end_after(&self, time: Duration) {
        if let Some(deadline) = Instant::now().checked_add(time) {
            let _ = self.0.deadline.set(deadline);
        }
    }

    /// When it ends, if that is decided.
    pub fn deadline(&self) -> Option<Instant> {
        self.0.deadline.get().copied()
    }

    /// What is left of its time; nothing, if it is over for whatever reason.
    pub fn remaining(&self) -> Duration {
        match (self.over_because(), self.deadline()) {
            (Some(_), _) => Duration::ZERO,
            (None, Some(deadline)) => deadline.saturating_duration_since(Instant::now()),
            (None, None) => Duration::MAX,
        }
    }

    /// Ends it now.
    pub fn stop(&self) {
        self.end(Over::Stopped);
    }

    /// Whether it may go on. To be asked every 64 KiB or 4,096 items.
    ///
    /// # Errors
    /// The first reason why it is over.
    pub fn step(&self) -> Result<(), Over> {
        self.over_because().map_or(Ok(()), Err)
    }

    /// Why it is over, if it is.
    pub fn over_because(&self) -> Option<Over> {
        if let Some(over) = Over::of(self.0.over.load(Ordering::Acquire)) {
            return Some(over);
        }
        let passed = self.deadline().is_some_and(|deadline| Instant::now() >= deadline);
        passed.then(|| self.end(Over::Deadline))
    }

    /// Accounts for bytes before they are used, until the answer is dropped. Where there is no room, all of the work is
    /// over.
    ///
    /// # Errors
    /// [`Over::Memory`], or why it was over before.
    pub fn hold(&self, bytes: u64) -> Result<Held, Over> {
        self.step()?;
        let mut held = Held { work: self.clone(), bytes: 0 };
        held.grow(bytes)?;
        Ok(held)
    }

    /// As [`hold`](Self::hold), where it is no harm if there is no room: then nothing is over.
    pub fn try_hold(&self, bytes: u64) -> Option<Held> {
        let mut held = Held { work: self.clone(), bytes: 0 };
        held.try_grow(bytes).then_some(held)
    }

    /// Counts processor time that a thread has spent on it.
    pub fn spend(&self, time: Duration) {
        self.0.spent.fetch_add(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// The processor time that threads have spent on it.
    pub fn spent(&self) -> Duration {
        Duration::from_nanos(self.0.spent.load(Ordering::Relaxed))
    }

    /// The most bytes that may be held.
    pub fn most(&self) -> u64 {
        self.0.most
    }

    /// The most bytes that were held at once.
    pub fn peak(&self) -> u64 {
        self.0.peak.load(Ordering::Relaxed)
    }

    /// Waits until it is over.
    pub async fn over(&self) -> Over {
        loop {
            let changed = self.0.changed.notified();
            if let Some(over) = self.over_because() {
                return over;
            }
            match self.deadline() {
                Some(deadline) => _ = tokio::time::timeout_at(deadline.into(), changed).await,
                None => changed.await,
            }
        }
    }

    /// Waits for what the future comes to, as long as this is not over.
    ///
    /// # Errors
    /// Why it is over; the future is dropped then.
    pub async fn within<T>(&self, future: impl Future<Output = T>) -> Result<T, Over> {
        self.step()?;
        tokio::select! {
            biased;
            done = future => Ok(done),
            over = self.over() => Err(over),
        }
    }

    fn end(&self, over: Over) -> Over {
        let first = self.0.over.compare_exchange(0, over as u8 + 1, Ordering::AcqRel, Ordering::Acquire);
        self.0.changed.notify_waiters();
        first.err().and_then(Over::of).unwrap_or(over)
    }

    async fn permit(&self) -> OwnedSemaphorePermit {
        let permit = Arc::clone(&self.0.threads).acquire_owned().await;
        permit.expect("the permits of a run are never closed")
    }
}

impl Default for Work {
    fn default() -> Self {
        Self::unlimited()
    }
}

impl Held {
    /// How many bytes.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Accounts for so many bytes more.
    ///
    /// # Errors
    /// [`Over::Memory`]: all of the work is over.
    pub fn grow(&mut self, bytes: u64) -> Result<(), Over> {
        if self.try_grow(bytes) { Ok(()) } else { Err(self.work.end(Over::Memory)) }
    }

    /// As [`grow`](Self::grow), where it is no harm if there is no room.
    pub fn try_grow(&mut self, bytes: u64) -> bool {
        let inner = &self.work.0;
        let more = |held: u64| held.checked_add(bytes).filter(|&held| held <= inner.most);
        let before = inner.held.fetch_update(Ordering::AcqRel, Ordering::Acquire, more);
        if let Ok(before) = before {
            self.bytes += bytes;
            inner.peak.fetch_max(before + bytes, Ordering::Relaxed);
        }
        before.is_ok()
    }

    /// Gives so many bytes back, or all there are.
    pub fn shrink(&mut self, bytes: u64) {
        let bytes = bytes.min(self.bytes);
        self.bytes -= bytes;
        self.work.0.held.fetch_sub(bytes, Ordering::AcqRel);
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.shrink(self.bytes);
    }
}

impl Over {
    fn of(number: u8) -> Option<Self> {
        [Self::Deadline, Self::Memory, Self::Stopped].into_iter().find(|&over| over as u8 + 1 == number)
    }
}

/// Does what takes a thread's time on a thread of its own, with one of the permits of the run. The processor time that it
/// takes is counted as [`spent`](Work::spent). Where all are taken it
/// waits for one, and then for what it came to, as long as the work is not over; a thread that is under way then is left
/// to find that out by itself, and keeps its permit until it has.
///
/// # Errors
/// Why the work is over.
///
/// # Panics
/// With the panic of `task`.
pub async fn blocking<T: Send + 'static>(work: &Work, task: impl FnOnce() -> T + Send + 'static) -> Result<T, Over> {
    let permit = work.within(work.permit()).await?;
    let spender = work.clone();
    let task = move || {
        let _permit = permit;
        let before = thread_time();
        let done = task();
        spender.spend(thread_time().saturating_sub(before));
        done
    };
    work.within(detached(task)).await
}

/// As [`blocking`], for work that belongs to no run, to several, or to the end of one that nothing may break off: loading,
/// opening a store, waiting for what somebody types. No guest has a say in how often.
///
/// # Panics
/// With the panic of `task`.
pub async fn detached<T: Send + 'static>(task: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(task).await.map_err(JoinError::try_into_panic) {
        Ok(done) => done,
        Err(Ok(panic)) => resume_unwind(panic),
        // The runtime is going, and nobody waits for it any more.
        Err(Err(_)) => std::future::pending().await,
    }
}

/// The processor time of this thread so far.
pub fn thread_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0))
}
