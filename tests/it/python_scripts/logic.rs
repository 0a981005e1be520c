//! Scripts that compute: dates, differences, models, a large result.

use serde_json::{Value, json};

use super::server::{Answer, Call, Server, assert_fields, header, json as answer, query, status};
use super::{assert_says, home, run};
use crate::support::command::Home;

fn holidays(call: &Call) -> Answer {
    assert_eq!((call.method().as_str(), call.uri().path()), ("GET", "/de"));
    assert_fields(&query(call), &[("year", "2026")]);
    answer(&json!({"2026-10-26": "a bank holiday", "2026-12-25": "Christmas"}))
}

/// What `deadlines.py` says; a transcript would hide the times.
fn deadline(server: &Server, arguments: &[&str]) -> String {
    let answer = run(&Home::with_store(), "deadlines.py", server).arg("--").args(arguments).answer();
    assert_eq!((answer.status, answer.stderr.as_str()), (0, ""));
    answer.stdout
}

#[test]
fn deadlines_count_business_days_over_a_change_of_the_clocks() {
    let server = Server::start(holidays);
    let closed = format!("{}/de", server.url);
    assert_eq!(
        deadline(&server, &["2026-10-23T15:30:00Z", "--days", "3", "--zone", "Europe/Berlin", "--holidays", &closed]),
        "Mon 26 Oct: closed, a bank holiday\n\
         received Fri 23 Oct 2026 17:30 CEST, week 43\n\
         due      Thu 29 Oct 2026 17:00 CET, week 44\n\
         that is  2026-10-29T16:00:00Z, 144.5 hours later\n\
         the clocks change in between\n"
    );
    server.satisfied(1);
}

#[test]
fn deadlines_without_options_are_in_utc_and_call_nobody() {
    let server = Server::start(holidays);
    assert_eq!(
        deadline(&server, &["2027-12-31T23:00:00-05:00", "--days", "1"]),
        "received Sat 01 Jan 2028 04:00 UTC, week 52\n\
         due      Mon 03 Jan 2028 17:00 UTC, week 1\n\
         that is  2028-01-03T17:00:00Z, 61 hours later\n"
    );
    server.satisfied(0);
}

#[test]
fn deadlines_in_a_zone_that_does_not_exist_end_with_the_usage() {
    let (home, server) = (Home::with_store(), Server::start(holidays));
    let typed = ["--", "2026-10-23T15:30:00Z", "--zone", "Europe/Atlantis"];
    let answer = run(&home, "deadlines.py", &server).args(typed).answer();
    assert_says(
        &answer,
        2,
        &["usage: deadlines.py [-h]", "no time zone 'Europe/Atlantis'; names look like Europe/Berlin"],
    );
    let answer = run(&home, "deadlines.py", &server).args(["--", "2026-10-23T15:30:00"]).answer();
    assert_says(&answer, 2, &["the time needs an offset, for example 2026-10-23T15:30:00Z"]);
}

const TOKEN: &str = "config-token-51d0c8";

fn snapshots(call: &Call) -> Answer {
    assert_eq!(header(call, "authorization"), format!("Token {TOKEN}"));
    match call.uri().path() {
        "/snapshots/v41.json" => answer(&json!({
            "name": "api", "limits": {"cpu": [1, 2], "memory": "1GiB"}, "regions": ["eu", "us"], "debug": true, "env": {},
        })),
        "/snapshots/v42.json" => answer(&json!({
            "name": "api", "limits": {"cpu": [1, 4], "memory": "1GiB"}, "regions": ["eu"], "env": {}, "größe": null,
        })),
        _ => status(404),
    }
}

fn versions(server: &Server, old: &str, new: &str) -> String {
    json!({"base_url": server.url, "old": old, "new": new}).to_string()
}

#[test]
fn json_diff_tells_what_was_added_removed_and_changed() {
    let (home, server) = (home("CONFIG_TOKEN", TOKEN), Server::start(snapshots));
    run(&home, "json_diff.py", &server)
        .args(["--input", &versions(&server, "v41", "v42")])
        .stdout(
            "{\"added\":{\"$.größe\":null},\"removed\":{\"$.debug\":true,\"$.regions[1]\":\"us\"},\
             \"changed\":{\"$.limits.cpu[1]\":{\"from\":2,\"to\":4}},\"same\":false}\n",
        )
        .run();
    run(&home, "json_diff.py", &server)
        .args(["--input", &versions(&server, "v42", "v42")])
        .stdout("{\"added\":{},\"removed\":{},\"changed\":{},\"same\":true}\n")
        .run();
    server.satisfied(4);
}

#[test]
fn json_diff_of_a_snapshot_that_is_not_there_says_what_to_check() {
    let (home, server) = (home("CONFIG_TOKEN", TOKEN), Server::start(snapshots));
    let answer = run(&home, "json_diff.py", &server).args(["--input", &versions(&server, "v41", "v40")]).answer();
    assert_says(
        &answer,
        1,
        &["HttpStatusError: GET http://127.0.0.1:", "/snapshots/v40.json: answered 404 not found; check the path\n"],
    );
    server.satisfied(2);
}

/// Without a secret of this name the script calls without one, and the service sees that.
#[test]
fn json_diff_without_its_secret_calls_without_a_token() {
    let server = Server::start(|call| {
        assert_eq!(header(call, "authorization"), "");
        status(401)
    });
    let answer =
        run(&Home::with_store(), "json_diff.py", &server).args(["--input", &versions(&server, "v41", "v42")]).answer();
    assert_says(&answer, 1, &["answered 401 unauthorized", "check the secret"]);
    server.satisfied(1);
}

