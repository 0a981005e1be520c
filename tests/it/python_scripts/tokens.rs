//! `examples/token-py`: a value made in the run is masked once it is guarded, and one that cannot be is an error.

use std::path::{Path, PathBuf};

use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde_json::json;

use super::server::{Answer, Call, Server, assert_fields, fields, header, json as answer, status};
use super::{assert_says, home};
use crate::support::command::{Home, Transcript};
use crate::support::python;

const SECRET: &str = "cs-7Hq2Lx9vTz/+4f";
const TOKEN: &str = "at-2f9Kq81xVbN==ZpW";

fn example() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("examples/token-py")
}

/// Trades the client's secret for the token, and the token for orders.
fn service(token: String) -> impl Fn(&Call) -> Answer + Send + Sync + 'static {
    move |call| match (call.method().as_str(), call.uri().path()) {
        ("POST", "/oauth/token") => {
            assert_eq!(header(call, "content-type"), "application/x-www-form-urlencoded");
            let form = fields(std::str::from_utf8(call.body()).unwrap());
            let expected = [("grant_type", "client_credentials"), ("client_id", "reports"), ("client_secret", SECRET)];
            assert_fields(&form, &expected);
            answer(&json!({"access_token": token, "token_type": "Bearer", "expires_in": 300}))
        }
        ("GET", "/orders") => {
            assert_eq!(header(call, "authorization"), format!("Bearer {token}"));
            answer(&json!({"orders": [{"amount": 40}, {"amount": 2}]}))
        }
        (method, path) => {
            panic!("nobody asks for {method} {path}")
        }
    }
}

fn run<'a>(home: &'a Home, server: &Server) -> Transcript<'a> {
    let input = json!({"base_url": server.url, "client_id": "reports"}).to_string();
    python::run(home, &example()).args(["--allow-host", &server.url, "--allow-private", "127.0.0.1", "--input", &input])
}

#[test]
fn token_py_uses_the_token_and_leaks_it_nowhere() {
    let (home, server) = (home("CRM_CLIENT_SECRET", SECRET), Server::start(service(TOKEN.to_owned())));
    let answer = run(&home, &server).answer();
    server.satisfied(2);
    assert_eq!(answer.stdout, "{\"orders\":2,\"total\":42}\n");
    let masked = ["got the token ***", "as a header: {'Authorization': 'Bearer ***'}", "in base64: ***"];
    assert_says(&answer, 0, &masked);
    // The guarded value has no name of its own in the report.
    assert!(
        answer.stderr.contains("um-host: masked ") && answer.stderr.contains("in stderr (raw, base64)\n"),
        "{answer:?}"
    );
    for value in [SECRET, TOKEN, &BASE64_STANDARD.encode(TOKEN)] {
        answer.never_says(value);
    }
}

#[test]
fn a_token_that_cannot_be_guarded_ends_the_run_before_it_is_used_or_printed() {
    let long = "k7".repeat(32 * 1024 + 1);
    for (token, reason) in [("at-2f9K", "at least 8 bytes"), (long.as_str(), "at most 64 KiB")] {
        let (home, server) = (home("CRM_CLIENT_SECRET", SECRET), Server::start(service(token.to_owned())));
        let answer = run(&home, &server).answer();
        server.satisfied(1);
        assert_eq!(answer.stdout, "");
        assert_says(&answer, 1, &["in access_token\n", "GuardError: a guarded value has ", reason]);
        answer.never_says(token);
    }
}

#[test]
fn a_secret_that_the_service_does_not_take_is_told_without_it() {
    let (home, server) = (home("CRM_CLIENT_SECRET", SECRET), Server::start(|_| status(401)));
    let answer = run(&home, &server).answer();
    server.satisfied(1);
    assert_says(&answer, 1, &["/oauth/token: answered 401 unauthorized"]);
    answer.never_says(SECRET);
}
