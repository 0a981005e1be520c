//! A reader that does not read: what it costs, and whom.

use std::fs;
use std::io::{self, Read, Write};
use std::sync::mpsc;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use um_runtime::{End, Limits, Output, RunError};

use super::{ended, eventually, read};
use crate::runs::{host, load};
use crate::support::command::{Home, status};
use crate::support::guests::guest;
use crate::support::run::run_of;

/// Takes nothing until the other end is dropped.
struct Blocked(mpsc::Receiver<()>);

impl Write for Blocked {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let _ = self.0.recv();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

pub fn blocked() -> (mpsc::Sender<()>, Output) {
    let (open, blocked) = mpsc::channel();
    (open, Output::Writer(Box::new(Blocked(blocked))))
}

fn limits(pairs: &[(&str, &str)]) -> Limits {
    let mut limits = Limits::default();
    pairs.iter().for_each(|(name, value)| limits.set(name, value).unwrap());
    limits
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_are_published_at_the_deadline_whoever_reads_the_output() {
    for limits in [limits(&[("wall", "2s"), ("deliver", "3s")]), limits(&[("wall", "60s"), ("deliver", "100ms")])] {
        let folder = tempfile::tempdir().unwrap();
        let host = host();
        let action = load(&host, "writes_a_document_and_says_so").await;
        let (_open, output) = blocked();
        let run = run_of(&host, &action).limits(limits).documents(folder.path().join("out")).stdout(output);
        let outcome = run.start().await.unwrap();
        assert_eq!((&outcome.end, outcome.delivered, outcome.documents.len()), (&End::Completed, false, 1));
        assert_eq!(fs::read_to_string(folder.path().join("out/note.txt")).unwrap(), "short");
    }
}

/// Fails as a stream does whose reader has gone away.
struct Gone(io::ErrorKind);

impl Write for Gone {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(self.0.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_reader_that_has_gone_away_is_no_failure_of_the_hosts_and_a_full_disk_is() {
    let host = host();
    let action = load(&host, "floods_stdout").await;
    for kind in [io::ErrorKind::BrokenPipe, io::ErrorKind::ConnectionReset, io::ErrorKind::NotConnected] {
        let run = run_of(&host, &action).limits(limits(&[("stdout", "1GiB")]));
        let outcome = run.stdout(Output::Writer(Box::new(Gone(kind)))).start().await.unwrap();
        assert_eq!(outcome.end, End::OutputClosed, "{kind}");
    }
    let action = load(&host, "plain").await;
    let run = run_of(&host, &action).stdout(Output::Writer(Box::new(Gone(io::ErrorKind::StorageFull))));
    assert!(matches!(run.start().await, Err(RunError::Output { .. })));
}

#[tokio::test]
async fn what_is_taken_in_time_is_delivered() {
    let folder = tempfile::tempdir().unwrap();
    let host = host();
    let action = load(&host, "writes_a_document_and_says_so").await;
    let run = run_of(&host, &action).documents(folder.path().join("out")).stdout(Output::Writer(Box::new(io::sink())));
    let outcome = run.start().await.unwrap();
    assert_eq!((&outcome.end, outcome.delivered, outcome.documents.len()), (&End::Completed, true, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interruption_before_documents_have_a_name_leaves_none() {
    let folder = tempfile::tempdir().unwrap();
    let host = host();
    let action = load(&host, "writes_a_document_and_says_so").await;
    let (_open, output) = blocked();
    let run = run_of(&host, &action).documents(folder.path().join("out")).stdout(output).patient();
    let outcome = run.interrupt(tokio::time::sleep(Duration::from_secs(1))).start().await.unwrap();
    assert_eq!((&outcome.end, outcome.documents.len()), (&End::Interrupted, 0));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

/// `um-host run … | less`: what nobody reads yet stays to be read, also beyond the deadline.
#[test]
fn the_program_goes_on_writing_until_its_reader_has_read() {
    let home = Home::new();
    let run = home.um_host(["run"]).arg(guest("writes_a_document_and_much_output"));
    let mut child = run.args(["--timeout", "2s", "--documents", "out", "--", "150000"]).start();
    eventually("the document is published", || home.path("out/note.txt").exists());
    let mut output = Vec::new();
    child.stdout.take().unwrap().read_to_end(&mut output).unwrap();
    assert_eq!(output.len(), 150_000);
    assert_eq!(status(ended(child).status), 0);
}

#[test]
fn a_signal_ends_the_wait_for_a_reader_and_changes_nothing_that_is_published() {
    let home = Home::new();
    let run = home.um_host(["run"]).arg(guest("writes_a_document_and_much_output"));
    let mut child = run.args(["--timeout", "2s", "--documents", "out", "--", "150000"]).start();
    read(&mut child, 1);
    eventually("the document is published", || home.path("out/note.txt").exists());
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    let stdout = child.stdout.take();
    assert_eq!(status(ended(child).status), 0, "the run had completed");
    drop(stdout);
    assert!(home.path("out/note.txt").exists());
}
