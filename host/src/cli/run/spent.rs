//! The time of a run that is spent before it starts, on what it is given: a pipe that somebody still writes to, a store
//! that others use.
//!
//! Guarantees: nothing of that is waited for any longer than the run has time; and since each wait has a thread of its own,
//! signals are heard meanwhile.

use std::fmt::Display;
use std::time::{Duration, Instant};

use um_runtime::{Limit, Limits};

use crate::cli::exit::Exit;
use crate::cli::failure::Failure;

/// How much of its time a run has spent, and how much it has.
pub struct Spent {
    limits: Limits,
    time: Duration,
}

impl Spent {
    pub fn new(limits: Limits) -> Self {
        Self { limits, time: Duration::ZERO }
    }

    /// Holds what was spent against other limits, which are known only now.
    pub fn held_against(self, limits: &Limits) -> Self {
        Self { limits: limits.clone(), ..self }
    }

    pub fn time(&self) -> Duration {
        self.time
    }

    pub fn left(&self) -> Duration {
        self.limits.wall.saturating_sub(self.time)
    }

    /// Waits for something as long as the run has time for it. Without what it was, the run ends at its limit.
    pub async fn unless_over<T>(
        &mut self,
        wait: impl Future<Output = Result<T, Failure>>,
    ) -> Result<Option<T>, Failure> {
        let began = Instant::now();
        let waited = tokio::time::timeout(self.left(), wait).await;
        self.time += began.elapsed();
        match waited {
            // What was given up in time tells what was in the way: that is of no use where it was only late.
            Ok(ended) if self.left() > Duration::ZERO => ended.map(Some),
            Ok(Ok(done)) => Ok(Some(done)),
            Ok(Err(_)) | Err(_) => Ok(None),
        }
    }

    /// Waits for something without which no run can start, and says what it was if it came too late.
    pub async fn in_time<T>(
        &mut self,
        what: impl Display,
        why: &str,
        wait: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        self.unless_over(wait).await?.ok_or_else(|| {
            let allowed = self.limits.show(Limit::Wall);
            Failure::message(Exit::Run(124), format!("{what} was not to be had within the limit `wall` of {allowed}"))
                .hint(format!("{why}; if the run may wait longer for it, raise it: --timeout DURATION"))
        })
    }
}

/// Why what is read did not come.
pub const UNWRITTEN: &str = "nobody has written all of it";

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(wall: Duration) -> Limits {
        let mut limits = Limits::default();
        limits.wall = wall;
        limits
    }

    #[tokio::test]
    async fn what_nobody_writes_is_waited_for_as_long_as_the_run_has_time() {
        let mut spent = Spent::new(limits(Duration::from_millis(1)));
        let late = spent.in_time("it", UNWRITTEN, std::future::pending::<Result<(), Failure>>()).await.unwrap_err();
        assert_eq!(late.exit.status(), 124);
        assert_eq!(late.text().unwrap(), "it was not to be had within the limit `wall` of 1 ms");
        assert!(late.hint.unwrap().starts_with("nobody has written all of it; "));
        assert_eq!(spent.left(), Duration::ZERO);
        let mut spent = spent.held_against(&limits(Duration::from_secs(3600)));
        assert_eq!(spent.in_time("it", UNWRITTEN, async { Ok(7) }).await.unwrap(), 7);
    }

    #[tokio::test]
    async fn what_fails_in_time_is_told_as_it_is() {
        let mut spent = Spent::new(limits(Duration::from_secs(3600)));
        let failed = spent.in_time("it", UNWRITTEN, async { Err::<(), _>(Failure::usage("no such file")) }).await;
        assert_eq!(failed.unwrap_err().text().unwrap(), "no such file");
    }
}
