//! HTTP/2 with servers that keep to it: who shares a connection, and what arrives.

use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Version};
use http_body_util::{BodyExt, Empty};
use tokio::sync::Barrier;
use tokio::sync::mpsc::unbounded_channel;
use tokio::task::JoinSet;
use um_egress::{Budget, EgressError};

use super::frames::{DATA, END_HEADERS, END_STREAM, HEADERS, STATUS_200, speaking};
use super::http2_peer::{Seen, Server};
use super::peer::{Pieces, Run, post, read};

const BOTH: [&str; 2] = ["h2", "http/1.1"];

/// A server that answers only when `count` requests wait for it.
async fn together(protocols: &[&str], streams: u32, count: usize) -> Server {
    let barrier = Arc::new(Barrier::new(count));
    let meet = move |_: Seen| {
        let barrier = barrier.clone();
        async move {
            barrier.wait().await;
            "hello".to_owned()
        }
    };
    Server::start(protocols, streams, meet).await
}

/// `count` requests at once, all of them answered.
async fn at_once(run: &Arc<Run>, url: &str, count: usize) {
    let mut requests = JoinSet::new();
    for _ in 0..count {
        let (run, url) = (run.clone(), url.to_owned());
        requests.spawn(async move { run.read(&url).await.unwrap() });
    }
    while let Some(answer) = requests.join_next().await {
        assert_eq!(answer.unwrap(), (200, "hello".to_owned()));
    }
}

