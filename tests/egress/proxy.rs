//! The operator's proxy: what it is asked for, and what goes through it.

use std::sync::Arc;

use http::Request;
use http_body_util::Empty;
use tokio::io::{AsyncWriteExt, copy_bidirectional};
use tokio::net::TcpStream;
use um_egress::{Client, EgressError, Proxy, ProxyError};

use super::authority::{Authority, names, params};
use super::http2_peer::Server;
use super::peer::{HELLO, Names, Peer, Run, post, read};

/// A proxy that connects to whatever address it is asked for.
pub async fn obliging() -> Peer {
    Peer::start(async |mut visit| {
        visit.read_request().await?;
        let target = visit.last_request();
        let target = target.split(' ').nth(1).unwrap().to_owned();
        let mut there = TcpStream::connect(&target).await?;
        visit.stream.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await?;
        copy_bidirectional(&mut visit.stream, &mut there).await?;
        Ok(())
    })
    .await
}

/// A run that goes through the proxy at `url`.
pub fn through(url: &str, names: &Arc<Names>, entries: &[&str]) -> Run {
    let client = Client::builder().resolver(names.clone()).proxy(Proxy::parse(url).unwrap()).build().unwrap();
    Run::reaching(entries).client(client)
}

#[tokio::test]
async fn the_proxy_is_asked_for_the_checked_address_for_http_too() {
    let (peer, proxy) = (Peer::answering(HELLO).await, obliging().await);
    let url = format!("http://api.test:{}/", peer.port);
    let run = through(&proxy.url(""), &names(), &[&url]);
    for _ in 0..2 {
        assert_eq!(run.read(&url).await.unwrap().1, "hello");
    }
    let port = peer.port;
    let expected = format!("CONNECT 127.0.0.1:{port} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n");
    assert_eq!(proxy.requests(), [expected], "one tunnel, kept for the next request");
    assert!(peer.requests()[0].starts_with(&format!("GET / HTTP/1.1\r\nhost: api.test:{port}\r\n")));
}

#[tokio::test]
async fn tls_through_the_proxy_is_with_the_name_and_http2_as_without_it() {
    let (server, proxy) = (Server::hello(&["h2", "http/1.1"]).await, obliging().await);
    let client = server.authority.trusting(&names()).proxy(Proxy::parse(&proxy.url("")).unwrap()).build().unwrap();
    let run = server.run().client(client);
    for _ in 0..3 {
        assert_eq!(run.read(&server.url()).await.unwrap().1, "hello");
    }
    let seen = server.seen();
    assert_eq!(seen[0].authority, Some(format!("api.test:{}", server.port)));
    assert_eq!((server.connections(), proxy.requests().len()), (1, 1));
    let other = server.url().replace("api.test", "other.test");
    let error = Run::reaching(&[&other]).client(run.client.clone()).fetch(&other).await.unwrap_err();
    assert!(matches!(error, EgressError::Tls { .. }), "{error}");
}

#[tokio::test]
async fn addresses_are_checked_before_the_proxy_is_asked() {
    let proxy = obliging().await;
    let names = Names::new([("inside.test", &[&["10.0.0.7"]])]);
    for (url, what) in [("http://inside.test/", "a name"), ("http://127.0.0.1:1/", "a literal")] {
        let run = through(&proxy.url(""), &names, &[url]);
        let run = Run { policy: Run::outside(&[url]).policy, ..run };
        let error = run.fetch(url).await.unwrap_err();
        assert!(matches!(error, EgressError::Inside { .. }), "{what}: {error}");
    }
    let run = through(&proxy.url(""), &names, &["http://api.test"]);
    let error = run.fetch("http://other.test/").await.unwrap_err();
    assert!(matches!(error, EgressError::NotAllowed { .. }), "{error}");
    assert_eq!(proxy.connections(), 0);
}

#[tokio::test]
async fn workspaces_do_not_share_a_tunnel() {
    let (peer, proxy) = (Peer::answering(HELLO).await, obliging().await);
    let first = through(&proxy.url(""), &names(), &[&peer.url("")]).workspace("first");
    let second = Run::to(&peer).workspace("second").client(first.client.clone());
    first.read(&peer.url("/")).await.unwrap();
    second.read(&peer.url("/")).await.unwrap();
    assert_eq!((proxy.connections(), peer.connections()), (2, 2));
}

