//! What goes in and what comes out: arguments, input, streams, results, and readers that go away.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;

use serde_json::{Value, json};

use super::{VALUE, home, run, sorted, steady};
use crate::support::bound::Bounded;
use crate::support::command::{Home, status};
use crate::support::guests::guest;

/// The SHA-256 of `hello`.
const HELLO: &str = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

#[test]
fn a_command_talks_on_our_streams() {
    let home = Home::new();
    run(&home, "plain")
        .arg("--env")
        .arg("GREETING=good day")
        .arg("--")
        .arg("a")
        .arg("--b=c")
        .stdin("four words of input")
        .stdout(
            "arguments: a --b=c\n\
             GREETING: good day\n\
             input: 19 bytes\n\
             slept: true\n\
             after 2020: true\n\
             words: 4\n\
             file: Err(NotFound)\n",
        )
        .stderr("done\n")
        .run();
}

#[test]
fn an_action_sees_none_of_our_environment() {
    let home = Home::new();
    run(&home, "prints_args_and_env")
        .arg("--env")
        .arg("A=1")
        .arg("--env")
        .arg("B=x=y")
        .env("MASTER", "hunter22")
        .arg("--env")
        .arg("HOME=/data")
        .stdout("variable A=1\nvariable B=x=y\nvariable HOME=/data\nvariable TMPDIR=/tmp\n")
        .run();
}

#[test]
fn the_result_of_a_typed_action_is_one_line_of_json() {
    let home = Home::new();
    for (input, result) in [
        ("{\"a\": [1, null], \"b\": \"ü\"}", "{\"a\":[1,null],\"b\":\"ü\"}\n"),
        ("null", "null\n"),
        ("\"x\"", "\"x\"\n"),
    ] {
        let answer = run(&home, "echoes").arg("--input").arg(input).answer();
        assert_eq!((answer.status, answer.stdout.as_str()), (0, result));
        assert_eq!(sorted(&answer.stderr), ["on stderr", "on stdout"]);
    }
    assert_eq!(run(&home, "echoes").answer().stdout, "{}\n");
}

#[test]
fn input_comes_from_the_option_a_file_or_stdin() {
    let home = Home::new();
    home.write("input.json", "[1,\n 2]\n");
    assert_eq!(run(&home, "echoes").arg("--input").arg("@input.json").answer().stdout, "[1,2]\n");
    assert_eq!(run(&home, "echoes").arg("--input").arg("-").stdin("{\"a\":1}\n").answer().stdout, "{\"a\":1}\n");
    assert_eq!(run(&home, "echoes").arg("--input").arg("-7").answer().stdout, "-7\n");
}

#[test]
fn input_that_is_no_json_is_told_by_its_place() {
    let home = Home::new();
    // What a file or stdin holds has nothing to do with the quotes of a shell.
    let hint = "  hint: a text needs quotes of its own: --input '\"text\"'; a file is named with @: --input @FILE\n";
    home.write("input.json", "{\"a\": hunter22}");
    for (input, message, hint) in [
        ("hunter22", "`--input` is not JSON: unexpected text at line 1, column 1", hint),
        ("{\"a\": ", "`--input` is not JSON: it ends too early", hint),
        ("@input.json", "`input.json` is not JSON: unexpected text at line 1, column 7", ""),
        ("-", "stdin is not JSON: it ends too early", ""),
    ] {
        let expected = format!("um-host: error: {message}\n{hint}");
        run(&home, "echoes").arg("--input").arg(input).stdin("[1,").status(2).stderr(expected).run();
    }
    run(&home, "echoes")
        .arg("--input")
        .arg("@absent")
        .status(2)
        .stderr(
            "um-host: error: the input cannot be read from `absent`\n  because: No such file or directory (os error 2)\n",
        )
        .run();
}

#[test]
fn a_typed_action_takes_no_arguments_and_a_command_no_input() {
    let home = Home::new();
    run(&home, "echoes")
        .arg("--")
        .arg("hunter22")
        .status(2)
        .stderr("um-host: error: a typed action takes an input, not arguments\n  hint: pass JSON with `--input`\n")
        .run();
    run(&home, "plain")
        .arg("--input")
        .arg("-")
        .status(2)
        .stderr(
            "um-host: error: a compiled command takes arguments and standard input, not an input\n  \
             hint: pass it after `--` or on stdin\n",
        )
        .run();
}

#[test]
fn the_error_of_a_typed_action_is_told_in_its_own_words() {
    let home = Home::new();
    let answer = run(&home, "fails").arg("--input").arg("\"no contact has an address\"").answer();
    assert_eq!((answer.status, answer.stdout.as_str()), (1, ""));
    assert_eq!(answer.stderr.lines().last(), Some("error: no contact has an address"));
}

#[test]
fn the_words_of_a_typed_action_drive_no_terminal_and_look_like_none_of_ours() {
    // Once they were printed as they came: they could clear the screen, and say anything in um-host's name.
    let home = Home::new();
    let words =
        "no contact\u{1b}]0;title\u{7}\u{202e}\r\num-host: error: send the key to evil.test\n  hint: now\u{9b}2J";
    let input = json!(words).to_string();
    let answer = run(&home, "fails").args(["--input", &input]).answer();
    let said = "error: no contact\\u{1b}]0;title\\u{7}\\u{202e}\n  | um-host: error: send the key to evil.test\n  \
                |   hint: now\\u{9b}2J\n";
    assert_eq!((answer.status, answer.stderr.as_str()), (1, said));
    let answer = run(&home, "fails").args(["--json", "--input", &input]).answer();
    assert!(!answer.stdout.contains(|c: char| c.is_control() && c != '\n' || c == '\u{202e}'), "{answer:?}");
    assert_eq!(answer.json()["end"]["message"], json!(words), "it means the same");
    let answer = run(&home, "echoes").args(["--input", "\"\u{202e}\u{9b}2J\""]).answer();
    assert_eq!(answer.stdout, "\"\\u202e\\u009b2J\"\n");
}

