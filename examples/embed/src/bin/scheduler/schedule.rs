//! The schedule: so many runs, so many at once, each tried again a little later where that may help.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use um_host::errors::Coded;
use um_host::{Action, End, Limit, Output};
use um_host::{Ask, Ended, Host, Run, RunError, RunSpec};

use crate::options::Options;

/// How long to wait before the first retry. It doubles with each further one.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
/// Longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

pub struct Schedule {
    pub host: Host,
    pub action: Action,
    pub options: Options,
}

/// What one of the runs came to, all its attempts together.
pub struct Done {
    pub attempts: u32,
    /// Of the last attempt, pauses not included.
    pub took: Duration,
    /// Why it did not complete, if it did not.
    pub failure: Option<String>,
    /// How often a secret was masked in what it put out.
    pub masked: u64,
}

impl Schedule {
    /// Does all the runs.
    pub async fn run(self) -> Vec<Done> {
        let places = Arc::new(Semaphore::new(self.options.at_once.max(1)));
        let schedule = Arc::new(self);
        let mut tasks = JoinSet::new();
        for number in 0..schedule.options.runs {
            let place = Arc::clone(&places).acquire_owned().await.expect("the semaphore is never closed");
            let schedule = Arc::clone(&schedule);
            tasks.spawn(async move {
                let done = schedule.attempt_until_done(number).await;
                drop(place);
                done
            });
        }
        tasks.join_all().await
    }

    async fn attempt_until_done(&self, number: usize) -> Done {
        let mut attempts = 0;
        loop {
            attempts += 1;
            let started = Instant::now();
            let ended = self.prepare().start().await;
            let took = started.elapsed();
            if attempts <= self.options.retries && may_pass(&ended) {
                tokio::time::sleep(pause(attempts, number)).await;
                continue;
            }
            let masked = ended.as_ref().map_or(0, |ended| ended.outcome.leaks.iter().map(|leak| leak.count).sum());
            return Done { attempts, took, failure: failure(ended), masked };
        }
    }

    /// What every run may do: by default nothing.
    fn prepare(&self) -> Run {
        let options = &self.options;
        let mut ask = Ask::default();
        ask.input = options.input.clone();
        ask.hosts = options.allow_host.clone();
        ask.private_hosts = options.allow_private.clone();
        ask.limits.set("wall", &format!("{}ms", options.timeout.as_millis())).expect("it is a time");
        let spec = RunSpec::new(options.workspace.clone(), ask).expect("it keeps within its bounds");
        // Its words are of use when it fails, and then they come with the outcome.
        self.host.run(&self.action, spec).stdout(Output::Discard).stderr(Output::Collect)
    }
}

/// Whether another attempt could end better: time-outs, errors of the guest (the service that it called may be back) and
/// failures of the host. A trap or another limit would come again.
fn may_pass(ended: &Result<Ended, RunError>) -> bool {
    match ended {
        Ok(Ended { outcome, .. }) => {
            matches!(outcome.end, End::Failed { .. } | End::Exited { .. } | End::Limit { limit: Limit::Wall, .. })
        }
        Err(error) => !matches!(
            error.code(),
            "no-store" | "input-for-command" | "input-not-json" | "host-draining" | "run-too-large"
        ),
    }
}

/// Doubles with each attempt; spread by the number of the run, so that those that failed together do not return together.
fn pause(attempt: u32, number: usize) -> Duration {
    let full = FIRST_PAUSE.saturating_mul(1 << (attempt - 1).min(16)).min(LONGEST_PAUSE);
    let spread = (number * 37 % 100) as u32;
    full / 2 + full * spread / 200
}

/// In words that are safe to show: an outcome has passed the leak filter.
fn failure(ended: Result<Ended, RunError>) -> Option<String> {
    let ended = match ended {
        Ok(ended) => ended,
        Err(error) => return Some(error.to_string()),
    };
    let words = String::from_utf8_lossy(&ended.stderr);
    match ended.outcome.end {
        End::Completed => None,
        End::Failed { message } => Some(message),
        End::Exited { code } => Some(format!("ended with status {code}: {}", words.trim_end())),
        End::Withheld { document, reason } => Some(format!("`{document}` may not leave: {reason}")),
        End::Trapped { reason } => Some(format!("trapped: {reason}: {}", words.trim_end())),
        End::Limit { limit, allowed } => Some(format!("stopped at its limit `{limit}` of {allowed}")),
        other => Some(format!("ended early: {other:?}")),
    }
}
