//! What the runs of one workspace use of what it may in a time: processor time and reads of secrets.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Sleep;

use super::bucket::Bucket;
use super::error::AdmissionError;
use super::quota::{Bound, Overflow, Quota};

/// Processor time that a run takes out at once, and goes on with. Shorter than the host's clock ticks.
const SLICE: Duration = Duration::from_millis(5);
/// Most processors that are told apart.
const MOST_LANES: u128 = 4_096;
/// The window of reads.
const MINUTE: Duration = Duration::from_secs(60);

/// The rates of one workspace, shared by its runs.
#[derive(Debug)]
pub(crate) struct Rates {
    origin: Instant,
    cpu: Option<Rate>,
    reads: Option<Rate>,
    /// Those that wait to read; the first has this.
    line: tokio::sync::Mutex<()>,
}

#[derive(Debug)]
struct Rate {
    bucket: Mutex<Bucket>,
    overflow: Overflow,
    /// How much is taken out at once.
    slice: u64,
    /// One for each processor that it comes to.
    lanes: Arc<Semaphore>,
}

impl Rate {
    fn new((most, window): (u64, Duration), slice: u64, overflow: Overflow) -> Self {
        let processors = u128::from(most).div_ceil(window.as_nanos().max(1)).clamp(1, MOST_LANES);
        Self {
            bucket: Mutex::new(Bucket::new(most, window)),
            overflow,
            slice: slice.min(most).max(1),
            lanes: Arc::new(Semaphore::new(usize::try_from(processors).unwrap_or(1))),
        }
    }