#[tokio::test]
async fn credentials_go_to_the_proxy_and_nowhere_else_and_the_guests_go_nowhere() {
    let (peer, proxy) = (Peer::answering(HELLO).await, obliging().await);
    let url = format!("http://me:h%40nter%3A22%C3%BC@127.0.0.1:{}", proxy.port);
    let run = through(&url, &names(), &[&peer.url("")]);
    let request = Request::get(peer.url("/")).header("proxy-authorization", "Basic Z3Vlc3Q=");
    run.send(request.body(Empty::new()).unwrap()).await.unwrap();
    read(run.send(post(&peer.url("/"), "body")).await.unwrap()).await.unwrap();
    // "me:h@nter:22ü" in base64.
    assert!(proxy.requests()[0].contains("\r\nProxy-Authorization: Basic bWU6aEBudGVyOjIyw7w=\r\n"));
    assert!(!proxy.requests()[0].contains("Z3Vlc3Q="));
    let arrived = peer.requests().concat().to_ascii_lowercase();
    assert!(!arrived.contains("proxy-") && !arrived.contains("bwu6aebudgvyojiyw7w="), "{arrived}");
}

#[tokio::test]
async fn a_proxy_with_tls_must_have_a_certificate_that_is_trusted() {
    let peer = Peer::answering(HELLO).await;
    let authority = Authority::new("ours");
    for (name, trusted) in [("api.test", true), ("wrong.test", false)] {
        let acceptor = authority.acceptor(params(name), &[]);
        let proxy = Peer::start(move |visit| {
            let acceptor = acceptor.clone();
            async move {
                let mut visit = visit.secured(async |stream| acceptor.accept(stream).await).await?;
                visit.read_request().await?;
                let target = visit.last_request().split(' ').nth(1).unwrap().to_owned();
                let mut there = TcpStream::connect(target).await?;
                visit.stream.write_all(b"HTTP/1.0 200 OK\r\nVia: us\r\n\r\n").await?;
                copy_bidirectional(&mut visit.stream, &mut there).await?;
                Ok(())
            }
        })
        .await;
        let url = format!("https://me:hunter22@api.test:{}/", proxy.port);
        let client = authority.trusting(&names()).proxy(Proxy::parse(&url).unwrap()).build().unwrap();
        match Run::to(&peer).client(client).read(&peer.url("/")).await {
            Ok(answer) => assert!(trusted && answer.1 == "hello"),
            Err(error) => {
                let text = error.to_string();
                assert!(!trusted && text.contains("its certificate is for another name"), "{text}");
                assert_eq!(proxy.requests().len(), 0, "credentials are for the proxy alone");
            }
        }
    }
}

#[test]
fn what_is_no_proxy_is_refused_without_repeating_it() {
    use ProxyError::{Credentials, Host, Path, Port, Scheme, TooLong};
    let long = format!("http://proxy.test:{}", "1".repeat(9000));
    for (text, expected) in [
        ("proxy.test:3128", "no scheme"),
        ("me:hunter22@proxy.test:3128", "no scheme"),
        ("socks5://me:hunter22@proxy.test:1080", "only http and https"),
        ("http://me:hunter22@proxy.test", "needs a port"),
        ("http://me:hunter22@proxy.test:0", "needs a port"),
        ("http://me:hunter22@proxy.test:65536", "needs a port"),
        ("http://me:hunter22@proxy.test:3128/path", "a path or a query"),
        ("http://me:hunter22@proxy.test:3128?x", "a path or a query"),
        ("http://me:hunter22@:3128", "missing"),
        ("http://me:hunter22@127.1:3128", "a number"),
        ("http://hunter22@proxy.test:3128", "USER:PASSWORD"),
        ("http://me:hunter22%0a@proxy.test:3128", "USER:PASSWORD"),
        ("http://me:hunter22%ff@proxy.test:3128", "USER:PASSWORD"),
        ("http://me:hunter22%4@proxy.test:3128", "USER:PASSWORD"),
        ("http://me:hun@ter22@proxy.test:3128", "USER:PASSWORD"),
        ("http://m%3Ae:hunter22@proxy.test:3128", "USER:PASSWORD"),
        (long.as_str(), "longer than"),
    ] {
        let error = Proxy::parse(text).unwrap_err();
        let known = matches!(error, Scheme | Port | Path | Credentials | TooLong | Host(_) | ProxyError::NoScheme);
        let said = error.to_string();
        assert!(known && said.contains(expected) && !said.contains("hunter22"), "{text}: {said}");
    }
}

#[test]
fn a_proxy_is_shown_without_user_and_password() {
    for text in ["http://me:hunter22@proxy.test:3128", "HTTP://me:hunter22@Proxy.test:3128/"] {
        let proxy = Proxy::parse(text).unwrap();
        assert_eq!(format!("{proxy} {proxy:?}"), "http://proxy.test:3128 Proxy(http://proxy.test:3128)");
    }
    assert_eq!(Proxy::parse("https://[::1]:443").unwrap().to_string(), "https://[::1]:443");
}
