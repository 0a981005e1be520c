//! What egress costs: calls a second and their times, from guests through `wasi:http`, beside a client of hyper alone.
//!
//! `cargo bench -p um-host --bench egress`, with `-- --quick` for a run of half a minute, and with names of rows
//! (`bare`, `plain`, `bound-1`, `bound-10`, `sealed`) for those alone. The server is a process of its own, on loopback.
//! The rows of a table are measured in turns, so that they share whatever else the machine does, and each figure is the
//! median of its turns; so is each ratio, which is taken within a turn.
//!
//! Built without default features, memory is not wiped when it is freed, for hyper alone as for the host.

#![expect(clippy::print_stdout, reason = "it prints its figures")]

mod egress_ends;

use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use egress_ends::bare::Bare;
use egress_ends::server::{self, SERVE, Server};
use rustix::time::{ClockId, clock_gettime};
use um_base::rule::{HostName, Placement, Rule};
use um_host::{Ask, Host, MapVault, RunSpec, SecretName, SecretValue, WorkspaceName};
use um_runtime::{Action, End, Limits};
use um_secret::{Binding, MapSecret};

/// As in the `um-host` program.
#[cfg(feature = "cli")]
#[global_allocator]
static WIPING: zeroizing_alloc::ZeroAlloc<std::alloc::System> = zeroizing_alloc::ZeroAlloc(std::alloc::System);

const TOKEN: &str = "pat-na1-7Hq2Lx9vTz-4f8c9e7d-1b22-4c3a";
/// Calls of one row in one turn, for small and large answers; four times as many where several are under way.
const CALLS: [usize; 2] = [3_000, 1_000];
const QUICK_CALLS: [usize; 2] = [600, 200];
/// Size of answers, in bytes.
const SIZES: [usize; 2] = [1024, 64 * 1024];
/// Calls that are under way at once.
const AT_ONCE: [usize; 2] = [1, 16];

/// Who calls.
#[derive(Clone, Copy)]
enum Row {
    /// hyper alone.
    Bare,
    /// A guest without secrets.
    Plain,
    /// A guest that sends a token to the host that it is bound to, and has read so many that are bound to others.
    Bound(usize),
    /// A guest that sends a placeholder.
    Sealed,
}

const ROWS: [(&str, Row); 5] = [
    ("bare", Row::Bare),
    ("plain", Row::Plain),
    ("bound-1", Row::Bound(1)),
    ("bound-10", Row::Bound(10)),
    ("sealed", Row::Sealed),
];

fn main() {
    let asked: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    if asked.first().is_some_and(|first| first == SERVE) {
        return server::serve();
    }
    let quick = asked.iter().any(|argument| argument == "--quick");
    let names: Vec<&String> = asked.iter().filter(|argument| !argument.starts_with("--")).collect();
    let rows = ROWS.into_iter().filter(|(name, _)| names.is_empty() || names.iter().any(|asked| asked == name));
    let rows: Vec<_> = rows.collect();
    let (turns, calls) = if quick { (5, QUICK_CALLS) } else { (9, CALLS) };
    let bench = Bench::new();
    for (bytes, calls) in SIZES.into_iter().zip(calls) {
        for at_once in AT_ONCE {
            let calls = if at_once == 1 { calls } else { 4 * calls };
            bench.table(&rows, turns, bytes, at_once, calls);
        }
    }
}

struct Bench {
    server: Server,
    runtime: tokio::runtime::Runtime,
    bare: Arc<Bare>,
    hosts: [Host; 3],
    actions: [Action; 3],
}

/// What one row did in one turn.
struct Turn {
    per_second: f64,
    p50: f64,
    p99: f64,
    /// Processor time of this process for each call, in µs.
    processor: f64,
}

impl Bench {
    fn new() -> Self {
        let guest = guest();
        let server = Server::start();
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime can be made");
        let here = format!("http://127.0.0.1:{}", server.port);
        let others = (0..10).map(|number| {
            let value = format!("{number}-{}", TOKEN.to_ascii_uppercase());
            bound(&format!("OTHER_{number}"), &value, &format!("api-{number}.example.com"))
        });
        let revealed = others.chain([bound("TOKEN", TOKEN, &here)]).collect();
        let sealed = secret("TOKEN", TOKEN).sealed([binding(&here)]).expect("it can be sealed");
        let hosts = [Vec::new(), revealed, vec![sealed]].map(|secrets| {
            let workspace = WorkspaceName::parse("default").expect("it is a name");
            let secrets = MapVault::new().workspace(workspace, secrets);
            Host::builder().secrets(Arc::new(secrets)).build().expect("the engine starts")
        });
        let actions = hosts.each_ref().map(|host| runtime.block_on(host.load(&guest)).expect("the guest is one"));
        Self { bare: Arc::new(Bare::new(server.port)), server, runtime, hosts, actions }
    }

    fn table(&self, rows: &[(&str, Row)], turns: usize, bytes: usize, at_once: usize, calls: usize) {
        let mut measured: Vec<Vec<Turn>> = rows.iter().map(|_| Vec::new()).collect();
        for _ in 0..turns {
            for ((_, row), measured) in rows.iter().zip(&mut measured) {
                measured.push(self.turn(*row, bytes, at_once, calls / at_once));
            }
        }
        println!("\n| {bytes} bytes, {at_once} at once | calls/s | / {} | p50 µs | p99 µs | processor µs |", rows[0].0);
        println!("|---|---|---|---|---|---|");
        for ((name, _), turns) in rows.iter().zip(&measured) {
            let of = |figure: fn(&Turn) -> f64| median(turns.iter().map(figure));
            let ratio = median(turns.iter().zip(&measured[0]).map(|(turn, first)| turn.per_second / first.per_second));
            let (per_second, p50, p99) = (of(|turn| turn.per_second), of(|turn| turn.p50), of(|turn| turn.p99));
            let processor = of(|turn| turn.processor);
            println!("| {name} | {per_second:.0} | {ratio:.2} | {p50:.0} | {p99:.0} | {processor:.0} |");
        }
    }

