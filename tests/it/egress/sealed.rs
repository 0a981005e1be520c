//! Sealed values on their way through the client: over both protocols, once each, and on record.

use std::io;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use um_host::egress::EgressError;
use um_host::egress::SealedFault;
use um_host::secret::{SealedUse, SecretName};

use super::authority::{Authority, names, params};
use super::frames::{NO_ERROR, REFUSED_STREAM, Wire};
use super::http2_peer::{Seen, Server};
use super::peer::{HELLO, Peer, Run, Visit, read};
use super::vault::{FIELD, KEY, TOKEN, Vault, full};

fn assert_filled(seen: &Seen) {
    let field = |wanted: &str| {
        let values: Vec<_> = seen.fields.iter().filter(|(name, _)| name == wanted).map(|(_, value)| value).collect();
        assert_eq!(values.len(), 1, "{wanted}: {seen:?}");
        values[0].clone()
    };
    assert_eq!(field("authorization"), format!("Bearer {TOKEN}"));
    assert_eq!(seen.path, "/?key=key-16C7e42F292c%266912%3D7710c8");
    assert_eq!(seen.body, format!("{{\"token\": \"{FIELD}\"}}"));
    assert_eq!(field("content-length"), seen.body.len().to_string());
}

fn used(secret: &str, host: &str, count: u64) -> SealedUse {
    SealedUse { secret: SecretName::parse(secret).unwrap(), host: host.to_owned(), count }
}

#[tokio::test]
async fn a_value_goes_out_and_comes_back_as_its_placeholder_over_both_protocols() {
    for protocol in ["h2", "http/1.1"] {
        let server = Server::start(&[protocol], 100, async |seen| format!("{seen:?}")).await;
        let vault = Vault::usual(&server.url());
        let (run, texts) = vault.run(server.run()).await;
        for _ in 0..3 {
            let (status, body) = read(run.send(full(&server.url(), &texts)).await.unwrap()).await.unwrap();
            assert_eq!(status, 200);
            assert!(texts.iter().all(|text| body.contains(text)), "{protocol}: {body}");
            assert!([TOKEN, KEY, FIELD, "%266912"].iter().all(|value| !body.contains(value)), "{protocol}: {body}");
        }
        server.seen().iter().for_each(assert_filled);
        assert_eq!((server.seen().len(), server.connections()), (3, 1), "{protocol}");
        let all = ["FIELD", "KEY", "TOKEN"];
        assert_eq!(run.policy.seals().uses(), all.map(|secret| used(secret, "api.test", 3)));
        let mut recorded = vault.recorded.lock().unwrap().clone();
        recorded.sort_by(|one, other| one.secret.cmp(&other.secret));
        assert_eq!(recorded, all.map(|secret| used(secret, "api.test", 1)), "each once a run");
    }
}

#[tokio::test]
async fn over_http_2_a_placeholder_goes_nowhere_else_either() {
    let server = Server::hello(&["h2"]).await;
    let other = server.url().replace("api.test", "other.test");
    let vault = Vault::usual(&server.url());
    let run = Run::reaching(&[&server.url(), &other]).client(server.authority.client(&names()));
    let (run, texts) = vault.run(run).await;
    let refused = run.send(full(&other, &texts)).await;
    assert!(matches!(refused, Err(EgressError::Sealed { fault: SealedFault::OtherOrigin { .. }, .. })), "{refused:?}");
    let in_body = run.send(Request::post(server.url()).body(Full::from(texts[0].clone())).unwrap()).await;
    assert!(matches!(in_body, Err(EgressError::Sealed { fault: SealedFault::Site { .. }, .. })), "{in_body:?}");
    assert!(server.seen().iter().all(|seen| !seen.body.contains("um_sealed_")));
    assert!(run.policy.seals().uses().is_empty() && vault.recorded.lock().unwrap().is_empty());
}

/// Says back what came in a request that was looked at.
async fn answer(stream: tokio_rustls::server::TlsStream<tokio::net::TcpStream>, seen: &Mutex<Vec<Request<()>>>) {
    let mut connection = h2::server::handshake(stream).await.unwrap();
    while let Some(Ok((request, mut respond))) = connection.accept().await {
        seen.lock().unwrap().push(request.map(drop));
        respond.send_response(Response::new(()), true).unwrap();
    }
}

