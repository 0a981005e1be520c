//! Which connections are used again, by whom, and when they close.

use std::sync::Arc;

use http::Request;
use http_body_util::BodyExt;
use tokio::sync::{Barrier, Notify};
use um_egress::{EgressError, ProtocolFault};

use super::peer::{HELLO, Names, Peer, Pieces, Run, post, read};

#[tokio::test]
async fn requests_one_after_another_share_a_connection() {
    let peer = Peer::answering(HELLO).await;
    let run = Run::to(&peer);
    for _ in 0..5 {
        assert_eq!(run.read(&peer.url("/")).await.unwrap(), (200, "hello".to_owned()));
        assert_eq!(read(run.send(post(&peer.url("/"), "body")).await.unwrap()).await.unwrap().1, "hello");
    }
    assert_eq!((peer.connections(), peer.requests().len()), (1, 10));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_share_a_connection_also_when_its_task_runs_elsewhere() {
    let peer = Peer::answering(HELLO).await;
    let run = Run::to(&peer);
    for _ in 0..100 {
        run.read(&peer.url("/")).await.unwrap();
    }
    assert_eq!(peer.connections(), 1);
}

#[tokio::test]
async fn workspaces_never_share_a_connection() {
    let peer = Peer::answering(HELLO).await;
    let first = Run::to(&peer).workspace("first");
    let second = Run::to(&peer).workspace("second").client(first.client.clone());
    for _ in 0..3 {
        first.read(&peer.url("/")).await.unwrap();
        second.read(&peer.url("/")).await.unwrap();
    }
    assert_eq!(peer.connections(), 2);
}

#[tokio::test]
async fn a_run_that_may_not_reach_inside_gets_no_connection_of_one_that_may() {
    let peer = Peer::answering(HELLO).await;
    let lifted = Run::to(&peer);
    lifted.read(&peer.url("/")).await.unwrap();
    let plain = Run::outside(&[&peer.url("")]).client(lifted.client.clone());
    assert!(matches!(plain.fetch(&peer.url("/")).await, Err(EgressError::Inside { .. })));
    assert_eq!(peer.requests().len(), 1);
}

#[tokio::test]
async fn a_name_is_resolved_once_per_connection() {
    let peer = Peer::answering(HELLO).await;
    let names = Names::new([("api.test", &[&["127.0.0.1"], &["127.0.0.2"]])]);
    let url = format!("http://api.test:{}/", peer.port);
    let run = Run::reaching(&[&url]).resolver(&names);
    run.read(&url).await.unwrap();
    run.read(&url).await.unwrap();
    assert_eq!((names.asked(), peer.connections()), (vec!["api.test".to_owned()], 1));
}

#[tokio::test]
async fn a_body_that_is_dropped_half_read_takes_its_connection_along() {
    let closed = Arc::new(Notify::new());
    let seen = closed.clone();
    let peer = Peer::start(move |mut visit| {
        let seen = seen.clone();
        async move {
            visit.answer("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf").await?;
            visit.closed().await;
            seen.notify_one();
            Ok(())
        }
    })
    .await;
    let run = Run::to(&peer);
    let mut response = run.fetch(&peer.url("/")).await.unwrap();
    assert_eq!(response.body_mut().frame().await.unwrap().unwrap().into_data().unwrap(), "half");
    drop(response);
    closed.notified().await;
    run.fetch(&peer.url("/")).await.unwrap();
    assert_eq!(peer.connections(), 2);
}

/// Whoever got the trailers does not ask for what comes behind them.
#[tokio::test]
async fn a_body_that_is_read_up_to_its_trailers_gives_its_connection_back() {
    let answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nx-sum: 5\r\n\r\n";
    let peer = Peer::answering(answer).await;
    let run = Run::to(&peer);
    for _ in 0..3 {
        let mut body = run.fetch(&peer.url("/")).await.unwrap().into_body();
        while !body.frame().await.unwrap().unwrap().is_trailers() {}
    }
    assert_eq!((peer.requests().len(), peer.connections()), (3, 1));
}

#[tokio::test]
async fn dropping_the_future_of_a_request_closes_its_connection() {
    let (arrived, closed) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (seen, ended) = (arrived.clone(), closed.clone());
    let peer = Peer::start(move |mut visit| {
        let (seen, ended) = (seen.clone(), ended.clone());
        async move {
            visit.read_request().await?;
            seen.notify_one();
            visit.closed().await;
            ended.notify_one();
            Ok(())
        }
    })
    .await;
    let run = Run::to(&peer);
    let url = peer.url("/");
    tokio::select! {
        answer = run.fetch(&url) => panic!("{answer:?}"),
        () = arrived.notified() => {}
    }
    closed.notified().await;
}

/// A server may close an idle connection at any time; the next request must not suffer for it.
#[tokio::test]
async fn a_connection_that_the_server_closed_is_replaced_unnoticed() {
    let peer = Peer::start(async |mut visit| visit.answer(HELLO).await).await;
    let run = Run::to(&peer);
    for _ in 0..5 {
        assert_eq!(read(run.send(post(&peer.url("/"), "once")).await.unwrap()).await.unwrap().1, "hello");
    }
    assert_eq!((peer.connections(), peer.requests().len()), (5, 5));
}

#[tokio::test]
async fn a_request_of_which_anything_was_sent_is_not_sent_again() {
    let peer = Peer::start(async |mut visit| {
        visit.answer(HELLO).await?;
        visit.read_request().await
    })
    .await;
    let run = Run::to(&peer);
    run.read(&peer.url("/")).await.unwrap();
    let error = run.send(post(&peer.url("/"), "pay once")).await.unwrap_err();
    assert!(matches!(error, EgressError::Protocol { fault: ProtocolFault::Closed, .. }), "{error}");
    assert_eq!((peer.connections(), peer.requests().len()), (1, 2));
}

#[tokio::test]
async fn a_connection_whose_request_is_still_going_out_is_not_used_again() {
    let peer = Peer::start(async |mut visit| {
        use tokio::io::AsyncWriteExt;
        visit.stream.write_all(HELLO.as_bytes()).await?;
        visit.closed().await;
        Ok(())
    })
    .await;
    let run = Run::to(&peer);
    for _ in 0..2 {
        let endless = Pieces::new(["a"; 1000]).pausing(std::time::Duration::from_millis(5));
        let response = run.send(Request::post(peer.url("/")).body(endless).unwrap()).await.unwrap();
        assert_eq!(read(response).await.unwrap().1, "hello");
    }
    assert_eq!(peer.connections(), 2);
}

#[tokio::test]
async fn at_most_eight_idle_connections_are_kept_for_an_origin() {
    let together = Arc::new(Barrier::new(12));
    let peer = Peer::start(move |mut visit| {
        use tokio::io::AsyncWriteExt;
        let together = together.clone();
        async move {
            while visit.read_request().await.is_ok() {
                together.wait().await;
                visit.stream.write_all(HELLO.as_bytes()).await?;
            }
            Ok(())
        }
    })
    .await;
    let run = Arc::new(Run::to(&peer));
    for expected in [12, 16] {
        let url = peer.url("/");
        let requests: Vec<_> = (0..12)
            .map(|_| {
                let (run, url) = (run.clone(), url.clone());
                tokio::spawn(async move { run.fetch(&url).await.unwrap() })
            })
            .collect();
        let mut responses = Vec::new();
        for request in requests {
            responses.push(request.await.unwrap());
        }
        for response in responses {
            read(response).await.unwrap();
        }
        assert_eq!(peer.connections(), expected);
    }
}

#[tokio::test]
async fn idle_connections_close_on_demand_and_those_in_use_after_their_answer() {
    let peer = Peer::answering(HELLO).await;
    let run = Run::to(&peer);
    run.read(&peer.url("/")).await.unwrap();
    run.client.close_idle();
    let response = run.fetch(&peer.url("/")).await.unwrap();
    assert_eq!(peer.connections(), 2);
    run.client.close_idle();
    assert_eq!(read(response).await.unwrap().1, "hello");
    run.read(&peer.url("/")).await.unwrap();
    run.read(&peer.url("/")).await.unwrap();
    assert_eq!(peer.connections(), 3);
}