    fn turn(&self, row: Row, bytes: usize, at_once: usize, calls: usize) -> Turn {
        let before = clock_gettime(ClockId::ProcessCPUTime);
        let each: Vec<Vec<Duration>> = self.runtime.block_on(async {
            let callers: Vec<_> = (0..at_once).map(|_| self.calls(row, bytes, calls)).collect();
            let callers: Vec<_> = callers.into_iter().map(tokio::spawn).collect();
            let mut each = Vec::new();
            for caller in callers {
                each.push(caller.await.expect("nobody panics"));
            }
            each
        });
        let after = clock_gettime(ClockId::ProcessCPUTime);
        let processor = (after.tv_sec - before.tv_sec) as f64 * 1e6 + (after.tv_nsec - before.tv_nsec) as f64 / 1e3;
        let per_second =
            each.iter().map(|times| times.len() as f64 / times.iter().sum::<Duration>().as_secs_f64()).sum();
        let mut all: Vec<Duration> = each.into_iter().flatten().collect();
        all.sort_unstable();
        let at = |part: usize| all[all.len() * part / 100].as_secs_f64() * 1e6;
        Turn { per_second, p50: at(50), p99: at(99), processor: processor / all.len() as f64 }
    }
    /// The times of one caller's calls.
    fn calls(&self, row: Row, bytes: usize, calls: usize) -> Pin<Box<dyn Future<Output = Vec<Duration>> + Send>> {
        let (number, token, others) = match row {
            Row::Bare => return Box::pin(bare(self.bare.clone(), bytes, calls)),
            Row::Plain => (0, TOKEN, 0),
            Row::Bound(others) => (1, "TOKEN", others),
            Row::Sealed => (2, "TOKEN", 0),
        };
        let url = format!("http://127.0.0.1:{}/{bytes}", self.server.port);
        let arguments = [url.clone(), calls.to_string(), token.to_owned()];
        let others = (0..others).map(|number| format!("OTHER_{number}"));
        let mut ask = Ask::default();
        ask.args = arguments.into_iter().chain(others).collect();
        ask.hosts = vec![entry(&url)];
        ask.private_hosts = vec![HostName::parse("127.0.0.1").expect("it is an address")];
        ask.limits = (&limits()).into();
        let workspace = WorkspaceName::parse("default").expect("it is a name");
        let spec = RunSpec::new(workspace, ask).expect("it keeps within its bounds");
        let run = self.hosts[number].run(&self.actions[number], spec);
        Box::pin(async move {
            let ended = run.start().await.expect("it starts");
            let (text, outcome) = (String::from_utf8_lossy(&ended.stdout), ended.outcome);
            assert!(matches!(outcome.end, End::Completed), "{:?}: {text} {:?}", outcome.end, outcome.refused);
            text.lines().map(|line| Duration::from_nanos(line.parse().expect("a number"))).collect()
        })
    }
}

async fn bare(client: Arc<Bare>, bytes: usize, calls: usize) -> Vec<Duration> {
    let (path, authorization) = (format!("/{bytes}"), format!("Bearer {TOKEN}"));
    let mut times = Vec::with_capacity(calls);
    for _ in 0..calls {
        let begun = Instant::now();
        client.call(&path, &authorization).await;
        times.push(begun.elapsed());
    }
    times
}

/// As many calls as there are.
fn limits() -> Limits {
    let mut limits = Limits::default();
    (limits.http_calls, limits.http_bytes_in) = (u64::MAX, u64::MAX);
    limits
}

fn entry(text: &str) -> Rule {
    Rule::parse(text).expect("it is a host")
}

fn secret(name: &str, value: &str) -> MapSecret {
    let value = SecretValue::new(value.to_owned()).unwrap_or_else(|_| panic!("it is fit for a secret"));
    MapSecret::new(SecretName::parse(name).expect("it is a name"), value)
}

fn bound(name: &str, value: &str, to: &str) -> MapSecret {
    secret(name, value).bound([binding(to)]).expect("it can be bound")
}

fn binding(to: &str) -> Binding {
    Binding::new(entry(to), Placement::default()).expect("it is one host")
}

/// Builds the guest.
fn guest() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("it is in the workspace");
    let target = root.join("target/guests");
    let status = Command::new(env!("CARGO"))
        .args(["build", "--locked", "--quiet", "--target", "wasm32-wasip2", "--profile", "guest"])
        .args(["-p", "guests", "--bin", "times_its_calls"])
        .arg("--target-dir")
        .arg(&target)
        .current_dir(root)
        .status();
    assert!(status.expect("cargo can be run").success(), "the guest does not build");
    target.join("wasm32-wasip2/guest/times_its_calls.wasm")
}

fn median(figures: impl Iterator<Item = f64>) -> f64 {
    let mut figures: Vec<f64> = figures.collect();
    figures.sort_unstable_by(f64::total_cmp);
    figures[figures.len() / 2]
}
