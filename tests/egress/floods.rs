//! Servers that send too much, too slowly or too soon, over HTTP/1.1 and HTTP/2: each has an end.

use std::io;
use std::time::Duration;

use http::{HeaderMap, Request};
use http_body_util::BodyExt;
use tokio::io::AsyncWriteExt;
use tokio::time::{sleep, timeout};
use um_egress::{Budget, EgressError, Limit, Phase, ProtocolFault};

use super::frames::{
    CONTINUATION, DATA, END_HEADERS, END_STREAM, HEADERS, PING, SETTINGS, STATUS_200, Wire, frame, line, speaking,
};
use super::peer::{HELLO, Peer, Pieces, Run, a_moment_for, read};

/// `:status: 103`, which RFC 7541 has no number for.
fn early_hints() -> Vec<u8> {
    [line(":status", b"103"), line("link", b"</a>")].concat()
}

async fn assert_late(run: Run, url: &str, expected: Phase, what: &str) {
    let run = run.timeouts(a_moment_for(expected));
    let error = timeout(Duration::from_secs(20), run.read(url)).await.expect("it has an end").unwrap_err();
    assert!(matches!(error, EgressError::Timeout { phase, .. } if phase == expected), "{what}: {error}");
}

#[tokio::test]
async fn a_head_that_comes_byte_by_byte_is_late() {
    let peer = Peer::start(async |mut visit| {
        visit.answer("HTTP/1.1 200 OK\r\nx: ").await?;
        loop {
            visit.stream.write_all(b"y").await?;
            sleep(Duration::from_millis(10)).await;
        }
    })
    .await;
    assert_late(Run::to(&peer), &peer.url("/"), Phase::FirstByte, "HTTP/1.1").await;
    let (_peer, run, url) = speaking(&[], async |mut wire: Wire| {
        let stream = wire.request().await?;
        wire.send(HEADERS, 0, stream, STATUS_200).await?;
        for _ in 0..4 {
            sleep(Duration::from_millis(10)).await;
            wire.send(CONTINUATION, 0, stream, &line("x", b"y")).await?;
        }
        wire.closed().await;
        Ok(())
    })
    .await;
    assert_late(run, &url, Phase::FirstByte, "HTTP/2").await;
}

