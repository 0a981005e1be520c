//! `bench`: which figures there are, what can have none, and that it says nothing of what an action has.

use std::io::Write;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::support::command::{Answer, Home, Transcript, status};
use crate::support::guests::{core_module, guest};

const VALUE: &str = "pat-na1-7Hq2Lx9vTz";
const INCOMPLETE: &str = "um-host: error: only what completes can be benched, and a run did not: ";
const HINT: &str = "  hint: `um-host run` with the same options shows what it says\n";

fn bench<'a>(home: &'a Home, action: &str) -> Transcript<'a> {
    home.um_host(["bench"]).arg(guest(action))
}

/// The figures of one subject, each held against what has to be so.
fn check(figures: &Value, runs: u64, cores: u64) {
    for (figure, tasks) in [("one_at_a_time", 1), ("at_once", cores)] {
        let speed = &figures[figure];
        assert_eq!((&speed["runs"], &speed["tasks"]), (&json!(runs), &json!(tasks)), "{figures}");
        let number = |name: &str| speed[name].as_f64().unwrap();
        assert!(number("per_second") > 0.0 && number("p50_us") > 0.0, "{figures}");
        assert!(number("p50_us") <= number("p99_us"), "{figures}");
    }
    assert!(figures["memory"]["instances"].as_u64().unwrap() > 0, "{figures}");
}

fn failed(answer: &Answer, status: i32, how: &str) {
    assert_eq!((answer.status, answer.stdout.as_str()), (status, ""), "{answer:?}");
    assert_eq!(answer.stderr, format!("{INCOMPLETE}{how}\n{HINT}"));
}

#[test]
fn a_table_has_each_figure_beside_that_of_the_engine_alone() {
    let home = Home::new();
    let answer = bench(&home, "plain").args(["--runs", "3", "--", "a", "b"]).answer();
    assert_eq!((answer.status, answer.stderr.as_str()), (0, ""), "{answer:?}");
    let lines: Vec<Vec<&str>> = answer.stdout.lines().map(|line| line.split("  ").collect()).collect();
    let cells = |line: &Vec<&str>| line.iter().filter(|cell| !cell.is_empty()).count();
    assert!(lines.iter().all(|line| cells(line) == 4), "{}", answer.stdout);
    let figures: Vec<&str> = answer.stdout.lines().map(|line| line.trim_start().split("  ").next().unwrap()).collect();
    assert_eq!(figures[..2], ["FIGURE", "starts per second, one at a time"]);
    assert!(figures[4].starts_with("starts per second, ") && figures[4].ends_with(" at once"), "{figures:?}");
    assert_eq!([figures[2], figures[3], figures[7]], ["median of a run", "99 of 100 within", "memory of an instance"]);
    assert_eq!(figures.len(), 8);
}

