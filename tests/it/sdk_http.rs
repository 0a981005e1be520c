//! The HTTP client of the Rust SDK, in real guests against a real server: what an author gets to see.

use std::time::Duration;

use tokio::io::AsyncWriteExt;
use um_base::rule::{HostName, Rule};
use um_egress::{Client, Timeouts};
use um_runtime::{End, Host, Limit, Limits};

use crate::runs::{cache, host, load, text};
use crate::support::peer::{HELLO, Peer};
use crate::support::run::{Outcome, Run, run_of};

/// Runs a guest that may call the peer.
async fn outcome(name: &str, peer: &Peer, configure: impl FnOnce(Run) -> Run) -> Outcome {
    let host = host();
    let action = load(&host, name).await;
    let entry = |name: &str| Rule::parse(&format!("http://{name}:{}", peer.port)).unwrap();
    let run = ["127.0.0.1", "localhost"]
        .into_iter()
        .fold(run_of(&host, &action), |run, name| run.allow(entry(name)).allow_private(HostName::parse(name).unwrap()));
    configure(run).start().await.unwrap()
}

fn redirect(location: &str) -> String {
    format!("HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n")
}

#[tokio::test]
async fn a_call_brings_status_headers_and_body() {
    let peer = Peer::answering(HELLO).await;
    let url = peer.url("/a b?q=ü");
    let shown = outcome("calls_http", &peer, |run| run.args(["PUT", &url, "x-one:1", "{\"a\": 1}"])).await;
    assert_eq!(text(&shown.stdout), "status 200\nheader content-length: 5\nbody hello\n");
    let request = &peer.requests()[0];
    assert!(request.starts_with("PUT /a%20b?q=%C3%BC HTTP/1.1\r\n"), "{request}");
    for line in ["x-one: 1\r\n", "content-length: 8\r\n", "user-agent: um-action/"] {
        assert!(request.to_ascii_lowercase().contains(line), "{request}");
    }
}

#[tokio::test]
async fn a_redirect_to_another_origin_is_followed_without_the_callers_headers() {
    let peer = Peer::start(|mut visit| async move {
        let own = redirect("/two");
        visit.answer(own).await?;
        let elsewhere = visit.stream.local_addr()?.port();
        visit.answer(redirect(&format!("http://localhost:{elsewhere}/three"))).await?;
        visit.answer_all(HELLO.to_owned()).await
    })
    .await;
    let headers = ["authorization:Bearer caller-1", "x-key:caller-2", "user-agent:caller-3"];
    let url = peer.url("/one");
    let arguments: Vec<&str> = ["GET", &url].into_iter().chain(headers).collect();
    let hops = outcome("calls_http", &peer, |run| run.args(arguments)).await;
    // The third hop may reach the peer by a connection of its own, which starts from the first answer again.
    let requests = peer.requests();
    let whole = |request: &String| ["caller-1", "caller-2", "caller-3"].iter().all(|value| request.contains(value));
    assert!(requests[..2].iter().all(whole), "one origin: {requests:?}");
    assert!(requests[1].starts_with("GET /two "), "{requests:?}");
    assert!(requests[2].starts_with("GET /three "), "{requests:?}");
    assert!(requests[2..].iter().all(|request| !request.contains("caller-")), "another origin: {requests:?}");
    assert!(requests[2..].iter().all(|request| request.contains("user-agent: um-action/")), "{requests:?}");
    assert!(!requests[2..].is_empty(), "{}", text(&hops.stdout));
}

#[tokio::test]
async fn redirects_in_a_circle_end() {
    let peer = Peer::answering(redirect("/again")).await;
    let circle = outcome("calls_http", &peer, |run| run.args(["GET", &peer.url("/")])).await;
    assert!(text(&circle.stdout).contains("more than 10 redirects"), "{}", text(&circle.stdout));
    assert_eq!(peer.requests().len(), 10);
}

