//! `run --secret NAME=SOURCE`: secrets that no store keeps, word for word.

use std::fs;
use std::process::{Command, Stdio};

use serde_json::json;

use super::{VALUE, entries, home, run};
use crate::support::bound::Bounded;
use crate::support::command::{Home, display};
use crate::support::guests::guest;
use crate::support::peer::{HELLO, Peer};

const GIVEN: &str = "um-given-4Kq9Zt2Wx8Lm";

#[test]
fn a_secret_from_the_environment_is_masked_and_written_nowhere() {
    let home = Home::new();
    run(&home, "prints_a_secret")
        .args(["--secret", "CRM_TOKEN=env:TOKEN_OF_CI", "--", "CRM_TOKEN"])
        .env("TOKEN_OF_CI", GIVEN)
        .stdout("out [***] end\n")
        .stderr(
            "err [***] end\n\
             um-host: masked CRM_TOKEN 1 time in stdout (raw)\n\
             um-host: masked CRM_TOKEN 1 time in stderr (raw)\n",
        )
        .run();
    let told = run(&home, "fingerprints_a_secret")
        .args(["--json", "--secret", "CRM_TOKEN=env:TOKEN_OF_CI", "--input", "\"CRM_TOKEN\""])
        .env("TOKEN_OF_CI", GIVEN)
        .answer();
    told.never_says(GIVEN);
    let object = told.json();
    assert_eq!(object["result"]["length"], json!(GIVEN.len()));
    assert_eq!(object["secrets"], json!([{ "name": "CRM_TOKEN", "version": 1 }]));
    assert_eq!(entries(&home), [".cache"]);
}

#[test]
fn a_secret_from_a_file_or_a_descriptor_has_no_newline_at_its_end() {
    let home = Home::new();
    let file = home.write("token", format!("{GIVEN}\n"));
    let bytes = format!("A: {} bytes\n", GIVEN.len());
    let dropped = "um-host: A: dropped the newline at the end of what was read\n";
    let from_file = || run(&home, "asks_for_secrets").args(["--secret", "A=file:token", "--", "A"]);
    from_file().stdout(bytes.as_str()).stderr(dropped).run();
    run(&home, "asks_for_secrets").args(["-q", "--secret", "A=file:token", "--", "A"]).stdout(bytes.as_str()).run();

    let program =
        [env!("CARGO_BIN_EXE_um-host"), &display(&guest("asks_for_secrets")), &display(&file)].map(str::to_owned);
    for redirected in ["3< \"$2\"", "3<< END\n$(cat \"$2\")\nEND\n", "3< \"$2\" 4< \"$2\" 5< \"$2\""] {
        let mut shell = Command::new("sh");
        let script = format!("exec \"$0\" run \"$1\" --secret A=fd:3 -- A {redirected}");
        shell.arg("-c").arg(script).args(&program).env("HOME", home.path("")).env_remove("UM_HOST_KEY");
        let child = shell.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).start().unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(String::from_utf8(output.stdout).unwrap(), bytes, "{redirected}");
        assert_eq!(String::from_utf8(output.stderr).unwrap(), dropped, "{redirected}");
    }
}

#[test]
fn with_a_store_the_others_stay_and_what_is_given_leaves_no_record() {
    let home = home();
    run(&home, "asks_for_secrets")
        .args(["--secret", "A=env:A", "--", "A", "HUBSPOT_API_KEY"])
        .env("A", GIVEN)
        .stdout(format!("A: {} bytes\nHUBSPOT_API_KEY: {} bytes\n", GIVEN.len(), VALUE.len()))
        .run();
    run(&home, "lists_secrets")
        .args(["--secret", "A=env:A"])
        .env("A", GIVEN)
        .stdout("workspace default\nA |  | sealed: false\nHUBSPOT_API_KEY |  | sealed: false\n")
        .run();
    let used = home.um_host(["secrets", "info", "HUBSPOT_API_KEY", "--json"]).answer().json();
    assert_eq!(used["last_use"]["reads"], json!(1));
    let names = home.um_host(["secrets", "list", "--json"]).answer();
    assert!(names.stdout.contains("HUBSPOT_API_KEY") && !names.stdout.contains("\"A\""), "{names:?}");
    let answer = run(&home, "asks_for_secrets").args(["--secret", "A=env:A", "--", "a"]).env("A", GIVEN).answer();
    assert!(answer.stdout.starts_with("a: workspace `default` has no secret `a`; did you mean `A`?"), "{answer:?}");
}

