//! What arrives at a server, whatever the guest wrote, and what comes back.

use http::{Request, Uri};
use http_body_util::{BodyExt, Empty};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use um_egress::{Budget, EgressError, Limit, RequestFault};

use super::peer::{HELLO, Peer, Pieces, Run, post, read, request};

/// Why a request was refused before anything was sent.
fn fault(error: EgressError) -> RequestFault {
    match error {
        EgressError::Request(fault) => fault,
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn a_permitted_request_arrives_as_it_was_meant_and_its_answer_comes_back() {
    let peer =
        Peer::answering("HTTP/1.1 201 Created\r\nX-Answer: a\r\nX-Answer: b\r\nContent-Length: 4\r\n\r\ndone").await;
    let request = Request::post(peer.url("/v1/things?limit=2&x=%20")).header("authorization", "Bearer abc");
    let request = request.header("x-twice", "1").header("x-twice", "2").body("{}".to_owned()).unwrap();
    let response = Run::to(&peer).send(request).await.unwrap();
    let answers: Vec<_> = response.headers().get_all("x-answer").iter().collect();
    assert_eq!(answers, ["a", "b"]);
    assert_eq!(response.headers()["content-length"], "4");
    assert_eq!(read(response).await.unwrap(), (201, "done".to_owned()));
    let port = peer.port;
    let expected = format!(
        "POST /v1/things?limit=2&x=%20 HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\nauthorization: Bearer abc\r\n\
         x-twice: 1\r\nx-twice: 2\r\ncontent-length: 2\r\n\r\n{{}}"
    );
    assert_eq!(peer.requests(), [expected]);
}

#[tokio::test]
async fn host_framing_and_connection_fields_of_the_guest_are_replaced() {
    let peer = Peer::answering(HELLO).await;
    let request = Request::post(peer.url("/"))
        .header("host", "other.example")
        .header("connection", "close, x-hop")
        .header("x-hop", "1")
        .header("keep-alive", "timeout=1")
        .header("te", "trailers")
        .header("trailer", "x-sum")
        .header("transfer-encoding", "gzip, chunked")
        .header("content-length", "999")
        .header("upgrade", "websocket")
        .header("expect", "100-continue")
        .header("proxy-authorization", "Basic x")
        .header("proxy-connection", "keep-alive")
        .header("http2-settings", "x")
        .header("x-kept", "1")
        .body("four".to_owned())
        .unwrap();
    Run::to(&peer).send(request).await.unwrap();
    let port = peer.port;
    let expected = format!("POST / HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\nx-kept: 1\r\ncontent-length: 4\r\n\r\nfour");
    assert_eq!(peer.requests(), [expected]);
}

#[tokio::test]
async fn a_body_is_framed_by_what_is_known_of_its_length() {
    let peer = Peer::answering(HELLO).await;
    let run = Run::to(&peer);
    let streamed = |declared: Option<&str>| {
        let request = Request::post(peer.url("/"));
        let request = declared.iter().fold(request, |request, length| request.header("content-length", *length));
        request.body(Pieces::new(["ab", "cde"])).unwrap()
    };
    run.send(streamed(None)).await.unwrap();
    run.send(streamed(Some("5"))).await.unwrap();
    run.send(post(&peer.url("/"), "")).await.unwrap();
    run.send(request(&peer.url("/"))).await.unwrap();
    let framing: Vec<_> =
        peer.requests().iter().map(|text| text.split_once("\r\n\r\n").unwrap().1.to_owned()).collect();
    assert_eq!(framing, ["2\r\nab\r\n3\r\ncde\r\n0\r\n\r\n", "abcde", "", ""]);
    let heads = peer.requests();
    assert!(heads[0].contains("transfer-encoding: chunked") && !heads[0].contains("content-length"), "{}", heads[0]);
    assert!(heads[1].contains("content-length: 5") && !heads[1].contains("transfer-encoding"), "{}", heads[1]);
    assert!(heads[2].contains("content-length: 0"), "{}", heads[2]);
    assert!(!heads[3].contains("content-length") && !heads[3].contains("transfer-encoding"), "{}", heads[3]);
}

#[tokio::test]
async fn a_body_that_is_not_as_long_as_declared_fails_the_request_and_its_connection() {
    let peer = Peer::answering(HELLO).await;
    let run = Run::to(&peer);
    for (length, pieces) in [("9", vec!["ab", "cde"]), ("3", vec!["ab", "cde"]), ("1", vec![])] {
        let request = Request::post(peer.url("/")).header("content-length", length);
        let error = run.send(request.body(Pieces::new(pieces)).unwrap()).await.unwrap_err();
        assert_eq!(fault(error), RequestFault::BodyLength, "{length}");
    }
    assert_eq!(run.read(&peer.url("/")).await.unwrap().1, "hello");
    assert_eq!(peer.connections(), 4, "nothing is sent on a connection whose framing is in doubt");
}

#[tokio::test]
async fn a_body_that_breaks_off_is_never_taken_for_a_whole_one() {
    let peer = Peer::answering(HELLO).await;
    let request = Request::post(peer.url("/")).body(Pieces::new(["ab"]).breaking_off()).unwrap();
    assert_eq!(fault(Run::to(&peer).send(request).await.unwrap_err()), RequestFault::BodyAborted);
    let arrival = async {
        while peer.requests().is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(10), arrival).await.unwrap();
    assert!(peer.requests()[0].ends_with("<cut>"), "{:?}", peer.requests());
}

#[tokio::test]
async fn a_content_length_that_servers_could_read_differently_is_refused() {
    for values in [&["+5"][..], &["5, 5"], &["5", "6"], &[""], &["0x5"], &["99999999999999999999"]] {
        let request = Request::post("http://127.0.0.1:9/");
        let request = values.iter().fold(request, |request, value| request.header("content-length", *value));
        let error = Run::reaching(&["http://127.0.0.1:9"]).send(request.body(Pieces::new(["abcde"])).unwrap()).await;
        assert_eq!(fault(error.unwrap_err()), RequestFault::ContentLength, "{values:?}");
    }
}

#[tokio::test]
async fn what_is_no_request_to_a_server_is_refused() {
    let run = Run::reaching(&["http://127.0.0.1:9"]);
    for (method, url, expected) in [
        ("CONNECT", "http://127.0.0.1:9/", RequestFault::Method),
        ("TRACE", "http://127.0.0.1:9/", RequestFault::Method),
        ("trace", "http://127.0.0.1:9/", RequestFault::Method),
        ("GET", "/only/a/path", RequestFault::NoScheme),
        ("GET", "ftp://127.0.0.1:9/", RequestFault::Scheme),
        ("GET", "http://user@127.0.0.1:9/", RequestFault::UserInfo),
        ("GET", "http://user:word@127.0.0.1:9/", RequestFault::UserInfo),
        ("GET", "http://127.0.0.1:9@127.0.0.1:9/", RequestFault::UserInfo),
        ("GET", "http://127.0.0.1:0/", RequestFault::Port),
        ("GET", "http://127.0.0.1:65536/", RequestFault::Port),
    ] {
        let request = Request::builder().method(method).uri(url).body(Empty::new()).unwrap();
        assert_eq!(fault(run.send(request).await.unwrap_err()), expected, "{method} {url}");
    }
    assert_eq!(run.meter.usage().calls, 0);
}

#[tokio::test]
async fn a_head_of_more_than_64_kib_is_refused() {
    let peer = Peer::answering(HELLO).await;
    let run = Run::to(&peer);
    let with_header =
        |length: usize| Request::get(peer.url("/")).header("x-long", "a".repeat(length)).body(Empty::new()).unwrap();
    assert!(run.send(with_header(64_000)).await.is_ok());
    let error = run.send(with_header(64 * 1024)).await.unwrap_err();
    assert_eq!(fault(error), RequestFault::HeadTooLarge(64 * 1024));
    let long_url = peer.url(&format!("/{}", "a".repeat(60_000)));
    let request = Request::get(long_url).header("x-long", "a".repeat(6_000)).body(Empty::new()).unwrap();
    assert_eq!(fault(run.send(request).await.unwrap_err()), RequestFault::HeadTooLarge(64 * 1024));
}

/// A server that answers whatever comes, as soon as it begins.
async fn hasty() -> Peer {
    Peer::start(async |mut visit| {
        visit.stream.read_u8().await?;
        visit.stream.write_all(HELLO.as_bytes()).await?;
        visit.closed().await;
        Ok(())
    })
    .await
}

/// A method is a word of any length, which no other limit would count.
#[tokio::test]
async fn a_method_counts_as_a_part_of_the_head() {
    let peer = hasty().await;
    let run = Run::to(&peer);
    let with_method =
        |length: usize| Request::builder().method("M".repeat(length).as_str()).uri(peer.url("/")).body(Empty::new());
    assert!(run.send(with_method(60_000).unwrap()).await.is_ok());
    let error = run.send(with_method(64 * 1024).unwrap()).await.unwrap_err();
    assert_eq!(fault(error), RequestFault::HeadTooLarge(64 * 1024));
}

/// A map of headers cannot be made for more than 24,576 lines, and panics.
#[tokio::test]
async fn a_head_of_very_many_lines_is_refused_as_one_of_very_many_bytes() {
    let peer = hasty().await;
    let run = Run::to(&peer);
    let with_lines = |count: usize| {
        let empty = Request::get(peer.url("/"));
        (0..count).fold(empty, |request, _| request.header("x", "")).body(Empty::new()).unwrap()
    };
    assert!(run.send(with_lines(13_000)).await.is_ok());
    for count in [14_000, 40_000] {
        let error = run.send(with_lines(count)).await.unwrap_err();
        assert_eq!(fault(error), RequestFault::HeadTooLarge(64 * 1024), "{count}");
    }
}

/// A path that is itself a URL once went where it named (GHSA-5qpp-g3j2-8frx): servers and proxies read a target in
/// absolute form before they read `Host`.
#[tokio::test]
async fn a_path_that_looks_like_a_url_goes_nowhere_else() {
    let peer = Peer::answering(HELLO).await;
    let run = Run::to(&peer);
    let authority = format!("127.0.0.1:{}", peer.port);
    for path in
        ["http://other.example/", "//other.example/", "/http://other.example/", "other.example", "@other.example/", "*"]
    {
        let Ok(uri) = Uri::builder().scheme("http").authority(authority.as_str()).path_and_query(path).build() else {
            continue;
        };
        match run.send(Request::get(uri).body(Empty::new()).unwrap()).await {
            Ok(_) => {
                let sent = peer.requests().pop().unwrap();
                assert!(sent.starts_with("GET /") && sent.contains(&format!("\r\nhost: {authority}\r\n")), "{sent}");
            }
            Err(error) => assert_eq!(fault(error), RequestFault::Path),
        }
    }
}

#[tokio::test]
async fn a_redirect_is_returned_and_not_followed() {
    let peer = Peer::start(async |mut visit| {
        visit.answer("HTTP/1.1 302 Found\r\nLocation: /next\r\nContent-Length: 0\r\n\r\n").await?;
        visit.answer(HELLO).await
    })
    .await;
    let response = Run::to(&peer).fetch(&peer.url("/")).await.unwrap();
    assert_eq!((response.status().as_u16(), &response.headers()["location"]), (302, &"/next".parse().unwrap()));
    assert_eq!(peer.requests().len(), 1);
}

#[tokio::test]
async fn a_guest_that_follows_redirects_in_a_circle_ends_at_its_calls() {
    let peer =
        Peer::answering("HTTP/1.1 307 Temporary Redirect\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n").await;
    let run = Run::to(&peer).budget(Budget { calls: 10, ..Budget::default() });
    let mut url = peer.url("/");
    let error = loop {
        match run.fetch(&url).await {
            Ok(response) => {
                url = peer.url(response.headers()["location"].to_str().unwrap());
                read(response).await.unwrap();
            }
            Err(error) => break error,
        }
    };
    assert!(matches!(error, EgressError::Limit { limit: Limit::HttpCalls, .. }), "{error}");
    assert_eq!((peer.requests().len(), peer.connections()), (10, 1));
}

#[tokio::test]
async fn an_answer_comes_without_the_fields_of_its_connection_and_as_it_was_encoded() {
    let answer = "HTTP/1.1 200 OK\r\nConnection: keep-alive, x-hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\n\
                  Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\nTrailer: x-sum\r\n\r\n3\r\n\x1f\x0b!\r\n0\r\n\r\n";
    let peer = Peer::answering(answer).await;
    let response = Run::to(&peer).fetch(&peer.url("/")).await.unwrap();
    let names: Vec<_> = response.headers().keys().map(http::HeaderName::as_str).collect();
    assert_eq!(names, ["content-encoding"]);
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "\x1f\x0b!");
}

#[tokio::test]
async fn answers_without_a_body_end_at_once() {
    for (method, answer) in [
        ("HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n"),
        ("GET", "HTTP/1.1 204 No Content\r\n\r\n"),
        ("GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 12\r\n\r\n"),
        (
            "GET",
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        ),
    ] {
        let peer = Peer::answering(answer).await;
        let run = Run::to(&peer);
        for _ in 0..2 {
            let request = Request::builder().method(method).uri(peer.url("/")).body(Empty::new()).unwrap();
            assert_eq!(read(run.send(request).await.unwrap()).await.unwrap().1, "", "{answer}");
        }
        assert_eq!(peer.connections(), 1, "{answer}");
    }
}
