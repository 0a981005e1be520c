//! How much and how long: each limit obeyed and violated.

use std::time::Duration;

use http::Request;
use http_body_util::BodyExt;
use tokio::io::AsyncWriteExt;
use tokio::time::sleep;
use um_egress::{Budget, Client, EgressError, Limit, Phase, Timeouts, Waits};

use super::peer::{HELLO, Names, Peer, Pieces, Run, a_moment_for, post, read};

fn limit(error: EgressError) -> Limit {
    match error {
        EgressError::Limit { limit, .. } => limit,
        other => panic!("{other}"),
    }
}

fn phase(error: EgressError) -> Phase {
    match error {
        EgressError::Timeout { phase, .. } => phase,
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn a_run_may_make_its_calls_and_not_one_more() {
    let peer = Peer::answering(HELLO).await;
    let run = Run::to(&peer).budget(Budget { calls: 3, ..Budget::default() });
    for _ in 0..3 {
        run.read(&peer.url("/")).await.unwrap();
    }
    assert_eq!(run.meter.exceeded(), None);
    assert_eq!(limit(run.fetch(&peer.url("/")).await.unwrap_err()), Limit::HttpCalls);
    assert_eq!((peer.requests().len(), run.meter.exceeded()), (3, Some(Limit::HttpCalls)));
}

#[tokio::test]
async fn a_run_may_send_its_bytes_and_not_one_more() {
    let peer = Peer::answering(HELLO).await;
    let run = Run::to(&peer).budget(Budget { bytes_out: 10, ..Budget::default() });
    run.send(post(&peer.url("/"), "12345")).await.unwrap();
    run.send(Request::post(peer.url("/")).body(Pieces::new(["12", "345"])).unwrap()).await.unwrap();
    assert_eq!(limit(run.send(post(&peer.url("/"), "1")).await.unwrap_err()), Limit::HttpBytesOut);
    assert_eq!(run.meter.usage().bytes_out, 10);
    assert_eq!(run.meter.exceeded(), Some(Limit::HttpBytesOut));
}

#[tokio::test]
async fn a_run_may_receive_its_bytes_and_not_one_more() {
    let peer = Peer::answering(HELLO).await;
    let run = Run::to(&peer).budget(Budget { bytes_in: 10, ..Budget::default() });
    run.read(&peer.url("/")).await.unwrap();
    run.read(&peer.url("/")).await.unwrap();
    assert_eq!(limit(run.read(&peer.url("/")).await.unwrap_err()), Limit::HttpBytesIn);
    assert_eq!((run.meter.usage().bytes_in, run.meter.exceeded()), (10, Some(Limit::HttpBytesIn)));
}

#[tokio::test]
async fn an_endless_answer_ends_at_the_limit_and_its_connection_with_it() {
    let peer = Peer::start(async |mut visit| {
        visit.answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").await?;
        loop {
            visit.stream.write_all(b"400\r\n").await?;
            visit.stream.write_all(&[b'x'; 1024]).await?;
            visit.stream.write_all(b"\r\n").await?;
        }
    })
    .await;
    let run = Run::to(&peer).budget(Budget { bytes_in: 1 << 20, ..Budget::default() });
    let mut body = run.fetch(&peer.url("/")).await.unwrap().into_body();
    let error = loop {
        match body.frame().await.unwrap() {
            Ok(_) => {}
            Err(error) => break error,
        }
    };
    assert_eq!(limit(error), Limit::HttpBytesIn);
    assert!(body.frame().await.is_none(), "after an error a body is at its end");
}

#[tokio::test]
async fn usage_tells_calls_and_bytes_per_host() {
    let peer = Peer::answering(HELLO).await;
    let names = Names::new([("api.test", &[&["127.0.0.1"]])]);
    let named = format!("http://api.test:{}/", peer.port);
    let run = Run::reaching(&[&named, &peer.url("")]).resolver(&names);
    run.read(&named).await.unwrap();
    read(run.send(post(&peer.url("/"), "four")).await.unwrap()).await.unwrap();
    run.fetch("https://elsewhere.test/").await.unwrap_err();
    let usage = run.meter.usage();
    let hosts: Vec<_> = usage.hosts.iter().map(|it| (it.host.as_str(), it.calls, it.bytes_out, it.bytes_in)).collect();
    assert_eq!(hosts, [("api.test", 1, 0, 5), ("127.0.0.1", 1, 4, 5)]);
    assert_eq!((usage.calls, usage.bytes_out, usage.bytes_in), (2, 4, 10));
}

#[tokio::test]
async fn a_server_that_does_not_answer_times_out_before_its_first_byte() {
    let peer = Peer::start(async |mut visit| {
        visit.read_request().await?;
        visit.closed().await;
        Ok(())
    })
    .await;
    let error = Run::to(&peer).timeouts(a_moment_for(Phase::FirstByte)).fetch(&peer.url("/")).await.unwrap_err();
    assert_eq!(phase(error), Phase::FirstByte);
}

#[tokio::test]
async fn a_server_that_only_ever_announces_an_answer_times_out_too() {
    let peer = Peer::start(async |mut visit| {
        visit.read_request().await?;
        loop {
            visit.stream.write_all(b"HTTP/1.1 103 Early Hints\r\n\r\n").await?;
            sleep(Duration::from_millis(10)).await;
        }
    })
    .await;
    let error = Run::to(&peer).timeouts(a_moment_for(Phase::FirstByte)).fetch(&peer.url("/")).await.unwrap_err();
    assert_eq!(phase(error), Phase::FirstByte);
}

#[tokio::test]
async fn a_long_upload_that_makes_progress_is_not_late() {
    let peer = Peer::answering(HELLO).await;
    let slow = Pieces::new(["a"; 6]).pausing(Duration::from_millis(100));
    let timeouts = Timeouts { first_byte: Duration::from_millis(450), ..Timeouts::default() };
    let run = Run::to(&peer).timeouts(timeouts);
    let response = run.send(Request::post(peer.url("/")).body(slow).unwrap()).await.unwrap();
    assert_eq!(read(response).await.unwrap().1, "hello");
}

#[tokio::test]
async fn a_guest_that_never_ends_its_body_is_late() {
    let peer = Peer::answering(HELLO).await;
    let stalled = Pieces::new(["a"]).pausing(Duration::from_secs(3600));
    let run = Run::to(&peer).timeouts(a_moment_for(Phase::FirstByte));
    let error = run.send(Request::post(peer.url("/")).body(stalled).unwrap()).await.unwrap_err();
    assert_eq!(phase(error), Phase::FirstByte);
}

#[tokio::test]
async fn an_answer_that_stops_in_the_middle_times_out_between_bytes() {
    let peer = Peer::start(async |mut visit| {
        visit.answer("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf").await?;
        visit.closed().await;
        Ok(())
    })
    .await;
    let response = Run::to(&peer).timeouts(a_moment_for(Phase::BetweenBytes)).fetch(&peer.url("/")).await.unwrap();
    assert_eq!(phase(read(response).await.unwrap_err()), Phase::BetweenBytes);
}

#[tokio::test]
async fn a_slow_answer_that_keeps_coming_is_not_late() {
    let peer = Peer::start(async |mut visit| {
        visit.answer("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n").await?;
        for _ in 0..10 {
            sleep(Duration::from_millis(60)).await;
            visit.stream.write_all(b"x").await?;
        }
        Ok(())
    })
    .await;
    let timeouts = Timeouts { between_bytes: Duration::from_millis(450), ..Timeouts::default() };
    let response = Run::to(&peer).timeouts(timeouts).fetch(&peer.url("/")).await.unwrap();
    assert_eq!(read(response).await.unwrap().1, "xxxxxxxxxx");
}

#[tokio::test]
async fn a_reader_that_takes_its_time_is_not_late() {
    let peer = Peer::answering(HELLO).await;
    let timeouts = Timeouts { between_bytes: Duration::from_millis(20), ..Timeouts::default() };
    let response = Run::to(&peer).timeouts(timeouts).fetch(&peer.url("/")).await.unwrap();
    sleep(Duration::from_millis(100)).await;
    assert_eq!(read(response).await.unwrap().1, "hello");
}

#[tokio::test]
async fn a_handshake_that_hangs_times_out_while_connecting() {
    let peer = Peer::start(async |mut visit| {
        visit.closed().await;
        Ok(())
    })
    .await;
    let url = format!("https://127.0.0.1:{}/", peer.port);
    let error = Run::reaching(&[&url]).timeouts(a_moment_for(Phase::Connect)).fetch(&url).await.unwrap_err();
    assert_eq!(phase(error), Phase::Connect);
}

#[tokio::test]
async fn a_name_server_that_hangs_times_out_while_connecting() {
    struct Silent;
    #[async_trait::async_trait]
    impl um_egress::Resolve for Silent {
        async fn resolve(&self, _: &str, _: &um_base::Work) -> std::io::Result<Vec<std::net::IpAddr>> {
            std::future::pending().await
        }
    }
    let client = Client::builder().resolver(std::sync::Arc::new(Silent)).build().unwrap();
    let run = Run::outside(&["api.test"]).client(client).timeouts(a_moment_for(Phase::Connect));
    assert_eq!(phase(run.fetch("https://api.test/").await.unwrap_err()), Phase::Connect);
}

/// A server that takes 200 ms for everything: for its head, and for the rest of its body.
async fn slow() -> Peer {
    Peer::start(async |mut visit| {
        visit.read_request().await?;
        for piece in ["HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "he", "llo"] {
            sleep(Duration::from_millis(200)).await;
            visit.stream.write_all(piece.as_bytes()).await?;
        }
        visit.closed().await;
        Ok(())
    })
    .await
}

/// A client that waits 50 ms for an answer to begin, and for its next piece.
fn hasty() -> Client {
    let moment = Duration::from_millis(50);
    let timeouts = Timeouts { first_byte: moment, between_bytes: moment, ..Timeouts::default() };
    Client::builder().timeouts(timeouts).build().unwrap()
}

/// A guest that asked for 60 s was given up on after 30, and told that it were 60.
#[tokio::test]
async fn a_wait_is_as_long_as_was_asked_for_and_else_as_the_client_has_it() {
    let peer = slow().await;
    let ten = Some(Duration::from_secs(10));
    let run = |waits| Run { waits, ..Run::to(&peer).client(hasty()) };
    let patient = Waits { first_byte: ten, between_bytes: ten, ..Waits::default() };
    assert_eq!(run(patient).read(&peer.url("/")).await.unwrap().1, "hello");
    let late = run(Waits { between_bytes: ten, ..Waits::default() }).read(&peer.url("/")).await.unwrap_err();
    assert_eq!((late.to_string().contains("after 50ms"), phase(late)), (true, Phase::FirstByte));
    let late = run(Waits { first_byte: ten, ..Waits::default() }).read(&peer.url("/")).await.unwrap_err();
    assert_eq!((late.to_string().contains("after 50ms"), phase(late)), (true, Phase::BetweenBytes));
}

#[tokio::test]
async fn no_wait_for_an_answer_is_longer_than_its_bound_whoever_asks_for_it() {
    let peer = slow().await;
    let (day, moment) = (Some(Duration::from_secs(86_400)), Some(Duration::from_millis(70)));
    let run = |waits| Run { waits, ..Run::to(&peer) };
    for asked in [day, None] {
        let waits = Waits { first_byte: asked, between_bytes: asked, at_most: moment, ..Waits::default() };
        let late = run(waits).read(&peer.url("/")).await.unwrap_err();
        assert!(late.to_string().contains("after 70ms"), "{late}");
    }
    let waits = Waits { first_byte: day, between_bytes: day, at_most: day, ..Waits::default() };
    assert_eq!(run(waits).read(&peer.url("/")).await.unwrap().1, "hello");
}