#[test]
fn a_name_that_the_store_has_too_is_refused_before_any_code_runs() {
    let home = home();
    for action in ["lists_secrets", "prints_a_secret"] {
        run(&home, action)
            .args(["--secret", "HUBSPOT_API_KEY=env:A"])
            .env("A", GIVEN)
            .status(2)
            .stderr(
                "um-host: error: the secret `HUBSPOT_API_KEY` is given to the run, and the workspace `default` has one of \
                 this name, too\n  \
                 hint: leave --secret HUBSPOT_API_KEY out, or give it under another name\n",
            )
            .run();
    }
    // The name counts, and so does its case; another workspace is another matter.
    assert_eq!(home.um_host(["workspaces", "create", "mk"]).answer().status, 0);
    run(&home, "asks_for_secrets")
        .args(["--secret", "HUBSPOT_API_KEY=env:A", "--workspace", "mk", "--", "HUBSPOT_API_KEY"])
        .env("A", GIVEN)
        .stdout(format!("HUBSPOT_API_KEY: {} bytes\n", GIVEN.len()))
        .run();
}

#[test]
fn what_is_not_given_ends_a_run_without_a_store_with_the_name_that_was_meant() {
    let home = Home::new();
    run(&home, "asks_for_secrets")
        .args(["--secret", "CRM_TOKEN=env:A", "--", "CRM_TOKEN", "CRM_TOKENS"])
        .env("A", GIVEN)
        .status(125)
        .stdout(format!("CRM_TOKEN: {} bytes\n", GIVEN.len()))
        .stderr(
            "um-host: error: the action asks for the secret `CRM_TOKENS`, and there is no store in \
             [HOME]/.local/share/um-host\n  \
             hint: did you mean `CRM_TOKEN`? give it to this run, as in --secret CRM_TOKENS=env:CRM_TOKENS; or make a store \
             with `um-host init`, and keep it there: `um-host secrets set CRM_TOKENS`\n",
        )
        .run();
    // A value can be a name, too.
    let answer = run(&home, "asks_for_secrets")
        .args(["--secret", "CRM_TOKEN=env:A", "--", "CRM_TOKEN", "umgiven4Kq9Zt2Wx8Lm"])
        .env("A", "umgiven4Kq9Zt2Wx8Lm")
        .answer();
    answer.never_says("umgiven4Kq9Zt2Wx8Lm");
    assert!(
        answer.stderr.contains("the secret `***`") && answer.stderr.contains("--secret NAME=env:NAME"),
        "{answer:?}"
    );
}

