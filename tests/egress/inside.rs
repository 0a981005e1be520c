//! Nothing inside is reached unless it was meant: in which order that is checked, and what is said. See also the table.

use http::Request;
use http_body_util::Empty;
use um_egress::EgressError;

use super::peer::{HELLO, Names, Peer, Run};

/// A host as a guest may write it in a URL.
fn url(host: &str, port: u16) -> String {
    format!("http://{host}:{port}/")
}

#[tokio::test]
async fn a_request_that_is_not_allowed_is_refused_before_its_name_is_resolved() {
    let peer = Peer::answering(HELLO).await;
    let names = Names::new([("api.test", &[&["127.0.0.1"]]), ("evil.test", &[&["127.0.0.1"]])]);
    let allowed = format!("http://api.test:{}/v1", peer.port);
    let run = Run::reaching(&[&allowed]).resolver(&names);
    let port = peer.port;
    let paths = "host `api.test` is allowed for other paths only";
    for (url, fact, meant) in [
        (format!("http://evil.test:{port}/v1"), "host `evil.test` is not allowed", format!("http://evil.test:{port}")),
        ("https://api.test/v1".to_owned(), "host `api.test` is not allowed", "api.test".to_owned()),
        ("http://api.test/v1".to_owned(), "host `api.test` is not allowed", "http://api.test".to_owned()),
        (
            "https://api.test.evil.test/".to_owned(),
            "host `api.test.evil.test` is not allowed",
            "api.test.evil.test".to_owned(),
        ),
        (format!("http://api.test:{port}/v1/../v2"), paths, format!("http://api.test:{port}")),
        (format!("http://api.test:{port}/v1%2f..%2fv2"), paths, format!("http://api.test:{port}")),
    ] {
        let refused = run.fetch(&url).await.unwrap_err();
        assert_eq!(refused.to_string(), fact, "{url}");
        let (EgressError::NotAllowed { entry, .. } | EgressError::PathNotAllowed { entry, .. }) = refused else {
            panic!("{refused}")
        };
        assert_eq!(entry, meant, "{url}");
    }
    assert!(names.asked().is_empty());
    assert_eq!((peer.connections(), run.meter.usage().calls), (0, 0));
    run.read(&format!("{allowed}/things")).await.unwrap();
}

#[tokio::test]
async fn without_entries_there_is_no_network() {
    let names = Names::new([]);
    let error = Run::outside(&[]).resolver(&names).fetch("https://example.com/").await.unwrap_err();
    assert!(matches!(error, EgressError::NotAllowed { .. }), "{error}");
    assert!(names.asked().is_empty());
}

#[tokio::test]
async fn a_name_with_any_inside_address_is_refused_and_none_of_them_dialled() {
    let peer = Peer::answering(HELLO).await;
    let answers: [&[&[&str]]; 4] = [
        &[&["127.0.0.1"]],
        &[&["127.0.0.1", "93.184.216.34"]],
        &[&["93.184.216.34", "127.0.0.1"]],
        &[&["93.184.216.34", "2606:2800:220:1::1", "::ffff:127.0.0.1"]],
    ];
    for answer in answers {
        let names = Names::new([("mixed.test", answer)]);
        let run = Run::outside(&[&url("mixed.test", peer.port)]).resolver(&names);
        let error = run.fetch(&url("mixed.test", peer.port)).await.unwrap_err();
        assert!(matches!(error, EgressError::Inside { .. }), "{error}");
    }
    assert_eq!(peer.connections(), 0);
    let names = Names::new([("mixed.test", &[&["93.184.216.34", "10.0.0.1"]])]);
    let error = Run::outside(&["mixed.test"]).resolver(&names).fetch("https://mixed.test/").await.unwrap_err();
    assert_eq!(error.to_string(), "`mixed.test` resolves to the private address 10.0.0.1");
}

