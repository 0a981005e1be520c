//! Hostile runs beside honest ones in one program, on few threads: the honest ones complete, and the program lives.

use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinSet;
use um_runtime::{Action, End, Host, Limits, Output};

use super::readers::blocked;
use crate::calls::{self, entry};
use crate::files::make_pipe;
use crate::runs::{host, load};
use crate::support::run::{Run, run_of};

const HONEST: usize = 50;
/// Threads of the pool that all runs share: with more, it would take longer to use them up.
const THREADS: usize = 8;
/// How much longer honest runs may take beside hostile runs than beside as many that merely compute, in one of so many
/// tries: the machine has other tests to do.
const TIMES: f64 = 5.0;
const TRIES: usize = 3;
/// The same of the medians of this many turns, in a process that has the machine for itself, as in `./tests/deep`.
const TIMES_OF_MEDIANS: f64 = 1.5;
const HOSTILE_RUNS: usize = 4;
/// Honest runs of one measurement.
const TURNS: u32 = 20;

fn few_threads() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).max_blocking_threads(THREADS).enable_all().build().unwrap()
}

fn limits(pairs: &[(&str, &str)]) -> Limits {
    let mut limits = Limits::default();
    pairs.iter().for_each(|(name, value)| limits.set(name, value).unwrap());
    limits
}

#[test]
fn fifty_honest_runs_complete_beside_hostile_ones() {
    few_threads().block_on(async {
        let folder = tempfile::tempdir().unwrap();
        make_pipe(&folder.path().join("pipe"));
        let (host, url) = (host(), calls::server().await);
        let load = async |name: &str| load(&host, name).await;
        let shapes = load("returns_a_shape").await;
        let [documents, guards, pipes, calls] = [
            load("writes_costly_documents").await,
            load("guards_costly_values").await,
            load("opens_what_it_is_told").await,
            load("calls_in_every_way").await,
        ];
        let mut hostile = JoinSet::new();
        let mut open = Vec::new();
        for number in 0..3 {
            // Results that are deep, or have very many parts.
            for shape in ["deep", "keys", "secrets"] {
                let input = format!(r#"{{"shape": "{shape}", "bytes": 2000000}}"#);
                hostile.spawn(run_of(&host, &shapes).input(input).limits(limits(&[("wall", "5s")])).start());
            }
            // Documents that take long to look through, and a reader that never reads.
            let (never, output) = blocked();
            open.push(never);
            let target = folder.path().join(number.to_string());
            let run = run_of(&host, &documents).documents(target).stdout(output);
            hostile.spawn(run.limits(limits(&[("wall", "2s"), ("deliver", "1s")])).start());
            hostile.spawn(run_of(&host, &guards).limits(limits(&[("wall", "5s")])).start());
            // Files that nobody writes into.
            hostile.spawn(run_of(&host, &pipes).dir(folder.path(), "/data").args(["/data/pipe"]).start());
            // More calls than the run may have resources.
            let run = run_of(&host, &calls).allow(entry(&url)).allow_private("127.0.0.1".parse().unwrap());
            let run = run.args([url.as_str(), "600", "with time-outs"]).stdout(Output::Discard);
            hostile.spawn(run.limits(limits(&[("wall", "20s"), ("http-calls", "1000")])).start());
        }
        let honest = load("echoes").await;
        let mut runs = JoinSet::new();
        for number in 0..HONEST {
            let input = format!(r#"{{"run":{number}}}"#);
            let run = run_of(&host, &honest).input(input.clone()).limits(limits(&[("wall", "60s")])).start();
            runs.spawn(async move { (input, run.await.unwrap()) });
        }
        for (input, outcome) in runs.join_all().await {
            assert_eq!(outcome.end, End::Completed);
            assert_eq!(outcome.result.as_ref().unwrap().as_str(), input);
        }
        for outcome in hostile.join_all().await {
            assert!(!matches!(outcome.unwrap().end, End::Trapped { .. }));
        }
    });
}

#[test]
fn an_honest_run_goes_on_beside_hostile_ones_as_beside_those_that_compute() {
    let turns = std::env::var("UM_HOST_TURNS").ok().map(|turns| turns.parse().unwrap());
    few_threads().block_on(async {
        let host = host();
        let honest = load(&host, "echoes").await;
        let spinning = load(&host, "loops_for_ever").await;
        for (name, input) in
            [("guards_costly_values", None), ("returns_a_shape", Some(r#"{"shape": "secrets", "bytes": 4000000}"#))]
        {
            let hostile = load(&host, name).await;
            let mut seen = Vec::new();
            let fair = async {
                for _ in 0..turns.unwrap_or(TRIES) {
                    let usual = beside(&host, &honest, || run_of(&host, &spinning)).await;
                    let attacked =
                        beside(&host, &honest, || input.into_iter().fold(run_of(&host, &hostile), Run::input)).await;
                    seen.push((usual, attacked));
                    if turns.is_none() && attacked.div_duration_f64(usual) < TIMES {
                        return true;
                    }
                }
                let median = |of: fn(&(Duration, Duration)) -> Duration| {
                    let mut times: Vec<_> = seen.iter().map(of).collect();
                    times.sort();
                    times[times.len() / 2]
                };
                let (usual, attacked) = (median(|times| times.0), median(|times| times.1));
                println!("{name}: {TURNS} honest runs take {attacked:?}, beside runs that compute {usual:?}");
                turns.is_some() && attacked.div_duration_f64(usual) < TIMES_OF_MEDIANS
            };
            assert!(fair.await, "{name}: {seen:?}");
        }
    });
}

/// How long honest runs take beside others, which are begun anew for as long as that is.
async fn beside(host: &Host, honest: &Action, other: impl Fn() -> Run) -> Duration {
    let mut others = JoinSet::new();
    let another = || other().limits(limits(&[("wall", "60s")])).stdout(Output::Discard).start();
    for _ in 0..HOSTILE_RUNS {
        others.spawn(another());
    }
    let began = Instant::now();
    for _ in 0..TURNS {
        let outcome = run_of(host, honest).limits(limits(&[("wall", "60s")])).start().await.unwrap();
        assert_eq!(outcome.end, End::Completed);
        while others.try_join_next().is_some() {
            others.spawn(another());
        }
    }
    began.elapsed()
}