#[test]
fn only_secrets_counts_for_what_is_given() {
    let answer = run(&Home::new(), "asks_for_secrets")
        .args(["--secret", "A=env:A", "--secret", "B=env:A", "--only-secrets", "B,C", "--", "A", "B"])
        .env("A", GIVEN)
        .answer();
    let lines: Vec<&str> = answer.stdout.lines().collect();
    assert!(lines[0].starts_with("A: this run may not read the secret `A`"), "{answer:?}");
    assert_eq!(lines[1], format!("B: {} bytes", GIVEN.len()));
    assert_eq!(
        answer.stderr,
        "um-host: --secret A: --only-secrets leaves it out, so the action does not get it, and nothing masks it\n\
         um-host: --only-secrets: there is no secret C in workspace `default`\n"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bound_secret_is_sealed_and_goes_to_its_host_alone() {
    let peer = Peer::answering(HELLO).await;
    let (home, place, url) = (Home::new(), peer.url(""), peer.url("/"));
    let given = ["--secret", "CRM_TOKEN=env:A", "--bind", &format!("CRM_TOKEN={place}")].map(str::to_owned);
    let reach = ["--allow-host", &place, "--allow-private", "127.0.0.1"];
    let sent = [format!("bearer CRM_TOKEN {url}"), format!("query CRM_TOKEN {url}")];
    let answer = run(&home, "shows_echoes_of_secrets")
        .arg("--json")
        .args(&given)
        .args(reach)
        .arg("--")
        .args(&sent)
        .env("A", GIVEN)
        .answer();
    answer.never_says(GIVEN);
    let told = answer.json();
    assert_eq!(told["sealed"], json!([{ "secret": "CRM_TOKEN", "host": "127.0.0.1", "count": 1 }]), "{answer:?}");
    assert_eq!(told["refused"][0]["code"], "sealed-other-field");
    let with_value = || peer.requests().into_iter().filter(|request| request.contains(GIVEN));
    assert!(with_value().eq(peer.requests()) && with_value().count() == 1);
    let misplaced = format!("path CRM_TOKEN {url}x");
    let said = run(&home, "shows_echoes_of_secrets").args(&given).args(reach).arg("--").arg(misplaced).env("A", GIVEN);
    let said = said.answer().stderr;
    assert!(said.contains("send it where --in CRM_TOKEN=PLACE says, or in the header Authorization"), "{said}");

    let placed = run(&home, "shows_echoes_of_secrets").args(&given).args(["--in", "CRM_TOKEN=query:key"]).args(reach);
    let placed = placed.arg("--").arg(&sent[1]).env("A", GIVEN).answer();
    placed.never_says(GIVEN);
    assert!(peer.requests().iter().any(|request| request.contains(&format!("?key={GIVEN}"))), "{placed:?}");
}

#[test]
fn a_revealed_value_goes_to_no_other_host() {
    let answer = run(&Home::new(), "sends_secrets_as_told")
        .args(["--secret", "CRM_TOKEN=env:A", "--bind", "CRM_TOKEN=api.hubapi.com", "--revealed", "CRM_TOKEN"])
        .args(["--allow-host", "nobody.invalid", "--", "read CRM_TOKEN -", "header CRM_TOKEN https://nobody.invalid/"])
        .env("A", GIVEN)
        .answer();
    assert!(answer.stdout.contains("21 bytes"), "{answer:?}");
    assert!(
        answer.stderr.contains(
            "holds the secret CRM_TOKEN, which is bound to api.hubapi.com; add --bind CRM_TOKEN=HOST if that is meant\n"
        ),
        "{answer:?}"
    );
}

#[test]
fn what_is_no_source_or_no_value_is_told_and_not_repeated() {
    let home = Home::new();
    home.write("long", "v".repeat((64 << 10) + 1));
    home.write("binary", [0xff, 0xfe]);
    for (given, message) in [
        (
            "CRM_TOKEN=hunter22-as-it-is",
            "--secret CRM_TOKEN: what stands behind the `=` is no source of a value; it is not repeated here: it could be \
             the secret\n  \
             hint: a source is env:VARIABLE, file:PATH or fd:NUMBER, as in --secret CRM_TOKEN=env:CRM_TOKEN. If that was \
             the secret, change it where it was issued: it is in your shell's history now",
        ),
        (
            "hunter22-as-it-is",
            "--secret needs the name of a secret, as in --secret CRM_TOKEN=env:CRM_TOKEN\n  \
             hint: what was given is not repeated here, in case it is a value: that has no place on the command line",
        ),
        (
            "CRM Token=env:A",
            "`CRM Token` is not a valid name (letters, digits and underscores, no digit first); use CRM_TOKEN",
        ),
        (
            "CRM_TOKEN=env:CRM_TOKEN",
            "--secret CRM_TOKEN: the environment variable CRM_TOKEN is not set\n  \
             hint: set it; `env:` takes the name of a variable, without a `$`",
        ),
        (
            "CRM_TOKEN=env:EMPTY",
            "--secret CRM_TOKEN: the environment variable EMPTY is empty\n  \
             hint: set it; `env:` takes the name of a variable, without a `$`",
        ),
        (
            "CRM_TOKEN=env:hunter22",
            "--secret CRM_TOKEN: the environment variable that is named is not set (not repeated here: it could be a \
             secret)\n  \
             hint: set it; `env:` takes the name of a variable, without a `$`",
        ),
        (
            "CRM_TOKEN=file:./absent",
            "--secret CRM_TOKEN: `./absent` cannot be read\n  because: No such file or directory (os error 2)",
        ),
        (
            "CRM_TOKEN=file:./binary",
            "--secret CRM_TOKEN: the value is not UTF-8 text; encode binary data first, for \
                                     example as base64",
        ),
        (
            "CRM_TOKEN=file:./long",
            "--secret CRM_TOKEN: the value has more than 65536 bytes\n  \
             hint: keep large content elsewhere, and here the key that opens it",
        ),
        (
            "CRM_TOKEN=env:COMMON",
            "--secret CRM_TOKEN: the value could not be masked in outputs: it is a word, a number or a pattern that stands \
             in every log\n  \
             hint: choose a longer one, or accept that with `--allow-unmaskable`",
        ),
        (
            "CRM_TOKEN=fd:9",
            "--secret CRM_TOKEN: no such descriptor is open here\n  hint: as in --secret CRM_TOKEN=fd:3 3< FILE",
        ),
        (
            "CRM_TOKEN=fd:0",
            "--secret CRM_TOKEN: the descriptors 0, 1 and 2 are the streams of the action\n  \
             hint: use another, as in --secret CRM_TOKEN=fd:3 3< FILE",
        ),
    ] {
        run(&home, "lists_secrets")
            .args(["--secret", given])
            .env("EMPTY", "")
            .env("COMMON", "true")
            .status(2)
            .stderr(format!("um-host: error: {message}\n"))
            .run();
    }
    run(&home, "prints_a_secret")
        .args(["--secret", "PIN=env:COMMON", "--allow-unmaskable", "--", "PIN"])
        .env("COMMON", "true")
        .stdout("out [true] end\n")
        .stderr(
            "err [true] end\n\
             um-host: PIN was not masked: its value is too short or too common to be\n",
        )
        .run();
}

#[test]
fn options_that_do_not_fit_each_other_are_refused() {
    let home = Home::new();
    for (options, message) in [
        (
            &["--secret", "A=env:A", "--secret", "A=env:B"][..],
            "--secret A: the secret is given twice\n  hint: give it once",
        ),
        (
            &["--secret", "A=env:A", "--bind", "B=api.example.com"],
            "--bind: this is the name of no secret of --secret (not repeated here: it could be a secret)\n  \
             hint: a secret of the workspace is bound when it is set: see `um-host secrets set --help`",
        ),
        (
            &["--secret", "A=env:A", "--in", "A=query:key"],
            "--in: A is bound to no host\n  hint: name it with --bind A=HOST",
        ),
        (
            &["--secret", "A=env:A", "--bind", "A=api.example.com"],
            "--secret A: the secret cannot be used so\n  because: a sealed value has at least 16 bytes, and this one has 9\n  \
             hint: reveal it with --revealed A, or use a longer one",
        ),
        (
            &["--secret", "CRM_TOKEN=env:A", "--sealed", "CRM_TOKEM"],
            "--sealed: this is the name of no secret of --secret (not repeated here: it could be a secret)\n  \
             hint: did you mean `CRM_TOKEN`? a secret of the workspace is bound when it is set: see `um-host secrets set --help`",
        ),
        (
            &["--secret", "A=env:A", "--sealed", "A"],
            "--secret A: the secret cannot be used so\n  because: a sealed secret is put into requests to the hosts that it is bound to, and this one is bound to none\n  \
             hint: name them with --bind A=HOST",
        ),
        (
            &["--secret", "A=env:A", "--bind", "A=*.example.com"],
            "--bind: a secret belongs to hosts that are known by name, not to all names below a domain\n  \
             hint: name each of them: --bind A=a.example.com --bind A=b.example.com",
        ),
        (
            &["--secret", "A=env:A", "--bind", "A=hunter22"],
            "--bind: the host has no dot, and is not repeated here: it could be a secret\n  \
             hint: if it is the name of a host in your own network, give its scheme too, as in --bind A=https://NAME",
        ),
        (
            &["--secret", "A=file:"],
            "--secret A: `file:` needs the path of a file\n  hint: as in --secret A=file:/run/secrets/a",
        ),
    ] {
        let refused = run(&home, "lists_secrets").args(options).env("A", "too-short").status(2);
        refused.stderr(format!("um-host: error: {message}\n")).run();
    }
}

/// An action that is given a folder could read the value there, and nothing would be masked.
#[test]
fn the_file_with_the_value_is_not_shown_to_the_action() {
    let home = Home::new();
    fs::create_dir(home.path("in")).unwrap();
    home.write("in/token", GIVEN);
    let answer =
        run(&home, "reads_a_directory").args(["--secret", "A=file:in/token", "--dir", "in::/in", "--", "/in"]).answer();
    assert!(answer.status == 2 && answer.stderr.contains("the file of a `--secret` is"), "{answer:?}");
}

/// So it could where the value comes from its standard input, from a file in particular, which is read twice.
#[test]
fn what_the_value_comes_from_is_not_the_stdin_of_the_action() {
    let home = Home::new();
    let file = home.write("token", GIVEN);
    let program =
        [env!("CARGO_BIN_EXE_um-host"), &display(&guest("copies_stdin_to_stdout")), &display(&file)].map(str::to_owned);
    for (source, redirected) in [
        ("file:/dev/stdin", "< \"$2\""),
        ("file:token", "< \"$2\""),
        ("fd:3", "< \"$2\" 3< \"$2\""),
        ("fd:3", "< \"$2\" 3<&0"),
    ] {
        let mut shell = Command::new("sh");
        let script = format!("exec \"$0\" run \"$1\" --secret A={source} {redirected}");
        shell.arg("-c").arg(script).args(&program).env("HOME", home.path("")).env_remove("UM_HOST_KEY");
        let child = shell.current_dir(home.path("")).stdout(Stdio::piped()).stderr(Stdio::piped()).start().unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(0), &b""[..]), "{source} {redirected}");
    }
    // Another stdin is the action's, as ever.
    run(&home, "copies_stdin_to_stdout").args(["--secret", "A=file:token"]).stdin("hello").stdout("hello").run();
}

#[test]
fn the_environment_of_the_action_holds_no_source() {
    let home = Home::new();
    let answer =
        run(&home, "prints_args_and_env").args(["--secret", "A=env:TOKEN_OF_CI"]).env("TOKEN_OF_CI", GIVEN).answer();
    assert!(answer.status == 0 && !answer.stdout.contains("TOKEN_OF_CI"), "{answer:?}");
    answer.never_says(GIVEN);
}

#[test]
fn a_policy_names_no_sources() {
    let home = Home::new();
    home.write("policy.toml", "secret.A = 'env:A'\n");
    let answer = run(&home, "lists_secrets").args(["--policy", "policy.toml"]).answer();
    assert_eq!(answer.status, 2);
    assert!(answer.stderr.contains("a policy names no sources of values: give them with --secret"), "{answer:?}");
}
