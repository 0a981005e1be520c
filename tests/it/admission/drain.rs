//! The end of a host.

use um_host::errors::Coded;
use um_host::{Capacity, End, Occupancy};

use super::*;
use crate::runs::load;

/// Counts in the order of the fields.
async fn drained(host: &Host, time: Duration) -> [u64; 4] {
    let drained = within(host.drain(time)).await;
    [drained.finished, drained.cancelled, drained.refused, drained.left]
}

#[tokio::test]
async fn a_host_that_is_drained_lets_its_runs_finish_and_starts_no_more() {
    let (host, vault) = host(|builder| builder.capacity(Capacity::default().runs(1)));
    let action = load(&host, "heartbeat").await;
    let beats =
        |beats: &str| start(run_with(&host, &action, "acme", ask(&format!(r#", "args": ["API_KEY", {beats}]"#))));
    let mut running = beats(r#""3""#);
    running.has_printed().await;
    let mut waiting = beats(r#""1""#);
    waiting.place().await;
    assert_eq!(drained(&host, PATIENCE).await, [1, 0, 1, 0]);
    assert_eq!(running.ended().await.unwrap().outcome.end, End::Completed);
    assert_eq!(waiting.refused().await.code(), "host-draining");
    assert_eq!(beats(r#""1""#).refused().await.code(), "host-draining");
    assert_eq!(host.clone().occupancy(), Occupancy::default());
    assert_eq!(vault.reads().len(), 1);
    assert_eq!(drained(&host, Duration::ZERO).await, [1, 0, 1, 0], "all calls count together");
}

#[tokio::test]
async fn what_still_runs_at_the_deadline_is_cancelled() {
    let (host, vault) = host(|builder| builder);
    let (sleeps, beats) = (load(&host, "sleeps_for_ever").await, load(&host, "heartbeat").await);
    let mut started = vec![start(run(&host, &sleeps, "acme")), start(run(&host, &sleeps, "globex"))];
    started.push(start(run_with(&host, &beats, "acme", ask(r#", "args": ["API_KEY"]"#))));
    for run in &mut started {
        run.has_printed().await;
    }
    assert_eq!(drained(&host, Duration::ZERO).await, [0, 3, 0, 0]);
    for run in started {
        assert_eq!(run.ended().await.unwrap().outcome.end, End::Interrupted);
    }
    assert_eq!(vault.reads().len(), 1, "what it has read is on record");
    assert_eq!(start(run(&host, &sleeps, "acme")).refused().await.code(), "host-draining");
}

#[tokio::test]
async fn a_host_without_runs_is_drained_at_once() {
    let (host, _) = host(|builder| builder);
    assert_eq!(drained(&host, PATIENCE).await, [0; 4]);
}
