//! That children of tests have a bound, and begin as programs do.

use std::process::{Command, Stdio};

use rustix::event::Timespec;
use rustix::process::{Pid, Signal};

use super::bound::{Bounded, watch};
use super::command::status;

#[test]
fn a_child_that_does_not_end_is_killed_and_what_it_said_is_kept() {
    let mut command = Command::new("sh");
    command.args(["-c", "echo said; exec sleep 3600"]).stdout(Stdio::piped());
    let child = command.spawn().unwrap();
    watch(&child, Timespec { tv_sec: 0, tv_nsec: 50_000_000 }).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(status(output.status), 137);
    assert!(["said\n", ""].contains(&&*String::from_utf8(output.stdout).unwrap()), "it may have been too early");
}

/// The shell of a background job ignores SIGINT, and so would all that it starts.
#[test]
fn children_hear_signals_that_this_process_was_started_to_ignore() {
    let inner = "support::bound_tests::a_child_hears_an_interrupt";
    let mut command = Command::new("sh");
    command.args(["-c", "trap '' INT HUP; exec \"$0\" --exact \"$1\""]);
    let output = command.arg(std::env::current_exe().unwrap()).arg(inner).finish().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}

#[test]
fn a_child_hears_an_interrupt() {
    for (signal, expected) in [(Signal::INT, 130), (Signal::HUP, 129)] {
        let mut child = Command::new("cat").stdin(Stdio::piped()).start().unwrap();
        rustix::process::kill_process(Pid::from_child(&child), signal).unwrap();
        // One that did not hear it ends by itself now, with another status.
        drop(child.stdin.take());
        assert_eq!(status(child.wait().unwrap()), expected);
    }
}