#[tokio::test]
async fn a_redirect_of_a_post_is_the_authors_matter() {
    let peer = Peer::answering(redirect("/elsewhere")).await;
    let shown = outcome("calls_http", &peer, |run| run.args(["POST", &peer.url("/")])).await;
    assert!(text(&shown.stdout).starts_with("status 302\n"), "{}", text(&shown.stdout));
    assert_eq!(peer.requests().len(), 1);
}

#[tokio::test]
async fn the_time_out_of_a_call_bounds_head_and_body_together() {
    let silent = Peer::start(|mut visit| async move {
        visit.read_request().await?;
        visit.closed().await;
        Ok(())
    })
    .await;
    let halting = Peer::start(|mut visit| async move {
        visit.answer("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello").await?;
        visit.closed().await;
        Ok(())
    })
    .await;
    for peer in [silent, halting] {
        let late = outcome("calls_http_with_a_time_out", &peer, |run| run.args([&peer.url("/"), "200"])).await;
        let shown = text(&late.stdout);
        // The host's clock or the SDK's, whichever is first.
        let told = ["no whole answer within 200ms", "um-host waited 0.2 s"].iter().any(|words| shown.contains(words));
        assert!(shown.starts_with("error GET ") && told, "{shown}");
    }
    let prompt = Peer::answering(HELLO).await;
    let in_time = outcome("calls_http_with_a_time_out", &prompt, |run| run.args([&prompt.url("/"), "20000"])).await;
    assert_eq!(text(&in_time.stdout), "body hello\n");
}

/// Two servers: one says nothing, one stops in the middle of its response.
async fn late_ones() -> [Peer; 2] {
    let silent = Peer::start(|mut visit| async move {
        visit.read_request().await?;
        visit.closed().await;
        Ok(())
    });
    let halting = Peer::start(|mut visit| async move {
        visit.answer("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello").await?;
        visit.closed().await;
        Ok(())
    });
    [silent.await, halting.await]
}

/// `timeout=60` gave up after 30 s, and said that it had been 60.
#[tokio::test]
async fn a_wait_that_the_limit_ends_is_told_with_its_length_and_its_name() {
    for peer in late_ones().await {
        let mut limits = Limits::default();
        limits.set("http-first-byte", "100ms").unwrap();
        let arguments = [peer.url("/"), "20000".to_owned()];
        let late = outcome("calls_http_with_a_time_out", &peer, |run| run.args(arguments).limits(limits)).await;
        let shown = text(&late.stdout);
        let reason = "(the limit http-first-byte); raise it with `um-host run --limit http-first-byte=VALUE`";
        assert!(shown.contains("`127.0.0.1` timed out") && shown.contains("after 100ms"), "{shown}");
        assert!(shown.contains(reason), "{shown}");
        assert!(
            late.refused.iter().any(|refused| refused.message.ends_with("(the limit http-first-byte)")),
            "{:?}",
            late.refused
        );
        assert_eq!(late.end, End::Completed);
    }
}

