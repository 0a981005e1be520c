//! Servers that do not keep to HTTP/2, or want too much memory: each told, none of them a hang.

use std::io;

use um_egress::{EgressError, ProtocolFault};

use super::frames::{
    CONTINUATION, DATA, END_HEADERS, END_STREAM, HEADERS, PUSH_PROMISE, SETTINGS, STATUS_200, WINDOW_UPDATE, Wire,
    line, speaking,
};

/// What a client says about a server that treats its first request so.
async fn verdict<F, W>(treat: F) -> Result<String, EgressError>
where
    F: Fn(Wire, u32) -> W + Clone + Send + Sync + 'static,
    W: Future<Output = io::Result<()>> + Send + 'static,
{
    let (peer, run, url) = speaking(&[], move |mut wire| {
        let treat = treat.clone();
        async move {
            let stream = wire.request().await?;
            treat(wire, stream).await
        }
    })
    .await;
    let answer = run.read(&url).await.map(|(_, body)| body);
    assert_eq!(peer.connections(), 1, "nothing is asked of such a server again");
    answer
}

async fn fault<F, W>(treat: F) -> ProtocolFault
where
    F: Fn(Wire, u32) -> W + Clone + Send + Sync + 'static,
    W: Future<Output = io::Result<()>> + Send + 'static,
{
    match verdict(treat).await {
        Err(EgressError::Protocol { fault, .. }) => fault,
        other => panic!("{other:?}"),
    }
}

/// A head of `block` in as many frames as it needs, and a body.
async fn head(mut wire: Wire, stream: u32, block: Vec<u8>) -> io::Result<()> {
    let mut kind = HEADERS;
    let mut pieces = block.chunks(16 * 1024).peekable();
    while let Some(piece) = pieces.next() {
        let flags = if pieces.peek().is_none() { END_HEADERS } else { 0 };
        wire.send(kind, flags, stream, piece).await?;
        kind = CONTINUATION;
    }
    wire.send(DATA, END_STREAM, stream, b"hello").await?;
    wire.closed().await;
    Ok(())
}

/// What a client says about a head.
async fn head_verdict(block: Vec<u8>) -> Result<String, EgressError> {
    verdict(move |wire, stream| head(wire, stream, block.clone())).await
}

async fn head_fault(block: Vec<u8>) -> ProtocolFault {
    fault(move |wire, stream| head(wire, stream, block.clone())).await
}

#[tokio::test]
async fn a_head_is_bounded_in_lines_and_bytes() {
    let lines = |count: usize| [STATUS_200.to_vec(), line("x", b"y").repeat(count)].concat();
    assert_eq!(head_verdict(lines(100)).await.unwrap(), "hello");
    assert_eq!(head_fault(lines(101)).await, ProtocolFault::HeadTooLarge);
    let bytes = |length: usize| [STATUS_200.to_vec(), line("x", &vec![b'y'; length])].concat();
    assert_eq!(head_verdict(bytes(60_000)).await.unwrap(), "hello");
    assert_eq!(head_fault(bytes(66_000)).await, ProtocolFault::HeadTooLarge);
    // Far more is not even decoded.
    assert_eq!(head_fault(bytes(1_000_000)).await, ProtocolFault::HeadTooLarge);
}

/// A line that is remembered is one byte the next time: 16 KiB of them are 64 MiB of fields.
#[tokio::test]
async fn a_head_that_is_small_only_while_it_is_compressed_is_refused() {
    let remembered = {
        let mut line = line("x", &[b'y'; 3900]);
        line[0] = 0x40;
        line
    };
    let bomb = [STATUS_200.to_vec(), remembered, vec![0x80 | 62; 16 * 1024]].concat();
    let fault = head_fault(bomb).await;
    assert!(matches!(fault, ProtocolFault::HeadTooLarge | ProtocolFault::Malformed), "{fault}");
}

#[tokio::test]
async fn a_head_without_end_is_cut_off() {
    for piece in [vec![], line("x", &[b'y'; 1000])] {
        let expected = ProtocolFault::HeadTooLarge;
        let endless = move |mut wire: Wire, stream| {
            let piece = piece.clone();
            async move {
                wire.send(HEADERS, 0, stream, STATUS_200).await?;
                loop {
                    wire.send(CONTINUATION, 0, stream, &piece).await?;
                }
            }
        };
        assert_eq!(fault(endless).await, expected);
    }
}

