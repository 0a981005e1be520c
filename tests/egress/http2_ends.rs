//! How streams and connections of HTTP/2 end, and which requests may go out once more.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use http::Request;
use http_body_util::BodyExt;
use tokio::sync::Notify;
use tokio::sync::mpsc::unbounded_channel;
use um_egress::{Budget, EgressError, Limit, Phase, ProtocolFault};

use super::frames::{
    CANCEL, DATA, END_HEADERS, END_STREAM, HEADERS, INTERNAL_ERROR, NO_ERROR, REFUSED_STREAM, RST_STREAM, STATUS_200,
    Wire, line, speaking,
};
use super::peer::{Pieces, a_moment_for, post, read};

fn fault(error: EgressError) -> ProtocolFault {
    match error {
        EgressError::Protocol { fault, .. } => fault,
        other => panic!("{other}"),
    }
}

fn phase(error: EgressError) -> Phase {
    match error {
        EgressError::Timeout { phase, .. } => phase,
        other => panic!("{other}"),
    }
}

/// What comes, or the test fails.
async fn soon<T>(awaited: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(10), awaited).await.expect("it comes within 10 seconds")
}

/// The code with which the next stream was reset.
async fn next_reset(wire: &mut Wire) -> io::Result<(u32, u32)> {
    let frame = wire.next(RST_STREAM).await?;
    Ok((frame.stream, u32::from_be_bytes(frame.payload.try_into().unwrap())))
}

#[tokio::test]
async fn a_response_that_is_dropped_resets_its_own_stream_and_no_other() {
    let (told, mut resets) = unbounded_channel();
    let (peer, run, url) = speaking(&[], move |mut wire| {
        let told = told.clone();
        async move {
            let (first, second) = (wire.request().await?, wire.request().await?);
            for stream in [first, second] {
                wire.send(HEADERS, END_HEADERS, stream, STATUS_200).await?;
                wire.send(DATA, 0, stream, b"half").await?;
            }
            told.send(next_reset(&mut wire).await?).unwrap();
            wire.send(DATA, END_STREAM, second, b" whole").await?;
            wire.answer_all("hello").await
        }
    })
    .await;
    let (first, second) = tokio::join!(run.fetch(&url), run.fetch(&url));
    drop(first.unwrap());
    assert_eq!(soon(resets.recv()).await, Some((1, CANCEL)));
    assert_eq!(read(second.unwrap()).await.unwrap().1, "half whole");
    assert_eq!(run.read(&url).await.unwrap().1, "hello");
    assert_eq!(peer.connections(), 1);
}

#[tokio::test]
async fn an_upload_ends_with_the_response_that_nobody_waits_for_any_more() {
    let (told, mut resets) = unbounded_channel();
    let (_peer, run, url) = speaking(&[], move |mut wire| {
        let told = told.clone();
        async move {
            for end in [0, END_STREAM] {
                let stream = wire.request().await?;
                wire.next(DATA).await?;
                wire.send(HEADERS, END_HEADERS | end, stream, STATUS_200).await?;
                told.send(next_reset(&mut wire).await?.0).unwrap();
            }
            Ok(())
        }
    })
    .await;
    let endless = || {
        Request::post(&url)
            .body(Pieces::new(std::iter::repeat_n("a", 100_000)).pausing(Duration::from_millis(5)))
            .unwrap()
    };
    drop(run.send(endless()).await.unwrap());
    assert_eq!(soon(resets.recv()).await, Some(1));
    assert_eq!(read(run.send(endless()).await.unwrap()).await.unwrap().1, "");
    assert_eq!(soon(resets.recv()).await, Some(3));
}

#[tokio::test]
async fn dropping_the_future_of_a_request_resets_it_and_no_other_request_joins_that_connection() {
    let (told, mut resets) = unbounded_channel();
    let arrived = Arc::new(Notify::new());
    let seen = arrived.clone();
    let (peer, run, url) = speaking(&[], move |mut wire| {
        let (told, seen) = (told.clone(), seen.clone());
        async move {
            if wire.number > 0 {
                return wire.answer_all("hello").await;
            }
            wire.request().await?;
            seen.notify_one();
            told.send(next_reset(&mut wire).await.ok()).unwrap();
            wire.closed().await;
            Ok(())
        }
    })
    .await;
    tokio::select! {
        answer = run.fetch(&url) => panic!("{answer:?}"),
        () = arrived.notified() => {}
    }
    // The connection may be dead: nothing has come from it.
    assert_eq!(run.read(&url).await.unwrap().1, "hello");
    assert_eq!(peer.connections(), 2);
    let end = soon(resets.recv()).await.unwrap();
    assert!(matches!(end, None | Some((1, CANCEL))), "its last stream may take the connection along: {end:?}");
}

