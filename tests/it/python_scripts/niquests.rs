//! The package `niquests`, installed by pip beside a script as `host/docs/python.md` says: the API of requests over `wasi:http`.

use std::path::Path;
use std::process::Command;

use super::assert_says;
use super::server::{Server, header, json as answer};
use crate::support::bound::Bounded;
use crate::support::command::Home;
use crate::support::python;

/// Without `qh3` (HTTP/3), which is not for WASI.
const PACKAGES: [&str; 6] = [
    "niquests==3.21.2",
    "urllib3-future==2.25.904",
    "charset-normalizer==3.5.2",
    "h11==0.16.0",
    "jh2==5.0.15",
    "wassima==2.1.5",
];
const TOKEN: &str = "pat-eu1-7Hq2Lx9vTz4f8c";
const SCRIPT: &str = r#"
import niquests
import urllib3

def run(input):
    token = app.secrets.CRM_TOKEN
    with niquests.Session() as session:
        session.headers["Authorization"] = f"Bearer {token}"
        answer = session.post(input["url"], params={"limit": 2}, json={"name": "Zoë"})
        answer.raise_for_status()
        try:
            session.get("https://nobody.invalid/")
        except urllib3.exceptions.MaxRetryError as error:
            refused = str(error)
    return [answer.json(), "HttpRequestDenied" in refused]
"#;

/// Installs the packages into `folder`.
fn install(folder: &Path) {
    let options = ["-m", "pip", "install", "--quiet", "--no-deps", "--no-compile", "--only-binary=:all:", "--target"];
    let pip = Command::new("python3").args(options).arg(folder).args(PACKAGES).finish().unwrap();
    assert!(pip.status.success(), "{}", String::from_utf8_lossy(&pip.stderr));
}

#[test]
fn niquests_works_beside_a_script_with_revealed_and_sealed_secrets() {
    let home = Home::with_store();
    install(&home.path("action"));
    let script = home.write("action/main.py", SCRIPT);
    let server = Server::start(|call| {
        assert_eq!((call.method().as_str(), call.uri().to_string().as_str()), ("POST", "/contacts?limit=2"));
        assert_eq!(header(call, "authorization"), format!("Bearer {TOKEN}"));
        let sent: serde_json::Value = serde_json::from_slice(call.body()).unwrap();
        assert_eq!(sent, serde_json::json!({ "name": "Zoë" }));
        answer(&serde_json::json!({ "said": header(call, "authorization") }))
    });
    let input = format!(r#"{{"url": "{}/contacts"}}"#, server.url);
    for (exposure, said) in [("--revealed", "Bearer ***\"}"), ("--sealed", "Bearer um_sealed_")] {
        let set = home.um_host(["secrets", "set", "CRM_TOKEN", "--bind", &server.url, exposure]).stdin(TOKEN).answer();
        assert_eq!(set.status, 0, "{set:?}");
        let run = python::run(&home, script.parent().unwrap());
        let allowed = ["--allow-host", &server.url, "--allow-private", "127.0.0.1", "--input", &input];
        let answer = run.args(allowed).answer();
        answer.never_says(TOKEN);
        assert_says(&answer, 0, &["host `nobody.invalid` is not allowed; add --allow-host nobody.invalid\n"]);
        assert!(answer.stdout.contains(said) && answer.stdout.ends_with(",true]\n"), "{exposure}: {answer:?}");
    }
    server.satisfied(2);
}
