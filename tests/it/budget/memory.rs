//! What the host keeps in memory for a run, by the peak of whole processes: never more than an empty run of the same kind
//! and the two limits of memory together, and 32 MiB.

use std::ffi::OsStr;
use std::process::Command;

use um_runtime::{End, Limit, Limits};

use crate::runs::{host_with, load};
use crate::support::bound::Bounded;
use crate::support::command::Home;
use crate::support::guests::guest;
use crate::support::run::run_of;

const MIB: u64 = 1 << 20;
/// The limits of each run here, and what nobody counts: buffers of streams, threads, the allocator's own.
const MEMORY: u64 = 64 * MIB;
const HOST_MEMORY: u64 = 48 * MIB;
const SLACK: u64 = 32 * MIB;

/// Runs a program to its end and tells its status and peak.
const MEASURE: &str = "\
import json, resource, subprocess, sys
ended = subprocess.run(sys.argv[1:], stdin=subprocess.DEVNULL, capture_output=True, timeout=120)
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
print(json.dumps([ended.returncode, peak, ended.stderr.decode()]))
";

struct Measured {
    status: i64,
    peak: u64,
    stderr: String,
}

fn measure<A: AsRef<OsStr>>(home: &Home, action: &str, arguments: impl IntoIterator<Item = A>) -> Measured {
    let run = home.um_host(["run"]).arg(guest(action));
    let run = run.args(["--memory".to_owned(), MEMORY.to_string(), "--timeout".to_owned(), "60s".to_owned()]);
    let program = run.args(["--limit".to_owned(), format!("host-memory={HOST_MEMORY}")]).args(arguments).command();
    let mut python = Command::new("python3");
    python.args(["-I", "-c", MEASURE]).arg(program.get_program()).args(program.get_args());
    python.env_clear().current_dir(home.path(""));
    let variables = program.get_envs().filter_map(|(name, value)| Some((name, value?)));
    let output = python.envs(variables).env("PATH", std::env::var_os("PATH").unwrap()).finish().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let (status, peak, stderr) = serde_json::from_slice(&output.stdout).unwrap();
    Measured { status, peak, stderr }
}

#[track_caller]
fn within(peak: u64, empty: u64, what: &str) {
    let most = empty + MEMORY + HOST_MEMORY + SLACK;
    assert!(peak <= most, "{what}: {} MiB, and {} are allowed", peak / MIB, most / MIB);
}

/// 8 MiB of result took 856 MiB.
#[test]
fn the_worst_results_take_no_more_memory_than_is_allowed() {
    let home = Home::with_store();
    home.set("HUBSPOT_API_KEY", "pat-na1-7Hq2Lx9vTz");
    let empty = measure(&home, "returns_a_shape", ["--input", r#"{"shape": "text", "bytes": 10}"#]);
    assert_eq!(empty.status, 0, "{}", empty.stderr);
    for shape in ["text", "numbers", "keys", "lists", "secrets", "deep", "escapes"] {
        let input = format!(r#"{{"shape": "{shape}", "bytes": 8300000}}"#);
        let measured = measure(&home, "returns_a_shape", ["--input", &input]);
        // Too many tokens, or too deep: the action's failure, and no more.
        assert!([0, 1, 123].contains(&measured.status), "{shape}: {} {}", measured.status, measured.stderr);
        within(measured.peak, empty.peak, shape);
    }
}

#[test]
fn documents_take_no_more_memory_than_is_allowed() {
    let home = Home::with_store();
    home.set("HUBSPOT_API_KEY", "pat-na1-7Hq2Lx9vTz");
    let empty = measure(&home, "writes_a_document_and_says_so", ["--documents", "empty"]);
    assert_eq!(empty.status, 0, "{}", empty.stderr);
    for (action, arguments) in [("writes_a_large_document", &["--", "60"][..]), ("writes_costly_documents", &[])] {
        let measured = measure(&home, action, ["--documents", action].iter().chain(arguments));
        assert!([0, 1, 123, 124].contains(&measured.status), "{action}: {} {}", measured.status, measured.stderr);
        within(measured.peak, empty.peak, action);
    }
}

/// 160 values of 64 KiB took 3 GiB.
#[test]
fn values_that_do_not_fit_end_the_run_and_name_the_secret() {
    let home = Home::with_store();
    let names: Vec<String> = (0..12).map(|number| format!("LARGE_{number}")).collect();
    for (number, name) in names.iter().enumerate() {
        home.set(name, &value(number, 64 * 1024));
    }
    let empty = measure(&home, "asks_for_secrets", ["--"]);
    assert_eq!(empty.status, 0, "{}", empty.stderr);
    let all = ["--"].into_iter().chain(names.iter().map(String::as_str));
    let measured = measure(&home, "asks_for_secrets", all);
    assert_eq!(measured.status, 123, "{}", measured.stderr);
    let words = "um-host: error: the action was stopped at its limit `host-memory` of 48 MiB: there is no room to know the \
                 value of LARGE_";
    assert!(measured.stderr.starts_with(words), "{}", measured.stderr);
    within(measured.peak, empty.peak, "large values");
}

#[test]
fn a_loop_of_values_to_guard_takes_no_more_memory_than_is_allowed() {
    let home = Home::with_store();
    let empty = measure(&home, "asks_for_secrets", ["--"]);
    let measured = measure(&home, "guards_costly_values", std::iter::empty::<&str>());
    assert_eq!(measured.status, 0, "{}", measured.stderr);
    within(measured.peak, empty.peak, "guarded values");
}

#[tokio::test]
async fn values_up_to_the_limit_of_host_memory_are_handed_out_and_the_next_ends_the_run() {
    let values: Vec<(String, String)> = (0..3).map(|number| (format!("S{number}"), value(number, 20_000))).collect();
    let host = host_with(values.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    let action = load(&host, "asks_for_secrets").await;
    let limits = |bytes: u64| {
        let mut limits = Limits::default();
        limits.set("host-memory", &bytes.to_string()).unwrap();
        limits
    };
    let names = values.iter().map(|(name, _)| name.clone());
    let outcome = run_of(&host, &action).limits(limits(128 * MIB)).args(names.clone()).start().await.unwrap();
    assert_eq!((&outcome.end, outcome.secrets.len(), &outcome.unfit), (&End::Completed, 3, &None));
    assert!((MIB..128 * MIB).contains(&outcome.usage.host_memory), "{}", outcome.usage.host_memory);
    let outcome = run_of(&host, &action).limits(limits(MIB)).args(names).start().await.unwrap();
    assert!(matches!(outcome.end, End::Limit { limit: Limit::HostMemory, .. }), "{:?}", outcome.end);
    assert_eq!(outcome.unfit.as_ref().unwrap().as_str(), "S0");
    assert_eq!((outcome.secrets.len(), outcome.usage.host_memory), (0, 0));
}

/// A value that repeats nothing.
fn value(seed: usize, bytes: usize) -> String {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64 ^ seed as u64;
    let mut next = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        char::from(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+/"[(state >> 32) as usize % 64])
    };
    (0..bytes).map(|_| next()).collect()
}