/// A server may close a connection at any time; the next request must not suffer for it.
#[tokio::test]
async fn a_connection_that_the_server_closed_is_replaced_unnoticed() {
    let (peer, run, url) = speaking(&[], async |mut wire| {
        let stream = wire.request().await?;
        wire.answer(stream, "hello").await?;
        wire.go_away(stream, NO_ERROR).await?;
        wire.closed().await;
        Ok(())
    })
    .await;
    for _ in 0..5 {
        assert_eq!(run.read(&url).await.unwrap().1, "hello");
    }
    assert_eq!(peer.connections(), 5);
}

#[tokio::test]
async fn an_answer_that_is_under_way_when_the_server_wants_no_more_comes_whole() {
    let (peer, run, url) = speaking(&[], async |mut wire| {
        let stream = wire.request().await?;
        wire.send(HEADERS, END_HEADERS, stream, STATUS_200).await?;
        wire.go_away(stream, NO_ERROR).await?;
        wire.send(DATA, 0, stream, b"hel").await?;
        tokio::time::sleep(Duration::from_millis(50)).await;
        wire.send(DATA, END_STREAM, stream, b"lo").await?;
        wire.closed().await;
        Ok(())
    })
    .await;
    let first = run.fetch(&url).await.unwrap();
    assert_eq!(run.read(&url).await.unwrap().1, "hello");
    assert_eq!(read(first).await.unwrap().1, "hello");
    assert_eq!(peer.connections(), 2);
}

/// How a server says that it has not looked at a request.
#[derive(Clone, Copy, Debug)]
enum Refusal {
    GoAway,
    Stream,
}

async fn refuse(wire: &mut Wire, refusal: Refusal) -> io::Result<()> {
    let stream = wire.request().await?;
    match refusal {
        Refusal::GoAway => wire.go_away(0, NO_ERROR).await?,
        Refusal::Stream => wire.reset(stream, REFUSED_STREAM).await?,
    }
    wire.closed().await;
    Ok(())
}

#[tokio::test]
async fn a_request_that_the_server_has_not_looked_at_goes_out_once_more_and_not_twice() {
    for refusal in [Refusal::GoAway, Refusal::Stream] {
        for (refusals, arrives) in [(1, true), (2, false)] {
            let (peer, run, url) = speaking(&[], move |mut wire| async move {
                if wire.number < refusals {
                    return refuse(&mut wire, refusal).await;
                }
                wire.answer_all("hello").await
            })
            .await;
            let answer = run.read(&url).await;
            assert_eq!(answer.is_ok(), arrives, "{refusal:?}: {answer:?}");
            assert_eq!((peer.connections(), run.meter.usage().calls), (2, 1), "{refusal:?}");
        }
    }
}

#[tokio::test]
async fn a_request_with_a_body_is_not_sent_again_even_then() {
    for refusal in [Refusal::GoAway, Refusal::Stream] {
        let (peer, run, url) = speaking(&[], move |mut wire| async move { refuse(&mut wire, refusal).await }).await;
        let error = run.send(post(&url, "pay once")).await.unwrap_err();
        assert!(matches!(fault(error), ProtocolFault::Reset | ProtocolFault::Closed), "{refusal:?}");
        assert_eq!(peer.connections(), 1, "{refusal:?}");
    }
}

#[tokio::test]
async fn a_request_that_the_server_may_have_looked_at_is_not_sent_again() {
    for (end, expected) in
        [(INTERNAL_ERROR, ProtocolFault::Reset), (CANCEL, ProtocolFault::Reset), (u32::MAX, ProtocolFault::Closed)]
    {
        let (peer, run, url) = speaking(&[], move |mut wire| async move {
            let stream = wire.request().await?;
            match end {
                u32::MAX => wire.go_away(stream, INTERNAL_ERROR).await,
                code => wire.reset(stream, code).await,
            }
        })
        .await;
        assert_eq!(fault(run.fetch(&url).await.unwrap_err()), expected, "{end}");
        assert_eq!(peer.connections(), 1, "{end}");
    }
}