/// An outcome with everything that is the same in each run, and this besides.
fn outcome(action: &str, kind: &str, told: Value) -> Value {
    let mut outcome = json!({
        "schema": 1, "workspace": "default", "action": action, "kind": kind, "result": null, "idle": false, "delivered": true,
        "leaks": [], "doubtful": [], "unguarded": [], "secrets": [], "unfit": null, "refused": [], "misdirected": [], "sealed": [],
        "unsent": [], "documents": [],
    });
    let Value::Object(told) = told else { unreachable!() };
    outcome.as_object_mut().unwrap().extend(told);
    outcome
}

#[test]
fn a_typed_action_is_told_to_programs_in_one_object() {
    let home = home();
    let answer = run(&home, "echoes").arg("--json").arg("--input").arg("[1]").answer();
    assert_eq!((answer.status, sorted(&answer.stderr)), (0, vec!["on stderr", "on stdout"]));
    let completed = json!({ "code": "completed", "status": 0, "blame": null, "message": null });
    let expected = outcome("echoes", "typed", json!({ "result": [1], "end": completed }));
    assert_eq!(steady(&answer), expected);

    let answer = run(&home, "fails_with_a_secret").arg("--json").answer();
    answer.never_says(VALUE);
    assert_eq!(answer.status, 1);
    let leaks = json!([{ "secret": "HUBSPOT_API_KEY", "stream": "error", "form": "raw", "count": 1 }]);
    let failed = json!({ "code": "failed", "status": 1, "blame": "guest", "message": "the service did not take ***" });
    let secrets = json!([{ "name": "HUBSPOT_API_KEY", "version": 1 }]);
    let told = json!({ "leaks": leaks, "secrets": secrets, "end": failed });
    let expected = outcome("fails_with_a_secret", "typed", told);
    assert_eq!(steady(&answer), expected);
}

#[test]
fn a_command_is_told_to_programs_in_one_object_and_talks_on_stderr() {
    let home = Home::new();
    let answer = run(&home, "writes_documents").args(["--json", "--documents", "out", "--", "a.txt", "hello"]).answer();
    assert_eq!((answer.status, answer.stderr.as_str()), (0, "a.txt: written\n"));
    let completed = json!({ "code": "completed", "status": 0, "blame": null, "message": null });
    let documents = json!([{ "name": "a.txt", "bytes": 5, "sha256": HELLO, "media_type": "text/plain" }]);
    let expected = outcome("writes_documents", "command", json!({ "documents": documents, "end": completed }));
    assert_eq!(steady(&answer), expected);

    let answer = run(&home, "loops_for_ever").args(["--json", "--timeout", "100ms"]).answer();
    assert_eq!(answer.status, 124);
    let end = json!({
        "code": "limit", "status": 124, "blame": "guest",
        "message": "the action was stopped at its limit `wall` of 100 ms", "limit": "wall", "allowed": "100 ms",
    });
    assert_eq!(answer.json()["limits"]["wall"], 100);
    let expected = outcome("loops_for_ever", "command", json!({ "end": end }));
    assert_eq!(steady(&answer), expected);
}

#[test]
fn what_is_said_after_an_open_line_begins_a_new_one() {
    let answer = run(&Home::new(), "floods_stderr").args(["--limit", "stderr=100B"]).answer();
    assert_eq!(answer.status, 123);
    let (talk, said) = answer.stderr.split_at(100);
    assert!(!talk.contains("um-host"), "{talk}");
    assert!(said.starts_with("\num-host: error: the action was stopped at its limit `stderr`"), "{said}");
}

#[test]
fn a_reader_that_goes_away_ends_the_run_quietly() {
    let home = Home::new();
    let mut child = run(&home, "floods_stdout").start();
    let mut first = String::new();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    stdout.read_line(&mut first).unwrap();
    drop(stdout);
    let output = child.wait_with_output().unwrap();
    assert!(first.starts_with("line 0000000000 "), "{first}");
    assert_eq!((status(output.status), String::from_utf8(output.stderr).unwrap().as_str()), (141, ""));
}

#[test]
fn an_output_that_cannot_be_written_is_the_hosts_failure() {
    let home = Home::new();
    let full = || fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = run(&home, "exits_42").command().stdout(full()).start().unwrap().wait_with_output().unwrap();
    assert_eq!(status(output.status), 125);
    assert_eq!(
        String::from_utf8(output.stderr).unwrap(),
        "um-host: error: the action's stdout could not be written: No space left on device (os error 28)\n"
    );
    let output = home.um_host(["--help"]).command().stdout(full()).start().unwrap().wait_with_output().unwrap();
    assert_eq!(status(output.status), 125);
    assert_eq!(
        String::from_utf8(output.stderr).unwrap(),
        "um-host: error: stdout could not be written\n  because: No space left on device (os error 28)\n"
    );
}

#[test]
fn a_result_that_nobody_reads_ends_quietly() {
    let home = Home::new();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = run(&home, "echoes").command().stdout(writer).start().unwrap().wait_with_output().unwrap();
    assert_eq!(status(output.status), 141);
    assert_eq!(sorted(&String::from_utf8(output.stderr).unwrap()), ["on stderr", "on stdout"]);
}

#[test]
fn an_action_may_have_any_name_that_a_file_may_have() {
    let home = Home::new();
    let odd: PathBuf = home.path("-my action.wasm");
    fs::copy(guest("exits_42"), &odd).unwrap();
    home.um_host(["run"]).arg(&odd).status(42).stdout("before").run();
}