#[test]
fn an_object_has_them_for_programs() {
    let home = Home::new();
    let answer = bench(&home, "echoes").args(["--json", "--runs", "5", "--input", r#"{"a": [1]}"#]).answer();
    assert_eq!((answer.status, answer.stderr.as_str()), (0, ""), "{answer:?}");
    let object = answer.json();
    let cores = object["cores"].as_u64().unwrap();
    assert_eq!((&object["kind"], &object["seconds"]), (&json!("typed"), &json!(3.0)));
    check(&object["um_host"], 5, cores);
    check(&object["engine_alone"], 5, cores);
    assert_eq!(object.get("engine_alone_missing"), None);
    // The time ends it as well: each task has one run at least.
    let answer = bench(&home, "plain").args(["--json", "--time", "1ms"]).answer();
    assert!(answer.json()["um_host"]["one_at_a_time"]["runs"].as_u64().unwrap() >= 1);
}

#[test]
fn what_the_engine_does_not_start_by_itself_stands_alone() {
    let home = Home::new();
    let missing = |object: &Value| object["engine_alone_missing"].as_str().unwrap().to_owned();
    let module = home.um_host(["bench"]).arg(core_module("plain")).args(["--json", "--runs", "2"]).answer();
    let object = module.json();
    check(&object["um_host"], 2, object["cores"].as_u64().unwrap());
    assert_eq!(object["engine_alone"], Value::Null);
    assert_eq!(missing(&object), "the engine alone starts components of WASI 0.2, not modules of WASI 0.1");
    let answer = home.um_host(["bench"]).arg(core_module("plain")).args(["--runs", "2"]).answer();
    assert_eq!(
        answer.stderr,
        "um-host: nothing stands beside it: the engine alone starts components of WASI 0.2, not modules of WASI 0.1\n"
    );
    let lacks = |line: &str| line.split_whitespace().rev().take(2).eq(["-", "-"]);
    assert!(answer.stdout.lines().skip(1).all(lacks), "{answer:?}");
}

/// It gets the secrets that `run` would give it; and nothing that it puts out is shown, masked or not.
#[test]
fn secrets_are_at_hand_and_shown_to_nobody() {
    let home = Home::new();
    let given = |action: &str| {
        let secret = ["--secret", "HUBSPOT_API_KEY=env:TOKEN", "--runs", "2", "--json"];
        bench(&home, action).args(secret).env("TOKEN", VALUE).answer()
    };
    let answer = given("prints_a_secret");
    assert_eq!((answer.status, answer.stderr.as_str()), (0, ""), "{answer:?}");
    answer.never_says(VALUE);
    answer.never_says("***");
    assert!(!home.data().exists(), "no store is made");
    let object = answer.json();
    assert_eq!(
        object["engine_alone_missing"],
        "in the engine alone, with nothing but WASI, the action does not complete"
    );
    let answer = given("panics_with_a_secret");
    answer.never_says(VALUE);
    assert_eq!((answer.status, answer.stdout.as_str()), (134, ""), "{answer:?}");
    // Those of a workspace are, too, and each read is on record.
    let home = Home::with_store();
    home.set("HUBSPOT_API_KEY", VALUE);
    let answer = bench(&home, "prints_a_secret").args(["--runs", "2"]).answer();
    assert_eq!(answer.status, 0, "{answer:?}");
    answer.never_says(VALUE);
    let used = home.um_host(["secrets", "info", "HUBSPOT_API_KEY", "--json"]).answer().json();
    assert!(used["last_use"]["reads"].as_u64().unwrap() > 0, "{used}");
}

#[test]
fn what_does_not_complete_has_no_figures_and_ends_as_its_run_does() {
    let home = Home::new();
    failed(&bench(&home, "exits_1").answer(), 1, "it ended with status 1");
    failed(
        &bench(&home, "loops_for_ever").args(["--timeout", "200ms"]).answer(),
        124,
        "the action was stopped at its limit `wall` of 200 ms",
    );
    let answer = bench(&home, "asks_for_secrets").args(["--", "TOKEN"]).answer();
    assert_eq!((answer.status, answer.stdout.as_str()), (125, ""), "{answer:?}");
    assert!(answer.stderr.contains("the action asks for the secret `TOKEN`, and there is no store"), "{answer:?}");
}

#[test]
fn what_cannot_be_benched_is_refused() {
    let home = Home::new();
    bench(&home, "plain")
        .args(["--documents", "out"])
        .status(2)
        .stderr(
            "um-host: error: --documents cannot be benched: each run would replace what the one before has published\n  hint: \
             leave it out; an action that cannot do without fails then, and has no figures\n",
        )
        .run();
    assert!(!home.path("out").exists());
    for (arguments, said) in [
        (&["--time", "0s"][..], "--time: it must be more than nothing\n"),
        (&["--time", "61s"], "--time: it is 1m at most\n"),
        (&["--time", "soon"], "--time: this is no duration; "),
        (&["--time", "-1s"], "--time"),
        (&["--runs", "0"], "--runs"),
        (&["--runs", "1000001"], "--runs"),
        (&["--runs", "many"], "--runs"),
        (&["--verbose"], "--verbose says what one run used"),
        (&["--input", "{}"], "a compiled command takes arguments"),
        (&["--no-such-option"], "unexpected argument"),
    ] {
        let answer = bench(&home, "plain").args(arguments).answer();
        assert_eq!((answer.status, answer.stdout.as_str()), (2, ""), "{arguments:?}: {answer:?}");
        assert!(answer.stderr.contains(said), "{arguments:?}: {answer:?}");
    }
    assert_eq!(home.um_host(["bench", "nowhere.wasm"]).answer().status, 127);
    home.write("text.wasm", "no program");
    assert_eq!(home.um_host(["bench", "text.wasm"]).answer().status, 126);
    assert_eq!(home.um_host(["bench"]).answer().status, 2);
}

#[test]
fn a_signal_ends_it_at_once() {
    let home = Home::new();
    let mut child = bench(&home, "echoes").args(["--input", "-"]).stdin("").start();
    // More than a pipe holds: when it is written, the program reads its input.
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(&[b' '; 1 << 20]).unwrap();
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!((status(output.status), output.stdout, output.stderr), (143, Vec::new(), Vec::new()));
}
