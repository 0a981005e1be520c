//! What a run costs in a warm process: runs a second and their times, beside the bare engine.
//!
//! `cargo bench -p um-runtime --bench runs`, with `-- --quick` for a run of some seconds, and with names of rows for those
//! alone. Bare is the engine alone, of the same host: an instance, a call, a store that is dropped; a command gets the
//! engine's own WASI, whose streams lead nowhere. It knows no limits, no filter, no outcome. The rows of a table are measured
//! in turns, so that they share whatever else the machine does; each figure is the median of its turns, and each ratio is
//! taken within a turn.

#![expect(clippy::print_stdout, reason = "it prints its figures")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};
use um_runtime::{Action, Ask, Bare, End, Host, Output, RunSpec};
use um_secret::{MapSecret, MapVault, SecretName, SecretValue, WorkspaceName};

/// Runs of one row in one turn.
const RUNS: usize = 4_000;
const QUICK_RUNS: usize = 500;
const TURNS: usize = 9;
/// Bytes of memory that a guest may have in the engine alone.
const MEMORY: usize = 256 << 20;
/// Runs that are under way at once.
const AT_ONCE: [usize; 2] = [1, 2];

/// What is run.
#[derive(Clone, Copy)]
enum Row {
    Bare(usize),
    Host(usize),
}

/// The guests, and what is asked of each.
const GUESTS: [(&str, Option<&str>); 3] =
    [("hello", None), ("examples/echoes", Some("{}")), ("examples/fingerprints_a_secret", Some("\"HUBSPOT_API_KEY\""))];
/// The script, behind the guests.
const SCRIPT: usize = 3;

const TABLES: [&[(&str, Row)]; 3] = [
    &[("bare command", Row::Bare(0)), ("command", Row::Host(0))],
    &[("bare typed", Row::Bare(1)), ("typed", Row::Host(1)), ("secret", Row::Host(2))],
    &[("script", Row::Host(SCRIPT))],
];

struct Bench {
    bare: [Bare; 2],
    host: Host,
    actions: Vec<Action>,
}

/// What one row did in one turn.
struct Turn {
    per_second: f64,
    p50: f64,
    p99: f64,
    /// Processor time of this process for each run, in µs.
    processor: f64,
}

fn main() {
    let asked: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let quick = asked.iter().any(|argument| argument == "--quick");
    let names: Vec<&String> = asked.iter().filter(|argument| !argument.starts_with("--")).collect();
    let runs = if quick { QUICK_RUNS } else { RUNS };
    let bench = Bench::new();
    for at_once in AT_ONCE {
        for rows in TABLES {
            let is_asked = |name: &str| names.is_empty() || names.iter().any(|asked| *asked == name);
            let rows: Vec<_> = rows.iter().copied().filter(|(name, _)| is_asked(name)).collect();
            if !rows.is_empty() {
                bench.table(&rows, at_once, runs);
            }
        }
    }
}

impl Bench {
    fn new() -> Self {
        let guests = guests();
        let workspace = WorkspaceName::parse("default").expect("it is a name");
        let name = SecretName::parse("HUBSPOT_API_KEY").expect("it is a name");
        let value = SecretValue::new("pat-na1-7Hq2Lx9vTz-4f8c9e7d-1b22".to_owned());
        let secret = MapSecret::new(name, value.unwrap_or_else(|_| panic!("it is fit for a secret")));
        let vault = MapVault::new().workspace(workspace, vec![secret]);
        let cache = root().join("target/bench-cache");
        let host = Host::builder().secrets(Arc::new(vault)).cache_dir(cache).build().expect("the engine starts");
        let runtime = runtime(1);
        let script = root().join("examples/hello-py/main.py");
        let actions = guests.iter().chain([&script]);
        let actions: Vec<_> =
            actions.map(|guest| runtime.block_on(host.load(guest)).expect("the guest is one")).collect();
        let bare = [0, 1].map(|guest| host.bare(&actions[guest], MEMORY).expect("the engine takes it alone"));
        Self { bare, host, actions }
    }

