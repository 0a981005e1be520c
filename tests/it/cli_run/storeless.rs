//! Runs where no store was ever made: they go on until they ask for a secret that they were not given.

use std::fs;

use serde_json::json;

use super::{home, run};
use crate::support::bound::Bounded;
use crate::support::command::Home;
use crate::support::guests::guest;

/// What a run ends with that asks for a secret.
fn no_store(name: &str) -> String {
    format!(
        "um-host: error: the action asks for the secret `{name}`, and there is no store in [HOME]/.local/share/um-host\n  \
         hint: give it to this run, as in --secret {name}=env:{name}; or make a store with `um-host init`, and keep it \
         there: `um-host secrets set {name}`\n"
    )
}

#[test]
fn an_action_that_could_ask_for_secrets_and_does_not_runs() {
    let home = Home::new();
    run(&home, "lists_secrets").stdout("workspace default\n").run();
    run(&home, "lists_secrets").args(["--workspace", "mk"]).stdout("workspace mk\n").run();
    run(&home, "asks_for_secrets").run();
    // No key is read where it would open nothing.
    run(&home, "lists_secrets").env("UM_HOST_KEY", "env:NOT_SET").stdout("workspace default\n").run();
    run(&home, "lists_secrets").env("UM_HOST_KEY", "file:/nowhere/key").stdout("workspace default\n").run();
    run(&home, "lists_secrets").args(["--data-dir", "elsewhere"]).stdout("workspace default\n").run();
    let made: Vec<_> = fs::read_dir(home.path("")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(made, [".cache"]);
}

#[test]
fn the_first_secret_that_is_asked_for_ends_the_run() {
    let home = Home::new();
    run(&home, "prints_a_secret").status(125).stderr(no_store("HUBSPOT_API_KEY")).run();
    // Whoever catches errors is not asked what to do without.
    run(&home, "asks_for_secrets").args(["--", "ONE", "TWO"]).status(125).stderr(no_store("ONE")).run();
    run(&home, "fingerprints_a_secret")
        .args(["--input", "\"TYPED\"", "--documents", "out"])
        .status(125)
        .stderr(no_store("TYPED"))
        .run();
    assert!(!home.path("out").exists());
    let told = run(&home, "prints_a_secret").args(["--json", "--workspace", "mk"]).answer();
    let object = told.json();
    assert_eq!((told.status, &object["workspace"], &object["secrets"]), (125, &json!("mk"), &json!([])));
    assert_eq!(
        object["end"],
        json!({
            "code": "host-failed", "status": 125, "blame": "host", "reason": "no-store",
            "message": format!(
                "the action asks for the secret `HUBSPOT_API_KEY`, and there is no store in {}",
                home.data().display()
            ),
        })
    );
}

#[test]
fn without_a_home_there_is_no_store_either() {
    let home = Home::new();
    let mut command = run(&home, "prints_a_secret").command();
    let output = command.env_remove("HOME").start().unwrap().wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(125));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("`HUBSPOT_API_KEY`, and there is no place for the store"), "{said}");
    let mut command = run(&home, "lists_secrets").command();
    assert!(command.env_remove("HOME").start().unwrap().wait_with_output().unwrap().status.success());
}

#[test]
fn what_no_run_could_have_is_told_to_the_action() {
    let home = Home::new();
    let answer = run(&home, "asks_for_secrets").args(["--", "no name"]).answer();
    assert!(
        answer.status == 0 && answer.stdout.starts_with("no name: workspace `default` has no secret"),
        "{answer:?}"
    );
    let denied = run(&home, "asks_for_secrets").args(["--only-secrets", "A", "--", "B", "A"]);
    let denied = denied
        .status(125)
        .stdout("B: this run may not read the secret `B`: its --only-secrets or --policy names others; add it there\n");
    denied.stderr(no_store("A")).run();
}

#[test]
fn a_store_that_is_there_and_cannot_be_opened_keeps_an_action_from_starting() {
    let home = home();
    let start = |said: &str| {
        for action in ["lists_secrets", "prints_a_secret"] {
            let answer = run(&home, action).answer();
            assert_eq!((answer.status, answer.stdout.as_str()), (125, ""), "{action}: {answer:?}");
            assert!(answer.stderr.contains(said), "{action}: {answer:?}");
        }
    };
    fs::remove_file(home.key_file()).unwrap();
    start("does not exist");
    fs::remove_file(home.data().join("keyring")).unwrap();
    start("the keyring is missing");
}

#[test]
fn a_workspace_that_the_store_does_not_have_keeps_an_action_from_starting() {
    home()
        .um_host(["run", "--workspace", "nowhere"])
        .arg(guest("lists_secrets"))
        .status(1)
        .stderr(
            "um-host: error: there is no workspace `nowhere`\n  \
             hint: `um-host workspaces list` shows those there are\n",
        )
        .run();
}
