//! Authorities of one's own and a proxy, by option: what they change, and what is said when they cannot be used.

use super::run;
use crate::support::authority::{Authority, params};
use crate::support::command::{Answer, Home};
use crate::support::peer::{HELLO, Peer};

/// Answers every request over TLS as `localhost`.
async fn secured(authority: &Authority) -> Peer {
    let acceptor = authority.acceptor(params("localhost"), &["http/1.1"]);
    Peer::start(move |visit| {
        let acceptor = acceptor.clone();
        async move {
            let visit = visit.secured(async |stream| acceptor.accept(stream).await).await?;
            visit.answer_all(HELLO.to_owned()).await
        }
    })
    .await
}

fn call(home: &Home, options: &[&str], url: &str) -> Answer {
    let reach = ["--allow-host", url, "--allow-private", "localhost", "--allow-private", "127.0.0.1"];
    run(home, "calls_http").args(options).args(reach).args(["--", "GET", url]).answer()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn authorities_of_ones_own_are_believed_when_a_file_names_them() {
    let (home, ours) = (Home::new(), Authority::new("ours"));
    let peer = secured(&ours).await;
    let url = format!("https://localhost:{}/", peer.port);
    home.write("ca.pem", [Authority::new("theirs").pem(), ours.pem()].concat());
    home.write("other.pem", Authority::new("theirs").pem());
    let believed = call(&home, &["--ca", "ca.pem"], &url);
    assert!(believed.stdout.contains("status 200") && believed.stdout.contains("body hello"), "{believed:?}");
    for options in [&[][..], &["--ca", "other.pem"]] {
        let refused = call(&home, options, &url);
        assert!(refused.stderr.contains("an authority that is not trusted here"), "{refused:?}");
    }
    assert_eq!(peer.requests().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn this_machines_authorities_are_believed_instead_of_the_webs() {
    let (home, ours) = (Home::new(), Authority::new("ours"));
    let peer = secured(&ours).await;
    let url = format!("https://localhost:{}/", peer.port);
    let file = home.write("ca.pem", ours.pem());
    let reach = ["--allow-host", &url, "--allow-private", "localhost", "--", "GET", &url];
    let call = |options: &[&str]| {
        run(&home, "calls_http").env("SSL_CERT_FILE", &file).args(options).args(reach).answer().stdout
    };
    assert!(call(&["--platform-roots"]).contains("body hello"));
    assert!(!call(&[]).contains("body hello"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_proxy_is_asked_for_every_host_also_when_a_file_names_it() {
    let home = Home::new();
    let proxy = Peer::start(async |mut visit| {
        visit.answer("HTTP/1.1 200 OK\r\n\r\n").await?;
        visit.answer_all(HELLO.to_owned()).await
    })
    .await;
    let named = format!("http://me:hunter22@127.0.0.1:{}", proxy.port);
    home.write("proxy", format!("{named}\n"));
    for option in [named.as_str(), "@proxy"] {
        let answer = call(&home, &["--proxy", option], "http://127.0.0.1:9/");
        assert!(answer.stdout.contains("body hello"), "{answer:?}");
        assert!(!format!("{answer:?}").contains("hunter22"));
    }
    let asked = proxy.requests();
    assert_eq!(
        asked.iter().filter(|text| text.starts_with("CONNECT 127.0.0.1:9 HTTP/1.1\r\n")).count(),
        2,
        "{asked:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_proxy_that_refuses_is_told_without_its_credentials() {
    let home = Home::new();
    let proxy = Peer::answering("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n").await;
    let answer =
        call(&home, &["--proxy", &format!("http://me:hunter22@127.0.0.1:{}", proxy.port)], "http://127.0.0.1:9/");
    let expected =
        "no way to `127.0.0.1`: the proxy refused the connection (status 403); the operator must let it through";
    assert_eq!(answer.stderr, format!("um-host: {expected}\n"));
    assert!(answer.stdout.starts_with("error "), "{answer:?}");
}

#[test]
fn what_cannot_be_used_is_refused_without_being_repeated() {
    let home = Home::new();
    home.write("key.pem", Authority::new("ours").private_key_pem());
    home.write("text.pem", "hunter22");
    home.write("proxy", "me:hunter22");
    for (options, message) in [
        (
            ["--ca", "absent.pem"],
            "--ca: `absent.pem` cannot be read\n  because: No such file or directory (os error 2)",
        ),
        (
            ["--ca", "text.pem"],
            "--ca: `text.pem` cannot be used: there is no certificate in it; it must have a part that begins with \
             -----BEGIN CERTIFICATE-----",
        ),
        (
            ["--ca", "key.pem"],
            "--ca: `key.pem` cannot be used: there is a private key in it; keep that where it belongs, and name a file \
             with certificates alone",
        ),
        (
            ["--proxy", "me:hunter22@proxy.example:3128"],
            "--proxy: the proxy has no scheme; write it as in http://proxy.example:3128",
        ),
        (["--proxy", "@proxy"], "--proxy: the proxy has no scheme; write it as in http://proxy.example:3128"),
        (
            ["--proxy", "http://me:hunter22@proxy.example"],
            "--proxy: the proxy needs a port from 1 to 65535; write it as in http://proxy.example:3128",
        ),
        (["--proxy", "socks5://me:hunter22@proxy.example:1080"], "--proxy: only http and https proxies can be used"),
    ] {
        run(&home, "plain").args(options).status(2).stderr(format!("um-host: error: {message}\n")).run();
    }
}