#[tokio::test]
async fn an_answer_that_is_reset_in_the_middle_is_not_taken_for_a_whole_one() {
    for code in [NO_ERROR, CANCEL, INTERNAL_ERROR] {
        let (_peer, run, url) = speaking(&[], move |mut wire| async move {
            let stream = wire.request().await?;
            wire.send(HEADERS, END_HEADERS, stream, STATUS_200).await?;
            wire.send(DATA, 0, stream, b"half").await?;
            wire.reset(stream, code).await?;
            wire.closed().await;
            Ok(())
        })
        .await;
        assert_eq!(fault(run.read(&url).await.unwrap_err()), ProtocolFault::Reset, "{code}");
    }
}

#[tokio::test]
async fn a_whole_answer_is_one_also_when_the_server_wants_no_more_of_the_request() {
    let (_peer, run, url) = speaking(&[], async |mut wire| {
        let stream = wire.request().await?;
        let head = [STATUS_200, &line("content-length", b"9")].concat();
        wire.send(HEADERS, END_HEADERS, stream, &head).await?;
        wire.send(DATA, END_STREAM, stream, b"too large").await?;
        wire.reset(stream, NO_ERROR).await?;
        wire.closed().await;
        Ok(())
    })
    .await;
    let upload = Pieces::new(std::iter::repeat_n("a", 100_000)).pausing(Duration::from_millis(5));
    let response = run.send(Request::post(&url).body(upload).unwrap()).await.unwrap();
    assert_eq!(read(response).await.unwrap().1, "too large");
}

#[tokio::test]
async fn waits_end_as_on_http_1_1_and_their_connection_serves_nobody_else() {
    for (expected, upload) in [(Phase::FirstByte, false), (Phase::FirstByte, true), (Phase::BetweenBytes, false)] {
        // With a window of 1 KiB that never grows, an upload stands still.
        let (peer, run, url) = speaking(&[(4, 1024)], move |mut wire| async move {
            if wire.number > 0 {
                return wire.answer_all("hello").await;
            }
            let stream = wire.request().await?;
            if expected == Phase::BetweenBytes {
                wire.send(HEADERS, END_HEADERS, stream, STATUS_200).await?;
                wire.send(DATA, 0, stream, b"half").await?;
            }
            wire.closed().await;
            Ok(())
        })
        .await;
        let run = run.timeouts(a_moment_for(expected));
        let answer = match upload {
            true => run.send(post(&url, "x".repeat(4096))).await,
            false => run.fetch(&url).await,
        };
        let error = match answer {
            Ok(response) => read(response).await.unwrap_err(),
            Err(error) => error,
        };
        assert_eq!(phase(error), expected, "{upload}");
        assert_eq!(run.read(&url).await.unwrap().1, "hello", "{expected:?} {upload}");
        assert_eq!(peer.connections(), 2, "{expected:?} {upload}");
    }
}

#[tokio::test]
async fn empty_frames_without_end_are_no_progress() {
    let (_peer, run, url) = speaking(&[], async |mut wire| {
        let stream = wire.request().await?;
        wire.send(HEADERS, END_HEADERS, stream, STATUS_200).await?;
        loop {
            wire.send(DATA, 0, stream, &[]).await?;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
    let run = run.timeouts(a_moment_for(Phase::BetweenBytes));
    assert_eq!(phase(soon(run.read(&url)).await.unwrap_err()), Phase::BetweenBytes);
}

#[tokio::test]
async fn an_endless_answer_ends_at_the_limit_and_its_stream_with_it() {
    let (told, mut resets) = unbounded_channel();
    let (peer, run, url) = speaking(&[], move |mut wire| {
        let told = told.clone();
        async move {
            let stream = wire.request().await?;
            wire.send(HEADERS, END_HEADERS, stream, STATUS_200).await?;
            // Less than the window, so that the server never waits for leave.
            for _ in 0..8 {
                wire.send(DATA, 0, stream, &[b'x'; 1024]).await?;
            }
            told.send(next_reset(&mut wire).await?).unwrap();
            wire.answer_all("hello").await
        }
    })
    .await;
    let run = run.budget(Budget { bytes_in: 5000, ..Budget::default() });
    let mut body = run.fetch(&url).await.unwrap().into_body();
    let error = loop {
        match body.frame().await.unwrap() {
            Ok(_) => {}
            Err(error) => break error,
        }
    };
    assert!(matches!(error, EgressError::Limit { limit: Limit::HttpBytesIn, .. }), "{error}");
    assert_eq!(soon(resets.recv()).await, Some((1, CANCEL)));
    assert_eq!(run.read(&url).await.unwrap().1, "hello");
    assert_eq!(peer.connections(), 1);
}
