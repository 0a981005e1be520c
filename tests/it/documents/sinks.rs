//! Sinks that an embedder brings.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::sync::{Arc, Mutex};

use um_runtime::{Blame, DocumentSink, DocumentsError, End, Passed, Published, Receipt, RunError};

use crate::runs::{host, load, text};
use crate::support::run::run_of;

/// What became of the documents of a run.
#[derive(Debug, Default, PartialEq)]
pub struct Kept {
    pub documents: BTreeMap<String, String>,
    pub aborted: bool,
}

/// Keeps documents in a map; has so much room.
pub struct MapSink {
    kept: Arc<Mutex<Kept>>,
    room: usize,
}

impl MapSink {
    pub fn new(room: usize) -> (Self, Arc<Mutex<Kept>>) {
        let kept = Arc::default();
        (Self { kept: Arc::clone(&kept), room }, kept)
    }
}

impl DocumentSink for MapSink {
    fn create(&mut self, _name: &str) -> io::Result<File> {
        self.room = self.room.checked_sub(1).ok_or(io::ErrorKind::StorageFull)?;
        tempfile::tempfile()
    }

    fn commit(self: Box<Self>, passed: Vec<Passed>) -> Result<Receipt, DocumentsError> {
        let mut receipt = Receipt::default();
        for Passed { document, mut content, .. } in passed {
            let mut text = String::new();
            content.read_to_string(&mut text).map_err(|error| DocumentsError::Sink(error.into()))?;
            receipt.documents.push(Published { name: document.name.clone(), path: None });
            self.kept.lock().unwrap().documents.insert(document.name, text);
        }
        Ok(receipt)
    }

    fn abort(self: Box<Self>) {
        self.kept.lock().unwrap().aborted = true;
    }
}

#[tokio::test]
async fn documents_can_be_kept_elsewhere_than_in_a_directory() {
    let (sink, kept) = MapSink::new(9);
    let host = host();
    let action = load(&host, "writes_documents").await;
    let run = run_of(&host, &action).document_sink(sink).args(["a.txt", "one", "b/c.txt", "two"]);
    let outcome = run.start().await.unwrap();
    let documents: BTreeMap<_, _> =
        [("a.txt", "one"), ("b/c.txt", "two")].map(|(n, t)| (n.to_owned(), t.to_owned())).into();
    assert_eq!(*kept.lock().unwrap(), Kept { documents, aborted: false });
    let names: Vec<_> = outcome.receipt.documents.iter().map(|published| published.name.clone()).collect();
    assert_eq!(names, outcome.documents.iter().map(|document| document.name.clone()).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_sink_is_told_that_there_is_nothing_to_publish() {
    let host = host();
    for (action, arguments) in [
        ("writes_a_document_then_fails", &[][..]),
        ("leaks_into_a_binary_document", &["leak"]),
        ("plain", &[]),
        ("traps", &[]),
    ] {
        let (sink, kept) = MapSink::new(9);
        let loaded = load(&host, action).await;
        let run = run_of(&host, &loaded).document_sink(sink).args(arguments.iter().copied());
        assert!(run.start().await.unwrap().receipt.documents.is_empty(), "{action}");
        assert_eq!(*kept.lock().unwrap(), Kept { documents: BTreeMap::new(), aborted: true }, "{action}");
    }
}

/// The guest makes the best of it, and its run would have been told as one that has published all.
#[tokio::test]
async fn a_document_for_which_there_is_no_room_is_the_hosts_failure_whatever_the_guest_makes_of_it() {
    let host = host();
    let action = load(&host, "writes_documents").await;
    let (sink, kept) = MapSink::new(1);
    let run = run_of(&host, &action).document_sink(sink).args(["a.txt", "one", "b.txt", "two"]);
    let failure = run.start().await.err().unwrap();
    let RunError::Documents(DocumentsError::Write { name, source }) = &failure else { panic!("{failure}") };
    assert_eq!((name.as_str(), source.kind()), ("b.txt", io::ErrorKind::StorageFull));
    assert_eq!(*kept.lock().unwrap(), Kept { documents: BTreeMap::new(), aborted: true });
}

#[tokio::test]
async fn without_a_place_for_documents_it_is_the_actions_matter_that_there_is_none() {
    let host = host();
    let action = load(&host, "writes_documents").await;
    let outcome = run_of(&host, &action).args(["a.txt", "one"]).start().await.unwrap();
    assert!(text(&outcome.stdout).contains("nowhere to go"), "{}", text(&outcome.stdout));
    assert_eq!((&outcome.end, outcome.blame), (&End::Completed, None::<Blame>));
}
