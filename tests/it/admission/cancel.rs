//! Cancelling a run, wherever it is.

use std::fs::File;
use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use um_host::errors::Coded;
use um_host::{Capacity, DocumentSink, DocumentsError, End, Output, Passed, Receipt, RunState};

use super::*;
use crate::runs::load;

/// What became of a run's documents.
#[derive(Debug, Default, PartialEq)]
struct Kept {
    created: usize,
    committed: usize,
    aborted: bool,
}

struct CountingSink(Arc<Mutex<Kept>>);

impl DocumentSink for CountingSink {
    fn create(&mut self, _name: &str) -> io::Result<File> {
        self.0.lock().unwrap().created += 1;
        tempfile::tempfile()
    }

    fn commit(self: Box<Self>, passed: Vec<Passed>) -> Result<Receipt, DocumentsError> {
        self.0.lock().unwrap().committed += passed.len();
        Ok(Receipt::default())
    }

    fn abort(self: Box<Self>) {
        self.0.lock().unwrap().aborted = true;
    }
}

fn sink() -> (CountingSink, Arc<Mutex<Kept>>) {
    let kept = Arc::default();
    (CountingSink(Arc::clone(&kept)), kept)
}

#[tokio::test]
async fn a_run_that_was_cancelled_before_it_had_its_turn_never_begins() {
    let (host, vault) = host(|builder| builder.capacity(Capacity::default().runs(1)));
    let (sleeps, beats) = (load(&host, "sleeps_for_ever").await, load(&host, "heartbeat").await);
    let mut first = start(run(&host, &sleeps, "acme"));
    first.has_printed().await;
    let (sink, kept) = sink();
    let asks = ask(r#", "args": ["API_KEY", "1"]"#);
    let mut waiting = start(run_with(&host, &beats, "acme", asks.clone()).document_sink(sink));
    waiting.place().await;
    let handle = waiting.handle.clone();
    assert_eq!(waiting.cancelled().await.unwrap_err().code(), "run-interrupted");
    assert_eq!((handle.state(), host.occupancy().waiting), (RunState::Ended, 0));
    assert_eq!(*kept.lock().unwrap(), Kept::default());
    first.cancelled().await.unwrap();
    let unstarted = run_with(&host, &beats, "acme", asks);
    let handle = unstarted.handle();
    assert_eq!(handle.state(), RunState::Unstarted);
    handle.cancel();
    assert_eq!(unstarted.start().await.unwrap_err().code(), "run-interrupted");
    assert_eq!(handle.state(), RunState::Ended);
    assert_eq!(vault.reads(), [], "nothing was read for it");
}

#[tokio::test]
async fn a_run_ends_at_once_in_its_guests_code_and_in_a_call_of_the_host() {
    let (host, _) = host(|builder| builder);
    for name in ["loops_for_ever", "sleeps_for_ever"] {
        let action = load(&host, name).await;
        let mut run = start(run(&host, &action, "acme"));
        run.has_printed().await;
        assert_eq!(run.handle.state(), RunState::Running);
        let handle = run.handle.clone();
        let outcome = run.cancelled().await.unwrap().outcome;
        assert_eq!((&outcome.end, outcome.blame, outcome.status()), (&End::Interrupted, None, 130), "{name}");
        assert_eq!(handle.state(), RunState::Ended);
    }
}

#[tokio::test]
async fn a_run_that_is_cancelled_has_its_reads_on_record() {
    let (host, vault) = host(|builder| builder);
    let action = load(&host, "heartbeat").await;
    let run = run_with(&host, &action, "acme", ask(r#", "args": ["API_KEY"]"#));
    let mut run = start(run);
    run.has_printed().await;
    let outcome = run.cancelled().await.unwrap().outcome;
    assert_eq!((&outcome.end, outcome.secrets.len()), (&End::Interrupted, 1));
    let [read] = &vault.reads()[..] else { panic!("{:?}", vault.reads()) };
    assert_eq!((&read.run, read.secret.as_str()), (&outcome.run, "API_KEY"));
}

#[tokio::test]
async fn a_run_that_is_cancelled_publishes_nothing_of_what_it_has_written() {
    let (host, _) = host(|builder| builder);
    let action = load(&host, "writes_a_document_then_sleeps").await;
    let (sink, kept) = sink();
    let mut run = start(run(&host, &action, "acme").document_sink(sink));
    run.has_printed().await;
    let outcome = run.cancelled().await.unwrap().outcome;
    assert_eq!((&outcome.end, outcome.documents.len()), (&End::Interrupted, 0));
    assert_eq!(*kept.lock().unwrap(), Kept { created: 1, committed: 0, aborted: true });
}

/// Takes the first piece, tells so, and takes nothing more until it is let.
struct Stuck {
    first: Option<oneshot::Sender<()>>,
    go_on: std::sync::mpsc::Receiver<()>,
}

impl Write for Stuck {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Some(first) = self.first.take() {
            let _ = first.send(());
            let _ = self.go_on.recv();
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The guest has ended and its documents have passed: they are pending while somebody reads the output.
#[tokio::test]
async fn documents_that_are_pending_when_their_run_is_cancelled_stay_unpublished() {
    let (host, _) = host(|builder| builder);
    let action = load(&host, "writes_a_document_and_says_so").await;
    let ((sink, kept), (first, wrote)) = (sink(), oneshot::channel());
    let (let_go, go_on) = std::sync::mpsc::channel();
    let output = Output::Writer(Box::new(Stuck { first: Some(first), go_on }));
    let pending = run(&host, &action, "acme").document_sink(sink).stdout(output).patient();
    let handle = pending.handle();
    let ending = tokio::spawn(pending.start());
    within(wrote).await.unwrap();
    handle.cancel();
    let outcome = within(ending).await.unwrap().unwrap().outcome;
    assert_eq!((&outcome.end, outcome.documents.len()), (&End::Interrupted, 0));
    assert_eq!(*kept.lock().unwrap(), Kept { created: 1, committed: 0, aborted: true });
    drop(let_go);
}

#[tokio::test]
async fn a_run_that_has_ended_cannot_be_cancelled() {
    let (host, _) = host(|builder| builder);
    let action = load(&host, "writes_a_document_and_says_so").await;
    let (sink, kept) = sink();
    let run = run(&host, &action, "acme").document_sink(sink);
    let handle = run.handle();
    let outcome = run.start().await.unwrap().outcome;
    handle.cancel();
    assert_eq!((&outcome.end, handle.state()), (&End::Completed, RunState::Ended));
    assert_eq!(*kept.lock().unwrap(), Kept { created: 1, committed: 1, aborted: false });
}
