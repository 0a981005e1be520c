//! Runs the action again and again, and takes the time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde::Serialize;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::args::Bounds;
use super::subject::Subject;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;

/// How fast an action is.
#[derive(Serialize)]
pub struct Speed {
    /// How many were at once.
    pub tasks: usize,
    pub runs: usize,
    pub per_second: f64,
    /// Half of the runs are done by then, in microseconds.
    pub p50_us: f64,
    /// 99 of 100 are.
    pub p99_us: f64,
}

/// Measures so many tasks at once, of which each starts one run after another. `longest` is how long one run may take.
pub async fn speed(subject: &impl Subject, bounds: Bounds, tasks: usize, longest: Duration) -> Result<Speed, Failure> {
    let (began, left) = (Instant::now(), Arc::new(AtomicU64::new(bounds.runs)));
    let mut loops: JoinSet<Result<Vec<Duration>, Failure>> = JoinSet::new();
    for _ in 0..tasks {
        let (subject, left) = (subject.clone(), Arc::clone(&left));
        loops.spawn(async move {
            let mut times = Vec::new();
            let is_next =
                || left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok();
            while is_next() {
                let at = Instant::now();
                subject.run().await?;
                times.push(at.elapsed());
                if began.elapsed() >= bounds.time {
                    break;
                }
            }
            Ok(times)
        });
    }
    let mut times = Vec::new();
    let ending = async {
        while let Some(ended) = loops.join_next().await {
            times.extend(ended.map_err(|_| Failure::host("a run of the bench was lost"))??);
        }
        Ok::<_, Failure>(())
    };
    let late = |_| Failure::message(Exit::Run(124), "the runs of the bench did not come to their end in time");
    timeout(bounds.time.saturating_add(longest), ending).await.map_err(late)??;
    Ok(Speed::of(times, began.elapsed(), tasks))
}

impl Speed {
    fn of(mut times: Vec<Duration>, took: Duration, tasks: usize) -> Self {
        times.sort_unstable();
        let runs = times.len();
        // The smallest time that so many of a hundred do not exceed.
        let within = |percent: usize| {
            let at = (runs * percent).div_ceil(100).saturating_sub(1);
            times.get(at).map_or(0.0, |time| time.as_secs_f64() * 1e6)
        };
        let (p50_us, p99_us) = (within(50), within(99));
        Self { tasks, runs, per_second: runs as f64 / took.as_secs_f64(), p50_us, p99_us }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::bench::subject::Held;

    #[test]
    fn what_so_many_of_a_hundred_do_not_exceed_is_one_of_the_times() {
        let times = |count: u64| (1..=count).rev().map(Duration::from_micros).collect();
        for (count, p50, p99) in [(1, 1.0, 1.0), (2, 1.0, 2.0), (100, 50.0, 99.0), (101, 51.0, 100.0)] {
            let speed = Speed::of(times(count), Duration::from_secs(2), 1);
            assert_eq!((speed.p50_us.round(), speed.p99_us.round()), (p50, p99), "{count}");
            assert_eq!(speed.per_second, count as f64 / 2.0);
        }
    }

    /// Counts how often it was run; with `fails`, the last of so many fails; with 0 it never ends.
    #[derive(Clone)]
    struct Counted(Arc<AtomicU64>, u64);

    impl Subject for Counted {
        async fn run(&self) -> Result<(), Failure> {
            match self.1 {
                0 => std::future::pending().await,
                fails if self.0.fetch_add(1, Ordering::Relaxed) + 1 == fails => Err(Failure::host("it failed")),
                _ => Ok(()),
            }
        }

        async fn held(&self) -> Result<Held, Failure> {
            Ok(Box::new(()))
        }
    }

    fn counted(fails: u64) -> Counted {
        Counted(Arc::default(), fails)
    }

    #[tokio::test]
    async fn it_ends_by_number_or_by_time_whichever_comes_first() {
        let (subject, longest) = (counted(u64::MAX), Duration::from_secs(3600));
        let by_number = Bounds { time: longest, runs: 7 };
        let speed = super::speed(&subject, by_number, 3, longest).await.ok().unwrap();
        assert_eq!((speed.runs, subject.0.load(Ordering::Relaxed), speed.tasks), (7, 7, 3));
        let by_time = Bounds { time: Duration::from_nanos(1), runs: u64::MAX };
        let speed = super::speed(&counted(u64::MAX), by_time, 3, longest).await.ok().unwrap();
        assert_eq!(speed.runs, 3, "each has one");
    }

    #[tokio::test]
    async fn a_run_that_fails_or_does_not_end_is_told() {
        let bounds = Bounds { time: Duration::from_millis(1), runs: 100 };
        let told =
            async |fails| super::speed(&counted(fails), bounds, 1, Duration::from_millis(1)).await.err().unwrap();
        assert_eq!(told(1).await.text().unwrap(), "it failed");
        assert_eq!(told(0).await.exit.status(), 124);
    }
}
