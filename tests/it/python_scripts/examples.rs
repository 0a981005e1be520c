//! The examples in Python: the same as those in Rust, byte for byte, and with unit tests that pass.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::json;

use super::server::{Answer, Call, Server, header, json as answer, query, status};
use super::{assert_says, home};
use crate::support::bound::Bounded;
use crate::support::command::{Answer as Said, Home, Transcript};
use crate::support::guests::guest;
use crate::support::python;

#[path = "../../../examples/crm/src/contacts.rs"]
mod crm_contacts;

pub const TOKEN: &str = "pat/na1+7Hq2Lx9vTz\"%=";

fn example(name: &str) -> PathBuf {
    root().join("examples").join(name)
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// Serves the contacts of the CRM to who brings the token.
pub fn crm(call: &Call) -> Answer {
    if header(call, "authorization") != format!("Bearer {TOKEN}") {
        return status(401);
    }
    assert_eq!((call.method().as_str(), call.uri().path()), ("GET", "/crm/v3/objects/contacts"));
    let number = |name: &str| query(call).into_iter().find(|(other, _)| other == name).map(|(_, n)| n.parse().unwrap());
    let after: usize = number("after").unwrap_or(0);
    let end = (after + number("limit").unwrap()).min(crm_contacts::COUNT);
    let mut page = json!({"results": (after..end).map(crm_contacts::contact).collect::<Vec<_>>()});
    if end < crm_contacts::COUNT {
        page["paging"] = json!({"next": {"after": end.to_string()}});
    }
    answer(&page)
}

/// What the one in Rust answers, and the one in Python.
fn both(home: &Home, server: &Server) -> [Said; 2] {
    ["rust", "python"].map(|language| contacts(home, server, language).answer())
}

/// `um-host run` of the example in this language.
pub fn contacts<'a>(home: &'a Home, server: &Server, language: &str) -> Transcript<'a> {
    let action = match language {
        "rust" => home.um_host(["run"]).arg(guest("contacts")),
        _ => python::run(home, &example("contacts-py")),
    };
    let input = json!({"base_url": server.url}).to_string();
    action.args(["--allow-host", &server.url, "--allow-private", "127.0.0.1", "--input", &input])
}

/// The lines of a stream that the one wrote at once and the other piece by piece.
pub fn sorted(text: &str) -> Vec<&str> {
    let mut lines: Vec<_> = text.lines().collect();
    lines.sort_unstable();
    lines
}

#[test]
fn hello_py_greets_as_hello_does() {
    let home = Home::with_store();
    let hello = example("hello-py");
    python::run(&home, &hello).args(["--", "Ada", "Grace"]).stdout("hello, Ada and Grace\n").run();
    python::run(&home, &hello).stdout("hello, world\n").run();
}

#[test]
fn contacts_py_says_and_returns_what_contacts_does() {
    let (home, server) = (home("HUBSPOT_API_KEY", TOKEN), Server::start(crm));
    let [rust, python] = both(&home, &server);
    server.satisfied(6);
    assert_eq!((python.status, &python.stdout), (0, &rust.stdout));
    let summary = python.json();
    assert_eq!((&summary["contacts"], &summary["pages"]), (&json!(60), &json!(3)));
    assert_eq!(sorted(&python.stderr), sorted(&rust.stderr));
    let masked = [
        "using the token ***\n",
        "request: {\"headers\":{\"authorization\":\"Bearer ***\"},\"retries\":0}\n",
        "no list: the document `contacts.csv` has nowhere to go",
        "um-host: masked HUBSPOT_API_KEY 3 times in stderr (raw, base64, json)\n",
    ];
    assert_says(&python, 0, &masked);
    python.never_says(TOKEN);
}

#[test]
fn contacts_py_publishes_what_contacts_does() {
    let (home, server) = (home("HUBSPOT_API_KEY", TOKEN), Server::start(crm));
    let [rust, python] = ["rust", "python"].map(|language| {
        let answer = contacts(&home, &server, language).args(["--documents", language]).answer();
        assert_eq!(answer.status, 0, "{answer:?}");
        fs::read_to_string(home.path(language).join("contacts.csv")).unwrap()
    });
    assert_eq!(rust.lines().count(), 61);
    assert_eq!(python, rust);
}

#[test]
fn contacts_py_fails_as_contacts_does_when_the_token_is_not_taken() {
    let (home, server) = (home("HUBSPOT_API_KEY", "wrong/8f1c77d20a"), Server::start(crm));
    for said in both(&home, &server) {
        assert_says(&said, 1, &["GET http://127.0.0.1:", "/crm/v3/objects/contacts: answered 401 unauthorized"]);
        said.never_says("wrong/8f1c77d20a");
    }
    server.satisfied(2);
}

#[test]
fn the_examples_pass_the_unit_tests_that_they_come_with() {
    for name in ["hello-py", "contacts-py", "token-py"] {
        let tests = Command::new("python3")
            .args(["-B", "-m", "unittest", "discover", "--buffer"])
            .arg(example(name))
            .env("PYTHONPATH", root().join("guest-sdk/python"))
            .finish()
            .expect("python3 can be run");
        let said = String::from_utf8_lossy(&tests.stderr);
        assert!(tests.status.success() && !said.contains("Ran 0 tests"), "{name}: {said}");
    }
}