/// DNS rebinding: a name answers with a harmless address for the check and another for the connection.
#[tokio::test]
async fn the_address_that_was_checked_is_the_one_that_is_dialled() {
    let peer = Peer::answering(HELLO).await;
    let names = Names::new([("rebound.test", &[&["127.0.0.1"], &["127.0.0.99"]])]);
    let url = url("rebound.test", peer.port);
    let run = Run::reaching(&[&url]).resolver(&names);
    assert_eq!(run.read(&url).await.unwrap().1, "hello");
    assert_eq!((names.asked().len(), peer.connections()), (1, 1));
    let names = Names::new([("rebound.test", &[&["10.0.0.1"], &["93.184.216.34"]])]);
    let error = Run::outside(&[&url]).resolver(&names).fetch(&url).await.unwrap_err();
    assert!(matches!(error, EgressError::Inside { .. }), "{error}");
    assert_eq!(names.asked().len(), 1, "it is not asked again in the hope of a better answer");
}

#[tokio::test]
async fn lifting_the_address_check_lifts_nothing_else() {
    let peer = Peer::answering(HELLO).await;
    let url = peer.url("/");
    let lifted = |entries: &[&str], host: &str| {
        let run = Run::outside(entries);
        let policy = run.policy.clone().allow_private(host.parse().unwrap());
        Run { policy, ..run }
    };
    assert!(matches!(lifted(&[], "127.0.0.1").fetch(&url).await, Err(EgressError::NotAllowed { .. })));
    assert!(matches!(lifted(&[&url], "localhost").fetch(&url).await, Err(EgressError::Inside { .. })));
    assert_eq!(lifted(&[&url], "127.0.0.1").read(&url).await.unwrap().1, "hello");
    let error = lifted(&[&url], "localhost").fetch(&url).await.unwrap_err();
    assert_eq!(error.to_string(), "`127.0.0.1` is the private address 127.0.0.1");
}

#[tokio::test]
async fn addresses_are_tried_in_order_until_one_takes_the_connection() {
    let peer = Peer::answering(HELLO).await;
    let names = Names::new([("two.test", &[&["127.0.0.2", "127.0.0.1"]]), ("none.test", &[&[]])]);
    let url = url("two.test", peer.port);
    assert_eq!(Run::reaching(&[&url]).resolver(&names).read(&url).await.unwrap().1, "hello");
    let error = Run::outside(&["none.test"]).resolver(&names).fetch("https://none.test/").await.unwrap_err();
    assert!(matches!(error, EgressError::Unresolved { .. }), "{error}");
    let error = Run::outside(&["unknown.test"]).resolver(&names).fetch("https://unknown.test/").await.unwrap_err();
    assert!(matches!(error, EgressError::Unresolved { .. }), "{error}");
}

#[tokio::test]
async fn a_refused_connection_says_host_and_port() {
    let url = {
        let peer = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        format!("http://{}/", peer.local_addr().unwrap())
    };
    let error = Run::reaching(&[&url]).fetch(&url).await.unwrap_err();
    assert!(matches!(error, EgressError::Connect { .. }), "{error}");
    assert!(error.to_string().starts_with("could not connect to `127.0.0.1` on port "), "{error}");
}

#[tokio::test]
async fn no_error_repeats_a_path_a_query_or_a_header() {
    let peer = Peer::answering("HTTP/1.1 canary\r\n\r\n").await;
    let base = peer.url("");
    let closed = Run::reaching(&[&base]);
    for (run, url) in [
        (Run::outside(&[]), format!("{base}/canary?canary=canary")),
        (Run::outside(&[&base]), format!("{base}/canary?canary=canary")),
        (Run::reaching(&[&format!("{base}/v1")]), format!("{base}/canary?canary=canary")),
        (closed, format!("{base}/canary?canary=canary")),
        (Run::reaching(&[&base]), format!("http://canary@127.0.0.1:{}/", peer.port)),
        (Run::reaching(&[&base]), "http://127.0.0.1:canary/".to_owned()),
    ] {
        let Ok(request) = Request::get(&url).header("x-canary", "canary").body(Empty::new()) else { continue };
        let error = run.send(request).await.unwrap_err();
        let whole = format!("{error} {error:?}");
        assert!(!whole.contains("canary"), "{whole}");
    }
}
