//! What is done for a run counts as its time: waiting for input and for the store, and looking through what it left.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::process::Stdio;

use rustix::fs::{FlockOperation, OFlags, flock};
use rustix::process::{Pid, Signal, kill_process};

use super::{ended, read};
use crate::support::bound::Bounded;
use crate::support::command::{Home, status};
use crate::support::guests::guest;

const WALL: &str = "um-host: error: the action was stopped at its limit `wall` of 300 ms\n  \
                    hint: if it needs longer, raise it: --timeout DURATION\n";

#[test]
fn waiting_for_input_counts_as_the_runs_time() {
    let home = Home::new();
    let run = home.um_host(["run"]).arg(guest("echoes")).args(["--timeout", "300ms", "--input", "-"]);
    let mut child = run.stdin("").start();
    let _open_and_silent = child.stdin.take();
    let output = ended(child);
    assert_eq!((status(output.status), String::from_utf8(output.stderr).unwrap()), (124, WALL.to_owned()));
}

/// It took the 10 s that the store waits for others, whatever the limit, and was the host's failure.
#[test]
fn waiting_for_the_store_counts_as_the_runs_time() {
    let home = Home::with_store();
    home.set("HUBSPOT_API_KEY", "pat-na1-7Hq2Lx9vTz");
    let held = File::open(home.data().join("lock")).unwrap();
    flock(&held, FlockOperation::LockExclusive).unwrap();
    let run = |timeout| home.um_host(["run"]).arg(guest("prints_a_secret")).args(["--timeout", timeout]);
    let output = ended(run("300ms").start());
    assert_eq!((status(output.status), String::from_utf8(output.stderr).unwrap()), (124, WALL.to_owned()));
    drop(held);
    assert_eq!(status(ended(run("20s").start()).status), 0, "once it is free");
}

#[test]
fn loading_has_a_time_of_its_own() {
    let home = Home::new();
    let action = guest("exits_42");
    let run = |time: &str| home.um_host(["run"]).arg(&action).args(["--load-timeout", time]);
    let answer = run("1ms").answer();
    assert_eq!(answer.status, 124, "{answer:?}");
    assert_eq!(
        answer.stderr,
        format!(
            "um-host: error: `{}` was not loaded within 0.001 s\n  \
             hint: if this machine needs longer to compile it, raise it: --load-timeout DURATION\n",
            action.display()
        )
    );
    assert_eq!(run("5m").answer().status, 42);
    for (time, refusal) in [("0s", "it must be more than nothing"), ("soon", "`soon` is not a duration")] {
        let answer = run(time).answer();
        assert_eq!(answer.status, 2);
        assert!(answer.stderr.starts_with(&format!("um-host: error: --load-timeout: {refusal}")), "{answer:?}");
    }
}

/// Each layer of the document costs a second or more to look through; the first signal was unheard until the end.
#[test]
fn a_signal_and_the_deadline_are_heard_while_documents_are_looked_through() {
    for (options, signal, expected, words) in [
        (
            ["--timeout", "600s"],
            Some(Signal::TERM),
            143,
            "um-host: error: the run was interrupted; nothing was published\n",
        ),
        (
            ["--timeout", "2s"],
            None,
            124,
            "um-host: error: the action was stopped at its limit `wall` of 2 s\n  hint: if it needs longer, raise it: --timeout DURATION\n",
        ),
    ] {
        let home = Home::with_store();
        home.set("HUBSPOT_API_KEY", "pat-na1-7Hq2Lx9vTz");
        let run = home.um_host(["run"]).arg(guest("writes_costly_documents")).args(options);
        let mut child = run.args(["--documents", "out", "--limit", "host-memory=1GiB"]).start();
        assert_eq!(read(&mut child, 8), b"written\n");
        if let Some(signal) = signal {
            kill_process(Pid::from_child(&child), signal).unwrap();
        }
        let output = ended(child);
        assert_eq!((status(output.status), String::from_utf8(output.stderr).unwrap().as_str()), (expected, words));
        assert!(!home.path("out").exists());
    }
}

/// The result waits for whoever reads stdout: the program heard nothing but a second signal.
#[test]
fn a_signal_is_heard_while_the_result_waits_for_its_reader() {
    let home = Home::new();
    let run = home.um_host(["run"]).arg(guest("returns_much")).args(["--input", "1000000"]);
    let mut command = run.command();
    let mut child = command.stdin(Stdio::null()).start().unwrap();
    assert_eq!(read(&mut child, 2), b"\"x");
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    let stdout = child.stdout.take();
    assert_eq!(status(ended(child).status), 143);
    drop(stdout);
}

/// Whoever watches may read nothing at all: one signal is enough all the same, whatever there is left to say.
#[test]
fn one_signal_ends_it_whoever_reads_what_is_said() {
    let home = Home::new();
    let flood = home.um_host(["run"]).arg(guest("floods_stdout")).args(["--json", "--limit", "stdout=1GiB"]);
    let missing = home.um_host(["run", "absent.wasm", "--json"]);
    for (command, fills) in [(flood, false), (missing, true)] {
        let (mut ours, theirs) = std::io::pipe().unwrap();
        let theirs = File::from(OwnedFd::from(theirs));
        if fills {
            fill(&theirs);
        }
        let mut child = command.command().stdout(theirs.try_clone().unwrap()).stderr(theirs).start().unwrap();
        if !fills {
            ours.read_exact(&mut [0; 1000]).unwrap();
        }
        // Until signals are listened to, one ends it at once.
        kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
        assert_eq!(status(child.wait().unwrap()), 143);
    }
}

/// Fills a pipe to its last byte.
fn fill(pipe: &File) {
    let flags = rustix::fs::fcntl_getfl(pipe).unwrap();
    rustix::fs::fcntl_setfl(pipe, flags | OFlags::NONBLOCK).unwrap();
    for size in [4096, 1] {
        while (&*pipe).write(&vec![b'x'; size]).is_ok() {}
    }
    rustix::fs::fcntl_setfl(pipe, flags).unwrap();
}

#[test]
fn a_run_is_told_in_one_object_or_a_part_of_one() {
    let home = Home::new();
    let run = home.um_host(["run"]).arg(guest("returns_much")).args(["--json", "--input", "1000000"]);
    let mut child = run.start();
    let mut said = read(&mut child, 2);
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    assert_eq!(status(child.wait().unwrap()), 143);
    child.stdout.take().unwrap().read_to_end(&mut said).unwrap();
    assert_eq!(String::from_utf8(said).unwrap().matches("\"schema\"").count(), 1);
}
