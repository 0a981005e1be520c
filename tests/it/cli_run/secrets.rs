//! What is said about secrets: masked values, values that cannot be, secrets that were not handed out.

use std::io::{BufRead, BufReader};

use serde_json::json;

use super::{VALUE, home, run, sorted};
use crate::support::command::{Answer, Home, status};

#[test]
fn what_was_masked_is_said_once_a_secret_and_stream() {
    let home = home();
    run(&home, "prints_a_secret")
        .stdout("out [***] end\n")
        .stderr(
            "err [***] end\n\
             um-host: masked HUBSPOT_API_KEY 1 time in stdout (raw)\n\
             um-host: masked HUBSPOT_API_KEY 1 time in stderr (raw)\n",
        )
        .run();
    run(&home, "prints_a_secret").arg("--quiet").stdout("out [***] end\n").stderr("err [***] end\n").run();
    let answer = run(&home, "prints_a_secret_in_every_form").args(["--documents", "out"]).answer();
    answer.never_says(VALUE);
    for stream in ["stdout", "stderr", "document forms.txt"] {
        let counted = |line: &&str| {
            line.starts_with("um-host: masked HUBSPOT_API_KEY ") && line.contains(&format!(" times in {stream} (raw, "))
        };
        assert_eq!(answer.stderr.lines().filter(counted).count(), 1, "{stream}: {answer:?}");
    }
}

/// It was said that a value was masked in stdout, where nothing of the action had come out.
#[test]
fn what_was_masked_counts_under_the_stream_that_it_left_by() {
    let home = home();
    let typed = "prints_a_secret_beside_its_result";
    let beside = [
        "err [***] end",
        "out [***] end",
        "um-host: masked HUBSPOT_API_KEY 1 time in result (raw)",
        "um-host: masked HUBSPOT_API_KEY 2 times in stderr (raw)",
    ];
    let answer = run(&home, typed).answer();
    assert_eq!((answer.stdout.as_str(), sorted(&answer.stderr)), ("\"***\"\n", beside.to_vec()));
    let answer = run(&home, typed).arg("--json").answer();
    assert_eq!(sorted(&answer.stderr), beside);
    let streams = |answer: &Answer| {
        let leaks = answer.json()["leaks"].as_array().unwrap().clone();
        leaks.iter().map(|leak| leak["stream"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(streams(&answer), ["stdout", "stderr", "result"], "an outcome names the streams of the action");
    let answer = run(&home, "prints_a_secret").arg("--json").answer();
    assert_eq!(sorted(&answer.stderr), [beside[0], beside[1], beside[3]]);
    assert_eq!(streams(&answer), ["stdout", "stderr"]);
}

#[test]
fn a_value_that_no_filter_can_guard_is_named_after_the_run() {
    let home = Home::with_store();
    home.um_host(["secrets", "set", "PIN", "--allow-unmaskable"]).stdin("2026").answer();
    run(&home, "prints_a_secret")
        .args(["--", "PIN"])
        .stdout("out [2026] end\n")
        .stderr(
            "err [2026] end\n\
             um-host: PIN was not masked: its value is too short or too common to be\n",
        )
        .run();
}

#[test]
fn only_secrets_hands_out_no_others() {
    let home = home();
    home.set("OTHER", "another-value-of-it");
    let answer = run(&home, "asks_for_secrets")
        .args(["--only-secrets", "OTHER, THIRD", "--", "OTHER", "HUBSPOT_API_KEY", "NO_SUCH"])
        .answer();
    let lines: Vec<_> = answer.stdout.lines().collect();
    assert_eq!(lines[0], "OTHER: 19 bytes");
    for (line, name) in [(lines[1], "HUBSPOT_API_KEY"), (lines[2], "NO_SUCH")] {
        assert!(line.starts_with(&format!("{name}: this run may not read the secret `{name}`")), "{line}");
    }
    let answer = run(&home, "asks_for_secrets").args(["--only-secrets", "", "--", "OTHER"]).answer();
    assert!(answer.stdout.starts_with("OTHER: this run may not read"), "{answer:?}");
    run(&home, "asks_for_secrets")
        .args(["--only-secrets", "Other Key"])
        .status(2)
        .stderr(
            "um-host: error: `Other Key` is not a valid name (letters, digits and underscores, no digit first); use \
             OTHER_KEY\n",
        )
        .run();
}

#[test]
fn a_run_shows_in_the_last_use_of_its_secrets() {
    let home = home();
    let run = run(&home, "prints_a_secret").arg("--json").answer().json()["run"].clone();
    let used = home.um_host(["secrets", "info", "HUBSPOT_API_KEY", "--json"]).answer().json()["last_use"].clone();
    assert_eq!((&used["run"], &used["reads"]), (&run, &json!(1)));
    home.um_host(["secrets", "delete", "HUBSPOT_API_KEY", "--yes"])
        .stderr(
            "um-host: deleted HUBSPOT_API_KEY from workspace `default`\n\
             um-host: it was last used: [TIME] by run [ID], read 1 time\n",
        )
        .run();
}

#[test]
fn verbose_tells_what_the_run_used() {
    let home = home();
    let answer = run(&home, "asks_for_secrets").args(["-v", "--", "HUBSPOT_API_KEY"]).answer();
    assert_eq!((answer.status, answer.stdout.as_str()), (0, "HUBSPOT_API_KEY: 18 bytes\n"));
    let lines: Vec<_> = answer.stderr.lines().collect();
    assert!(lines[0].starts_with("um-host: run ") && lines[0].ends_with(" in workspace `default`"), "{lines:?}");
    assert!(lines[1].starts_with("um-host: used ") && lines[1].ends_with(" MiB of memory"), "{lines:?}");
    assert_eq!(lines[2..], ["um-host: got the secrets HUBSPOT_API_KEY"]);
    let answer = run(&home, "writes_documents").args(["-v", "--documents", "out", "--", "a.txt", "hello"]).answer();
    let published = format!("um-host: published `{}` (5 bytes)", home.path("out/a.txt").display());
    assert_eq!(answer.stderr.lines().last(), Some(published.as_str()));
}

#[test]
fn secrets_can_be_changed_beside_a_run_which_keeps_what_it_started_with() {
    let home = home();
    let mut child = run(&home, "reads_a_secret_late").stdin("").start();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    stdout.read_line(&mut line).unwrap();
    assert_eq!(line, "started\n");
    home.set("HUBSPOT_API_KEY", "a-value-of-another-length");
    drop(child.stdin.take());
    line.clear();
    stdout.read_line(&mut line).unwrap();
    assert_eq!(line, "18 bytes\n");
    assert_eq!(status(child.wait().unwrap()), 0);
}
