//! The options of `um-host bench`: those of `um-host run`, and how long is measured.

use std::time::Duration;

use clap::Args;
use um_runtime::parse_duration;

use crate::cli::failure::Failure;
use crate::cli::run::args::RunArgs;
use crate::cli::run::limits;

pub const AFTER_HELP: &str = "\
The action is run again and again, as `um-host run` with the same options would run it, but in one process and from code that \
is compiled: each run is a fresh instance with its own memory, filter and limits. What it puts out goes nowhere. It is run \
once first, and has to complete. The figures are
  starts per second, one at a time and as many at once as the machine has cores, with the median and the time that 99 of 100 \
runs stay below, from start to end
  the memory of one instance: what the process grows by for each that is kept at its end, up to 32 at once
and, where the engine (Wasmtime) can start the action by itself, the same beside it: the same component in the same engine, \
with nothing but WASI, arguments and input. It cannot start scripts, modules of WASI 0.1, and actions that do not complete \
without their secrets, hosts or directories.

Secrets of --secret are all that the action gets then: no store is opened. Without it they are those of the workspace, and \
each read of each run is on record. Every run calls the hosts that the action calls: do not bench against a service that \
others use. --documents cannot be benched. `um-host run --help` tells what the options take.

With --json it is one object: action, digest, kind, cores, seconds, um_host and engine_alone, which each have one_at_a_time and \
at_once (tasks, runs, per_second, p50_us, p99_us) and memory (instances, bytes_each). engine_alone is null where it does not start the \
action, and engine_alone_missing says why.

Exit status: 0, or that of `um-host run`: of the first run, if it does not complete.

Examples:
  um-host bench hello.wasm
  um-host bench contacts.wasm --input '{\"limit\": 10}' --secret CRM_TOKEN=env:CRM_TOKEN --time 10s
  um-host bench report.py --runs 100 --json";

/// How long each figure is measured.
const TIME: Duration = Duration::from_secs(3);
const MOST_TIME: Duration = Duration::from_secs(60);
/// How many runs at most.
const MOST_RUNS: u64 = 1_000_000;

#[derive(Args, Debug)]
pub struct BenchArgs {
    /// How long each of the figures is measured, at most 1m [default: 3s]
    #[arg(long, value_name = "DURATION", value_parser = limits::duration, allow_hyphen_values = true)]
    time: Option<String>,
    /// After how many runs each of them is measured, if that is sooner
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=MOST_RUNS))]
    runs: Option<u64>,
    #[command(flatten)]
    pub run: RunArgs,
}

/// When a figure is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    pub time: Duration,
    pub runs: u64,
}

impl BenchArgs {
    pub fn bounds(&self) -> Result<Bounds, Failure> {
        let time = self.time.as_deref().map_or(Ok(TIME), time)?;
        Ok(Bounds { time, runs: self.runs.unwrap_or(MOST_RUNS) })
    }
}

/// What is no duration could be a value, and is not repeated.
fn time(text: &str) -> Result<Duration, Failure> {
    let refused = |why| Err(Failure::usage(format!("--time: {why}")));
    match parse_duration(text) {
        Ok(Duration::ZERO) => refused("it must be more than nothing"),
        Ok(time) if time > MOST_TIME => refused("it is 1m at most"),
        Ok(time) => Ok(time),
        Err(_) => refused("this is no duration; write for example 500ms, 10s or 1m"),
    }
}