#[tokio::test]
async fn requests_share_one_connection_one_after_another_and_at_the_same_time() {
    let server = Server::hello(&BOTH).await;
    let run = server.run();
    for _ in 0..3 {
        assert_eq!(run.read(&server.url()).await.unwrap(), (200, "hello".to_owned()));
    }
    assert_eq!(server.connections(), 1);
    assert!(server.seen().iter().all(|seen| seen.version == Version::HTTP_2));
    let server = together(&BOTH, 100, 8).await;
    at_once(&Arc::new(server.run()), &server.url(), 8).await;
    assert_eq!(server.connections(), 1, "those that came while the first was dialling wait for it");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_share_one_connection_also_from_several_threads() {
    let server = Server::hello(&BOTH).await;
    let run = Arc::new(server.run().budget(Budget { calls: 1000, ..Budget::default() }));
    for _ in 0..10 {
        at_once(&run, &server.url(), 20).await;
    }
    assert_eq!((server.connections(), server.seen().len()), (1, 200));
}

#[tokio::test]
async fn workspaces_never_share_a_connection() {
    let server = Server::hello(&BOTH).await;
    let first = server.run().workspace("first");
    let second = server.run().workspace("second").client(first.client.clone());
    for _ in 0..3 {
        first.read(&server.url()).await.unwrap();
        second.read(&server.url()).await.unwrap();
    }
    assert_eq!(server.connections(), 2);
}

#[tokio::test]
async fn a_run_that_may_not_reach_inside_gets_no_stream_on_a_connection_of_one_that_may() {
    let server = Server::hello(&BOTH).await;
    let lifted = server.run();
    lifted.read(&server.url()).await.unwrap();
    let plain = Run::outside(&[&server.url()]).client(lifted.client.clone());
    assert!(matches!(plain.fetch(&server.url()).await, Err(EgressError::Inside { .. })));
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn without_http2_in_the_handshake_http_1_1_is_spoken() {
    for protocols in [&["http/1.1"][..], &[]] {
        let server = Server::hello(protocols).await;
        let run = server.run();
        run.read(&server.url()).await.unwrap();
        run.read(&server.url()).await.unwrap();
        assert!(server.seen().iter().all(|seen| seen.version == Version::HTTP_11), "{protocols:?}");
        assert_eq!(server.connections(), 1);
    }
    let server = together(&["http/1.1"], 100, 5).await;
    at_once(&Arc::new(server.run()), &server.url(), 5).await;
    assert_eq!(server.connections(), 5, "none waits for another's answer");
}

#[tokio::test]
async fn the_authority_is_ours_and_the_guests_connection_fields_do_not_arrive() {
    let server = Server::hello(&BOTH).await;
    let request = Request::post(format!("{}v1?x=%20", server.url()))
        .header("host", "other.example")
        .header("connection", "x-hop")
        .header("x-hop", "1")
        .header("te", "trailers")
        .header("transfer-encoding", "chunked")
        .header("content-length", "999")
        .header("proxy-authorization", "Basic x")
        .header("x-kept", "1")
        .body("four".to_owned())
        .unwrap();
    let response = server.run().send(request).await.unwrap();
    assert_eq!(response.headers()["content-length"], "5");
    assert_eq!(read(response).await.unwrap().1, "hello");
    let mut seen = server.seen().remove(0);
    seen.fields.sort();
    let expected = [("content-length", "4"), ("x-kept", "1")].map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(seen.authority, Some(format!("api.test:{}", server.port)));
    assert_eq!((seen.path.as_str(), seen.fields.as_slice(), seen.body.as_str()), ("/v1?x=%20", &expected[..], "four"));
}

/// A value that is remembered to compress the next request stays in memory with its connection.
#[tokio::test]
async fn no_field_of_a_request_is_remembered_on_the_connection() {
    let (told, mut lengths) = unbounded_channel();
    let (_peer, run, url) = speaking(&[], move |mut wire| {
        let told = told.clone();
        async move {
            loop {
                let head = wire.next(HEADERS).await?;
                told.send(head.payload.len()).unwrap();
                wire.answer(head.stream, "hello").await?;
            }
        }
    })
    .await;
    for _ in 0..2 {
        let request = Request::get(&url).header("x-api-key", "a".repeat(400)).body(Empty::<Bytes>::new()).unwrap();
        read(run.send(request).await.unwrap()).await.unwrap();
        // 400 of the shortest codes have 250 bytes.
        assert!(lengths.recv().await.unwrap() > 250);
    }
}

#[tokio::test]
async fn bodies_go_out_in_pieces_and_one_that_breaks_off_is_not_taken_for_a_whole_one() {
    let server = Server::hello(&BOTH).await;
    let run = server.run();
    let upload = |pieces| Request::post(server.url()).body(pieces).unwrap();
    run.send(upload(Pieces::new(["ab", "cde"]))).await.unwrap();
    run.send(upload(Pieces::new(["ab"]).breaking_off())).await.unwrap_err();
    let large = "x".repeat(1 << 20);
    read(run.send(post(&server.url(), large.clone())).await.unwrap()).await.unwrap();
    let bodies: Vec<_> = server.seen().into_iter().map(|seen| seen.body).collect();
    assert_eq!(bodies[0], "abcde");
    assert!(bodies[1].starts_with('<'), "{}", bodies[1]);
    assert!(bodies[2] == large);
    assert_eq!(server.connections(), 1, "a broken request costs its stream alone");
}

#[tokio::test]
async fn a_connection_has_at_most_32_streams_and_no_more_than_the_server_wants() {
    let server = together(&BOTH, 100, 33).await;
    at_once(&Arc::new(server.run()), &server.url(), 33).await;
    let on_first = server.seen().iter().filter(|seen| seen.connection == 0).count();
    assert_eq!((server.connections(), on_first), (2, 32));

    let server = Server::start(&BOTH, 1, {
        let barrier = Arc::new(Barrier::new(2));
        move |seen: Seen| {
            let barrier = barrier.clone();
            async move {
                if seen.path == "/together" {
                    barrier.wait().await;
                }
                "hello".to_owned()
            }
        }
    })
    .await;
    let run = Arc::new(server.run());
    // What the server wants is known from its first answer on.
    run.read(&server.url()).await.unwrap();
    run.read(&server.url()).await.unwrap();
    assert_eq!(server.connections(), 1);
    at_once(&run, &format!("{}together", server.url()), 2).await;
    assert_eq!(server.connections(), 2);
}

#[tokio::test]
async fn a_response_that_nobody_reads_holds_up_no_other() {
    let (peer, run, url) = speaking(&[], async |mut wire| {
        let first = wire.request().await?;
        wire.send(HEADERS, END_HEADERS, first, STATUS_200).await?;
        for _ in 0..16 {
            wire.send(DATA, 0, first, &[b'x'; 16 * 1024]).await?;
        }
        let second = wire.request().await?;
        wire.answer(second, "hello").await?;
        wire.send(DATA, END_STREAM, first, &[]).await?;
        wire.closed().await;
        Ok(())
    })
    .await;
    let unread = run.fetch(&url).await.unwrap();
    assert_eq!(run.read(&url).await.unwrap().1, "hello");
    assert_eq!(read(unread).await.unwrap().1.len(), 256 * 1024);
    assert_eq!(peer.connections(), 1);
}

#[tokio::test]
async fn idle_connections_close_on_demand_and_those_in_use_after_their_last_answer() {
    let (peer, run, url) = speaking(&[], async |mut wire| {
        if wire.number > 0 {
            return wire.answer_all("hello").await;
        }
        let first = wire.request().await?;
        wire.send(HEADERS, END_HEADERS, first, STATUS_200).await?;
        wire.send(DATA, 0, first, b"half").await?;
        let second = wire.request().await?;
        wire.answer(second, "hello").await?;
        wire.closed().await;
        Ok(())
    })
    .await;
    let mut open = run.fetch(&url).await.unwrap();
    assert_eq!(open.body_mut().frame().await.unwrap().unwrap().into_data().unwrap(), "half");
    run.read(&url).await.unwrap();
    run.client.close_idle();
    run.read(&url).await.unwrap();
    run.read(&url).await.unwrap();
    assert_eq!(peer.connections(), 2);
    run.client.close_idle();
    run.read(&url).await.unwrap();
    assert_eq!(peer.connections(), 3);
    drop(open);
}
