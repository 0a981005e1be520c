//! What sizes tell of sealed values, which is nothing, and the bounds of what is held and filtered.

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use um_host::egress::SealedFault;
use um_host::egress::{Budget, EgressError, Limit};

use super::http2_peer::Server;
use super::peer::{Peer, Run, read};
use super::vault::{FIELD, Vault, full};

#[tokio::test]
async fn a_body_that_a_value_may_go_into_has_a_mebibyte_at_most() {
    const MOST: usize = 1024 * 1024;
    let server = Server::hello(&["h2"]).await;
    let vault = Vault::usual(&server.url());
    let (run, texts) = vault.run(server.run()).await;
    for (length, passes) in [(MOST, true), (MOST + 1, false)] {
        let text = format!("{{\"token\": \"{}\"}}", texts[2]);
        let body = format!("{text}{}", " ".repeat(length - text.len()));
        let ask =
            Request::post(server.url()).header("content-type", "application/json").body(Full::from(body)).unwrap();
        let sent = run.send(ask).await;
        match passes {
            true => assert!(sent.is_ok(), "{sent:?}"),
            false => assert!(matches!(sent, Err(EgressError::Sealed { fault: SealedFault::BodyTooLong, .. }))),
        }
        let seen = server.seen();
        let bodies: Vec<_> = seen.iter().map(|seen| (seen.body.contains(FIELD), seen.body.len())).collect();
        assert_eq!(bodies, [(true, MOST - texts[2].len() + FIELD.len())]);
    }
}

/// Says the last word of `Authorization` and the whole body back.
async fn echo() -> Peer {
    Peer::start(|mut visit| async move {
        loop {
            visit.read_request().await?;
            let said = visit.last_request();
            let (head, body) = said.split_once("\r\n\r\n").unwrap();
            let token = head.split("authorization: Bearer ").nth(1).and_then(|rest| rest.lines().next());
            let said = format!("{} and {body}", token.unwrap_or_default());
            let head = format!("HTTP/1.1 200 OK\r\nETag: \"{}\"\r\nContent-Length: {}\r\n\r\n", said.len(), said.len());
            tokio::io::AsyncWriteExt::write_all(&mut visit.stream, (head + &said).as_bytes()).await?;
        }
    })
    .await
}

#[tokio::test]
async fn no_size_that_a_run_can_see_tells_the_length_of_a_value() {
    let peer = echo().await;
    let mut sights = Vec::new();
    for value in ["short-0123456789", &"long-0123456789".repeat(8)] {
        let place = peer.url("/");
        let vault = Vault::new(&place, [("TOKEN", value, "header:Authorization"), ("FIELD", FIELD, "body:token")]);
        let (run, texts) = vault.run(Run::to(&peer)).await;
        let texts = [texts[0].clone(), "unused".to_owned(), texts[1].clone()];
        let answer = run.send(full(&peer.url("/"), &texts)).await.unwrap();
        assert!(peer.requests().last().unwrap().contains(value));
        let mut fields: Vec<_> = answer.headers().keys().map(ToString::to_string).collect();
        fields.sort();
        let hint = http_body::Body::size_hint(answer.body());
        let body = read(answer).await.unwrap().1;
        assert_eq!(body, format!("{} and {{\"token\": \"{}\"}}", texts[0], texts[2]));
        let usage = run.meter.usage();
        let (sent, got) = (usage.bytes_out, usage.bytes_in);
        assert_eq!((usage.hosts[0].bytes_out, usage.hosts[0].bytes_in), (sent, got));
        assert_eq!((sent, got), (55, body.len() as u64), "as the guest wrote it, and as it got it");
        sights.push((fields, hint.lower(), hint.upper(), usage));
    }
    assert_eq!(sights[0], sights[1]);
    assert!(sights[0].0.is_empty() && sights[0].2.is_none(), "{sights:?}");
}

#[tokio::test]
async fn the_limit_of_bytes_is_held_against_what_the_guest_gets() {
    let peer = echo().await;
    let due = 42 + " and ".len() as u64;
    for value in ["short-0123456789", &"long-0123456789".repeat(8)] {
        for (bytes_in, passes) in [(due, true), (due - 1, false)] {
            let vault = Vault::new(&peer.url("/"), [("TOKEN", value, "header:Authorization")]);
            let run = Run::to(&peer).budget(Budget { bytes_in, ..Budget::default() });
            let (run, texts) = vault.run(run).await;
            let ask = Request::get(peer.url("/")).header("authorization", format!("Bearer {}", texts[0]));
            let answer = run.send(ask.body(Full::<Bytes>::default()).unwrap()).await.unwrap();
            let got = read(answer).await;
            match passes {
                true => assert_eq!(got.unwrap().1.len() as u64, due),
                false => assert!(matches!(got, Err(EgressError::Limit { limit: Limit::HttpBytesIn, .. })), "{got:?}"),
            }
        }
    }
}

/// A value that overlaps itself comes to one replacement, however long the answer: it has a bound all the same.
#[tokio::test]
async fn what_arrives_and_comes_to_nothing_has_a_bound() {
    let value = "a".repeat(16);
    let peer =
        Peer::answering(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{}", 3 << 20, "a".repeat(3 << 20))).await;
    for (bytes_in, passes) in [(1 << 20, true), ((1 << 20) - 1, false)] {
        let vault = Vault::new(&peer.url("/"), [("TOKEN", &value, "header:Authorization")]);
        let run = vault.idle(Run::to(&peer).budget(Budget { bytes_in, ..Budget::default() }));
        let got = run.read(&peer.url("/")).await;
        assert_eq!(got.as_ref().map(|(_, body)| body.as_str()).ok(), passes.then_some("***"), "{got:?}");
        assert_eq!(run.meter.exceeded(), (!passes).then_some(Limit::HttpBytesIn));
    }
}
