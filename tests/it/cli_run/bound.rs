//! Runs with secrets that are bound to hosts, word for word.

use super::run;
use crate::support::command::Home;
use crate::support::peer::{HELLO, Peer};

const VALUE: &str = "pat-na1-7Hq2Lx9vTz";
const REFUSAL: &str =
    "a request to `nobody.invalid` was refused, since it holds the secret CRM_TOKEN, which is bound to api.hubapi.com";

fn home() -> Home {
    let home = Home::with_store();
    let set = home.um_host(["secrets", "set", "CRM_TOKEN", "--bind", "api.hubapi.com", "--revealed"]);
    assert_eq!(set.stdin(VALUE).answer().status, 0);
    home
}

#[test]
fn a_bound_value_on_its_way_to_another_host_is_told_counted_and_on_record() {
    let home = home();
    let away = ["--allow-host", "nobody.invalid", "--", "header CRM_TOKEN https://nobody.invalid/"];
    let advice = advice("CRM_TOKEN");
    run(&home, "sends_secrets_as_told")
        .args(away)
        .stdout(format!("header: GET https://nobody.invalid/: {REFUSAL}; {advice}\n"))
        .stderr(format!("um-host: {REFUSAL}; {advice}\n"))
        .run();
    let told = run(&home, "sends_secrets_as_told").arg("--json").args(away).answer();
    told.never_says(VALUE);
    let told = told.json();
    let refused = serde_json::json!([{
        "code": "secret-misdirected", "message": REFUSAL, "host": "nobody.invalid", "entry": "nobody.invalid",
        "secret": "CRM_TOKEN",
    }]);
    assert_eq!(told["refused"], refused);
    assert_eq!(
        told["misdirected"],
        serde_json::json!([{ "secret": "CRM_TOKEN", "host": "nobody.invalid", "count": 1 }])
    );
    let info = home.um_host(["secrets", "info", "CRM_TOKEN"]).answer().stdout;
    assert!(info.ends_with(", read 2 times; 2 requests with it refused\n"), "{info}");
    let info = home.um_host(["secrets", "info", "CRM_TOKEN", "--json"]).answer().json();
    assert_eq!((&info["last_use"]["reads"], &info["last_use"]["refused"]), (&2.into(), &2.into()));
}

/// What there is to do about a revealed value, of a secret that may be followed by its workspace.
fn advice(secret: &str) -> String {
    format!(
        "`um-host secrets info {secret}` says where it may go; `um-host secrets set {secret} --revealed` with `--bind` for \
         each of its hosts changes that"
    )
}

/// The commands that a run in another workspace was told acted on `default`.
#[test]
fn advice_names_the_workspace_of_the_run() {
    let home = Home::with_store();
    assert_eq!(home.um_host(["workspaces", "create", "mk"]).answer().status, 0);
    let set = ["secrets", "set", "CRM_TOKEN", "--bind", "api.hubapi.com", "--revealed", "--workspace", "mk"];
    assert_eq!(home.um_host(set).stdin(VALUE).answer().status, 0);
    let told = run(&home, "sends_secrets_as_told")
        .args(["--workspace", "mk", "--allow-host", "nobody.invalid", "--"])
        .args(["header CRM_TOKEN https://nobody.invalid/", "none - https://other.invalid/"])
        .answer();
    let advice = advice("CRM_TOKEN --workspace mk");
    assert!(told.stdout.contains(&format!("{REFUSAL}; {advice}\n")), "{told:?}");
    assert!(told.stdout.contains("`um-host workspaces allow other.invalid --workspace mk`\n"), "{told:?}");
    assert!(told.stderr.contains(&format!("um-host: {REFUSAL}; {advice}\n")), "{told:?}");
}

#[test]
fn a_strict_run_is_told_what_to_do_about_a_host_that_it_does_not_reach() {
    let home = home();
    let told = ["none - https://nobody.invalid/", "read CRM_TOKEN -", "none - https://nobody.invalid/"];
    let refusal = "host `nobody.invalid` is refused since this run has read CRM_TOKEN and is strict: it reaches only hosts \
                   that secrets which it has read are bound to; bind one to nobody.invalid, or leave";
    for options in [&["--strict-egress"][..], &["--policy", "strict.toml"]] {
        home.write("strict.toml", "strict-egress = true\n");
        let strict = run(&home, "sends_secrets_as_told").args(["--allow-host", "nobody.invalid"]).args(options);
        let strict = strict.arg("--").args(told).answer();
        let lines: Vec<&str> = strict.stdout.lines().collect();
        assert!(lines[0].contains("nobody.invalid has no address"), "{strict:?}");
        assert_eq!(lines[2], format!("none: GET https://nobody.invalid/: {refusal} `--strict-egress` out"));
        assert!(strict.stderr.contains(&format!("um-host: {refusal} --strict-egress out\n")), "{strict:?}");
    }
    let easy = run(&home, "sends_secrets_as_told").args(["--allow-host", "nobody.invalid", "--"]).args(told).answer();
    assert_eq!(easy.stdout.matches("has no address").count(), 2, "{easy:?}");
}

