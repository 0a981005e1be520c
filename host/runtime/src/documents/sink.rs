//! Where documents are kept: a directory of this machine, or whatever an embedder brings.
//!
//! The run decides whether documents may leave, and a sink never sees that work: it gives out files that nobody else can
//! open, and gets them back when all of them have passed.

use std::fs::File;
use std::io;
use std::path::PathBuf;

use super::document::Document;
use super::error::DocumentsError;

/// Keeps the documents of one run. Its calls may take a thread's time: the host makes them on threads of the run.
///
/// Whatever [`create`](Self::create) has given out holds bytes that nobody has looked through yet. So until
/// [`commit`](Self::commit) no name may lead to it that a run, or anybody else, could open; and a sink that is killed at
/// any time leaves none.
pub trait DocumentSink: Send {
    /// Starts a document: an empty file of this machine, without a name, to be written and read back.
    ///
    /// `name` is one or more plain file names with `/` between, and is given once. No document is called as a directory of
    /// another.
    ///
    /// # Errors
    /// Why there is none. That is the host's failure, and ends the run as one.
    fn create(&mut self, name: &str) -> io::Result<File>;

    /// Publishes all documents of the run, or none. They have been looked through, and may leave.
    ///
    /// It is the last deed of a run that has succeeded: neither deadline nor signal is heard while it lasts.
    ///
    /// # Errors
    /// [`DocumentsError`]; then none of them is published.
    fn commit(self: Box<Self>, passed: Vec<Passed>) -> Result<Receipt, DocumentsError>;

    /// Drops what was begun: the run has published nothing.
    fn abort(self: Box<Self>);
}

/// A document that may leave.
#[derive(Debug)]
#[non_exhaustive]
pub struct Passed {
    /// Its name, size and hash.
    pub document: Document,
    /// What [`DocumentSink::create`] had given out, complete, flushed to the disk, and read from its beginning.
    pub content: File,
}

/// What a sink says when it has published. It stands in [`Ended`](super::super::Ended), and
/// in no outcome: it may hold paths of the host.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Receipt {
    /// In the order of creation.
    pub documents: Vec<Published>,
}

/// Where one document is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// Of the document, as the action called it.
    pub name: String,
    /// The file, if it is one of this machine.
    pub path: Option<PathBuf>,
}

/// A sink that is aborted unless it is used up.
pub(crate) struct OpenSink(Option<Box<dyn DocumentSink>>);

impl OpenSink {
    pub fn new(sink: Box<dyn DocumentSink>) -> Self {
        Self(Some(sink))
    }

    pub fn create(&mut self, name: &str) -> io::Result<File> {
        self.0.as_mut().expect("it is there until it is used up").create(name)
    }

    pub fn commit(mut self, passed: Vec<Passed>) -> Result<Receipt, DocumentsError> {
        self.0.take().expect("it is there until it is used up").commit(passed)
    }
}

impl Drop for OpenSink {
    fn drop(&mut self) {
        if let Some(sink) = self.0.take() {
            sink.abort();
        }
    }
}
