//! TLS: whose certificates are believed, and for which name.

use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair, date_time_ymd};
use tokio_rustls::TlsAcceptor;
use um_egress::{BuildError, Client, EgressError, ProtocolFault, TlsFault};

use super::authority::{Authority, acceptor, names, params};
use super::peer::{HELLO, Peer, Run};

/// Answers every request over TLS, with a certificate of `authority`.
async fn serve(authority: &Authority, params: CertificateParams) -> Peer {
    answering(authority.acceptor(params, &[])).await
}

async fn answering(acceptor: TlsAcceptor) -> Peer {
    Peer::start(move |visit| {
        let acceptor = acceptor.clone();
        async move {
            let visit = visit.secured(async |stream| acceptor.accept(stream).await).await?;
            visit.answer_all(HELLO.to_owned()).await
        }
    })
    .await
}

async fn fault(client: Client, url: &str) -> TlsFault {
    match Run::reaching(&[url]).client(client).fetch(url).await {
        Err(EgressError::Tls { fault, .. }) => fault,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_server_with_a_certificate_of_a_trusted_authority_is_spoken_to_on_one_connection() {
    let authority = Authority::new("ours");
    let peer = serve(&authority, params("api.test")).await;
    let url = format!("https://api.test:{}/", peer.port);
    let run = Run::reaching(&[&url]).client(authority.client(&names()));
    for _ in 0..3 {
        assert_eq!(run.read(&url).await.unwrap(), (200, "hello".to_owned()));
    }
    assert_eq!(peer.connections(), 1);
    assert!(peer.requests()[0].contains(&format!("\r\nhost: api.test:{}\r\n", peer.port)));
}

#[tokio::test]
async fn an_address_needs_a_certificate_for_that_address() {
    let authority = Authority::new("ours");
    let peer = serve(&authority, params("127.0.0.1")).await;
    let url = format!("https://127.0.0.1:{}/", peer.port);
    let run = Run::reaching(&[&url]).client(authority.client(&names()));
    assert_eq!(run.read(&url).await.unwrap().1, "hello");
    let named = format!("https://api.test:{}/", peer.port);
    assert_eq!(fault(authority.client(&names()), &named).await, TlsFault::WrongName);
}

#[tokio::test]
async fn a_certificate_for_another_name_is_refused() {
    let authority = Authority::new("ours");
    let peer = serve(&authority, params("api.test")).await;
    let url = format!("https://other.test:{}/", peer.port);
    assert_eq!(fault(authority.client(&names()), &url).await, TlsFault::WrongName);
    assert_eq!(peer.requests().len(), 0);
}

#[tokio::test]
async fn a_certificate_that_nobody_trusted_has_signed_is_refused() {
    let peer = serve(&Authority::new("theirs"), params("api.test")).await;
    let url = format!("https://api.test:{}/", peer.port);
    for name in ["ours", "theirs"] {
        assert_eq!(fault(Authority::new(name).client(&names()), &url).await, TlsFault::UnknownIssuer, "{name}");
    }
    let webs = Client::builder().resolver(names()).build().unwrap();
    assert_eq!(fault(webs, &url).await, TlsFault::UnknownIssuer);
}

#[tokio::test]
async fn a_certificate_signed_by_itself_is_refused() {
    let mut authoritys = params("api.test");
    authoritys.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    for (params, expected) in [(params("api.test"), TlsFault::UnknownIssuer), (authoritys, TlsFault::Certificate)] {
        let key = KeyPair::generate().unwrap();
        let peer = answering(acceptor(&params.self_signed(&key).unwrap(), &key, &[])).await;
        let url = format!("https://api.test:{}/", peer.port);
        assert_eq!(fault(Authority::new("ours").client(&names()), &url).await, expected);
        assert_eq!(peer.requests().len(), 0);
    }
}

#[tokio::test]
async fn a_certificate_out_of_its_time_is_refused() {
    let authority = Authority::new("ours");
    let mut old = params("api.test");
    (old.not_before, old.not_after) = (date_time_ymd(2000, 1, 1), date_time_ymd(2001, 1, 1));
    let mut early = params("api.test");
    (early.not_before, early.not_after) = (date_time_ymd(2900, 1, 1), date_time_ymd(2901, 1, 1));
    for (params, expected) in [(old, TlsFault::Expired), (early, TlsFault::NotYetValid)] {
        let peer = serve(&authority, params).await;
        let url = format!("https://api.test:{}/", peer.port);
        assert_eq!(fault(authority.client(&names()), &url).await, expected);
    }
}

#[tokio::test]
async fn a_server_without_tls_and_one_that_hangs_up_are_told_apart() {
    let plain = Peer::start(async |mut visit| {
        use tokio::io::AsyncWriteExt;
        visit.stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await?;
        visit.closed().await;
        Ok(())
    });
    let closing = Peer::start(async |_| Ok(()));
    for (peer, expected) in [(plain.await, TlsFault::NotTls), (closing.await, TlsFault::Broken)] {
        let url = format!("https://api.test:{}/", peer.port);
        assert_eq!(fault(Authority::new("ours").client(&names()), &url).await, expected);
    }
}

/// Without a closing alert, a body that only the end of the connection delimits may have been cut by anyone between.
#[tokio::test]
async fn an_answer_that_is_cut_off_under_tls_is_not_taken_for_a_whole_one() {
    let authority = Authority::new("ours");
    let acceptor = authority.acceptor(params("api.test"), &[]);
    let peer = Peer::start(move |visit| {
        let acceptor = acceptor.clone();
        async move {
            let mut visit = visit.secured(async |stream| acceptor.accept(stream).await).await?;
            visit.answer("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nthe first half").await
        }
    })
    .await;
    let url = format!("https://api.test:{}/", peer.port);
    let run = Run::reaching(&[&url]).client(authority.client(&names()));
    let error = run.read(&url).await.unwrap_err();
    assert!(matches!(error, EgressError::Protocol { fault: ProtocolFault::Closed, .. }), "{error}");
}

#[test]
fn what_is_no_certificate_is_refused_as_a_root() {
    let build = Client::builder().root_certificate(Authority::new("ours").der()).root_certificate(*b"-----BEGIN");
    assert_eq!(build.build().err(), Some(BuildError::RootCertificate { number: 2 }));
}