    fn table(&self, rows: &[(&str, Row)], at_once: usize, runs: usize) {
        let runtime = runtime(at_once);
        let mut measured: Vec<Vec<Turn>> = rows.iter().map(|_| Vec::new()).collect();
        let runs = if rows[0].0 == "script" { runs / 10 } else { runs };
        for (_, row) in rows {
            self.turn(&runtime, *row, at_once, runs / 10);
        }
        for _ in 0..TURNS {
            for ((_, row), measured) in rows.iter().zip(&mut measured) {
                measured.push(self.turn(&runtime, *row, at_once, runs));
            }
        }
        println!("\n| {at_once} at once | runs/s | / bare | p50 µs | p99 µs | processor µs | / bare |");
        println!("|---|---|---|---|---|---|---|");
        for ((name, _), turns) in rows.iter().zip(&measured) {
            let of = |figure: fn(&Turn) -> f64| median(turns.iter().map(figure));
            let to_first = |figure: fn(&Turn) -> f64| {
                median(turns.iter().zip(&measured[0]).map(|(turn, first)| figure(turn) / figure(first)))
            };
            let (ratio, used) = (to_first(|turn| turn.per_second), to_first(|turn| turn.processor));
            let (per_second, p50, p99) = (of(|turn| turn.per_second), of(|turn| turn.p50), of(|turn| turn.p99));
            let processor = of(|turn| turn.processor);
            println!("| {name} | {per_second:.0} | {ratio:.2} | {p50:.1} | {p99:.1} | {processor:.1} | {used:.2} |");
        }
    }

    fn turn(&self, runtime: &tokio::runtime::Runtime, row: Row, at_once: usize, runs: usize) -> Turn {
        let before = processor();
        let begun = Instant::now();
        let mut all: Vec<Duration> = runtime.block_on(async {
            let callers: Vec<_> = (0..at_once).map(|_| self.caller(row, runs / at_once)).collect();
            let mut all = Vec::new();
            for caller in callers {
                all.extend(caller.await.expect("nobody panics"));
            }
            all
        });
        let (took, used) = (begun.elapsed(), processor() - before);
        all.sort_unstable();
        let at = |part: usize| all[all.len() * part / 100].as_secs_f64() * 1e6;
        let count = all.len() as f64;
        Turn { per_second: count / took.as_secs_f64(), p50: at(50), p99: at(99), processor: used * 1e6 / count }
    }

    /// The times of one caller's runs, one after the other.
    fn caller(&self, row: Row, runs: usize) -> tokio::task::JoinHandle<Vec<Duration>> {
        match row {
            Row::Bare(guest) => {
                let (bare, input) = (self.bare[guest].clone(), GUESTS[guest].1.unwrap_or_default());
                tokio::spawn(async move {
                    let mut times = Vec::with_capacity(runs);
                    for _ in 0..runs {
                        let begun = Instant::now();
                        bare.run("guest", &[], input).await.expect("it completes");
                        times.push(begun.elapsed());
                    }
                    times
                })
            }
            Row::Host(guest) => {
                let input = GUESTS.get(guest).and_then(|(_, input)| *input);
                let (host, action) = (self.host.clone(), self.actions[guest].clone());
                tokio::spawn(async move {
                    let mut times = Vec::with_capacity(runs);
                    for _ in 0..runs {
                        let begun = Instant::now();
                        run(&host, &action, input).await;
                        times.push(begun.elapsed());
                    }
                    times
                })
            }
        }
    }
}

async fn run(host: &Host, action: &Action, input: Option<&str>) {
    let mut ask = Ask::default();
    ask.input = input.map(str::to_owned);
    let workspace = WorkspaceName::parse("default").expect("it is a name");
    let spec = RunSpec::new(workspace, ask).expect("it keeps within its bounds");
    let ended = host.run(action, spec).stderr(Output::Discard).start().await.expect("it starts");
    assert!(matches!(ended.outcome.end, End::Completed), "{:?}", ended.outcome.end);
}

/// Builds the guests.
fn guests() -> [PathBuf; 3] {
    let root = root();
    let target = root.join("target/guests");
    let selections: [&[&str]; 2] =
        [&["-p", "hello"], &["-p", "guests", "--example", "echoes", "--example", "fingerprints_a_secret"]];
    for selection in selections {
        let status = Command::new(env!("CARGO"))
            .args(["build", "--locked", "--quiet", "--target", "wasm32-wasip2", "--profile", "guest"])
            .args(selection)
            .arg("--target-dir")
            .arg(&target)
            .current_dir(root)
            .status();
        assert!(status.expect("cargo can be run").success(), "the guests do not build");
    }
    GUESTS.map(|(name, _)| target.join(format!("wasm32-wasip2/guest/{name}.wasm")))
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("it is in the workspace")
}

fn runtime(threads: usize) -> tokio::runtime::Runtime {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(threads).enable_all().build().expect("a runtime can be made")
}

fn processor() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

fn median(figures: impl Iterator<Item = f64>) -> f64 {
    let mut figures: Vec<f64> = figures.collect();
    figures.sort_unstable_by(f64::total_cmp);
    figures[figures.len() / 2]
}
