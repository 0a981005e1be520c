//! Whose turn it is, where more runs wait than there is room for.

use std::sync::{Arc, Mutex};

use um_host::errors::Coded;
use um_host::{Capacity, RunState};

use super::*;
use crate::runs::load;

#[tokio::test]
async fn one_workspace_that_floods_the_queue_keeps_nobody_elses_run_waiting() {
    let (host, _) = host(|builder| builder.capacity(Capacity::default().runs(1)));
    let (sleeps, echoes) = (load(&host, "sleeps_for_ever").await, load(&host, "echoes").await);
    let mut holder = start(run(&host, &sleeps, "acme"));
    holder.has_printed().await;
    let order: Arc<Mutex<Vec<&str>>> = Arc::default();
    let begin = |within| {
        let order = Arc::clone(&order);
        start(run(&host, &echoes, within).on_kind(move |_| order.lock().unwrap().push(within)))
    };
    let mut queue = Vec::new();
    for within in std::iter::repeat_n("acme", 100).chain(["globex"; 3]) {
        let mut next = begin(within);
        next.place().await;
        queue.push(next);
    }
    holder.cancelled().await.unwrap();
    for next in queue {
        next.ended().await.unwrap();
    }
    let order = order.lock().unwrap();
    assert_eq!((order.len(), order[0]), (103, "globex"), "who has had nothing is the next");
    assert_eq!(order.iter().filter(|within| **within == "globex").count(), 3);
}

#[tokio::test]
async fn one_workspace_that_fills_the_queue_has_nobody_else_refused() {
    let (host, _) = host(|builder| builder.capacity(Capacity::default().runs(1).queue(3)));
    let action = load(&host, "sleeps_for_ever").await;
    let mut queue = Vec::new();
    for _ in 0..4 {
        queue.push(start(run(&host, &action, "acme")));
    }
    queue[0].has_printed().await;
    for waiting in &mut queue[1..] {
        waiting.place().await;
    }
    let mut honest = start(run(&host, &action, "globex"));
    assert_eq!(honest.place().await.ahead, 0);
    assert_eq!(queue.pop().unwrap().refused().await.code(), "queue-full");
    assert!(queue.iter().all(|run| matches!(run.handle.state(), RunState::Waiting(_) | RunState::Running)));
    assert_eq!(honest.cancelled().await.unwrap_err().code(), "run-interrupted");
    for run in queue.into_iter().rev() {
        let _ = run.cancelled().await;
    }
}

#[tokio::test]
async fn a_run_that_nobody_waits_for_any_more_gives_its_place_up() {
    let (host, _) = host(|builder| builder.capacity(Capacity::default().runs(1)));
    let action = load(&host, "sleeps_for_ever").await;
    let mut first = start(run(&host, &action, "acme"));
    first.has_printed().await;
    let mut dropped = start(run(&host, &action, "acme"));
    dropped.place().await;
    let mut last = start(run(&host, &action, "acme"));
    assert_eq!(last.place().await.ahead, 1);
    dropped.ending.abort();
    // Abandoned by whoever waited for it, the one under way settles by itself, and its place goes on to the last.
    first.ending.abort();
    last.has_printed().await;
    assert_eq!(dropped.handle.state(), RunState::Ended);
    last.cancelled().await.unwrap();
}
