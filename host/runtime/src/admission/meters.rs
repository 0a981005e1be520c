//! What a host tells whoever counts, by the facade `metrics`: numbers alone, with labels of which there are few. No
//! workspace, run, action or secret is named: of these there may be any number.
//!
//! The recorder is the one that is there when the host is built. Without one nothing is counted.

use std::time::Duration;

use metrics::{Counter, Gauge, Histogram, Unit, counter, gauge, histogram};
use um_base::Coded;

use super::error::AdmissionError;
use super::place::Occupancy;

/// How runs end that were admitted: the codes of [`End`](crate::End), and `not-started` for those whose action was not
/// called.
const ENDS: [&str; 11] = [
    "completed",
    "failed",
    "exited",
    "withheld",
    "trapped",
    "limit",
    "interrupted",
    "output-closed",
    "host-failed",
    "not-started",
    "other",
];

/// What is said of one that nobody has said anything of: the host has panicked.
const UNSAID: &str = "host-failed";

const STARTED: &str = "um_host_runs_started";
const ENDED: &str = "um_host_runs_ended";
const REFUSED: &str = "um_host_runs_refused";
const RUNNING: &str = "um_host_runs_running";
const WAITING: &str = "um_host_runs_waiting";
const RESERVED: &str = "um_host_memory_reserved_bytes";
const WAIT: &str = "um_host_queue_wait_seconds";
const DURATION: &str = "um_host_run_duration_seconds";
const READS: &str = "um_host_secret_reads";

/// How a run ended.
#[derive(Clone, Copy)]
pub(super) struct Ending(usize);

impl Ending {
    /// By its code.
    pub fn of(code: &str) -> Self {
        Self(ENDS.iter().position(|end| *end == code).unwrap_or(ENDS.len() - 1))
    }
}

impl Default for Ending {
    fn default() -> Self {
        Self::of(UNSAID)
    }
}

/// What is counted of one host.
pub(crate) struct Meters {
    started: Counter,
    ended: [Counter; ENDS.len()],
    refused: Vec<(&'static str, Counter)>,
    running: Gauge,
    waiting: Gauge,
    reserved: Gauge,
    wait: Histogram,
    duration: Histogram,
    reads: Counter,
}

impl Meters {
    /// For the recorder that is there now.
    pub fn new() -> Self {
        describe();
        let refused = AdmissionError::CODES.iter().map(|(code, _)| (*code, counter!(REFUSED, "code" => *code)));
        Self {
            started: counter!(STARTED),
            ended: ENDS.map(|end| counter!(ENDED, "end" => end)),
            refused: refused.collect(),
            running: gauge!(RUNNING),
            waiting: gauge!(WAITING),
            reserved: gauge!(RESERVED),
            wait: histogram!(WAIT),
            duration: histogram!(DURATION),
            reads: counter!(READS),
        }
    }

    pub(super) fn started(&self, waited: Duration) {
        self.started.increment(1);
        self.wait.record(waited);
    }

    pub(super) fn ended(&self, Ending(at): Ending, took: Duration) {
        self.ended[at].increment(1);
        self.duration.record(took);
    }

    pub(super) fn refused(&self, error: &AdmissionError) {
        let refused = self.refused.iter().find(|(code, _)| *code == error.code());
        refused.into_iter().for_each(|(_, counter)| counter.increment(1));
    }

    pub(super) fn taken(&self, taken: Occupancy) {
        self.running.set(taken.running as f64);
        self.waiting.set(taken.waiting as f64);
        self.reserved.set(taken.memory as f64);
    }

    /// Of the secrets that are read.
    pub fn reads(&self) -> Counter {
        self.reads.clone()
    }
}

fn describe() {
    metrics::describe_counter!(STARTED, "runs that were admitted");
    metrics::describe_counter!(ENDED, "runs that have ended, by how");
    metrics::describe_counter!(REFUSED, "runs that were refused, by why");
    metrics::describe_gauge!(RUNNING, "runs under way");
    metrics::describe_gauge!(WAITING, "runs that wait for their turn");
    metrics::describe_gauge!(RESERVED, Unit::Bytes, "what the runs under way may use by their limits");
    metrics::describe_histogram!(WAIT, Unit::Seconds, "how long runs waited that were admitted");
    metrics::describe_histogram!(DURATION, Unit::Seconds, "how long runs took that were admitted, without their wait");
    metrics::describe_counter!(READS, "secrets that were read, each once in a run");
}
