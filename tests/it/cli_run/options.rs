//! What the options do, and what is said when one is wrong.

use std::fs;

use super::{entries, run};
use crate::support::command::Home;

#[test]
fn documents_are_published_into_a_directory_that_was_empty() {
    let home = Home::new();
    let publish = || run(&home, "writes_documents").args(["--documents", "out", "--", "a.txt", "hello"]);
    publish().stdout("a.txt: written\n").run();
    assert_eq!(fs::read_to_string(home.path("out/a.txt")).unwrap(), "hello");
    home.write("out/b.txt", "not a run's");
    publish()
        .status(2)
        .stderr(
            "um-host: error: the documents directory `[HOME]/out` holds `b.txt`, which no run has published there\n  \
             hint: move it away, or name another directory, so that nothing is lost\n",
        )
        .run();
    run(&home, "writes_a_document_then_fails")
        .args(["--documents", "failed"])
        .status(1)
        .stderr("the other half failed\n")
        .run();
    assert_eq!(entries(&home), [".cache", "out"]);
}

#[test]
fn a_directory_is_read_and_never_written() {
    let home = Home::new();
    fs::create_dir(home.path("in")).unwrap();
    home.write("in/a.txt", "from outside");
    let answer = run(&home, "reads_a_directory").args(["--dir", "in::/data", "--", "/data"]).answer();
    assert!(answer.stdout.starts_with("a.txt: from outside\nwrite: refused"), "{answer:?}");
    assert!(!answer.stdout.contains(": done"), "{answer:?}");
    assert_eq!(fs::read_dir(home.path("in")).unwrap().count(), 1);
}

#[test]
fn an_option_that_is_wrong_is_named_with_what_it_takes() {
    let home = Home::new();
    for (options, message) in [
        (["--timeout", "3"], "--timeout: `3` is not a duration; write for example 500ms, 30s, 2m or 1h"),
        (["--timeout", "0s"], "--timeout: the limit `wall` must be more than nothing"),
        (["--memory", "1kb"], "--memory: `1kb` is not a size; write for example 4096, 64KiB, 256MiB or 2GiB"),
        (["--limit", "stdout=-1"], "--limit: `-1` is not a size; write for example 4096, 64KiB, 256MiB or 2GiB"),
        (["--limit", "http-calls=many"], "--limit: `many` is not a whole number"),
        (
            ["--limit", "stdout"],
            "`--limit` needs a name and a value, for example --limit stdout=1MiB\n  \
             hint: `um-host run --help` lists the limits",
        ),
        (
            ["--allow-host", "*.com"],
            "--allow-host: `*.com` cannot be allowed: the names below `com` belong to different owners; name a domain \
             below it, as in *.example.com",
        ),
        (
            ["--allow-private", "10.0.0"],
            "--allow-private: the host is a number but no plain address; write four decimal numbers, as in 192.0.2.1",
        ),
        (
            ["--timeout", "-1s"],
            "--timeout: expected a time above zero, for example 500ms, 30s, 2m or 1h\n  hint: see `um-host run --help`",
        ),
        (
            ["--allow-host", "10.0.0.0/8"],
            "--allow-host takes no ranges of addresses\n  hint: name each host or address that is meant",
        ),
        (
            ["--allow-private", "http://localhost:80"],
            "--allow-private takes a host alone, without scheme, port and path\n  \
             hint: for example --allow-private localhost; scheme and port belong to --allow-host",
        ),
        (
            ["--allow-private", "localhost:80"],
            "--allow-private takes a host alone, without scheme, port and path\n  \
             hint: for example --allow-private localhost; scheme and port belong to --allow-host",
        ),
        (["--dir", "in"], "`--dir` needs a directory of ours and its name in the action, for example --dir ./in::/in"),
        (["--dir", "absent::/in"], "the directory `absent` cannot be mounted: No such file or directory (os error 2)"),
        (
            ["--env", "MONTH"],
            "`--env` needs a name and a value, for example --env MONTH=2026-10\n  \
             hint: secrets do not belong there: the action asks for them by name",
        ),
    ] {
        run(&home, "plain").args(options).status(2).stderr(format!("um-host: error: {message}\n")).run();
    }
}

/// `--limit "$TOKEN=3"` told the token.
#[test]
fn what_is_the_name_of_no_limit_or_host_is_not_repeated() {
    let home = Home::new();
    let answer = run(&home, "plain").args(["--limit", "hunter22=3"]).answer();
    answer.never_says("hunter22");
    assert_eq!(answer.status, 2);
    let told = "um-host: error: --limit: there is no such limit (not repeated here: it could be a secret); the limits are wall, ";
    assert!(answer.stderr.starts_with(told), "{answer:?}");
    assert!(answer.stderr.contains("\n  hint: `um-host run --help` lists them"), "{answer:?}");
    let near = run(&home, "plain").args(["--limit", "stdou=3"]).answer();
    assert!(near.stderr.contains("hint: did you mean `stdout`? "), "{near:?}");
    for option in ["--allow-host", "--allow-private"] {
        let answer = run(&home, "plain").args([option, "hunter22"]).answer();
        answer.never_says("hunter22");
        let told =
            format!("um-host: error: {option}: the host has no dot, and is not repeated here: it could be a secret\n");
        assert!(answer.status == 2 && answer.stderr.starts_with(&told), "{answer:?}");
    }
    for private in [&["--allow-private", "crm", "--allow-host", "https://crm"][..], &["--allow-private", "localhost"]] {
        assert_eq!(run(&home, "plain").args(private).stdin("").answer().status, 0, "{private:?}");
    }
}

/// A host without a dot is told with the scheme that it is taken with.
#[test]
fn a_host_without_a_dot_is_told_as_it_can_be_allowed() {
    let told = run(&Home::new(), "calls_http").args(["--", "GET", "https://crm/"]).answer().stderr;
    assert_eq!(told, "um-host: host `crm` is not allowed; add --allow-host https://crm\n");
}

#[test]
fn the_help_lists_every_limit_with_its_default() {
    let help = Home::new().um_host(["run", "--help"]).answer().stdout;
    for row in [
        "wall              30 s",
        "memory            256 MiB",
        "stdout            10 MiB",
        "result            8 MiB",
        "documents         100",
        "http-calls        100",
        "http-connections  64",
    ] {
        assert!(help.contains(&format!("\n  {row}\n")), "{row}: {help}");
    }
}

#[test]
fn a_refused_request_is_told_with_the_option_that_allows_it() {
    let home = Home::new();
    let call =
        |options: &[&str]| run(&home, "calls_http").args(options).args(["--", "GET", "http://localhost:9/"]).answer();
    let answer = call(&[]);
    assert_eq!(answer.stderr, "um-host: host `localhost` is not allowed; add --allow-host http://localhost:9\n");
    assert!(answer.stdout.starts_with("error "), "{answer:?}");
    let answer = call(&["--allow-host", "http://localhost:9"]);
    assert!(answer.stderr.contains("add --allow-private localhost if that is meant"), "{answer:?}");
    assert_eq!(call(&["--quiet"]).stderr, "");
}