#[test]
fn a_sealed_value_is_never_handed_out() {
    let home = home();
    let set = home.um_host(["secrets", "set", "CRM_TOKEN", "--sealed"]).stdin(VALUE).answer();
    assert_eq!(set.status, 0, "{set:?}");
    let answer = run(&home, "sends_secrets_as_told").args(["--", "read CRM_TOKEN -"]).answer();
    assert!(!answer.stdout.contains("18 bytes"), "{answer:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_a_sealed_value_went_is_told_counted_and_on_record() {
    let peer = Peer::answering(HELLO).await;
    let (home, place, url) = (Home::with_store(), peer.url(""), peer.url("/"));
    let set = home.um_host(["secrets", "set", "CRM_TOKEN", "--bind", &place]).stdin(VALUE).answer();
    assert_eq!(set.status, 0, "{set:?}");
    let twice = [format!("bearer CRM_TOKEN {url}"), format!("bearer CRM_TOKEN {url}")];
    let reach = ["--allow-host", &place, "--allow-private", "127.0.0.1", "--"];
    let told = run(&home, "shows_echoes_of_secrets").arg("--json").args(reach).args(twice).answer();
    told.never_says(VALUE);
    let sent = serde_json::json!([{ "secret": "CRM_TOKEN", "host": "127.0.0.1", "count": 2 }]);
    assert_eq!(told.json()["sealed"], sent, "{told:?}");
    assert_eq!(peer.requests().iter().filter(|request| request.contains(VALUE)).count(), 2);
    let info = home.um_host(["secrets", "info", "CRM_TOKEN"]).answer().stdout;
    assert!(info.ends_with(", read 1 time; sent sealed to 127.0.0.1 by 1 run\n"), "{info}");
    let info = home.um_host(["secrets", "info", "CRM_TOKEN", "--json"]).answer().json();
    assert_eq!(info["last_use"]["sealed"], serde_json::json!({ "127.0.0.1": 1 }));
}

/// The action did something with a placeholder that is of no use, and failed: nothing said why.
#[test]
fn a_run_that_fails_with_a_placeholder_in_its_hands_says_where_it_works() {
    let home = Home::with_store();
    let sealed = ["secrets", "set", "HUBSPOT_API_KEY", "--bind", "GET api.hubapi.com", "--bind", "api.example.com"];
    assert_eq!(home.um_host(sealed).stdin("pat-na1-7Hq2Lx9vTz").answer().status, 0);
    let line = "um-host: HUBSPOT_API_KEY is sealed: the action got a placeholder, which only works unchanged in the header \
                Authorization of requests to GET api.hubapi.com, api.example.com\n";
    let failed = run(&home, "fails_with_a_secret").answer();
    assert!(failed.status == 1 && failed.stderr.ends_with(line), "{failed:?}");
    let quiet = run(&home, "fails_with_a_secret").arg("--quiet").answer();
    assert!(quiet.status == 1 && !quiet.stderr.contains("placeholder, which"), "{quiet:?}");
    let json = run(&home, "fails_with_a_secret").arg("--json").answer().json();
    assert_eq!(json["unsent"][0]["secret"], "HUBSPOT_API_KEY");
    assert_eq!(json["unsent"][0]["bindings"][0]["host"], "api.hubapi.com");
    // One that came to its end had no need of it.
    let read = run(&home, "sends_secrets_as_told").args(["--json", "--", "read HUBSPOT_API_KEY x"]).answer();
    assert!(read.status == 0 && !read.stderr.contains("placeholder"), "{read:?}");
    assert_eq!(read.json()["unsent"].as_array().unwrap().len(), 1);
    // A revealed one is no placeholder.
    let home = Home::with_store();
    home.set("HUBSPOT_API_KEY", "pat-na1-7Hq2Lx9vTz");
    let failed = run(&home, "fails_with_a_secret").arg("--json").answer();
    assert!(!failed.stderr.contains("placeholder") && failed.json()["unsent"] == serde_json::json!([]), "{failed:?}");
}
