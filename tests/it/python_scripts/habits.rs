//! What clients of `requests` are used to, done by `app.http`: uploads, retries, links, compressed answers.

use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use base64::prelude::{BASE64_STANDARD, Engine as _};
use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use serde_json::json;

use super::server::{Answer, Call, Server, header, json as answer, status};
use super::{assert_says, home, run};
use crate::support::command::Home;

const TOKEN: &str = "crm-token-4b0e66f1d2";
const TEXT: &str = "an answer\nthat was packed\n";

fn basic(call: &Call) {
    assert_eq!(header(call, "authorization"), format!("Basic {}", BASE64_STANDARD.encode(format!("ada:{TOKEN}"))));
}

fn text(body: impl Into<bytes::Bytes>) -> Answer {
    Answer::new(body.into())
}

fn with(mut answer: Answer, code: u16, name: &'static str, value: &str) -> Answer {
    *answer.status_mut() = code.try_into().unwrap();
    answer.headers_mut().insert(name, value.parse().unwrap());
    answer
}

/// One block that is stored as it is, in a stream of its own (RFC 7932, 9.2): a window of 64 KiB.
fn brotli(text: &str) -> Vec<u8> {
    let head = u32::try_from(text.len() - 1).unwrap() << 4 | 1 << 20;
    [&head.to_le_bytes()[..3], text.as_bytes(), &[3]].concat()
}

/// One frame with one block that is stored as it is (RFC 8878, 3.1.1).
fn zstd(text: &str) -> Vec<u8> {
    let size = u8::try_from(text.len()).unwrap();
    let block = u32::from(size) << 3 | 1;
    [&[0x28, 0xb5, 0x2f, 0xfd, 0x20, size], &block.to_le_bytes()[..3], text.as_bytes()].concat()
}

fn packed(coding: &str) -> Answer {
    let body = match coding {
        "gzip" => {
            let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
            gzip.write_all(TEXT.as_bytes()).unwrap();
            gzip.finish().unwrap()
        }
        "deflate" => {
            let mut zlib = ZlibEncoder::new(Vec::new(), Compression::default());
            zlib.write_all(TEXT.as_bytes()).unwrap();
            zlib.finish().unwrap()
        }
        "br" => brotli(TEXT),
        _ => zstd(TEXT),
    };
    with(text(body), 200, "content-encoding", coding)
}

