//! What a Python author meets with bound and sealed secrets: the errors by their names, and what to do about each.

use serde_json::json;

use super::server::{self, Server};
use crate::support::command::Home;
use crate::support::python;

const TOKEN: &str = "pat-eu1-7Hq2Lx9vTz4f8c";
const SCRIPT: &str = r#"
import um_action

def run(url):
    bearer = {"Authorization": f"Bearer {app.secrets.CRM_TOKEN}"}
    away = url.replace("127.0.0.1", "localhost")
    calls = [
        lambda: app.http.get(f"{url}/contacts", headers=bearer),
        lambda: app.http.get(f"{away}/contacts", headers=bearer),
        lambda: app.http.post(f"{url}/contacts", data=app.secrets.CRM_TOKEN.encode()),
        lambda: app.http.get(f"{url}/{app.secrets.CRM_TOKEN}"),
        lambda: app.http.get(f"{url}/contacts", headers={"Authorization": f"Token={app.secrets.CRM_TOKEN}"}),
        lambda: app.http.get(f"{url}/contacts", headers={**bearer, "Range": "bytes=0-1"}),
        lambda: app.http.delete(f"{away}/contacts"),
        lambda: app.http.get("https://nobody.invalid/"),
    ]
    return [told(call) for call in calls]

def told(call):
    try:
        return call().status
    except um_action.HttpError as error:
        return [type(error).__name__, str(error).partition(": ")[2]]
"#;

#[test]
fn each_refusal_has_a_name_and_says_what_to_do() {
    let home = Home::with_store();
    std::fs::create_dir(home.path("action")).unwrap();
    let script = home.write("action/main.py", SCRIPT);
    // The head of a request whose body is broken off may arrive, so calls are not counted.
    let server = Server::start(|call| {
        assert!(!format!("{call:?}").contains("um_sealed_"));
        server::json(&json!({}))
    });
    let away = server.url.replace("127.0.0.1", "localhost");
    let told = |exposure: &str| {
        let set = home.um_host(["secrets", "set", "CRM_TOKEN", "--bind", &server.url, exposure]).stdin(TOKEN);
        assert_eq!(set.answer().status, 0);
        let get_away = format!("GET {away}");
        let options = ["--allow-host", &server.url, "--allow-host", &get_away, "--input"];
        let run = python::run(&home, script.parent().unwrap()).args(options).arg(format!("{:?}", server.url));
        run.args(["--allow-private", "127.0.0.1", "--allow-private", "localhost"]).answer().json()
    };
    let (sealed, revealed) = (told("--sealed"), told("--revealed"));
    let to = |host: &str, reason: &str| format!("a request to `{host}` was refused{reason}");
    let other_method = format!(
        "host `localhost` is allowed for other methods only; allow it with `um-host run --allow-host 'DELETE {away}'`"
    );
    let everywhere = "this run may not call nobody.invalid; allow it with `um-host run --allow-host nobody.invalid`, \
                      or for every run with `um-host workspaces allow nobody.invalid`";
    let not_bound = ": `CRM_TOKEN` is not bound to this scheme, host and port; `um-host secrets info CRM_TOKEN` says \
                     where it may go";
    let body = ": the placeholder of a sealed secret stands in the request's body, where it may not; `um-host secrets \
                info NAME` says where it goes";
    let path = ": the placeholder of `CRM_TOKEN` stands in the request's path, where it may not; `um-host secrets info \
                CRM_TOKEN` says where it goes";
    let not_whole = ": the placeholder of `CRM_TOKEN` must be all of its field; in a header also behind a scheme and \
                     one space, or as user or password of Basic; `um-host secrets info CRM_TOKEN` says where it goes";
    let range = ": parts of a response are refused where a sealed secret is bound: Range, If-Range, Request-Range and \
                 X-MS-Range; leave them out";
    let bound = format!(
        ", since it holds the secret CRM_TOKEN, which is bound to {}; `um-host secrets info CRM_TOKEN` says where it may \
         go; `um-host secrets set CRM_TOKEN --revealed` with `--bind` for each of its hosts changes that",
        server.url
    );
    let expected = json!([
        200,
        ["SecretMisdirected", to("localhost", not_bound)],
        ["SecretMisplaced", to("127.0.0.1", body)],
        ["SecretMisplaced", to("127.0.0.1", path)],
        ["SecretMisplaced", to("127.0.0.1", not_whole)],
        ["InvalidRequest", to("127.0.0.1", range)],
        ["HostNotAllowed", other_method],
        ["HostNotAllowed", everywhere],
    ]);
    assert_eq!(sealed, expected);
    let misdirected = ["SecretMisdirected", &to("localhost", &bound)];
    let expected =
        json!(
            [200, misdirected, 200, 200, 200, 200, ["HostNotAllowed", other_method], ["HostNotAllowed", everywhere],]
        );
    assert_eq!(revealed, expected);
}
