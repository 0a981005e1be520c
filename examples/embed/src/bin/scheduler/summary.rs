//! How it went, in numbers.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};

use crate::schedule::Done;

/// Most reasons for failures that are listed.
const MAX_REASONS: usize = 5;

pub struct Summary {
    runs: usize,
    ok: usize,
    retried: usize,
    masked: u64,
    /// How often the action was compiled: not at all when the cache had it.
    compiled: u64,
    p50: Duration,
    p99: Duration,
    reasons: BTreeSet<String>,
}

impl Summary {
    pub fn of(done: &[Done], compiled: u64) -> Self {
        let mut times: Vec<Duration> = done.iter().map(|done| done.took).collect();
        times.sort_unstable();
        Self {
            runs: done.len(),
            ok: done.iter().filter(|done| done.failure.is_none()).count(),
            retried: done.iter().filter(|done| done.attempts > 1).count(),
            masked: done.iter().map(|done| done.masked).sum(),
            compiled,
            p50: percentile(&times, 50),
            p99: percentile(&times, 99),
            reasons: done.iter().filter_map(|done| done.failure.clone()).take(MAX_REASONS).collect(),
        }
    }

    pub fn all_completed(&self) -> bool {
        self.ok == self.runs
    }

    pub fn json(&self) -> Value {
        let milliseconds = |time: Duration| (time.as_secs_f64() * 1e5).round() / 1e2;
        let mut summary = json!({
            "runs": self.runs,
            "ok": self.ok,
            "retried": self.retried,
            "failed": self.runs - self.ok,
            "masked": self.masked,
            "compiled": self.compiled,
            "p50_ms": milliseconds(self.p50),
            "p99_ms": milliseconds(self.p99),
        });
        if !self.reasons.is_empty() {
            summary["reasons"] = json!(self.reasons);
        }
        summary
    }
}

/// The time that so many percent of the runs did not exceed; `times` ascend.
fn percentile(times: &[Duration], percent: usize) -> Duration {
    let rank = (times.len() * percent).div_ceil(100).max(1);
    times.get(rank - 1).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_the_time_that_so_many_did_not_exceed() {
        let times: Vec<Duration> = (1..=200).map(Duration::from_millis).collect();
        assert_eq!(percentile(&times, 50), Duration::from_millis(100));
        assert_eq!(percentile(&times, 99), Duration::from_millis(198));
        assert_eq!(percentile(&times[..1], 99), Duration::from_millis(1));
        assert_eq!(percentile(&[], 50), Duration::ZERO);
    }
}
