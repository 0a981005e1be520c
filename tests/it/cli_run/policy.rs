//! `run --policy FILE`, and what comes of it together with the options beside it.

use super::{home, run};
use crate::support::command::Home;

/// What an action that may make one call says of two.
fn calls(home: &Home, options: &[&str]) -> String {
    let arguments = ["--", "none - https://nobody.invalid/", "none - https://elsewhere.invalid/"];
    let answer = run(home, "sends_secrets_as_told").args(options).args(arguments).answer();
    assert_eq!(answer.status, 0, "{answer:?}");
    answer.stdout
}

#[test]
fn a_policy_says_what_may_be_called_and_options_add_to_it() {
    let home = home();
    home.write("policy.toml", "hosts = ['nobody.invalid']\n");
    let alone = calls(&home, &["--policy", "policy.toml"]);
    assert!(
        alone.contains("nobody.invalid has no address") && alone.contains("may not call elsewhere.invalid"),
        "{alone}"
    );
    let both = calls(&home, &["--policy", "policy.toml", "--allow-host", "elsewhere.invalid"]);
    assert!(
        both.contains("nobody.invalid has no address") && both.contains("elsewhere.invalid has no address"),
        "{both}"
    );
    home.write("policy.toml", "hosts = [{ host = 'nobody.invalid', methods = ['POST'] }]\n");
    let other = calls(&home, &["--policy", "policy.toml"]);
    assert!(other.contains("`nobody.invalid` is allowed for other methods only"), "{other}");
}

#[test]
fn of_the_secrets_those_are_handed_out_that_policy_and_options_both_name() {
    let home = home();
    home.set("OTHER", "the value of the other");
    let read = |options: &[&str]| {
        let arguments = ["--", "read HUBSPOT_API_KEY -", "read OTHER -"];
        let answer = run(&home, "sends_secrets_as_told").args(options).args(arguments).answer();
        let got = answer.stdout.lines().map(|line| line.ends_with(" bytes")).collect::<Vec<_>>();
        assert_eq!(answer.status, 0, "{answer:?}");
        got
    };
    home.write("one.toml", "secrets = ['HUBSPOT_API_KEY']\n");
    home.write("all.toml", "strict-egress = true\n");
    assert_eq!(read(&[]), [true, true]);
    assert_eq!(read(&["--policy", "all.toml"]), [true, true]);
    assert_eq!(read(&["--policy", "one.toml"]), [true, false]);
    assert_eq!(read(&["--policy", "one.toml", "--only-secrets", "HUBSPOT_API_KEY,OTHER"]), [true, false]);
    assert_eq!(read(&["--policy", "one.toml", "--only-secrets", "OTHER"]), [false, false]);
    home.write("typo.toml", "secrets = ['HUBSPOT_APIKEY']\n");
    let told = run(&home, "sends_secrets_as_told").args(["--policy", "typo.toml"]).answer();
    assert_eq!(
        told.stderr,
        "um-host: --policy: there is no secret HUBSPOT_APIKEY in workspace `default`; did you mean HUBSPOT_API_KEY?\n"
    );
}

#[test]
fn options_set_limits_of_a_policy_anew() {
    let home = Home::new();
    home.write("policy.toml", "[limits]\nstdout = 1000\nwall = '20s'\n");
    let flood = |options: &[&str]| {
        let arguments = ["--policy", "policy.toml"];
        let answer = run(&home, "floods_stdout").args(arguments).args(options).args(["--", "2000"]).answer();
        (answer.status, answer.stdout.len())
    };
    assert_eq!(flood(&[]), (123, 1000));
    assert_eq!(flood(&["--limit", "stdout=1500"]), (123, 1500));
    assert_eq!(flood(&["--limit", "stdout=3000"]), (0, 2000));
}

#[test]
fn a_policy_that_is_wrong_is_told_with_its_place_and_nothing_runs() {
    let home = Home::new();
    for (text, message) in [
        (
            "hosts = []\n  host = []\n",
            "line 2, column 3: there is no key `host` here; did you mean `hosts`?; the keys are hosts, limits, \
             private-hosts, secrets, strict-egress",
        ),
        (
            "hosts = [\n  '*.com',\n]\n",
            "line 2, column 3: `*.com` cannot be allowed: the names below `com` belong to different owners; name a \
             domain below it, as in *.example.com",
        ),
        ("strict-egress = 1\n", "line 1, column 17: expected true or false"),
        ("[limits]\nwall = 30\n", "line 2, column 8: `30` is not a duration; write for example 500ms, 30s, 2m or 1h"),
    ] {
        home.write("policy.toml", text);
        run(&home, "plain")
            .args(["--policy", "policy.toml"])
            .status(2)
            .stderr(format!("um-host: error: the policy `policy.toml` cannot be used\n  because: {message}\n"))
            .run();
    }
    // A value in the wrong place is not repeated.
    for (text, message) in [
        ("secrets = ['hunter22+hunter22']", "line 1, column 12: this is not the name of a secret"),
        (
            "hosts = ['https://api:hunter22@a.example']",
            "line 1, column 10: a user name or password cannot be part of an \
          entry; leave out what stands before the `@`",
        ),
        (
            "'ghp_16C7e42F292c6912' = 1",
            "line 1, column 1: there is no such key here; the keys are hosts, limits, \
          private-hosts, secrets, strict-egress",
        ),
        ("limits.wall = 'hunter22+hunter22'", "line 1, column 15: this is no duration"),
        ("limits.memory = 'hunter22+hunter22'", "line 1, column 17: this is no size"),
        ("limits.http-calls = 'hunter22+hunter22'", "line 1, column 21: this is no number"),
    ] {
        home.write("policy.toml", text);
        let reason = format!("{message} (not repeated here: it could be a secret)");
        run(&home, "plain")
            .args(["--policy", "policy.toml"])
            .status(2)
            .stderr(format!("um-host: error: the policy `policy.toml` cannot be used\n  because: {reason}\n"))
            .run();
    }
    home.write("policy.toml", "#".repeat(64 * 1024 + 1));
    run(&home, "plain")
        .args(["--policy", "policy.toml"])
        .status(2)
        .stderr(
            "um-host: error: the policy `policy.toml` cannot be used\n  because: a policy has at most 65536 bytes\n",
        )
        .run();
    run(&home, "plain")
        .args(["--policy", "absent.toml"])
        .status(2)
        .stderr(
            "um-host: error: the policy `absent.toml` cannot be used\n  because: No such file or directory (os error 2)\n",
        )
        .run();
    assert_eq!(run(&home, "plain").args(["--policy", "/dev/zero"]).answer().status, 2);
}
