//! A machine, or a shell, that gives too little: the host has failed and says what to raise, and the action is not blamed.

use std::process::Command;

use crate::support::bound::Bounded;
use crate::support::command::{Answer, Home, status};
use crate::support::guests::guest;

/// Runs an action with a limit as `ulimit` sets it.
fn limited(home: &Home, limit: &str, action: &str) -> Answer {
    let mut command = Command::new("sh");
    command.args(["-c", &format!("ulimit {limit} && exec \"$0\" run \"$1\""), env!("CARGO_BIN_EXE_um-host")]);
    command.arg(guest(action)).env_clear().env("HOME", home.path(""));
    let output = command.finish().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Answer { status: status(output.status), stdout: text(output.stdout), stderr: text(output.stderr) }
}

#[test]
fn where_there_is_no_room_for_a_memory_the_host_has_failed() {
    let home = Home::new();
    assert_eq!(limited(&home, "-v unlimited", "exits_42").status, 42);
    let mut failed = 0;
    for mebibytes in [600, 1_000, 2_000, 4_000, 6_000, 16_000] {
        let answer = limited(&home, &format!("-v {}", mebibytes * 1024), "exits_42");
        if answer.status == 42 {
            continue;
        }
        failed += 1;
        assert_eq!((answer.status, &*answer.stdout), (125, ""), "{mebibytes} MiB: {answer:?}");
        assert!(answer.stderr.contains("`ulimit -v`"), "{mebibytes} MiB: {answer:?}");
        assert!(!answer.stderr.contains("trapped"), "{mebibytes} MiB: {answer:?}");
    }
    assert!((1..6).contains(&failed), "{failed} of 6 limits are too low");
}

#[test]
fn memory_that_the_run_may_use_and_the_machine_does_not_give_is_no_limit_of_the_run() {
    let home = Home::new();
    limited(&home, "-d unlimited", "exits_42");
    let answer = limited(&home, &format!("-d {}", 150 * 1024), "eats_memory");
    assert_eq!(answer.status, 125, "{answer:?}");
    assert!(answer.stderr.contains("`ulimit -d`") && !answer.stderr.contains("--memory"), "{answer:?}");
}

#[test]
fn where_no_more_files_may_be_open_the_host_has_failed() {
    let home = Home::new();
    limited(&home, "-n 64", "exits_42");
    let mut failed = 0;
    for files in 4..24 {
        let answer = limited(&home, &format!("-n {files}"), "exits_42");
        if answer.status == 42 {
            continue;
        }
        failed += 1;
        assert_eq!(answer.status, 125, "{files} files: {answer:?}");
        assert!(
            answer.stderr.contains("open files") || answer.stderr.contains("`ulimit -n`"),
            "{files} files: {answer:?}"
        );
    }
    assert!((1..20).contains(&failed), "{failed} of 20 limits are too low");
}