    fn with<T>(&self, act: impl FnOnce(&mut Bucket) -> T) -> T {
        act(&mut self.bucket.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes so much, if it is there; tells how long to wait otherwise.
    fn try_take(&self, amount: u64, now: Duration) -> Result<(), Option<Duration>> {
        self.with(|bucket| match bucket.wait(amount, now) {
            Some(Duration::ZERO) => {
                bucket.take(amount, now);
                Ok(())
            }
            wait => Err(wait),
        })
    }
}

/// Why no run of a workspace may start now.
pub(super) struct Exhausted {
    pub error: AdmissionError,
    pub overflow: Overflow,
    /// How long until one may, if ever.
    pub wait: Option<Duration>,
}

impl Rates {
    /// Of a workspace that has used nothing; nothing to keep, where it may use what it likes.
    pub fn of(quota: &Quota, origin: Instant) -> Option<Arc<Self>> {
        let cpu = quota.cpu.map(|Bound { most, overflow }| {
            Rate::new((nanoseconds(most.time), most.window), nanoseconds(SLICE), overflow)
        });
        let reads = quota.secret_reads.map(|Bound { most, overflow }| Rate::new((most, MINUTE), 1, overflow));
        (cpu.is_some() || reads.is_some())
            .then(|| Arc::new(Self { origin, cpu, reads, line: tokio::sync::Mutex::default() }))
    }

    /// Whether a run may start.
    ///
    /// # Errors
    /// What there is none of: that of which a run is refused before that for which it waits, then what lasts longer.
    pub(super) fn check(&self, now: Duration) -> Result<(), Exhausted> {
        let lacks = |rate: &Option<Rate>, error: fn(Option<Duration>) -> AdmissionError| {
            let rate = rate.as_ref()?;
            let wait = rate.with(|bucket| bucket.wait(rate.slice, now));
            let exhausted = Exhausted { error: error(wait), overflow: rate.overflow, wait };
            (wait != Some(Duration::ZERO)).then_some(exhausted)
        };
        let cpu = lacks(&self.cpu, |after| AdmissionError::Cpu { after });
        let reads = lacks(&self.reads, |after| AdmissionError::SecretReads { after });
        let rank = |lacking: &Exhausted| {
            (lacking.overflow == Overflow::Refuse, lacking.wait.is_none(), lacking.wait.unwrap_or_default())
        };
        cpu.into_iter().chain(reads).max_by_key(rank).map_or(Ok(()), Err)
    }

    /// Whether nothing of it is in use, so that it need not be kept.
    pub fn is_full(&self, now: Duration) -> bool {
        self.cpu.iter().chain(&self.reads).all(|rate| rate.with(|bucket| bucket.is_full(now)))
    }

    /// Waits for the turn to read a secret, first come first served.
    pub async fn read(&self) {
        let Some(reads) = &self.reads else { return };
        let _first = self.line.lock().await;
        while let Err(wait) = reads.try_take(1, self.now()) {
            match wait {
                Some(wait) => tokio::time::sleep(wait).await,
                None => std::future::pending().await,
            }
        }
    }

    fn now(&self) -> Duration {
        self.origin.elapsed()
    }

    /// Reads so many secrets, if that is possible at once.
    #[cfg(test)]
    pub(super) fn use_reads(&self, reads: u64, now: Duration) -> bool {
        self.reads.as_ref().is_some_and(|rate| rate.try_take(reads, now).is_ok())
    }
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// Holds one run to the processor time of its workspace: a slice is taken out before the guest goes on, and what it has
/// used beyond that afterwards.
///
/// Where there is none left a slice is owed, and the guest goes on when that has come. So runs that wait go on in the order
/// in which they began to. As many of them compute at the same time as their workspace may have processors, however much
/// time it has saved up.
pub(crate) struct Pacer {
    rates: Arc<Rates>,
    /// What of the slice is left, in nanoseconds.
    ahead: u64,
    /// What has been counted of what the run has used.
    counted: Duration,
    pause: Option<Pause>,
    /// Waits for one of the processors.
    lane: Option<Pin<Box<dyn Future<Output = Lane> + Send>>>,
}

/// One of the processors that a workspace may use, for as long as its guest is polled.
pub(crate) type Lane = Option<OwnedSemaphorePermit>;

/// Until a slice has come.
enum Pause {
    Until(Pin<Box<Sleep>>),
    ForEver,
}

impl Pacer {
    /// Of a run, if the processor time of its workspace is bounded.
    pub fn of(rates: Option<&Arc<Rates>>) -> Option<Self> {
        let rates = Arc::clone(rates.filter(|rates| rates.cpu.is_some())?);
        Some(Self { rates, ahead: 0, counted: Duration::ZERO, pause: None, lane: None })
    }

    /// Ready when the guest may go on, as long as this is kept.
    pub fn poll_turn(&mut self, context: &mut Context<'_>) -> Poll<Lane> {
        if self.lane.is_none() {
            ready!(self.poll_slice(context));
        }
        let Some(cpu) = &self.rates.cpu else { return Poll::Ready(None) };
        let waiting = self.lane.get_or_insert_with(|| {
            let lanes = Arc::clone(&cpu.lanes);
            // They are never closed.
            Box::pin(async move { lanes.acquire_owned().await.ok() })
        });
        let lane = ready!(waiting.as_mut().poll(context));
        self.lane = None;
        Poll::Ready(lane)
    }

    fn poll_slice(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if self.pause.is_none() {
            self.pause = match self.turn(self.rates.now()) {
                Some(Duration::ZERO) => return Poll::Ready(()),
                Some(wait) => Some(Pause::Until(Box::pin(tokio::time::sleep(wait)))),
                None => Some(Pause::ForEver),
            };
        }
        let is_over = match &mut self.pause {
            Some(Pause::Until(sleep)) => sleep.as_mut().poll(context).is_ready(),
            // Its time ends the run.
            Some(Pause::ForEver) => false,
            None => true,
        };
        if !is_over {
            return Poll::Pending;
        }
        self.pause = None;
        Poll::Ready(())
    }

    /// Counts what the run has used so far, all in all.
    pub fn count(&mut self, used: Duration) {
        self.count_at(used, self.rates.now());
    }

    /// Asks for nothing any more, and gives back what it has not used.
    pub fn leave(&mut self) {
        (self.pause, self.lane) = (None, None);
        self.give_back(self.rates.now());
    }

    /// Takes a slice, if none is left, and tells after how long it may be used.
    fn turn(&mut self, now: Duration) -> Option<Duration> {
        let Some(cpu) = self.rates.cpu.as_ref().filter(|_| self.ahead == 0) else { return Some(Duration::ZERO) };
        self.ahead = cpu.slice;
        cpu.with(|bucket| {
            bucket.take(cpu.slice, now);
            bucket.debt(now)
        })
    }

    fn give_back(&mut self, now: Duration) {
        let left = std::mem::take(&mut self.ahead);
        if let Some(cpu) = &self.rates.cpu {
            cpu.with(|bucket| bucket.give_back(left, now));
        }
    }

    fn count_at(&mut self, used: Duration, now: Duration) {
        let more = nanoseconds(used.saturating_sub(self.counted));
        self.counted = self.counted.max(used);
        let beyond = more.saturating_sub(self.ahead);
        self.ahead = self.ahead.saturating_sub(more);
        if let Some(cpu) = self.rates.cpu.as_ref().filter(|_| beyond > 0) {
            cpu.with(|bucket| bucket.take(beyond, now));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MILLISECOND: Duration = Duration::from_millis(1);

    /// A tenth of a processor: 10 ms of each 100.
    fn tenth(overflow: Overflow) -> Arc<Rates> {
        let quota =
            Quota::default().cpu(MILLISECOND * 10, MILLISECOND * 100, overflow).secret_reads(2, Overflow::Queue);
        Rates::of(&quota, Instant::now()).unwrap()
    }

    #[test]
    fn runs_together_use_no_more_than_their_workspace_may_and_none_of_them_starves() {
        let rates = tenth(Overflow::Queue);
        let mut runs: Vec<_> =
            (0..3).map(|_| (Pacer::of(Some(&rates)).unwrap(), Duration::ZERO, Duration::ZERO)).collect();
        // Each computes for a tick of the clock whenever it may, for ten seconds.
        let end = MILLISECOND * 10_000;
        while let Some((run, at, used)) = runs.iter_mut().filter(|(_, at, _)| *at < end).min_by_key(|(_, at, _)| *at) {
            *at += run.turn(*at).unwrap();
            if *at < end {
                *used += MILLISECOND * 10;
                *at += MILLISECOND * 10;
                run.count_at(*used, *at);
            }
        }
        let used: Vec<_> = runs.iter().map(|(_, _, used)| *used).collect();
        let total: Duration = used.iter().sum();
        // What is there at the beginning, and at most a tick of each beyond the end.
        assert!(total >= MILLISECOND * 950 && total <= MILLISECOND * (1_000 + 10 + 30), "{total:?}");
        assert!(used.iter().all(|used| *used >= MILLISECOND * 300), "{used:?}");
    }

    #[test]
    fn what_of_a_slice_is_not_used_is_given_back_and_what_is_used_late_is_owed() {
        let rates = tenth(Overflow::Queue);
        let mut run = Pacer::of(Some(&rates)).unwrap();
        assert_eq!(run.turn(Duration::ZERO), Some(Duration::ZERO));
        run.count_at(MILLISECOND, Duration::ZERO);
        run.count_at(MILLISECOND, Duration::ZERO);
        assert_eq!(run.ahead, nanoseconds(MILLISECOND * 4));
        run.count_at(MILLISECOND * 25, Duration::ZERO);
        assert_eq!(run.turn(Duration::ZERO), Some(MILLISECOND * (15 + 5) * 10));
        let owed = |rates: &Rates| rates.cpu.as_ref().unwrap().with(|bucket| bucket.debt(Duration::ZERO));
        assert_eq!(owed(&rates), Some(MILLISECOND * (15 + 5) * 10));
        run.give_back(Duration::ZERO);
        assert_eq!(owed(&rates), Some(MILLISECOND * 15 * 10));
    }

    #[test]
    fn no_more_compute_at_the_same_time_than_there_are_processors_whatever_was_saved_up() {
        for (time, processors) in [(MILLISECOND, 1), (MILLISECOND * 1_000, 1), (MILLISECOND * 1_001, 2)] {
            let quota = Quota::default().cpu(time, MILLISECOND * 1_000, Overflow::Queue);
            let rates = Rates::of(&quota, Instant::now()).unwrap();
            assert_eq!(rates.cpu.as_ref().unwrap().lanes.available_permits(), processors);
        }
        let second = MILLISECOND * 1_000;
        let rates = Rates::of(&Quota::default().cpu(second, second, Overflow::Queue), Instant::now()).unwrap();
        let mut runs: Vec<_> = (0..3).map(|_| Pacer::of(Some(&rates)).unwrap()).collect();
        let mut context = Context::from_waker(std::task::Waker::noop());
        let Poll::Ready(lane) = runs[0].poll_turn(&mut context) else { panic!("the first computes") };
        assert!(runs[1].poll_turn(&mut context).is_pending() && runs[2].poll_turn(&mut context).is_pending());
        drop(lane);
        assert!(runs[2].poll_turn(&mut context).is_pending() && runs[0].poll_turn(&mut context).is_pending());
        let lane = runs[1].poll_turn(&mut context);
        assert!(lane.is_ready(), "in the order in which they asked");
        // The turn is that of the third, which leaves with it: that keeps nobody waiting.
        drop(lane);
        runs[2].leave();
        assert!(runs[0].poll_turn(&mut context).is_ready());
    }

    #[test]
    fn where_none_ever_comes_nobody_goes_on() {
        let quota = Quota::default().cpu(Duration::ZERO, MILLISECOND, Overflow::Queue);
        let rates = Rates::of(&quota, Instant::now()).unwrap();
        assert_eq!(Pacer::of(Some(&rates)).unwrap().turn(Duration::ZERO), None);
        assert!(rates.check(MILLISECOND * 9).is_err_and(|exhausted| exhausted.wait.is_none()));
    }

    #[test]
    fn what_a_run_is_refused_for_comes_before_what_it_waits_for() {
        for (overflow, code) in [(Overflow::Refuse, "quota-cpu"), (Overflow::Queue, "quota-secret-reads")] {
            let rates = tenth(overflow);
            assert!(rates.check(Duration::ZERO).is_ok());
            let mut run = Pacer::of(Some(&rates)).unwrap();
            run.count_at(MILLISECOND * 12, Duration::ZERO);
            let alone = rates.check(Duration::ZERO).err().unwrap();
            assert_eq!(um_base::Coded::code(&alone.error), "quota-cpu");
            assert_eq!(alone.wait, Some(MILLISECOND * 70));
            rates.reads.as_ref().unwrap().with(|bucket| bucket.take(2, Duration::ZERO));
            let both = rates.check(Duration::ZERO).err().unwrap();
            assert_eq!(um_base::Coded::code(&both.error), code);
        }
    }

    #[test]
    fn where_nothing_is_bounded_nothing_is_kept() {
        assert!(Rates::of(&Quota::default().runs(1, Overflow::Queue), Instant::now()).is_none());
        let reads = Rates::of(&Quota::default().secret_reads(1, Overflow::Queue), Instant::now());
        assert!(Pacer::of(reads.as_ref()).is_none());
    }
}
