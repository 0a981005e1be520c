//! Clients that know nothing of um-host, from packages and from the standard library, through the sockets of
//! `um_runner.net`. The scripts check themselves what they get; see `tests/scripts/clients`.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde_json::{Value, json};

use super::packages::folder;
use super::server::{Answer, Call, Server, assert_fields, fields, header, json as answer, query};
use super::{assert_says, scripts};
use crate::support::authority::{Authority, params, pem};
use crate::support::bound::Bounded;
use crate::support::command::{Home, Transcript};
use crate::support::python;

/// `tests/scripts/clients/service.py`, over http and https.
struct Service {
    child: Child,
    http: String,
    https: String,
}

impl Service {
    /// With a certificate of this authority.
    fn start(home: &Home, authority: &Authority) -> Self {
        let (certificate, key) = authority.issue(params("localhost"));
        let both = pem("CERTIFICATE", certificate.der()) + &pem("PRIVATE KEY", &key.serialize_der());
        let mut service = Command::new("python3");
        service.arg(scripts().join("clients/service.py")).arg(home.write("service.pem", both));
        let mut child = service.stdin(Stdio::piped()).stdout(Stdio::piped()).start().unwrap();
        let mut ports = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut ports).unwrap();
        let (http, https) = ports.trim().split_once(' ').unwrap();
        let (http, https) = (format!("http://localhost:{http}"), format!("https://localhost:{https}"));
        Self { child, http, https }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // Its input has ended.
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

fn run<'a>(home: &'a Home, script: &str, allowed: &[&str]) -> Transcript<'a> {
    let run = python::run(home, &folder().join(script));
    let run = allowed.iter().fold(run, |run, host| run.args(["--allow-host", host]));
    run.args(["--allow-private", "127.0.0.1", "--allow-private", "localhost"])
}

/// A script that talks to the service. It returns "done", or fails with what was not as expected.
#[track_caller]
fn talks(script: &str, says: &[&str]) {
    let (home, authority) = (Home::new(), Authority::new("ours"));
    let service = Service::start(&home, &authority);
    home.write("ca.pem", authority.pem());
    let answer = run(&home, script, &[&service.http, &service.https])
        .args(["--ca", "ca.pem", "--limit", "http-calls=2000", "--limit", "http-bytes-in=1GiB", "--timeout", "5m"])
        .args(["--input", &json!({ "http": service.http, "https": service.https }).to_string()])
        .answer();
    assert_says(&answer, 0, says);
    assert_eq!(answer.stdout, "\"done\"\n", "{answer:?}");
}

const NOT_ALLOWED: &str = "um-host: host `nobody.invalid` is not allowed; add --allow-host nobody.invalid\n";

#[test]
fn the_standard_library_speaks_http_and_https() {
    talks("standard.py", &[NOT_ALLOWED]);
}

#[test]
fn requests_works_as_it_is() {
    talks("with_requests.py", &[NOT_ALLOWED]);
}

#[test]
fn httpx_works_as_it_is_also_where_it_is_awaited() {
    talks("with_httpx.py", &[NOT_ALLOWED]);
}

#[test]
fn aiohttp_works_as_it_is() {
    talks("with_aiohttp.py", &[NOT_ALLOWED]);
}

#[test]
fn many_calls_leave_nothing_behind() {
    talks("many.py", &[]);
}

#[test]
fn what_is_no_http_is_refused_and_nothing_of_it_goes_out() {
    let server = Server::start(|call| panic!("{call:?}"));
    let input = json!({ "http": server.url }).to_string();
    let answer = run(&Home::new(), "refusals.py", &[&server.url]).args(["--input", &input]).answer();
    assert_says(&answer, 0, &[]);
    assert_eq!(answer.stdout, "\"done\"\n", "{answer:?}");
    server.satisfied(0);
}

/// Writes requests by hand, and says how each began to be answered.
const BY_HAND: &str = r#"
import socket
from urllib.parse import urlsplit

def run(input):
    to = urlsplit(input["url"])
    return [asked(to, target, input["body"]) for target in input["targets"]]

def asked(to, target, body):
    head = f"POST {target} HTTP/1.1\r\nHost: {to.netloc}\r\nContent-Length: {len(body)}\r\n\r\n"
    with socket.create_connection((to.hostname, to.port)) as sock:
        try:
            sock.sendall((head + body).encode())
            return sock.recv(12).decode()
        except OSError as error:
            return type(error).__name__
