//! How many requests of a run are under way at a time: the next ones wait, and fail by name if they wait for nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use http_body_util::BodyExt;
use tokio::io::AsyncWriteExt;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use um_egress::{Budget, EgressError, Phase};

use super::frames::{DATA, END_HEADERS, HEADERS, STATUS_200, Wire, speaking};
use super::http2_peer::Server;
use super::peer::{HELLO, Peer, Run, a_moment_for, read};

const HALF: &str = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf";

fn at_a_time(run: Run, connections: u64) -> Run {
    run.budget(Budget { connections, ..Budget::default() })
}

/// The second request of a run that may have one under way, with `client` as it is.
async fn assert_busy(run: &Run, url: &str) {
    let timeouts = a_moment_for(Phase::Connect);
    let sending = run.client.send(&run.workspace, &run.policy, &run.meter, super::peer::request(url), timeouts.into());
    let error = sending.await.unwrap_err();
    assert!(matches!(error, EgressError::Busy { allowed: 1, .. }), "{error}");
}

#[tokio::test]
async fn more_requests_than_that_wait_for_each_other() {
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (current, highest) = (now.clone(), most.clone());
    let peer = Peer::start(move |mut visit| {
        let (now, most) = (current.clone(), highest.clone());
        async move {
            while visit.read_request().await.is_ok() {
                most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                tokio::time::sleep(Duration::from_millis(20)).await;
                now.fetch_sub(1, Ordering::SeqCst);
                visit.stream.write_all(HELLO.as_bytes()).await?;
            }
            Ok(())
        }
    })
    .await;
    let run = Arc::new(at_a_time(Run::to(&peer), 3));
    let mut requests = JoinSet::new();
    for _ in 0..20 {
        let (run, url) = (run.clone(), peer.url("/"));
        requests.spawn(async move { run.read(&url).await.unwrap() });
    }
    while let Some(answer) = requests.join_next().await {
        assert_eq!(answer.unwrap().1, "hello");
    }
    assert_eq!((peer.requests().len(), most.load(Ordering::SeqCst)), (20, 3));
    assert_eq!(peer.connections(), 3);
}

#[tokio::test]
async fn a_request_that_waits_for_nothing_is_told_the_limit_and_the_run_goes_on() {
    let peer = Peer::start(async |mut visit| {
        visit.answer(if visit.number == 0 { HALF } else { HELLO }).await?;
        visit.closed().await;
        Ok(())
    })
    .await;
    let run = at_a_time(Run::to(&peer), 1).timeouts(a_moment_for(Phase::Connect));
    let held = run.fetch(&peer.url("/")).await.unwrap();
    let error = run.fetch(&peer.url("/")).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "no connection was free for `127.0.0.1` within 150ms, since this run may use 1 at a time"
    );
    assert_eq!((run.meter.exceeded(), peer.connections()), (None, 1));
    drop(held);
    assert_eq!(run.read(&peer.url("/")).await.unwrap().1, "hello");
}

#[tokio::test]
async fn runs_do_not_wait_for_each_other() {
    let peer = Peer::answering(HALF).await;
    let run = at_a_time(Run::to(&peer), 1);
    let other = at_a_time(Run::to(&peer), 1).client(run.client.clone());
    let _held = run.fetch(&peer.url("/")).await.unwrap();
    assert!(other.fetch(&peer.url("/")).await.is_ok());
    assert_busy(&run, &peer.url("/")).await;
}

#[tokio::test]
async fn requests_on_one_connection_count_each() {
    let (_peer, run, url) = speaking(&[], async |mut wire: Wire| {
        loop {
            let stream = wire.request().await?;
            wire.send(HEADERS, END_HEADERS, stream, STATUS_200).await?;
            wire.send(DATA, 0, stream, b"half").await?;
        }
    })
    .await;
    let run = at_a_time(run, 1);
    let held = run.fetch(&url).await.unwrap();
    assert_busy(&run, &url).await;
    drop(held);
    assert!(run.fetch(&url).await.is_ok());
}

#[tokio::test]
async fn an_answer_that_is_read_to_its_end_is_not_under_way_though_it_is_kept() {
    let server = Server::hello(&["h2"]).await;
    let peer = Peer::answering(HELLO).await;
    for (run, url) in [(Run::to(&peer), peer.url("/")), (server.run(), server.url())] {
        let run = at_a_time(run, 1);
        let mut kept = Vec::new();
        for _ in 0..3 {
            let mut response = run.fetch(&url).await.unwrap();
            while response.body_mut().frame().await.is_some() {}
            kept.push(response);
        }
    }
}

#[tokio::test]
async fn a_request_that_fails_or_that_nobody_waits_for_leaves_its_place() {
    let broken = Peer::start(async |mut visit| visit.answer("nonsense\r\n\r\n").await).await;
    let run = at_a_time(Run::to(&broken), 1);
    for _ in 0..3 {
        let error = run.fetch(&broken.url("/")).await.unwrap_err();
        assert!(matches!(error, EgressError::Protocol { .. }), "{error}");
    }
    let arrived = Arc::new(Notify::new());
    let seen = arrived.clone();
    let silent = Peer::start(move |mut visit| {
        let seen = seen.clone();
        async move {
            if visit.number > 2 {
                return visit.answer(HELLO).await;
            }
            visit.read_request().await?;
            seen.notify_one();
            visit.closed().await;
            Ok(())
        }
    })
    .await;
    let (run, url) = (at_a_time(Run::to(&silent), 1), silent.url("/"));
    for _ in 0..3 {
        tokio::select! {
            answer = run.fetch(&url) => panic!("{answer:?}"),
            () = arrived.notified() => {}
        }
    }
    assert_eq!(read(run.fetch(&url).await.unwrap()).await.unwrap().1, "hello");
}
