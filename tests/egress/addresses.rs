//! What of an address reaches a server, and what else in a request is held to the places that it may go to.

use std::process::Command;

use http::{Request, Uri};
use http_body_util::Empty;
use um_base::rule::{HostName, Origin, Rule, Scheme};
use um_egress::{AllowList, EgressError, RequestFault};

use super::peer::{HELLO, Peer, Run};
use crate::bounded::Bounded;

/// `http://HOST` with a path that no URL library would write.
fn with_path(authority: &str, path: &str) -> Option<Uri> {
    Uri::builder().scheme("http").authority(authority).path_and_query(path).build().ok()
}

/// An empty path, which WASI permits, went out as `GET  HTTP/1.1`: a server takes that for HTTP/0.9, or for nothing.
#[tokio::test]
async fn an_empty_path_is_sent_as_a_slash() {
    let peer = Peer::answering(HELLO).await;
    let authority = format!("127.0.0.1:{}", peer.port);
    for narrow in ["", "/"] {
        let run = Run::reaching(&[&peer.url(narrow)]);
        for (method, path, line) in [
            ("GET", "", "GET / HTTP/1.1"),
            ("GET", "?a=1", "GET /?a=1 HTTP/1.1"),
            ("GET", "?", "GET /? HTTP/1.1"),
            ("OPTIONS", "", "OPTIONS / HTTP/1.1"),
            ("GET", "/", "GET / HTTP/1.1"),
            ("GET", "/?a=1", "GET /?a=1 HTTP/1.1"),
            ("GET", "/x?a=?", "GET /x?a=? HTTP/1.1"),
        ] {
            let uri = with_path(&authority, path).unwrap();
            let request = Request::builder().method(method).uri(uri).body(Empty::new()).unwrap();
            run.send(request).await.unwrap_or_else(|error| panic!("{path}: {error}"));
            assert_eq!(peer.requests().pop().unwrap().split("\r\n").next(), Some(line), "{path}");
        }
        let star = Request::builder().method("OPTIONS").uri(with_path(&authority, "*").unwrap());
        let refused = run.send(star.body(Empty::new()).unwrap()).await.unwrap_err();
        assert!(matches!(refused, EgressError::Request(RequestFault::Path)), "{refused}");
    }
}

#[tokio::test]
async fn an_empty_path_is_not_under_a_prefix() {
    let run = Run::reaching(&["http://127.0.0.1:9/v1"]);
    for path in ["", "?a=/v1", "/"] {
        let request = Request::get(with_path("127.0.0.1:9", path).unwrap()).body(Empty::new()).unwrap();
        let refused = run.send(request).await.unwrap_err();
        assert!(matches!(refused, EgressError::PathNotAllowed { .. }), "{path}: {refused}");
    }
}

/// Fields that servers, proxies and object stores read for a path: each with what is permitted, and what is not.
#[tokio::test]
async fn every_place_that_a_request_names_is_held_to_its_entry() {
    let peer = Peer::answering(HELLO).await;
    let own = peer.url("");
    let run = Run::reaching(&[&peer.url("/v1"), "GET http://other.example/dav"]);
    for name in [
        "destination",
        "x-forwarded-prefix",
        "x-envoy-original-path",
        "x-ms-original-url",
        "x-original-url",
        "x-rewrite-url",
        "x-forwarded-uri",
        "X_Forwarded_Prefix",
        "x-amz-copy-source",
    ] {
        for (value, permitted) in [
            ("/v1".to_owned(), true),
            ("/v1/x?a=/..".to_owned(), true),
            ("v1/x".to_owned(), true),
            (format!("{own}/v1/x"), true),
            (format!("{}/v1/x", own.replace("http", "HTTP")), true),
            ("http://other.example/dav/x".to_owned(), true),
            ("/v2".to_owned(), false),
            ("/v1/../v2".to_owned(), false),
            ("/v1/%2e%2e/v2".to_owned(), false),
            ("/v1/x, /v2".to_owned(), false),
            ("/v1/x,/v1/y".to_owned(), true),
            (String::new(), false),
            ("\u{e9}".to_owned(), false),
            (own.clone(), false),
            (format!("{own}/v2"), false),
            (format!("{own}/v1/../v2"), false),
            (format!("{own}?/v1"), false),
            (format!("{own}\\v1"), false),
            ("http://other.example/else".to_owned(), false),
            ("https://other.example/dav/x".to_owned(), false),
            ("http://third.example/v1".to_owned(), false),
            ("ftp://127.0.0.1/v1".to_owned(), false),
            ("//third.example/v1".to_owned(), false),
        ] {
            let request = Request::get(peer.url("/v1/here")).header(name, value.as_bytes()).body(Empty::new()).unwrap();
            let sent = run.send(request).await;
            assert_eq!(sent.is_ok(), permitted, "{name}: {value}: {sent:?}");
        }
    }
}

