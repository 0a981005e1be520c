//! Values of `--secret` that the action never asks for: masked from the beginning of the run all the same, since it may come
//! by one in its input, an answer, a file. Those of the store are not even read.

use std::fs;

use serde_json::{Value, json};

use super::{VALUE, home, run};
use crate::support::command::{Home, Transcript};
use crate::support::peer::{HELLO, Peer};

const GIVEN: &str = "um-given-4Kq9Zt2Wx8Lm";
const GIVEN_BASE64: &str = "dW0tZ2l2ZW4tNEtxOVp0Mld4OExt";

/// A run that is given the value and does not know of it.
fn unknowing<'a>(home: &'a Home, action: &str) -> Transcript<'a> {
    run(home, action).args(["--secret", "CRM_TOKEN=env:TOKEN_OF_CI"]).env("TOKEN_OF_CI", GIVEN)
}

#[test]
fn what_nobody_asked_for_is_masked_in_both_streams() {
    let home = Home::new();
    unknowing(&home, "copies_stdin_to_both_streams")
        .stdin(format!("{GIVEN} and {GIVEN_BASE64}\n"))
        .stdout("*** and ***\n")
        .stderr(
            "*** and ***\n\
             um-host: masked CRM_TOKEN 2 times in stdout (raw, base64)\n\
             um-host: masked CRM_TOKEN 2 times in stderr (raw, base64)\n",
        )
        .run();
    // It was not read, and is told as what was masked alone.
    let told = unknowing(&home, "echoes").args(["--json", "--input", &json!({ GIVEN: [GIVEN] }).to_string()]).answer();
    told.never_says(GIVEN);
    let object = told.json();
    assert_eq!((&object["result"], &object["secrets"]), (&json!({ "***": ["***"] }), &json!([])), "{told:?}");
    assert_eq!(object["leaks"][0]["secret"], "CRM_TOKEN");
}