/// A service that checks each call; `pages` counts those for the first page, which is busy at first.
fn service(call: &Call, pages: &AtomicUsize) -> Answer {
    let body = std::str::from_utf8(call.body()).unwrap();
    match (call.method().as_str(), call.uri().path()) {
        ("POST", "/upload") => {
            let boundary = header(call, "content-type").strip_prefix("multipart/form-data; boundary=").unwrap();
            let parts: Vec<_> = body.split(&format!("--{boundary}")).collect();
            assert_eq!(parts.len(), 4, "{body}");
            assert_eq!(header(call, "authorization"), format!("Bearer {TOKEN}"));
            assert!(parts[1].contains("name=\"channel\"\r\n\r\nC1\r\n"), "{body}");
            assert!(parts[2].contains("name=\"file\"; filename=\"rows.csv\"\r\ncontent-type: text/csv\r\n"), "{body}");
            assert!(parts[2].ends_with("\r\n\r\na,b\n1,2\n\r\n") && parts[3] == "--\r\n", "{body}");
            answer(&json!({"ok": true}))
        }
        ("PUT", "/stream") => {
            assert_eq!(body, "line 0\nline 1\nline 2\n");
            text("streamed")
        }
        ("POST", "/orders") => {
            assert_eq!(body, r#"{"on":"2026-01-02","price":9.90}"#);
            with(status(303), 303, "location", "/orders/7")
        }
        ("GET", "/orders/7") => {
            assert!(body.is_empty() && header(call, "content-type").is_empty());
            text("order 7")
        }
        ("GET", "/page") if call.uri().query().is_none() => {
            basic(call);
            match pages.fetch_add(1, Ordering::SeqCst) {
                0 => with(status(429), 429, "retry-after", "1"),
                1 => status(503),
                _ => with(answer(&json!(["Ada"])), 200, "link", "</page?page=2>; rel=\"next\""),
            }
        }
        ("GET", "/page") => {
            basic(call);
            answer(&json!(["Zoë"]))
        }
        ("GET", "/inside") => {
            basic(call);
            text("inside")
        }
        ("GET", path) if path.starts_with("/packed/") => {
            let asked = header(call, "accept-encoding");
            assert!(["gzip, deflate, br, zstd", "gzip, deflate", "identity"].contains(&asked), "{asked}");
            packed(path.trim_start_matches("/packed/"))
        }
        (method, path) => panic!("{method} {path}"),
    }
}

fn start() -> Server {
    let pages = AtomicUsize::new(0);
    Server::start(move |call| service(call, &pages))
}

const EXPECTED: &str = "{\"uploaded\":{\"ok\":true},\"streamed\":\"streamed\",\"placed\":[200,\"order 7\",[303]],\
    \"names\":[\"Ada\",\"Zoë\"],\"inside\":[\"inside\",true,\"[]\"],\"packed\":[\"an answer\\nthat was packed\\n\"],\
    \"lines\":[\"an answer\",\"that was packed\"],\"took\":true}\n";

#[test]
fn what_requests_can_do_app_http_can_do() {
    let (home, server) = (home("CRM_TOKEN", TOKEN), start());
    let before = Instant::now();
    let input = json!({"url": server.url, "user": "ada"}).to_string();
    run(&home, "habits.py", &server).args(["--documents", "out", "--input", &input]).stdout(EXPECTED).run();
    assert!(before.elapsed() >= Duration::from_secs(2), "it waited as long as it was told to");
    server.satisfied(14);
}

#[test]
fn with_a_sealed_secret_it_is_the_same() {
    let (home, server) = (Home::with_store(), start());
    let set = home.um_host(["secrets", "set", "CRM_TOKEN", "--bind", &server.url]).stdin(TOKEN).answer();
    assert_eq!(set.status, 0, "{set:?}");
    let input = json!({"url": server.url, "user": "ada"}).to_string();
    run(&home, "habits.py", &server).args(["--documents", "out", "--input", &input]).stdout(EXPECTED).run();
    server.satisfied(14);
}

/// Runs a line of Python that is given the server's address.
fn line(home: &Home, server: &Server, source: &str) -> crate::support::command::Answer {
    let path = home.write("line.py", format!("def main(url):\n    return {source}\n"));
    crate::support::python::run(home, &path)
        .args(["--allow-host", &server.url, "--allow-private", "127.0.0.1", "--timeout", "20s"])
        .args(["--input", &json!({"url": server.url}).to_string()])
        .answer()
}

#[test]
fn a_pause_that_the_run_would_not_outlive_is_not_begun() {
    let server = Server::start(|_| with(status(503), 503, "retry-after", "3600"));
    let before = Instant::now();
    let answer = line(&home("CRM_TOKEN", TOKEN), &server, "app.http.get(url, retries=5).status");
    assert_eq!((answer.status, answer.stdout.as_str()), (0, "503\n"), "{answer:?}");
    assert!(before.elapsed() < Duration::from_secs(19));
    server.satisfied(1);
}

#[test]
fn a_post_is_made_again_only_if_that_is_said() {
    let server = Server::start(|_| status(503));
    let home = home("CRM_TOKEN", TOKEN);
    let answer = line(&home, &server, "app.http.post(url, json=1, retries=2).status");
    assert_eq!(answer.stdout, "503\n", "{answer:?}");
    server.satisfied(1);
    let told = "app.http.post(url, json=1, retries=app.http.Retry(2, backoff_factor=0.1, allowed_methods=None)).status";
    assert_eq!(line(&home, &server, told).stdout, "503\n");
    server.satisfied(4);
}

#[test]
fn what_grows_without_end_is_refused_and_what_is_damaged_too() {
    let bomb = {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
        (0..65).for_each(|_| gzip.write_all(&vec![0; 1 << 20]).unwrap());
        gzip.finish().unwrap()
    };
    let server = Server::start(move |call| match call.uri().path() {
        "/bomb" => with(text(bomb.clone()), 200, "content-encoding", "gzip"),
        path => with(
            text(&b"\xff\xfe plain text, and some more of it"[..]),
            200,
            "content-encoding",
            path.trim_start_matches('/'),
        ),
    });
    let home = home("CRM_TOKEN", TOKEN);
    let answer = line(&home, &server, "len(app.http.get(url + '/bomb').content)");
    assert_says(
        &answer,
        1,
        &["UnexpectedBody: GET http://127.0.0.1:", "grows to more than 64 MiB; read it with `stream=True`"],
    );
    let answer = line(&home, &server, "sum(map(len, app.http.get(url + '/bomb', stream=True).iter_bytes()))");
    assert_eq!(answer.stdout, format!("{}\n", 65 << 20), "{answer:?}");
    for coding in ["gzip", "br", "zstd"] {
        let answer = line(&home, &server, &format!("app.http.get(url + '/{coding}').text"));
        assert_says(&answer, 1, &[&format!("is not {coding}")]);
    }
}

#[test]
fn a_document_is_read_back_with_its_masks() {
    let (home, server) = (home("CRM_TOKEN", TOKEN), Server::start(|_| status(200)));
    let path = home.write(
        "back.py",
        "def run():\n    \
             app.documents.write('2026/a.txt', f'token {app.secrets.CRM_TOKEN}!\\n' * 9000)\n    \
             whole = app.documents.read('2026/a.txt')\n    \
             with app.documents.open('2026/a.txt', 'r') as file:\n        \
                 return [len(whole), next(file), sum(1 for _ in file)]\n",
    );
    let answer = crate::support::python::run(&home, &path).args(["--documents", "out"]).answer();
    assert_eq!(answer.stdout, "[99000,\"token ***!\\n\",8999]\n", "{answer:?}");
    assert_eq!(super::document(&home, "2026/a.txt"), "token ***!\n".repeat(9000));
    let path = home.write("open.py", "file = app.documents.open('a.txt')\napp.documents.read('a.txt')\n");
    let answer = crate::support::python::run(&home, &path).args(["--documents", "other"]).answer();
    assert_says(&answer, 1, &["the document `a.txt` is still being written; close it first"]);
    server.satisfied(0);
}