#[tokio::test]
async fn heads_that_only_announce_one_are_late_as_fast_as_they_come() {
    for pause in [Duration::ZERO, Duration::from_millis(10)] {
        let peer = Peer::start(move |mut visit| async move {
            visit.read_request().await?;
            loop {
                visit.stream.write_all(b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n").await?;
                sleep(pause).await;
            }
        })
        .await;
        assert_late(Run::to(&peer), &peer.url("/"), Phase::FirstByte, "HTTP/1.1").await;
        let (_peer, run, url) = speaking(&[], move |mut wire: Wire| async move {
            let stream = wire.request().await?;
            loop {
                wire.send(HEADERS, END_HEADERS, stream, &early_hints()).await?;
                sleep(pause).await;
            }
        })
        .await;
        assert_late(run, &url, Phase::FirstByte, "HTTP/2").await;
    }
}

/// Bytes that are no body's counted nowhere: a server could send them until the time-out, as fast as it liked.
#[tokio::test]
async fn announcements_count_as_received_where_they_are_more_than_a_head_may_be() {
    let hints = "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n".repeat(1000);
    let peer = Peer::start(move |mut visit| {
        let hints = hints.clone();
        async move {
            visit.read_request().await?;
            let some = if visit.last_request().starts_with("GET /some ") { 4 } else { usize::MAX };
            for _ in 0..some {
                visit.stream.write_all(hints.as_bytes()).await?;
            }
            visit.stream.write_all(HELLO.as_bytes()).await
        }
    })
    .await;
    let run = Run::to(&peer).budget(Budget { bytes_in: 1 << 20, ..Budget::default() });
    assert_eq!(run.read(&peer.url("/some")).await.unwrap().1, "hello");
    assert_eq!(run.meter.usage().bytes_in, 5);
    assert_limit(&run, &peer.url("/endless")).await;
}

/// That an answer ends at the bytes that a run may receive.
async fn assert_limit(run: &Run, url: &str) {
    let error = timeout(Duration::from_secs(20), run.read(url)).await.expect("it has an end").unwrap_err();
    assert!(matches!(error, EgressError::Limit { limit: Limit::HttpBytesIn, .. }), "{url}: {error}");
    assert_eq!(run.meter.exceeded(), Some(Limit::HttpBytesIn), "{url}");
}

#[tokio::test]
async fn the_framing_of_chunks_counts_as_received_where_it_is_more_than_usual() {
    let peer = Peer::start(async |mut visit| {
        visit.answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").await?;
        let tiny = "1\r\nx\r\n".repeat(10_000);
        let endless = match visit.last_request().split(' ').nth(1) {
            Some("/some") => {
                visit.stream.write_all(tiny.as_bytes()).await?;
                return visit.stream.write_all(b"0\r\n\r\n").await;
            }
            Some("/zeros") => "0".repeat(10_000),
            _ => tiny,
        };
        loop {
            visit.stream.write_all(endless.as_bytes()).await?;
        }
    })
    .await;
    let run = || Run::to(&peer).budget(Budget { bytes_in: 1 << 20, ..Budget::default() });
    let some = run();
    assert_eq!(some.read(&peer.url("/some")).await.unwrap().1.len(), 10_000);
    assert_eq!(some.meter.usage().bytes_in, 10_000);
    assert_limit(&run(), &peer.url("/zeros")).await;
    let tiny = run();
    let mut body = tiny.fetch(&peer.url("/tiny")).await.unwrap().into_body();
    let mut read = 0;
    while let Some(Ok(frame)) = timeout(Duration::from_secs(20), body.frame()).await.expect("it has an end") {
        read += frame.data_ref().map_or(0, bytes::Bytes::len);
    }
    assert_eq!(tiny.meter.exceeded(), Some(Limit::HttpBytesIn));
    assert!(read < 1 << 19, "{read} bytes of body for 1 MiB");
}

/// Frames that nobody asked for and that belong to no answer: of an unknown kind, announcements.
#[tokio::test]
async fn noise_ends_a_connection_of_http_2_and_some_of_it_does_not() {
    let unknown = || frame(0x20, 0, 0, &[0; 16 * 1024]);
    let hints = || frame(HEADERS, END_HEADERS, 1, &early_hints());
    for (what, frame) in [("unknown frames", unknown()), ("announcements", hints())] {
        let frames = frame.repeat(16 * 1024 / frame.len() + 1);
        for (bytes, ends) in [(1 << 20, false), (64 << 20, true)] {
            let frames = frames.clone();
            let (_peer, run, url) = speaking(&[], move |mut wire: Wire| {
                let frames = frames.clone();
                async move {
                    let stream = wire.request().await?;
                    for _ in 0..bytes / frames.len() {
                        wire.write(&frames).await?;
                    }
                    wire.answer(stream, "hello").await?;
                    wire.closed().await;
                    Ok(())
                }
            })
            .await;
            let answer = timeout(Duration::from_secs(60), run.read(&url)).await.expect("it has an end");
            match answer {
                Ok((status, body)) => assert!(!ends && status == 200 && body == "hello", "{what}: {bytes}"),
                Err(EgressError::Protocol { fault, .. }) => {
                    assert!(ends && fault == ProtocolFault::Noise, "{what}: {bytes}: {fault}");
                }
                Err(error) => panic!("{what}: {error}"),
            }
        }
    }
}

/// What has to be answered (RFC 9113, 6.5.3 and 6.7) does not put an answer off.
#[tokio::test]
async fn pings_and_settings_without_end_are_late() {
    for (kind, payload) in [(PING, vec![0; 8]), (SETTINGS, vec![])] {
        let (_peer, run, url) = speaking(&[], move |mut wire: Wire| {
            let payload = payload.clone();
            async move {
                wire.request().await?;
                loop {
                    wire.send(kind, 0, 0, &payload).await?;
                }
            }
        })
        .await;
        assert_late(run, &url, Phase::FirstByte, "HTTP/2").await;
    }
}

#[tokio::test]
async fn an_announced_answer_arrives() {
    let (_peer, run, url) = speaking(&[], async |mut wire: Wire| {
        let stream = wire.request().await?;
        for _ in 0..3 {
            wire.send(HEADERS, END_HEADERS, stream, &early_hints()).await?;
        }
        wire.answer(stream, "hello").await?;
        wire.closed().await;
        Ok(())
    })
    .await;
    assert_eq!(run.read(&url).await.unwrap(), (200, "hello".to_owned()));
}

#[tokio::test]
async fn a_slow_answer_that_keeps_coming_is_not_late_over_http_2_either() {
    let (_peer, run, url) = speaking(&[], async |mut wire: Wire| {
        let stream = wire.request().await?;
        wire.send(HEADERS, END_HEADERS, stream, STATUS_200).await?;
        for _ in 0..10 {
            sleep(Duration::from_millis(60)).await;
            wire.send(DATA, 0, stream, b"x").await?;
        }
        wire.send(DATA, END_STREAM, stream, &[]).await?;
        wire.closed().await;
        Ok(())
    })
    .await;
    let timeouts = um_egress::Timeouts { between_bytes: Duration::from_millis(450), ..Default::default() };
    assert_eq!(run.timeouts(timeouts).read(&url).await.unwrap().1, "xxxxxxxxxx");
}

/// Frames of one byte take more memory than they bring: as many as the windows let come are not kept.
#[tokio::test]
async fn tiny_frames_that_nobody_reads_end_the_connection() {
    let (_peer, run, url) = speaking(&[], async |mut wire: Wire| {
        let stream = wire.request().await?;
        wire.send(HEADERS, END_HEADERS, stream, STATUS_200).await?;
        let tiny = [0, 0, 1, DATA, 0, 0, 0, 0, 1, b'x'].repeat(1024);
        for _ in 0..200 {
            wire.write(&tiny).await?;
        }
        wire.closed().await;
        Ok(())
    })
    .await;
    let unread = run.fetch(&url).await.unwrap();
    sleep(Duration::from_millis(500)).await;
    let error = read(unread).await.unwrap_err();
    assert!(matches!(error, EgressError::Protocol { fault: ProtocolFault::Framing, .. }), "{error}");
}

/// What came behind a body, which is left out if it is too much.
async fn trailers(run: &Run, url: &str) -> Result<HeaderMap, EgressError> {
    Ok(run.fetch(url).await?.into_body().collect().await?.trailers().cloned().unwrap_or_default())
}

fn assert_bounded(answer: Result<HeaderMap, EgressError>, fits: bool, what: &str) {
    match answer {
        Ok(trailers) => assert!(fits && !trailers.is_empty(), "{what}: {}", trailers.len()),
        Err(EgressError::Protocol { fault, .. }) => {
            assert!(!fits && matches!(fault, ProtocolFault::HeadTooLarge | ProtocolFault::Framing), "{what}: {fault}");
        }
        Err(error) => panic!("{what}: {error}"),
    }
}

#[tokio::test]
async fn trailers_are_bounded_as_heads_are() {
    for (lines, length, fits) in
        [(1, 10, true), (90, 10, true), (1, 60_000, true), (101, 10, false), (1, 66_000, false), (200, 1000, false)]
    {
        let what = format!("{lines} lines of {length} bytes");
        let text = format!("x: {}\r\n", "y".repeat(length)).repeat(lines);
        let peer = Peer::answering(format!(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n{text}\r\n"
        ))
        .await;
        assert_bounded(trailers(&Run::to(&peer), &peer.url("/")).await, fits, &what);
        let block = line("x", &vec![b'y'; length]).repeat(lines);
        let (_peer, run, url) = speaking(&[], move |wire| trail(wire, block.clone())).await;
        assert_bounded(trailers(&run, &url).await, fits, &what);
    }
}

/// A body and then `block`, in as many frames as it needs.
async fn trail(mut wire: Wire, block: Vec<u8>) -> io::Result<()> {
    let stream = wire.request().await?;
    wire.send(HEADERS, END_HEADERS, stream, STATUS_200).await?;
    wire.send(DATA, 0, stream, b"hello").await?;
    let pieces: Vec<_> = block.chunks(16 * 1024).collect();
    for (at, piece) in pieces.iter().enumerate() {
        let (kind, end) = if at == 0 { (HEADERS, END_STREAM) } else { (CONTINUATION, 0) };
        let flags = if at + 1 == pieces.len() { end | END_HEADERS } else { end };
        wire.send(kind, flags, stream, piece).await?;
    }
    wire.closed().await;
    Ok(())
}

#[tokio::test]
async fn trailers_without_end_are_cut_off() {
    let peer = Peer::start(async |mut visit| {
        visit.answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nx: ").await?;
        loop {
            visit.stream.write_all(&[b'y'; 4096]).await?;
        }
    })
    .await;
    assert_bounded(trailers(&Run::to(&peer), &peer.url("/")).await, false, "HTTP/1.1");
    let (_peer, run, url) = speaking(&[], async |mut wire: Wire| {
        let stream = wire.request().await?;
        wire.send(HEADERS, END_HEADERS, stream, STATUS_200).await?;
        wire.send(HEADERS, END_STREAM, stream, &line("x", b"y")).await?;
        loop {
            wire.send(CONTINUATION, 0, stream, &line("x", &[b'y'; 1000])).await?;
        }
    })
    .await;
    assert_bounded(trailers(&run, &url).await, false, "HTTP/2");
}

/// A server that has heard enough answers before the request is through, and may close at once.
#[tokio::test]
async fn an_answer_that_comes_before_the_request_is_through_is_whole() {
    let peer = Peer::start(async |mut visit| {
        let answer = "HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 9\r\n\r\ntoo large";
        visit.stream.write_all(answer.as_bytes()).await?;
        visit.stream.shutdown().await?;
        visit.closed().await;
        Ok(())
    })
    .await;
    for _ in 0..3 {
        let upload = Pieces::new(std::iter::repeat_n("a", 100_000)).pausing(Duration::from_millis(1));
        let response = Run::to(&peer).send(Request::post(peer.url("/")).body(upload).unwrap()).await.unwrap();
        assert_eq!(read(response).await.unwrap(), (413, "too large".to_owned()));
    }
}