/// WebDAV moves what is at one address to another (RFC 4918, 9.9): the second is one that the run could ask for itself.
#[tokio::test]
async fn a_resource_is_moved_only_to_where_the_run_may_move() {
    let peer = Peer::answering(HELLO).await;
    let run = Run::reaching(&[&peer.url(""), "GET http://read.example", "MOVE http://moved.example"]);
    for (destination, permitted) in [
        (peer.url("/anywhere"), true),
        ("/anywhere".to_owned(), true),
        ("http://moved.example/x".to_owned(), true),
        ("http://read.example/x".to_owned(), false),
        ("http://other.example/x".to_owned(), false),
        ("http://user@moved.example/x".to_owned(), false),
    ] {
        let request = Request::builder().method("MOVE").uri(peer.url("/a")).header("destination", &destination);
        let sent = run.send(request.body(Empty::new()).unwrap()).await;
        assert_eq!(sent.is_ok(), permitted, "{destination}: {sent:?}");
    }
    assert!(peer.requests().iter().all(|request| request.starts_with("MOVE /a ")));
}

/// Every character that has a slash, a dot or their like in one of its normal forms.
const FOLDING: &str = r"
import unicodedata
for code in [*range(0x80, 0xd800), *range(0xe000, 0x110000)]:
    forms = (unicodedata.normalize(form, chr(code)) for form in ('NFC', 'NFD', 'NFKC', 'NFKD'))
    if any(set(form) & set('/\\.;?#%') for form in forms):
        print(code)
";

#[test]
fn characters_that_normalize_into_those_of_paths_are_refused_where_a_prefix_is_checked() {
    let output = Command::new("python3").args(["-c", FOLDING]).finish().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let listed = String::from_utf8(output.stdout).unwrap();
    let folded: Vec<char> = listed.lines().map(|code| code.parse::<u32>().unwrap().try_into().unwrap()).collect();
    assert!(folded.len() > 40 && folded.contains(&'\u{fe52}') && folded.contains(&'\u{ff0f}'), "{folded:?}");
    let origin = Origin { scheme: Scheme::Https, host: HostName::parse("a.example").unwrap(), port: 443 };
    let permits = |entry: &str, c: char| {
        let list: AllowList = [Rule::parse(entry).unwrap()].into_iter().collect();
        let percent: String = c.to_string().bytes().map(|byte| format!("%{byte:02x}")).collect();
        let paths = [format!("/v1/x{c}y"), format!("/v1/x{percent}y")];
        paths.map(|path| list.permits("GET", &origin, &path))
    };
    for &c in &folded {
        assert_eq!(permits("a.example/v1", c), [false; 2], "{c:?}");
        assert_eq!(permits("a.example", c), [true; 2], "{c:?}: where there is no prefix, none is checked");
    }
    for c in "éßñ中あ한🎉–“€".chars() {
        assert_eq!(permits("a.example/v1", c), [true; 2], "{c:?}");
    }
}
