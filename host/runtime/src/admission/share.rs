//! What a workspace has held of a host so far, for turns that are fair: start-time fair queueing (Goyal, Vin and Cheng, 1996)
//! over the dominant share of a run (Ghodsi and others, 2011).
//!
//! What counts is the share that a run has of places or memory, the larger of both, times how long it holds it. Whoever
//! begins to ask has held as much as whoever started last: nobody saves turns up, and nobody pays for what was long ago.

use std::time::Duration;

/// A share of one: all of the host.
const WHOLE: u128 = 1_000_000;
/// To start a run has a price of its own, in time held, so that nobody starts any number of runs within one tick of a clock.
const START: Duration = Duration::from_micros(100);

/// The larger of the shares that a run has, in parts of [`WHOLE`]; never none.
pub(super) fn dominant((runs, memory): (u64, u64), of: u64) -> u128 {
    let part = |part: u64, whole: u64| u128::from(part) * WHOLE / u128::from(whole.max(1));
    part(1, runs).max(part(of, memory)).clamp(1, WHOLE)
}

/// What one workspace has held.
#[derive(Debug, Default)]
pub(super) struct Held {
    /// Share times nanoseconds, up to `at`.
    sum: u128,
    at: Duration,
    /// What it holds now.
    rate: u128,
    /// When it had its last turn, in the order of turns.
    served: u64,
}

impl Held {
    /// It asks for the first time, or again after it had nothing.
    pub fn join(&mut self, least: u128, now: Duration) {
        self.settle(now);
        self.sum = self.sum.max(least);
    }

    /// By what the next turn is given: the least has it.
    pub fn order(&self, now: Duration) -> (u128, u64) {
        (self.sum + self.rate * now.saturating_sub(self.at).as_nanos(), self.served)
    }

    /// It starts a run, in that turn.
    pub fn start(&mut self, share: u128, turn: u64, now: Duration) {
        self.settle(now);
        self.sum += share * START.as_nanos();
        self.rate += share;
        self.served = turn;
    }

    pub fn end(&mut self, share: u128, now: Duration) {
        self.settle(now);
        self.rate -= share;
    }

    fn settle(&mut self, now: Duration) {
        (self.sum, _) = self.order(now);
        self.at = self.at.max(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_larger_share_counts() {
        assert_eq!(dominant((4, 1000), 100), WHOLE / 4);
        assert_eq!(dominant((4, 1000), 500), WHOLE / 2);
        assert_eq!(dominant((u64::MAX, u64::MAX), 0), 1, "never none");
        assert_eq!(dominant((0, 0), 7), WHOLE, "never more than all");
    }

    #[test]
    fn who_holds_more_or_longer_has_its_turn_later() {
        let (mut long, mut short, second) = (Held::default(), Held::default(), Duration::from_secs(1));
        long.start(10, 1, Duration::ZERO);
        short.start(20, 2, Duration::ZERO);
        assert!(long.order(second) < short.order(second));
        short.end(20, second);
        assert!(long.order(second * 3) > short.order(second * 3));
        let mut new = Held::default();
        new.join(long.order(second * 3).0, second * 3);
        assert!(
            new.order(second * 3) < long.order(second * 3),
            "of those that held alike it was served the longest ago"
        );
    }
}