#[tokio::test]
async fn a_call_waits_as_long_as_its_author_says_and_without_a_word_as_the_client_does() {
    let moment = Duration::from_millis(50);
    let timeouts = Timeouts { first_byte: moment, between_bytes: moment, ..Timeouts::default() };
    let client = Client::builder().timeouts(timeouts).build().unwrap();
    let host = Host::builder().client(client).cache_dir(cache()).build().unwrap();
    let peer = Peer::start(|mut visit| async move {
        visit.read_request().await?;
        for piece in ["HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "hello"] {
            tokio::time::sleep(Duration::from_millis(200)).await;
            visit.stream.write_all(piece.as_bytes()).await?;
        }
        Ok(())
    })
    .await;
    let call = async |name: &str, arguments: &[&str]| {
        let action = load(&host, name).await;
        let run = run_of(&host, &action).args(arguments.iter().copied());
        let run = run.allow(Rule::parse(&peer.url("")).unwrap());
        let outcome = run.allow_private(HostName::parse("127.0.0.1").unwrap()).start().await.unwrap();
        text(&outcome.stdout).to_owned()
    };
    assert_eq!(call("calls_http_with_a_time_out", &[&peer.url("/"), "20000"]).await, "body hello\n");
    let hasty = call("calls_http", &["GET", &peer.url("/")]).await;
    assert!(hasty.contains("um-host waited 0.") && hasty.contains("`.timeout(…)` lets it wait longer"), "{hasty}");
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_told_and_not_taken_for_whole() {
    let peer =
        Peer::start(
            |mut visit| async move { visit.answer("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello").await },
        )
        .await;
    let broken = outcome("calls_http", &peer, |run| run.args(["GET", &peer.url("/")])).await;
    let shown = text(&broken.stdout);
    assert!(shown.contains("status 200") && shown.contains("broke off in the middle"), "{shown}");
}

#[tokio::test]
async fn an_answer_that_is_no_text_is_told_without_its_bytes() {
    let peer = Peer::start(|mut visit| async move {
        visit.answer(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nok\xff\xfe").await
    })
    .await;
    let shown = outcome("calls_http", &peer, |run| run.args(["GET", &peer.url("/")])).await;
    assert!(text(&shown.stdout).contains("the answer is not UTF-8 text (from byte 2 on)"), "{}", text(&shown.stdout));
}

#[tokio::test]
async fn a_download_takes_no_memory_for_the_whole() {
    const LENGTH: usize = 20 << 20;
    let peer = Peer::start(|mut visit| async move {
        visit.answer(format!("HTTP/1.1 200 OK\r\nContent-Length: {LENGTH}\r\n\r\n")).await?;
        visit.stream.write_all(&vec![b'x'; LENGTH]).await
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("out");
    let copied = outcome("downloads", &peer, |run| run.args([&peer.url("/")]).documents(&target)).await;
    assert_eq!(text(&copied.stdout), format!("{LENGTH} bytes\n"), "{}", text(&copied.stderr));
    assert_eq!(std::fs::metadata(target.join("download.txt")).unwrap().len(), LENGTH as u64);
    assert!(copied.usage.memory < 4 << 20, "{} bytes of memory", copied.usage.memory);
}

#[tokio::test]
async fn a_body_goes_out_whole_with_its_length_and_piece_by_piece_without() {
    let peer = Peer::answering(HELLO).await;
    let sent = outcome("uploads", &peer, |run| run.args([&peer.url("/"), "100000"])).await;
    assert_eq!(text(&sent.stdout), "whole: 200 hello\nin pieces: 200 hello\n");
    let requests: Vec<String> = peer.requests().iter().map(|request| request.to_ascii_lowercase()).collect();
    assert!(requests[0].contains("content-length: 100000\r\n"), "{}", &requests[0][..200]);
    assert!(requests[1].contains("transfer-encoding: chunked\r\n"), "{}", &requests[1][..200]);
    assert!(requests.iter().all(|request| request.matches('x').count() >= 100_000));
}

/// Every request without a body but GET and HEAD said `transfer-encoding: chunked`, which servers refuse or wait on: the
/// SDK took a body that it had nothing to put into.
#[tokio::test]
async fn a_request_without_a_body_announces_none() {
    let peer = Peer::answering(HELLO).await;
    let methods = ["GET", "DELETE", "OPTIONS", "PURGE", "POST", "PUT", "PATCH"];
    for method in methods {
        for body in [None, Some("")] {
            let arguments = [method.to_owned(), peer.url("/")].into_iter().chain(body.map(str::to_owned));
            let called = outcome("calls_http", &peer, |run| run.args(arguments)).await;
            assert!(text(&called.stdout).starts_with("status 200\n"), "{method}: {}", text(&called.stdout));
        }
    }
    let requests: Vec<String> = peer.requests().iter().map(|request| request.to_ascii_lowercase()).collect();
    assert_eq!(requests.len(), 2 * methods.len());
    for (request, method) in requests.iter().zip(methods.iter().flat_map(|method| [method; 2])) {
        assert!(!request.contains("transfer-encoding"), "{request}");
        let expects = matches!(*method, "POST" | "PUT" | "PATCH");
        assert_eq!(request.matches("content-length: 0\r\n").count(), usize::from(expects), "{request}");
        assert_eq!(request.matches("content-length").count(), usize::from(expects), "{request}");
    }
}

#[tokio::test]
async fn what_the_caller_says_of_the_body_and_of_itself_is_sent_once() {
    let peer = Peer::answering(HELLO).await;
    let sent = outcome("sends_json_and_forms", &peer, |run| run.args([&peer.url("/")])).await;
    assert_eq!(text(&sent.stdout), "status 200\n".repeat(4));
    let (json, form) = (r#"[["grant type","a&b"],["code","1"]]"#, "grant+type=a%26b&code=1");
    let expected = [
        ("application/json", "um-action/", json),
        ("application/vnd.api+json", "my-crm/2\r\n", json),
        ("application/x-www-form-urlencoded", "um-action/", form),
        ("application/x-www-form-urlencoded; charset=utf-8", "my-crm/2\r\n", form),
    ];
    let requests = peer.requests();
    assert_eq!(requests.len(), expected.len());
    for (request, (kind, agent, body)) in requests.iter().zip(expected) {
        assert!(request.contains(&format!("\r\ncontent-type: {kind}\r\n")), "{request}");
        assert!(request.contains(&format!("\r\nuser-agent: {agent}")), "{request}");
        assert!(request.ends_with(&format!("\r\n\r\n{body}")), "{request}");
        let names = ["content-type:", "user-agent:"];
        assert!(names.iter().all(|name| request.to_ascii_lowercase().matches(name).count() == 1), "{request}");
    }
}

#[tokio::test]
async fn a_header_that_ends_with_a_newline_is_refused_with_what_to_do() {
    let peer = Peer::answering(HELLO).await;
    let arguments = ["GET", &peer.url("/"), "authorization:Bearer caller-1\n"].map(str::to_owned);
    let refused = outcome("calls_http", &peer, |run| run.args(arguments)).await;
    let shown = text(&refused.stdout);
    assert!(shown.contains("`authorization` ends with a newline") && shown.contains("um-host secrets set"), "{shown}");
    assert!(!shown.contains("caller-1") && peer.requests().is_empty(), "{shown}");
}

#[tokio::test]
async fn a_document_of_a_run_without_a_place_for_it_is_told_with_the_option() {
    let peer = Peer::answering(HELLO).await;
    let lost = outcome("writes_documents", &peer, |run| run.args(["a.txt", "one"])).await;
    assert!(text(&lost.stdout).contains("without `um-host run --documents DIR`"), "{}", text(&lost.stdout));
}

#[tokio::test]
async fn calls_one_after_the_other_share_a_connection() {
    let peer = Peer::answering(HELLO).await;
    let timed = outcome("times_its_calls", &peer, |run| run.args([&peer.url("/"), "3", "HUBSPOT_API_KEY"])).await;
    let times = text(&timed.stdout).lines().filter(|line| line.parse::<u64>().is_ok_and(|time| time > 0));
    assert_eq!(times.count(), 3, "{:?}: {}", timed.end, text(&timed.stdout));
    assert_eq!((peer.requests().len(), peer.connections()), (23, 1));
}

#[tokio::test]
async fn one_call_more_than_allowed_ends_the_run() {
    let peer = Peer::answering(HELLO).await;
    let mut limits = Limits::default();
    limits.set("http-calls", "3").unwrap();
    let ended = outcome("calls_http_many_times", &peer, |run| run.args([&peer.url("/")]).limits(limits)).await;
    assert!(matches!(ended.end, End::Limit { limit: Limit::HttpCalls, .. }), "{:?}", ended.end);
    assert_eq!((text(&ended.stdout), peer.requests().len()), ("1\n2\n3\n", 3));
}
