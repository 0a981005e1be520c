//! Servers that do not keep to the protocol, each told apart, none of them a hang or a wrong answer.

use tokio::io::AsyncWriteExt;
use um_egress::{EgressError, ProtocolFault};

use super::peer::{Peer, Run};

/// What a client says about a server that answers with `answer` and hangs up.
async fn verdict(answer: impl Into<Vec<u8>>) -> Result<String, EgressError> {
    let answer = answer.into();
    let peer = Peer::start(move |mut visit| {
        let answer = answer.clone();
        async move { visit.answer(&answer).await }
    })
    .await;
    Run::to(&peer).read(&peer.url("/")).await.map(|(_, body)| body)
}

async fn fault(answer: impl Into<Vec<u8>>) -> ProtocolFault {
    match verdict(answer).await {
        Err(EgressError::Protocol { fault, .. }) => fault,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_server_that_breaks_the_protocol_is_told_by_its_fault() {
    use ProtocolFault::{Closed, Framing, Malformed, Upgrade};
    for (answer, expected) in [
        ("", Closed),
        ("HTTP/1.1 200", Closed),
        ("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n", Closed),
        ("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort", Closed),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel", Closed),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", Closed),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\nhello\r\n0\r\n\r\n", Framing),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello!!0\r\n\r\n", Framing),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n", Framing),
        ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello", Malformed),
        ("HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhello", Malformed),
        ("HTTP/1.1 200 OK\r\nA b: c\r\n\r\n", Malformed),
        ("HTTP/1.1 2000 OK\r\n\r\n", Malformed),
        ("HTTP/2 200 OK\r\n\r\n", Malformed),
        ("220 mail.test ESMTP\r\n", Malformed),
        ("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", Malformed),
        ("just text, as HTTP/0.9 had it", Malformed),
        ("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n", Upgrade),
    ] {
        assert_eq!(fault(answer).await, expected, "{answer:?}");
    }
}

#[tokio::test]
async fn a_body_without_length_lasts_until_the_connection_closes() {
    assert_eq!(verdict("HTTP/1.0 200 OK\r\n\r\nold but whole").await.unwrap(), "old but whole");
    assert_eq!(verdict("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nwhole").await.unwrap(), "whole");
}

#[tokio::test]
async fn a_head_is_bounded_in_lines_and_bytes() {
    let lines = |count: usize| {
        let fields = "x: y\r\n".repeat(count - 1);
        format!("HTTP/1.1 200 OK\r\n{fields}Content-Length: 5\r\n\r\nhello")
    };
    assert_eq!(verdict(lines(100)).await.unwrap(), "hello");
    assert_eq!(fault(lines(101)).await, ProtocolFault::HeadTooLarge);
    let bytes =
        |length: usize| format!("HTTP/1.1 200 OK\r\nx: {}\r\nContent-Length: 5\r\n\r\nhello", "y".repeat(length));
    assert_eq!(verdict(bytes(60_000)).await.unwrap(), "hello");
    assert_eq!(fault(bytes(66_000)).await, ProtocolFault::HeadTooLarge);
}

#[tokio::test]
async fn a_head_without_end_is_cut_off() {
    let peer = Peer::start(async |mut visit| {
        visit.answer("HTTP/1.1 200 OK\r\nx: ").await?;
        loop {
            visit.stream.write_all(&[b'y'; 4096]).await?;
        }
    })
    .await;
    let error = Run::to(&peer).fetch(&peer.url("/")).await.unwrap_err();
    assert!(matches!(error, EgressError::Protocol { fault: ProtocolFault::HeadTooLarge, .. }), "{error}");
}

#[tokio::test]
async fn bytes_behind_an_answer_are_not_the_answer_to_the_next_request() {
    let peer = Peer::start(async |mut visit| {
        let smuggled =
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhelloHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil";
        visit.answer(smuggled).await?;
        visit.closed().await;
        Ok(())
    })
    .await;
    let run = Run::to(&peer);
    for _ in 0..3 {
        assert_eq!(run.read(&peer.url("/")).await.unwrap().1, "hello");
    }
    assert_eq!(peer.connections(), 3);
}