const BILLING_KEY: &str = "billing-key-77a1f0e3";

fn invoices() -> [Value; 2] {
    [
        json!({"customer": "acme", "total": "123.93", "lines": ["2 x Basic: 19.80", "5 x Team: 104.13"]}),
        json!({"customer": "zeta", "total": "9.41", "lines": ["1 x Basic: 9.41"]}),
    ]
}

fn billing(call: &Call) -> Answer {
    assert_eq!(call.method(), "PUT");
    assert_eq!((header(call, "x-api-key"), header(call, "content-type")), (BILLING_KEY, "application/json"));
    let sent: Value = serde_json::from_slice(call.body()).unwrap();
    let expected = invoices();
    let invoice =
        expected.iter().find(|invoice| **invoice == sent).unwrap_or_else(|| panic!("no such invoice: {sent}"));
    assert_eq!(call.uri().path(), format!("/customers/{}/invoice", invoice["customer"].as_str().unwrap()));
    status(204)
}

#[test]
fn subscriptions_are_parsed_into_models_and_sent_as_invoices() {
    let (home, server) = (home("BILLING_KEY", BILLING_KEY), Server::start(billing));
    let subscriptions = json!([
        {"customer": "zeta", "plan": "basic", "seats": 1, "discount": "0.05", "tags": ["new"]},
        {"customer": "acme", "plan": "basic", "seats": 2},
        {"customer": "acme", "plan": "team", "seats": 5, "discount": "0.15"},
    ]);
    let input = json!({"billing": server.url, "subscriptions": subscriptions});
    home.write("subscriptions.json", input.to_string());
    run(&home, "subscriptions", &server)
        .args(["--input", "@subscriptions.json"])
        .stdout(format!("{}\n", json!(invoices())))
        .run();
    server.satisfied(2);
}

#[test]
fn subscriptions_that_make_no_sense_are_told_from_the_module_that_knows() {
    let (home, server) = (home("BILLING_KEY", BILLING_KEY), Server::start(billing));
    let input = |plan: &str, seats: i32| {
        let subscription = json!({"customer": "acme", "plan": plan, "seats": seats});
        json!({"billing": server.url, "subscriptions": [subscription]}).to_string()
    };
    let answer = run(&home, "subscriptions", &server).args(["--input", &input("basic", 0)]).answer();
    assert_says(
        &answer,
        1,
        &[
            "File \"main.py\", line 17, in run\n",
            "File \"models.py\", line 30, in __post_init__\n",
            "error: ValueError: acme: a subscription has at least 1 seat, not 0\n",
        ],
    );
    let answer = run(&home, "subscriptions", &server).args(["--input", &input("gold", 1)]).answer();
    assert_says(&answer, 1, &["error: ValueError: 'gold' is not a valid Plan\n"]);
    server.satisfied(0);
}

const AUDIT_TOKEN: &str = "audit-token-c2b9e4d1";
const PER_HOUR: u64 = 740;

fn event(hour: &str, number: u64) -> Value {
    let id = format!("{hour}-{number:04}");
    let text = "signed in from a new device; größer als sonst";
    json!({"id": id, "at": format!("{hour}:{:02}:{:02}Z", number / 60 % 60, number % 60), "number": number,
        "actor": {"name": "Ada Almeida", "email": "ada.almeida@example.com", "roles": ["author", "operator"]},
        "text": text, "before": null, "after": {"ratio": 0.125, "ok": true, "note": "\"quoted\" \\ \u{1F600}\n"}})
}

fn audit(call: &Call) -> Answer {
    assert_eq!(header(call, "authorization"), format!("Bearer {AUDIT_TOKEN}"));
    let fields = query(call);
    assert_eq!((fields.len(), fields[0].0.as_str()), (1, "hour"));
    answer(&(0..PER_HOUR).map(|number| event(&fields[0].1, number)).collect())
}

fn day(server: &Server) -> String {
    json!({"base_url": server.url, "day": "2026-11-22"}).to_string()
}

#[test]
fn audit_export_returns_five_megabytes_unchanged() {
    let (home, server) = (home("AUDIT_TOKEN", AUDIT_TOKEN), Server::start(audit));
    let hours = (0..24).map(|hour| format!("2026-11-22T{hour:02}"));
    let events: Vec<Value> = hours.flat_map(|hour| (0..PER_HOUR).map(move |number| event(&hour, number))).collect();
    let expected = json!({"day": "2026-11-22", "count": events.len(), "events": events}).to_string() + "\n";
    assert!((5 << 20..6 << 20).contains(&expected.len()), "{} bytes", expected.len());
    let answer = run(&home, "audit_export.py", &server).args(["--input", &day(&server)]).answer();
    assert_eq!((answer.status, answer.stderr.as_str()), (0, ""));
    assert!(answer.stdout == expected, "{} bytes instead of {}", answer.stdout.len(), expected.len());
    server.satisfied(24);
}

#[test]
fn audit_export_over_the_limit_on_results_ends_with_the_option() {
    let (home, server) = (home("AUDIT_TOKEN", AUDIT_TOKEN), Server::start(audit));
    let answer =
        run(&home, "audit_export.py", &server).args(["--limit", "result=1MiB", "--input", &day(&server)]).answer();
    assert_eq!((answer.status, answer.stdout.len()), (123, 0));
    assert_eq!(
        answer.stderr,
        "um-host: error: the action was stopped at its limit `result` of 1 MiB\n  \
         hint: if it needs more, raise it: --limit result=VALUE\n"
    );
}
