//! Runs at once, and what they may use together.

use std::sync::Arc;

use metrics::with_local_recorder;
use serde_json::json;
use tokio::task::JoinSet;
use um_host::errors::Coded;
use um_host::{AdmissionError, Capacity, End, Place, RunState};

use super::meters::Recorder;
use super::*;
use crate::runs::load;
use crate::support::json::result;

#[tokio::test]
async fn as_many_runs_are_under_way_as_may_be_and_the_next_waits_for_its_turn() {
    let (host, _) = host(|builder| builder.capacity(Capacity::default().runs(2)));
    let action = load(&host, "sleeps_for_ever").await;
    let [mut one, mut two] = [start(run(&host, &action, "acme")), start(run(&host, &action, "acme"))];
    one.has_printed().await;
    two.has_printed().await;
    let mut three = start(run(&host, &action, "acme"));
    assert_eq!(three.place().await, Place { ahead: 0, waiting: 1 });
    assert_eq!(three.handle.state(), RunState::Waiting(Place { ahead: 0, waiting: 1 }));
    let taken = host.occupancy();
    assert_eq!((taken.running, taken.waiting, taken.memory), (2, 1, 2 * COUNTED));
    assert_eq!(one.cancelled().await.unwrap().outcome.end, End::Interrupted);
    three.has_printed().await;
    assert_eq!(three.handle.state(), RunState::Running);
    let ended = three.cancelled().await.unwrap();
    assert!(!ended.queued.is_zero() && two.cancelled().await.unwrap().queued.is_zero());
    assert_eq!(host.occupancy(), um_host::Occupancy::default());
}

#[tokio::test]
async fn a_run_counts_with_all_that_it_may_use_and_one_that_never_fits_is_refused() {
    let (host, _) = host(|builder| builder.capacity(Capacity::default().memory(2 * COUNTED)));
    let action = load(&host, "sleeps_for_ever").await;
    let [mut one, mut two] = [start(run(&host, &action, "acme")), start(run(&host, &action, "acme"))];
    one.has_printed().await;
    two.has_printed().await;
    let mut three = start(run(&host, &action, "acme"));
    three.place().await;
    one.cancelled().await.unwrap();
    three.has_printed().await;
    two.cancelled().await.unwrap();
    three.cancelled().await.unwrap();
    let of = |memory: &str| {
        let limits = format!(r#"{{"limits": {{"memory": "{memory}", "host-memory": "8MiB"}}}}"#);
        start(run_with(&host, &action, "acme", Ask::from_json(&limits).unwrap()))
    };
    let mut all = of("40MiB");
    all.has_printed().await;
    all.cancelled().await.unwrap();
    let refused = of("40961KiB").refused().await;
    assert_eq!(refused, AdmissionError::TooLarge { needed: 2 * COUNTED + 1024, most: 2 * COUNTED });
}

#[tokio::test]
async fn who_would_wait_among_too_many_or_for_too_long_is_refused_and_told_where_it_stood() {
    let short = Capacity::default().runs(1).queue(2).patience(Duration::from_millis(1));
    let (hurried, _) = host(|builder| builder.capacity(short));
    let (patient, _) = host(|builder| builder.capacity(Capacity::default().runs(1).queue(2)));
    let (none, _) = host(|builder| builder.capacity(Capacity::default().runs(1).queue(0)));
    for (host, waiting) in [(&patient, 2), (&none, 0), (&hurried, 2)] {
        let action = load(host, "sleeps_for_ever").await;
        let mut first = start(run(host, &action, "acme"));
        first.has_printed().await;
        let mut queue = Vec::new();
        for ahead in 0..waiting {
            let mut next = start(run(host, &action, "acme"));
            let place = next.place().await;
            assert!(place.ahead <= ahead && place.waiting <= ahead + 1, "{place:?}");
            queue.push(next);
        }
        if waiting == 0 || std::ptr::eq(host, &patient) {
            let refused = start(run(host, &action, "acme")).refused().await;
            assert_eq!(refused, AdmissionError::QueueFull { waiting });
        }
        for next in queue {
            match std::ptr::eq(host, &hurried) {
                true => {
                    let AdmissionError::QueueTimeout { waited, place } = next.refused().await else { panic!() };
                    assert!(waited == Duration::from_millis(1) && place.ahead < 2, "{place:?}");
                }
                false => assert_eq!(next.cancelled().await.unwrap_err().code(), "run-interrupted"),
            }
        }
        assert_eq!(host.occupancy().waiting, 0);
        first.cancelled().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_thousand_runs_at_once_no_more_are_promised_memory_than_there_is() {
    let (recorder, cap) = (Recorder::default(), 10 * COUNTED + 1);
    let capacity = Capacity::default().memory(cap).patience(PATIENCE);
    let (host, _) = with_local_recorder(&recorder, || host(|builder| builder.capacity(capacity)));
    // Long enough that all who may be are under way at the same time.
    let action = load(&host, "sleeps").await;
    let mut runs = JoinSet::new();
    for number in (0..1_000).map(|number| 10 + number % 7) {
        let run = run_with(&host, &action, "acme", ask(&format!(r#", "input": {number}"#)));
        runs.spawn(async move { (number, run.start().await) });
    }
    for (number, ended) in within(runs.join_all()).await {
        let outcome = ended.unwrap().outcome;
        assert_eq!((&outcome.end, outcome.result.unwrap().as_str()), (&End::Completed, &*number.to_string()));
    }
    // Each change is told, so none is missed.
    let promised = recorder.gauge("um_host_memory_reserved_bytes");
    let most = promised.iter().copied().max();
    assert_eq!((most, promised.last()), (Some(10 * COUNTED), Some(&0)));
    assert!(recorder.gauge("um_host_runs_running").into_iter().all(|running| running <= 10));
    assert_eq!(host.occupancy(), um_host::Occupancy::default());
}

/// Many at once, with the values of two workspaces under the same names: each gets its own, whatever is beside it, before it
/// and after it in the same places.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thousands_of_interleaved_runs_of_two_workspaces_each_get_their_own_values() {
    const RUNS: usize = 3_000;
    let (host, vault) = host(|builder| builder.capacity(Capacity::default().runs(16).patience(PATIENCE)));
    let action = Arc::new(load(&host, "fingerprints_a_secret").await);
    let mut runs = JoinSet::new();
    for number in 0..RUNS {
        // Two of one workspace after each other now and then, so that all pairs follow each other.
        let (own, name) = (["acme", "globex"][number / 3 % 2], ["API_KEY", "TOKEN"][number % 2]);
        let run = run_with(&host, &action, own, ask(&format!(r#", "input": {name:?}"#)));
        runs.spawn(async move { (own, name, run.start().await.unwrap().outcome) });
    }
    for (own, name, outcome) in within(runs.join_all()).await {
        let hash = value_of(own, name)
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        let expected = json!({ "workspace": own, "length": 48, "fnv1a": format!("{hash:016x}") });
        assert_eq!((&outcome.end, result(&outcome)), (&End::Completed, Some(expected)));
        let [read] = &outcome.secrets[..] else { panic!("{:?}", outcome.secrets) };
        assert_eq!((outcome.workspace.as_str(), read.name.as_str()), (own, name));
    }
    assert_eq!(vault.reads().len(), RUNS, "each read is on record");
}