#[test]
fn what_nobody_asked_for_is_masked_in_results_errors_and_documents() {
    let home = Home::new();
    let input = json!(format!("Bearer {GIVEN}")).to_string();
    let answer = unknowing(&home, "echoes").args(["--input", &input]).answer();
    assert_eq!((answer.status, answer.stdout.as_str()), (0, "\"Bearer ***\"\n"), "{answer:?}");
    let answer = unknowing(&home, "fails").args(["--input", &input]).answer();
    assert!(answer.status == 1 && answer.stderr.contains("error: Bearer ***\n"), "{answer:?}");
    answer.never_says(GIVEN);

    let written = |name: &str, text: &str| {
        unknowing(&home, "writes_documents").args(["--documents", "out", "--", name, text]).answer()
    };
    let answer = written("notes.txt", &format!("the token is {GIVEN}"));
    assert_eq!(answer.status, 0, "{answer:?}");
    assert_eq!(fs::read_to_string(home.path("out/notes.txt")).unwrap(), "the token is ***");
    let answer = written("notes.pdf", &format!("%PDF-1.4 {GIVEN}"));
    assert!(answer.status == 1 && answer.stderr.contains("CRM_TOKEN"), "{answer:?}");
    assert!(!home.path("out/notes.pdf").exists());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_nobody_asked_for_goes_to_the_hosts_that_it_is_bound_to_alone() {
    let peer = Peer::answering(HELLO).await;
    let (home, place) = (Home::new(), peer.url(""));
    let sends = |options: &[&str]| {
        let reach = ["--allow-host", &place, "--allow-private", "127.0.0.1"];
        let url = format!("none - {place}/?key={GIVEN}");
        unknowing(&home, "sends_secrets_as_told").args(options).args(reach).args(["--", &url]).answer()
    };
    let bound = ["--bind", "CRM_TOKEN=api.example.com", "--revealed", "CRM_TOKEN"];
    let answer = sends(&bound);
    answer.never_says(GIVEN);
    assert!(answer.stdout.contains("was refused, since it holds the secret CRM_TOKEN"), "{answer:?}");
    assert!(peer.requests().is_empty());
    // Bound to nothing, or to that host, it may go there.
    for options in [&[][..], &["--bind", &format!("CRM_TOKEN={place}"), "--revealed", "CRM_TOKEN"]] {
        assert_eq!(sends(options).stdout, "none: status 200\n", "{options:?}");
    }
    assert_eq!(peer.requests().len(), 2);
    // A strict run is strict once it has a value in its hands.
    let strict = |told: &[&str]| {
        let reach = ["--strict-egress", "--allow-host", &place, "--allow-private", "127.0.0.1", "--"];
        unknowing(&home, "sends_secrets_as_told").args(bound).args(reach).args(told).answer().stdout
    };
    let call = format!("none - {place}/");
    assert_eq!(strict(&[&call]), "none: status 200\n");
    let read = strict(&["read CRM_TOKEN -", &call]);
    assert!(read.starts_with("read: 21 bytes\nnone: ") && !read.contains("status 200"), "{read}");
}

/// By what the filter does a value could be guessed that the action has no other way to know.
#[test]
fn what_the_action_cannot_ask_for_is_not_looked_for() {
    let home = Home::new();
    let copies = |options: &[&str]| {
        unknowing(&home, "copies_stdin_to_both_streams")
            .args(options)
            .stdin(format!("{GIVEN}\n"))
            .stdout(format!("{GIVEN}\n"))
    };
    copies(&["--bind", "CRM_TOKEN=api.example.com"]).stderr(format!("{GIVEN}\n")).run();
    home.write("policy.toml", "secrets = ['OTHER']\n");
    for (options, by) in [(["--only-secrets", ""], "--only-secrets"), (["--policy", "policy.toml"], "--policy")] {
        let told = format!(
            "um-host: --secret CRM_TOKEN: {by} leaves it out, so the action does not get it, and nothing masks it\n{GIVEN}\n"
        );
        copies(&options).stderr(told).run();
        copies(&options).arg("-q").stderr(format!("{GIVEN}\n")).run();
    }
    copies(&["--only-secrets", "CRM_TOKEN"])
        .stdout("***\n")
        .stderr(
            "***\n\
             um-host: masked CRM_TOKEN 1 time in stdout (raw)\n\
             um-host: masked CRM_TOKEN 1 time in stderr (raw)\n",
        )
        .run();
}

#[test]
fn what_the_store_has_is_not_read_for_an_action_that_does_not_ask() {
    let home = home();
    unknowing(&home, "copies_stdin_to_both_streams")
        .stdin(format!("{VALUE} {GIVEN}\n"))
        .stdout(format!("{VALUE} ***\n"))
        .stderr(format!(
            "{VALUE} ***\n\
             um-host: masked CRM_TOKEN 1 time in stdout (raw)\n\
             um-host: masked CRM_TOKEN 1 time in stderr (raw)\n"
        ))
        .run();
    let last_use =
        || home.um_host(["secrets", "info", "HUBSPOT_API_KEY", "--json"]).answer().json()["last_use"].clone();
    let listed = unknowing(&home, "lists_secrets").answer();
    assert!(listed.stdout.contains("HUBSPOT_API_KEY"), "{listed:?}");
    assert_eq!(last_use(), Value::Null);
    assert_eq!(run(&home, "asks_for_secrets").args(["--", "HUBSPOT_API_KEY"]).answer().status, 0);
    assert_eq!(last_use()["reads"], json!(1));
}

/// Nothing of the action runs that could put out what there is no room to know.
#[test]
fn what_does_not_fit_ends_the_run_before_it_begins_and_names_the_secret() {
    let home = Home::new();
    home.write("large", (0..4000).map(|number| format!("{number:08x}")).collect::<String>());
    let small = |limit: &str| {
        let limit = format!("host-memory={limit}");
        unknowing(&home, "copies_stdin_to_both_streams")
            .args(["--secret", "LARGE=file:large", "--limit", &limit])
            .stdin("hello\n")
            .answer()
    };
    let answer = small("4MiB");
    assert_eq!((answer.status, answer.stdout.as_str()), (123, ""), "{answer:?}");
    assert!(
        answer.stderr.starts_with(
            "um-host: error: the action was stopped at its limit `host-memory` of 4 MiB: there is no room to know the \
             value of LARGE by\n"
        ),
        "{answer:?}"
    );
    assert_eq!(small("256MiB").stdout, "hello\n");
}

const CONFIG: &str = "DB_PASSWORD=k7x-L0ng.pa55\nREGION=eu-west-1\nPLAN=standard\nPIN=2026\n";

/// What of a value with parts passes in a result.
fn passes(home: &Home, options: &[&str]) -> String {
    home.write("app.env", CONFIG);
    let input = r#"["k7x-L0ng.pa55","eu-west-1","standard"]"#;
    let answer =
        run(home, "echoes").args(["-q", "--secret", "APP=file:app.env", "--input", input]).args(options).answer();
    assert_eq!(answer.status, 0, "{answer:?}");
    answer.stdout
}

#[test]
fn the_owner_decides_on_parts_of_what_is_given() {
    let home = Home::new();
    assert_eq!(passes(&home, &[]), "[\"***\",\"eu-west-1\",\"standard\"]\n");
    assert_eq!(passes(&home, &["--guard", "APP=PLAN", "--guard", "APP=REGION"]), "[\"***\",\"***\",\"***\"]\n");
    let left = passes(&home, &["--leave", "APP=DB_PASSWORD", "--guard", "APP=PLAN"]);
    assert_eq!(left, "[\"k7x-L0ng.pa55\",\"eu-west-1\",\"***\"]\n");
    // What nobody can judge is told with what decides it.
    home.write("x.env", "DB_HOST=db-7.internal\nX1=hunter22\n");
    let doubtful = || run(&home, "echoes").args(["--secret", "X=file:x.env", "--input", "\"hunter22\""]);
    let said = doubtful().answer().stderr;
    let line = "um-host: let through X (X1) 1 time in result: doubtful; decide with --guard X=X1, or --leave\n";
    assert!(said.ends_with(line), "{said}");
    assert_eq!(doubtful().args(["--guard", "X=X1"]).answer().stdout, "\"***\"\n");
    let left = doubtful().args(["--leave", "X=X1"]).answer();
    assert!(left.stdout == "\"hunter22\"\n" && !left.stderr.contains("let through"), "{left:?}");
    // The whole of it is a secret, whatever is said of its parts.
    let whole = json!(CONFIG.trim_end()).to_string();
    let answer = run(&home, "echoes")
        .args(["--secret", "APP=file:app.env", "--leave", "APP=DB_PASSWORD", "--input", &whole])
        .answer();
    assert_eq!(answer.stdout, "\"***\"\n", "{answer:?}");
}

#[test]
fn what_is_said_of_parts_that_there_are_not_is_refused() {
    let home = Home::new();
    home.write("app.env", CONFIG);
    let given = ["--secret", "APP=file:app.env"];
    for (options, message) in [
        (
            &["--guard", "APP=PLAM"][..],
            "--guard: APP has no part at this path (not repeated here: it could be a secret)\n  \
             hint: did you mean `PLAN`? its parts are DB_PASSWORD, REGION, PLAN, PIN",
        ),
        (
            &["--guard", "APP=PIN"],
            "--guard: what stands at `PIN` has under 8 bytes, and cannot be masked by itself\n  \
             hint: the whole value is masked; give the service a longer one, or keep this one in a secret of its own",
        ),
        (&["--guard", "APP=PLAN", "--leave", "APP=PLAN"], "`PLAN` is named twice\n  hint: say one thing of it"),
        (
            &["--leave", "OTHER=PLAN"],
            "--leave: this is the name of no secret of --secret (not repeated here: it could be a secret)\n  \
             hint: what is said of parts of a secret of the workspace is kept with it: see `um-host secrets parts --help`",
        ),
        (
            &["--guard", "APP"],
            "--guard needs the name of a secret, as in --guard CRM_TOKEN=db.password\n  \
             hint: what was given is not repeated here, in case it is a value: that has no place on the command line",
        ),
    ] {
        let said = format!("um-host: error: {message}\n");
        run(&home, "echoes").arg("-q").args(given).args(options).status(2).stderr(said).run();
    }
    unknowing(&home, "echoes")
        .args(["--bind", "CRM_TOKEN=api.example.com", "--guard", "CRM_TOKEN=x"])
        .status(2)
        .stderr(
            "um-host: error: --guard: CRM_TOKEN is sealed, so no action has its value\n  \
             hint: leave that out, or reveal the value: --revealed CRM_TOKEN\n",
        )
        .run();
}