"#;

/// The rule is held by the host, which gets path and host of each request apart, whatever stands in a body.
#[test]
fn no_way_of_writing_a_request_leads_past_a_rule() {
    let (home, inside) = (Home::new(), "GET /secret HTTP/1.1\r\nHost: other.example\r\n\r\n");
    let server = Server::start(move |call| {
        assert_eq!((call.uri().path(), &call.body()[..]), ("/public/a", inside.as_bytes()));
        answer(&json!({}))
    });
    let targets = [
        "/public/a",
        "/secret",
        "/public/../secret",
        "/public/%2e%2e/secret",
        "/public%2f..%2fsecret",
        "/public/a/..;/../../secret",
        "//secret",
        "//public/../secret",
        "/./secret",
        "/public\\..\\secret",
        "/publicity",
    ];
    fs::create_dir(home.path("by_hand")).unwrap();
    let script = home.write("by_hand/main.py", BY_HAND);
    let input = json!({ "url": server.url, "targets": targets, "body": inside }).to_string();
    let said = python::run(&home, script.parent().unwrap())
        .args(["--allow-host", &format!("{}/public/", server.url), "--allow-private", "127.0.0.1", "--input", &input])
        .answer()
        .json();
    let (first, others) = said.as_array().unwrap().split_first().unwrap();
    assert_eq!(first, "HTTP/1.1 200");
    let refused = |said: &Value| said.as_str().is_some_and(|said| !said.starts_with("HTTP"));
    assert!(others.iter().all(refused), "{said}");
    server.satisfied(1);
}

const TOKEN: &str = "pat-eu1-7Hq2Lx9vTz4f8c";
const KEY: &str = "key-51c0a7d9e2b84f66";
const SECRET: &str = "cs_9f31c07ab8d24e5561";

/// Takes each value where it belongs, and says what it was sent.
fn sealed(call: &Call) -> Answer {
    let body = std::str::from_utf8(call.body()).unwrap();
    assert!(!format!("{call:?}").contains("um_sealed_"), "{call:?}");
    let basic = |pair: String| format!("Basic {}", BASE64_STANDARD.encode(pair));
    let said = match call.uri().path() {
        "/bearer" => header(call, "authorization").strip_prefix("Bearer ").unwrap(),
        "/basic-password" if header(call, "authorization") == basic(format!("api:{TOKEN}")) => TOKEN,
        "/basic-user" if header(call, "authorization") == basic(format!("{TOKEN}:")) => TOKEN,
        "/query" => {
            assert_fields(&query(call), &[("key", KEY), ("other", "1")]);
            KEY
        }
        "/form" => {
            assert_fields(&fields(body), &[("client_secret", SECRET), ("grant", "x")]);
            SECRET
        }
        "/json" => {
            let sent: Value = serde_json::from_str(body).unwrap();
            assert_eq!(sent, json!({ "client_secret": SECRET, "grant": "x" }));
            SECRET
        }
        path => panic!("nothing is called by {path}"),
    };
    answer(&json!([said]))
}

#[test]
fn sealed_secrets_reach_their_place_by_any_client_and_no_other() {
    let home = Home::with_store();
    // The head of a request whose body is broken off may arrive, so calls are not counted.
    let server = Server::start(|call| match call.body().is_empty() && call.method() == "POST" {
        true => answer(&json!([])),
        false => sealed(call),
    });
    for (name, value, place) in [
        ("CRM_TOKEN", TOKEN, "header:Authorization"),
        ("QUERY_KEY", KEY, "query:key"),
        ("CLIENT_SECRET", SECRET, "body:client_secret"),
    ] {
        let set = home.um_host(["secrets", "set", name, "--bind", &server.url, "--in", place]).stdin(value).answer();
        assert_eq!(set.status, 0, "{set:?}");
    }
    let away = server.url.replace("127.0.0.1", "localhost");
    let input = json!(server.url).to_string();
    let answer = run(&home, "with_sealed.py", &[&server.url, &away]).args(["--input", &input]).answer();
    [TOKEN, KEY, SECRET].iter().for_each(|value| answer.never_says(value));
    assert_says(&answer, 0, &[]);
    assert_eq!(answer.stdout, "\"done\"\n", "{answer:?}");
    server.untroubled();
}
