//! Servers that choose HTTP/2 in the handshake and then want HTTP/1.1 after all (RFC 9113, 7: HTTP_1_1_REQUIRED).

use std::io;
use std::sync::{Arc, Mutex};

use tokio_rustls::TlsAcceptor;
use um_egress::{EgressError, ProtocolFault};

use super::authority::{Authority, names, params};
use super::frames::{END_HEADERS, HEADERS, HTTP_1_1_REQUIRED, STATUS_200, Wire};
use super::peer::{HELLO, Peer, Run, Visit, post, read};

/// How a server says that it wants HTTP/1.1.
#[derive(Clone, Copy, Debug)]
enum Wish {
    Stream,
    GoAway,
    /// In the middle of its answer, which is too late.
    Late,
}

/// What was chosen in the handshake of each connection.
type Chosen = Arc<Mutex<Vec<&'static str>>>;

/// A server that offers `protocols`, and a run that may reach it.
async fn wishing(protocols: &'static [&'static str], wish: Wish) -> (Peer, Run, String, Chosen) {
    let authority = Authority::new("ours");
    let acceptor = authority.acceptor(params("api.test"), protocols);
    let chosen = Chosen::default();
    let seen = chosen.clone();
    let peer = Peer::start(move |visit| serve(visit, acceptor.clone(), wish, seen.clone())).await;
    let url = format!("https://api.test:{}/", peer.port);
    let run = Run::reaching(&[&url]).client(authority.client(&names()));
    (peer, run, url, chosen)
}

async fn serve(visit: Visit, acceptor: TlsAcceptor, wish: Wish, chosen: Chosen) -> io::Result<()> {
    let number = visit.number;
    let visit = visit.secured(async |tcp| acceptor.accept(tcp).await).await?;
    let http2 = visit.stream.get_ref().1.alpn_protocol() == Some(b"h2");
    chosen.lock().unwrap().push(if http2 { "h2" } else { "http/1.1" });
    if !http2 {
        return visit.answer_all(HELLO.to_owned()).await;
    }
    let mut wire = Wire::over(visit.stream, number, &[]).await?;
    loop {
        let stream = wire.request().await?;
        match wish {
            Wish::Stream => wire.reset(stream, HTTP_1_1_REQUIRED).await?,
            Wish::GoAway => wire.go_away(0, HTTP_1_1_REQUIRED).await?,
            Wish::Late => {
                wire.send(HEADERS, END_HEADERS, stream, STATUS_200).await?;
                wire.reset(stream, HTTP_1_1_REQUIRED).await?;
            }
        }
    }
}

#[tokio::test]
async fn a_request_goes_out_once_more_over_http_1_1_and_later_ones_at_once() {
    for wish in [Wish::Stream, Wish::GoAway] {
        let (peer, run, url, chosen) = wishing(&["h2", "http/1.1"], wish).await;
        for _ in 0..3 {
            assert_eq!(run.read(&url).await.unwrap().1, "hello", "{wish:?}");
        }
        assert_eq!(*chosen.lock().unwrap(), ["h2", "http/1.1"], "{wish:?}");
        assert_eq!((peer.requests().len(), run.meter.usage().calls), (3, 3), "{wish:?}");
    }
}

#[tokio::test]
async fn a_request_with_a_body_is_not_repeated_but_the_next_one_arrives() {
    for wish in [Wish::Stream, Wish::GoAway] {
        let (peer, run, url, chosen) = wishing(&["h2", "http/1.1"], wish).await;
        let error = run.send(post(&url, "pay once")).await.unwrap_err();
        let expected = "`api.test` takes this request over HTTP/1.1 only, from now on";
        assert_eq!(error.to_string(), expected, "{wish:?}");
        assert!(peer.requests().is_empty(), "{wish:?}");
        assert_eq!(read(run.send(post(&url, "pay once")).await.unwrap()).await.unwrap().1, "hello", "{wish:?}");
        assert_eq!((peer.requests().len(), chosen.lock().unwrap().len()), (1, 2), "{wish:?}");
    }
}

#[tokio::test]
async fn a_server_that_has_no_http_1_1_either_is_asked_twice_and_not_for_ever() {
    let (peer, run, url, chosen) = wishing(&["h2"], Wish::Stream).await;
    let error = run.fetch(&url).await.unwrap_err();
    assert!(matches!(error, EgressError::Tls { .. }), "{error}");
    assert_eq!((peer.connections(), chosen.lock().unwrap().len()), (2, 1));
}

#[tokio::test]
async fn an_answer_that_has_begun_is_not_asked_for_again() {
    let (peer, run, url, _) = wishing(&["h2", "http/1.1"], Wish::Late).await;
    let error = run.read(&url).await.unwrap_err();
    assert!(matches!(error, EgressError::Protocol { fault: ProtocolFault::Reset, .. }), "{error}");
    assert_eq!(peer.connections(), 1);
}

#[tokio::test]
async fn what_one_workspace_learns_is_not_told_to_another() {
    let (_peer, run, url, chosen) = wishing(&["h2", "http/1.1"], Wish::Stream).await;
    run.read(&url).await.unwrap();
    let other = Run::reaching(&[&url]).client(run.client.clone()).workspace("other");
    other.read(&url).await.unwrap();
    assert_eq!(*chosen.lock().unwrap(), ["h2", "http/1.1", "h2", "http/1.1"]);
}
