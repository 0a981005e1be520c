//! Proxies that are in the way, each told apart and none of them with its credentials.

use tokio::io::AsyncWriteExt;
use um_egress::{EgressError, Phase, ProxyFault};

use super::authority::names;
use super::peer::{HELLO, Names, Peer, Run, a_moment_for};
use super::proxy::{obliging, through};

const TARGET: &str = "http://api.test:9/";

/// What is said about a proxy that answers with `answer` and hangs up.
async fn fault(answer: impl Into<Vec<u8>>) -> ProxyFault {
    let answer = answer.into();
    let proxy = Peer::start(move |mut visit| {
        let answer = answer.clone();
        async move { visit.answer(&answer).await }
    })
    .await;
    let run = through(&format!("http://me:hunter22@127.0.0.1:{}", proxy.port), &names(), &[TARGET]);
    let fault = told(&run).await;
    assert_eq!(proxy.connections(), 1, "{fault}");
    fault
}

/// The fault, in a text that names the target and no credentials.
async fn told(run: &Run) -> ProxyFault {
    let error = run.fetch(TARGET).await.unwrap_err();
    let (text, all) = (error.to_string(), format!("{error:?}"));
    assert!(text.starts_with("no way to `api.test`: the proxy "), "{text}");
    assert!(["hunter22", "bWU6aHVudGVyMjI="].iter().all(|secret| !text.contains(secret) && !all.contains(secret)));
    match error {
        EgressError::Proxy { fault, .. } => fault,
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn a_proxy_that_does_not_let_through_is_told_by_its_answer() {
    use ProxyFault::{Closed, Credentials, HeadTooLarge, Malformed, Refused};
    let long = format!("HTTP/1.1 200 OK\r\nx: {}\r\n\r\n", "y".repeat(17_000));
    for (answer, expected) in [
        ("HTTP/1.1 403 Forbidden\r\nContent-Length: 5\r\n\r\nhello", Refused(403)),
        ("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/\r\n\r\n", Refused(302)),
        ("HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\n\r\n", Credentials),
        ("HTTP/1.0 500\r\n\r\n", Refused(500)),
        ("", Closed),
        ("HTTP/1.1 200 OK\r\n", Closed),
        ("HTTP/1.1 200", Closed),
        ("HTTP/2 200\r\n\r\n", Malformed),
        ("HTTP/1.1 2000 OK\r\n\r\n", Malformed),
        ("HTTP/1.1 20 OK\r\n\r\n", Malformed),
        ("HTTP/1.1 100 Continue\r\n\r\n", Malformed),
        ("HTTP/1.1 +20 OK\r\n\r\n", Malformed),
        ("220 mail.test ESMTP\r\n\r\n", Malformed),
        ("\x05\x01", Malformed),
        ("HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil", Malformed),
        (long.as_str(), HeadTooLarge),
    ] {
        assert_eq!(fault(answer).await, expected, "{answer:.60?}");
    }
}

#[tokio::test]
async fn a_head_of_a_proxy_may_be_as_long_as_its_limit() {
    let peer = Peer::answering(HELLO).await;
    for (length, goes_through) in [(16 * 1024, true), (16 * 1024 + 1, false)] {
        let frame = "HTTP/1.1 200 OK\r\nx: \r\n\r\n".len();
        let head = format!("HTTP/1.1 200 OK\r\nx: {}\r\n\r\n", "y".repeat(length - frame));
        let proxy = Peer::start(move |mut visit| {
            let head = head.clone();
            async move {
                visit.answer(&head).await?;
                visit.answer(HELLO).await
            }
        })
        .await;
        let answer = through(&proxy.url(""), &names(), &[&peer.url("")]).read(&peer.url("/")).await;
        assert_eq!(answer.is_ok(), goes_through, "{length}: {answer:?}");
    }
}

#[tokio::test]
async fn a_proxy_that_never_ends_its_head_is_cut_off() {
    let proxy = Peer::start(async |mut visit| {
        visit.answer("HTTP/1.1 200 OK\r\nx: ").await?;
        loop {
            visit.stream.write_all(&[b'y'; 4096]).await?;
        }
    })
    .await;
    let run = through(&proxy.url(""), &names(), &[TARGET]);
    assert_eq!(told(&run).await, ProxyFault::HeadTooLarge);
}

#[tokio::test]
async fn a_proxy_that_is_not_there_is_told_from_one_that_does_not_answer() {
    let gone = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let run = through(&format!("http://me:hunter22@{gone}"), &names(), &[TARGET]);
    assert!(matches!(told(&run).await, ProxyFault::Unreachable(_)));

    let run = through("http://me:hunter22@nowhere.test:3128", &names(), &[TARGET]);
    assert_eq!(told(&run).await, ProxyFault::Unresolved);

    let silent = Peer::start(async |mut visit| {
        visit.closed().await;
        Ok(())
    })
    .await;
    let run = through(&silent.url(""), &names(), &[TARGET]).timeouts(a_moment_for(Phase::Connect));
    assert_eq!(told(&run).await, ProxyFault::Timeout);
}

#[tokio::test]
async fn a_target_that_hangs_behind_the_proxy_times_out_as_without_it() {
    let target = Peer::start(async |mut visit| {
        visit.closed().await;
        Ok(())
    })
    .await;
    let proxy = obliging().await;
    let url = format!("https://api.test:{}/", target.port);
    let run = through(&proxy.url(""), &names(), &[&url]).timeouts(a_moment_for(Phase::Connect));
    let error = run.fetch(&url).await.unwrap_err();
    assert!(matches!(error, EgressError::Timeout { phase: Phase::Connect, .. }), "{error}");
}

#[tokio::test]
async fn the_next_address_is_asked_for_when_the_proxy_did_not_reach_one() {
    let names = Names::new([("api.test", &[&["127.0.0.3", "127.0.0.4"]])]);
    for (answer, asked) in [("HTTP/1.1 502 Bad Gateway\r\n\r\n", 2), ("HTTP/1.1 403 Forbidden\r\n\r\n", 1)] {
        let proxy = Peer::start(move |mut visit| async move {
            if visit.number == 0 {
                return visit.answer(answer).await;
            }
            visit.answer("HTTP/1.1 200 OK\r\n\r\n").await?;
            visit.answer(HELLO).await
        })
        .await;
        let answer = through(&proxy.url(""), &names, &[TARGET]).read(TARGET).await;
        assert_eq!(answer.is_ok(), asked == 2, "{answer:?}");
        let connects: Vec<_> = proxy.requests().into_iter().filter(|text| text.starts_with("CONNECT")).collect();
        assert_eq!(connects.len(), asked);
        assert!(connects.last().unwrap().contains(if asked == 2 { "127.0.0.4:9" } else { "127.0.0.3:9" }));
    }
}