#[tokio::test]
async fn a_head_that_breaks_the_rules_is_refused() {
    for (block, what) in [
        (vec![], "no status"),
        (line("x", b"y"), "no status but a field"),
        ([STATUS_200, &line("X", b"y")].concat(), "an upper-case name"),
        ([STATUS_200, STATUS_200].concat(), "two statuses"),
        ([line("x", b"y"), STATUS_200.to_vec()].concat(), "a status behind a field"),
        ([STATUS_200, &line("connection", b"close")].concat(), "a field of the connection"),
        ([STATUS_200, &line("x", b"y\r\nz: 1")].concat(), "a line break"),
        ([STATUS_200, &line("content-length", b"-5")].concat(), "a length that is no number"),
        (vec![0x80 | 100], "a line that was never sent"),
        (vec![0x80], "line 0"),
        (line(":status", b"2000"), "a status of four digits"),
        (line(":status", b"101"), "a switch to another protocol"),
    ] {
        let fault = head_fault(block).await;
        assert!(matches!(fault, ProtocolFault::Malformed | ProtocolFault::Upgrade), "{what}: {fault}");
    }
}

#[tokio::test]
async fn a_body_that_is_not_as_long_as_declared_breaks_its_framing() {
    for length in ["4", "6"] {
        let head = [STATUS_200, &line("content-length", length.as_bytes())].concat();
        let fault = fault(move |mut wire, stream| {
            let head = head.clone();
            async move {
                wire.send(HEADERS, END_HEADERS, stream, &head).await?;
                // Apart, so that the head has arrived before the body is found wrong.
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                wire.send(DATA, END_STREAM, stream, b"hello").await?;
                wire.closed().await;
                Ok(())
            }
        })
        .await;
        assert_eq!(fault, ProtocolFault::Framing, "{length}");
    }
}

#[tokio::test]
async fn frames_that_no_server_may_send_end_the_connection() {
    let stray: [(&str, u8, u8, u32, Vec<u8>); 8] = [
        ("a push", PUSH_PROMISE, END_HEADERS, 1, [&2_u32.to_be_bytes()[..], STATUS_200].concat()),
        ("a frame that is too long", DATA, 0, 1, vec![0; 16 * 1024 + 1]),
        ("a body before its head", DATA, 0, 1, vec![0; 10]),
        ("a stream that was never opened", HEADERS, END_HEADERS, 7, STATUS_200.to_vec()),
        ("a stream of the server's own", HEADERS, END_HEADERS, 2, STATUS_200.to_vec()),
        ("settings that are cut", SETTINGS, 0, 0, vec![0; 5]),
        ("a window beyond 2^31", WINDOW_UPDATE, 0, 0, 0x7fff_ffff_u32.to_be_bytes().to_vec()),
        ("a continuation of nothing", CONTINUATION, END_HEADERS, 1, STATUS_200.to_vec()),
    ];
    for (what, kind, flags, on, payload) in stray {
        let fault = fault(move |mut wire, _| {
            let payload = payload.clone();
            async move {
                wire.send(kind, flags, on, &payload).await?;
                wire.closed().await;
                Ok(())
            }
        })
        .await;
        assert_eq!(fault, ProtocolFault::Malformed, "{what}");
    }
}

/// Nobody reads, so nothing is given back: the 256 KiB of the window and a frame more.
#[tokio::test]
async fn a_server_that_sends_more_than_its_window_is_cut_off() {
    for (frames, whole) in [(16, true), (17, false)] {
        let (_peer, run, url) = speaking(&[], move |mut wire| async move {
            let stream = wire.request().await?;
            wire.send(HEADERS, END_HEADERS, stream, STATUS_200).await?;
            for _ in 0..frames {
                wire.send(DATA, 0, stream, &[b'x'; 16 * 1024]).await?;
            }
            wire.send(DATA, END_STREAM, stream, &[]).await?;
            wire.closed().await;
            Ok(())
        })
        .await;
        let unread = run.fetch(&url).await.unwrap();
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        let answer = super::peer::read(unread).await;
        match whole {
            true => assert_eq!(answer.unwrap().1.len(), 256 * 1024),
            false => assert!(matches!(answer, Err(EgressError::Protocol { fault: ProtocolFault::Framing, .. }))),
        }
    }
}

#[tokio::test]
async fn a_server_that_hangs_up_is_told_from_one_that_breaks_the_rules() {
    assert_eq!(fault(async |_, _| Ok(())).await, ProtocolFault::Closed);
    let half = fault(async |mut wire: Wire, stream| {
        wire.send(HEADERS, END_HEADERS, stream, STATUS_200).await?;
        wire.send(DATA, 0, stream, b"half").await
    });
    assert_eq!(half.await, ProtocolFault::Closed);
}
