//! An amount that comes back with time: at most so much of it is there, and so much comes in each window (token bucket).

use std::time::Duration;

/// Longest window, so that no sum overflows.
const LONGEST: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// Shortest window.
const SHORTEST: Duration = Duration::from_millis(1);

/// What is there of an amount. Times count from any one moment on.
#[derive(Debug)]
pub(super) struct Bucket {
    most: u64,
    /// In nanoseconds.
    window: i128,
    /// In parts of which `window` make one. Less than nothing where more was used than there was.
    level: i128,
    at: Duration,
}

impl Bucket {
    /// A full one.
    pub fn new(most: u64, window: Duration) -> Self {
        let window = window.clamp(SHORTEST, LONGEST).as_nanos() as i128;
        Self { most, window, level: i128::from(most) * window, at: Duration::ZERO }
    }

    /// Uses so much, be it more than is there.
    pub fn take(&mut self, amount: u64, now: Duration) {
        self.refill(now);
        self.level = self.level.saturating_sub(i128::from(amount).saturating_mul(self.window));
    }

    pub fn give_back(&mut self, amount: u64, now: Duration) {
        self.refill(now);
        self.level = self.level.saturating_add(i128::from(amount).saturating_mul(self.window)).min(self.full());
    }

    /// How long it takes until what was used beyond what was there has come back; for ever, if nothing comes.
    pub fn debt(&mut self, now: Duration) -> Option<Duration> {
        self.refill(now);
        self.time_of(self.level.saturating_neg())
    }

    /// How long it takes until so much is there, or all that may be; for ever, if none ever comes.
    pub fn wait(&mut self, amount: u64, now: Duration) -> Option<Duration> {
        self.refill(now);
        let amount = i128::from(amount.min(self.most).max(1)).saturating_mul(self.window);
        self.time_of(amount.saturating_sub(self.level))
    }

    pub fn is_full(&mut self, now: Duration) -> bool {
        self.refill(now);
        self.level == self.full()
    }

    /// How long so many parts take to come.
    fn time_of(&self, parts: i128) -> Option<Duration> {
        match (parts > 0, self.most) {
            (false, _) => Some(Duration::ZERO),
            (true, 0) => None,
            (true, most) => {
                let nanoseconds = (parts - 1) / i128::from(most) + 1;
                Some(Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or(u64::MAX)))
            }
        }
    }

    fn full(&self) -> i128 {
        i128::from(self.most) * self.window
    }

    fn refill(&mut self, now: Duration) {
        // Whoever asked in the same moment may have looked at the clock a little later.
        let since = now.saturating_sub(self.at);
        self.at = self.at.max(now);
        let came = i128::from(self.most).saturating_mul(since.as_nanos() as i128);
        self.level = self.level.saturating_add(came).min(self.full());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn what_was_used_comes_back_in_a_window_and_no_more_than_that() {
        let mut bucket = Bucket::new(10, SECOND);
        assert_eq!(bucket.wait(10, Duration::ZERO), Some(Duration::ZERO));
        bucket.take(10, Duration::ZERO);
        assert_eq!(bucket.wait(1, Duration::ZERO), Some(SECOND / 10));
        assert_eq!(bucket.wait(1, SECOND / 10 - Duration::from_nanos(1)), Some(Duration::from_nanos(1)));
        assert_eq!(bucket.wait(1, SECOND / 10), Some(Duration::ZERO));
        assert!(bucket.is_full(SECOND));
        assert_eq!(bucket.wait(u64::MAX, SECOND * 9), Some(Duration::ZERO), "all that may be there");
        bucket.take(11, SECOND * 9);
        assert_eq!(bucket.debt(SECOND * 9), Some(SECOND / 10));
        assert_eq!(bucket.wait(1, SECOND * 9), Some(SECOND / 5), "a debt is paid first");
    }

    #[test]
    fn what_is_given_back_does_not_overflow() {
        let mut bucket = Bucket::new(10, SECOND);
        bucket.take(4, Duration::ZERO);
        bucket.give_back(u64::MAX, Duration::ZERO);
        bucket.take(10, Duration::ZERO);
        assert_ne!(bucket.wait(1, Duration::ZERO), Some(Duration::ZERO));
    }

    #[test]
    fn nothing_never_comes_and_the_largest_amounts_are_borne() {
        assert_eq!(Bucket::new(0, SECOND).wait(0, SECOND), None);
        let mut nothing = Bucket::new(0, SECOND);
        nothing.take(1, SECOND);
        assert_eq!(nothing.debt(SECOND), None);
        let mut bucket = Bucket::new(u64::MAX, Duration::MAX);
        bucket.take(u64::MAX, Duration::MAX);
        bucket.take(u64::MAX, Duration::MAX);
        assert!(bucket.wait(1, Duration::MAX).is_some_and(|wait| wait >= LONGEST));
    }

    #[test]
    fn a_clock_that_goes_back_gives_nothing() {
        let mut bucket = Bucket::new(10, SECOND);
        bucket.take(10, SECOND);
        assert_eq!(bucket.wait(1, Duration::ZERO), Some(SECOND / 10));
        assert_eq!(bucket.wait(1, SECOND), Some(SECOND / 10));
    }
}