#[tokio::test]
async fn a_request_that_goes_out_again_has_each_value_once() {
    for refused_stream in [true, false] {
        let authority = Authority::new("ours");
        let acceptor = authority.acceptor(params("api.test"), &["h2"]);
        let seen = Arc::<Mutex<Vec<Request<()>>>>::default();
        let kept = seen.clone();
        let peer = Peer::start(move |visit: Visit| {
            let (acceptor, kept) = (acceptor.clone(), kept.clone());
            async move {
                if visit.number > 0 {
                    answer(acceptor.accept(visit.stream).await?, &kept).await;
                    return io::Result::Ok(());
                }
                let mut wire = Wire::open(&acceptor, visit.stream, visit.number, &[]).await?;
                let stream = wire.request().await?;
                match refused_stream {
                    true => wire.reset(stream, REFUSED_STREAM).await?,
                    false => wire.go_away(0, NO_ERROR).await?,
                }
                wire.closed().await;
                Ok(())
            }
        })
        .await;
        let url = format!("https://api.test:{}/", peer.port);
        let vault = Vault::usual(&url);
        let (run, texts) = vault.run(Run::reaching(&[&url]).client(authority.client(&names()))).await;
        let ask = Request::get(format!("{url}?key={}", texts[1])).header("authorization", &texts[0]);
        run.send(ask.body(Full::<Bytes>::default()).unwrap()).await.unwrap();
        let seen = seen.lock().unwrap();
        assert_eq!((peer.connections(), seen.len()), (2, 1));
        let values: Vec<_> = seen[0].headers().get_all("authorization").iter().collect();
        assert_eq!(values, [TOKEN]);
        assert_eq!(seen[0].uri().query(), Some("key=key-16C7e42F292c%266912%3D7710c8"));
        assert_eq!(run.policy.seals().uses().iter().map(|used| used.count).collect::<Vec<_>>(), [1, 1]);
    }
}

/// Some of these meet a connection that the server is about to close.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_that_meets_a_closing_connection_has_each_value_once() {
    let peer = Peer::start(|mut visit| async move { visit.answer(HELLO).await }).await;
    let vault = Vault::usual(&peer.url("/"));
    let (run, texts) = vault.run(Run::to(&peer)).await;
    for _ in 0..40 {
        if let Ok(answer) = run.send(full(&peer.url("/"), &texts)).await {
            read(answer).await.unwrap();
        }
    }
    let requests = peer.requests();
    assert!(requests.len() >= 20, "{}", requests.len());
    for request in requests.iter().filter(|request| !request.ends_with("<cut>")) {
        let body = format!("{{\"token\": \"{FIELD}\"}}");
        assert!(request.contains(&format!("\r\nauthorization: Bearer {TOKEN}\r\n")), "{request}");
        assert!(request.contains(&format!("\r\ncontent-length: {}\r\n", body.len())), "{request}");
        assert!(request.ends_with(&format!("\r\n\r\n{body}")) && request.matches(TOKEN).count() == 1, "{request}");
    }
}

#[tokio::test]
async fn nothing_is_sent_if_a_value_cannot_be_opened_that_the_answer_must_be_held_against() {
    let peer = Peer::answering(HELLO).await;
    let vault = Vault::usual(&peer.url("/"));
    for opens in [false, true] {
        vault.opens.store(opens, Ordering::Relaxed);
        let run = vault.idle(Run::to(&peer));
        let answer = run.read(&peer.url("/")).await;
        assert_eq!(matches!(answer, Err(EgressError::Unopened { .. })), !opens, "{answer:?}");
        assert_eq!((peer.connections(), run.policy.seals().has_failed()), (usize::from(opens), !opens));
    }
}

#[tokio::test]
async fn nothing_is_sent_if_its_use_cannot_be_recorded() {
    let peer = Peer::answering(HELLO).await;
    let vault = Vault::usual(&peer.url("/"));
    let (run, texts) = vault.run(Run::to(&peer)).await;
    vault.records.store(false, Ordering::Relaxed);
    let refused = run.send(full(&peer.url("/"), &texts)).await;
    assert!(matches!(refused, Err(EgressError::Unrecorded { .. })), "{refused:?}");
    assert!(peer.requests().concat().is_empty() && run.policy.seals().uses().is_empty());
    assert!(run.policy.seals().has_failed());
    assert_eq!(run.read(&peer.url("/")).await.unwrap().0, 200, "without a value there is nothing to record");
    vault.records.store(true, Ordering::Relaxed);
    run.send(full(&peer.url("/"), &texts)).await.unwrap();
    assert_eq!(vault.recorded.lock().unwrap().len(), 3);
}

#[tokio::test]
async fn bodies_are_watched_only_where_a_workspace_has_sealed_secrets() {
    let peer = Peer::answering(HELLO).await;
    let body = "a text with um_sealed_0123456789abcdef0123456789abcdef in it";
    for (vault, passes) in [(Vault::new("x.test", []), true), (Vault::usual("x.test"), false)] {
        let run = vault.idle(Run::to(&peer));
        let sent = run.send(Request::post(peer.url("/")).body(Full::from(body)).unwrap()).await;
        assert_eq!(sent.is_ok(), passes, "{sent:?}");
        assert_eq!(run.policy.seals().is_empty(), passes);
    }
    assert!(peer.requests()[0].ends_with(body) && peer.requests()[0].contains("\r\ncontent-length: 60\r\n"));
    assert!(peer.requests()[1..].iter().all(|request| !request.contains("um_sealed")));
}
