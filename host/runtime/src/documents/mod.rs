//! Documents: what an action publishes, filtered as it is written, inspected, and published together.
//!
//! Text leaves with its masks. What is no text is looked through when it is complete, compressed parts too: a value in
//! it, and none of the run's documents is published.
//!
//! Guarantees: until all documents of a run have passed, none has a name by which anybody could open it; readers see all
//! documents of a run or none; what a run did not publish itself is never overwritten. Where they are kept is the matter
//! of a [`DocumentSink`]; `directory/` is the one for a directory of this machine.

mod directory;
mod document;
mod error;
mod name;
mod sink;

use std::fs::File;
use std::path::{Path, PathBuf};

use wasmtime::component::Resource;
use wasmtime_wasi::p2::DynOutputStream;

pub use directory::PUBLISH_STEPS;
pub use document::Document;
pub use error::DocumentsError;
pub use sink::{DocumentSink, Passed, Published, Receipt};

pub(super) use error::CheckError;
pub(super) use sink::OpenSink;

use super::bindings::um::action::documents as wit;
use super::limits::{Limit, Limits};
use super::pipe::{Allowance, Pipe, StreamEnd};
use super::state::State;
use super::tripwire::Tripwire;
use directory::DirectorySink;
use document::{DigestError, sha256};
use name::{Names, is_fit};
use um_base::{Work, blocking, detached};
use um_leak::{Budget, End, Filter, InspectError, Stream, Withheld};
use um_secret::RunId;

/// Where the documents of a run are to go.
pub(super) enum Destination {
    Directory(PathBuf),
    Sink(Box<dyn DocumentSink>),
}

/// Whether the documents of a run may leave.
pub(super) enum Checked {
    Ready(Ready),
    /// None may, because of this one.
    Withheld {
        document: String,
        reason: String,
    },
}

/// Documents that may leave, and without a name yet that anybody could open. Dropping it removes them.
#[derive(Default)]
pub(super) struct Ready {
    sink: Option<OpenSink>,
    /// In the order of creation.
    passed: Vec<Passed>,
}

/// The documents of one run.
pub(super) struct Documents {
    sink: Option<OpenSink>,
    staged: Vec<Staged>,
    names: Names,
    /// The first that the host could not take.
    failure: Option<DocumentsError>,
    filter: Filter,
    allowance: Allowance,
    at_most: u64,
    tripwire: Tripwire,
}

struct Staged {
    name: String,
    pipe: Pipe,
}

impl Destination {
    /// Finds what is needed to keep documents there. What stands in the way is told now, before the action runs.
    ///
    /// # Errors
    /// [`CheckError`] if nothing can be published there.
    pub async fn open(self, run: &RunId, cache: Option<&Path>, work: &Work) -> Result<OpenSink, CheckError> {
        match self {
            Self::Sink(sink) => Ok(OpenSink::new(sink)),
            Self::Directory(path) => {
                let (run, cache, own) = (run.clone(), cache.map(Path::to_owned), work.clone());
                let opened = blocking(work, move || DirectorySink::open(&path, run, cache.as_deref(), &own)).await?;
                Ok(OpenSink::new(Box::new(opened?)))
            }
        }
    }
}

impl Documents {
    /// Without a sink the action cannot create documents.
    pub fn new(sink: Option<OpenSink>, limits: &Limits, filter: Filter, tripwire: Tripwire) -> Self {
        let allowance = Allowance::new(Limit::DocumentBytes, limits.document_bytes);
        Self {
            sink,
            staged: Vec::new(),
            names: Names::default(),
            failure: None,
            filter,
            allowance,
            at_most: limits.documents,
            tripwire,
        }
    }

    async fn create(&mut self, name: &str) -> Result<StreamEnd, wit::Error> {
        if !is_fit(name) || self.filter.text(Stream::Document("a document's name".to_owned()), name) != name {
            return Err(wit::Error::InvalidName);
        }
        if !self.names.is_free(name) {
            return Err(wit::Error::Exists);
        }
        if self.staged.len() as u64 >= self.at_most {
            return Err(wit::Error::Limit);
        }
        let file = self.file(name).await.ok_or(wit::Error::Unavailable)?;
        let redactor = self.filter.stream(Stream::Document(name.to_owned()));
        let pipe = Pipe::to_file(redactor, file, self.allowance.clone(), self.tripwire.clone());
        self.names.add(name);
        self.staged.push(Staged { name: name.to_owned(), pipe: pipe.clone() });
        Ok(StreamEnd::only(pipe))
    }

    /// A file for a document. Where the host has none to give, that is kept in mind: it is not the guest's failure.
    async fn file(&mut self, name: &str) -> Option<File> {
        let mut sink = self.sink.take()?;
        let own = name.to_owned();
        let creating = move || {
            let created = sink.create(&own);
            (sink, created)
        };
        // A run that is over meanwhile publishes nothing; the thread that has the sink drops it.
        let (sink, created) = blocking(self.tripwire.work(), creating).await.ok()?;
        self.sink = Some(sink);
        match created {
            Ok(file) => Some(file),
            Err(source) => {
                self.failure.get_or_insert(DocumentsError::Write { name: name.to_owned(), source });
                None
            }
        }
    }

    /// Ends the documents that the guest has left open.
    pub fn finish(&self, end: End) {
        self.staged.iter().for_each(|staged| staged.pipe.finish(end));
    }

    /// Why the host could not take a document that the guest had created, if that was so. The guest was told no more than
    /// that there is none.
    pub fn failure(&mut self) -> Option<DocumentsError> {
        self.failure.take()
    }

    /// Drops all of them.
    pub async fn abort(self) {
        detached(move || drop(self.sink)).await;
    }

    /// Looks through what was staged and flushes it to the disk, in the time and memory that the run still has.
    ///
    /// # Errors
    /// [`CheckError`]; then nothing is left of it.
    pub async fn check(mut self, work: &Work) -> Result<Checked, CheckError> {
        let mut files = Vec::new();
        for Staged { name, pipe } in std::mem::take(&mut self.staged) {
            let document = self.filter.text(Stream::Document("a document's name".to_owned()), &name);
            if document != name {
                let reason = "its name holds a secret that the run read after it had created it".to_owned();
                return Ok(Checked::Withheld { document, reason });
            }
            let finished = pipe.finished();
            let finished = finished.map_err(|source| DocumentsError::Write { name: name.clone(), source })?;
            files.extend(finished.file.map(|file| (name, finished.bytes, file)));
        }
        let (filter, search) = (self.filter.clone(), work.clone());
        let sink = self.sink.take().filter(|_| !files.is_empty());
        let checking = move || match inspect(&search, &mut files, &filter)? {
            Some((document, withheld)) => {
                Ok::<_, CheckError>(Err(Checked::Withheld { document, reason: withheld.to_string() }))
            }
            None => Ok(Ok((files.into_iter().map(|file| pass(file, &search)).collect::<Result<_, _>>()?, sink))),
        };
        Ok(match blocking(work, checking).await?? {
            Ok((passed, sink)) => Checked::Ready(Ready { sink, passed }),
            Err(withheld) => withheld,
        })
    }
}

impl Ready {
    pub fn is_empty(&self) -> bool {
        self.passed.is_empty()
    }

    /// Gives all documents their names. It is the run's last deed: neither deadline nor signal is heard.
    ///
    /// # Errors
    /// [`DocumentsError`]; then nothing is published.
    pub async fn publish(self) -> Result<(Vec<Document>, Receipt), DocumentsError> {
        let Some(sink) = self.sink else { return Ok(Default::default()) };
        let documents = self.passed.iter().map(|passed| passed.document.clone()).collect();
        let receipt = detached(move || sink.commit(self.passed)).await?;
        Ok((documents, receipt))
    }

    /// Drops all of them.
    pub async fn abort(self) {
        detached(move || drop(self.sink)).await;
    }
}

/// The first document that may not leave, if there is one.
fn inspect(
    work: &Work,
    files: &mut [(String, u64, File)],
    filter: &Filter,
) -> Result<Option<(String, Withheld)>, CheckError> {
    let mut budget = Budget::default();
    for (name, _, file) in files {
        match filter.inspect(work, &Stream::Document(name.clone()), file, &mut budget) {
            Ok(()) => {}
            Err(InspectError::Withheld(withheld)) => return Ok(Some((name.clone(), withheld))),
            Err(InspectError::Over(over)) => return Err(over.into()),
            Err(InspectError::Read(source)) => {
                return Err(DocumentsError::Read { name: name.clone(), source }.into());
            }
        }
    }
    Ok(None)
}

/// What a sink is given of a document that was looked through.
fn pass((name, bytes, mut content): (String, u64, File), work: &Work) -> Result<Passed, CheckError> {
    let sha256 = sha256(&mut content, work).map_err(|error| match error {
        DigestError::Over(over) => CheckError::Over(over),
        DigestError::Read(source) => DocumentsError::Read { name: name.clone(), source }.into(),
    })?;
    content.sync_all().map_err(|source| DocumentsError::Write { name: name.clone(), source })?;
    Ok(Passed { document: Document::new(name, bytes, sha256), content })
}

impl wit::Host for State {
    async fn create(&mut self, name: String) -> wasmtime::Result<Result<Resource<DynOutputStream>, wit::Error>> {
        match self.documents.create(&name).await {
            Ok(stream) => {
                let stream: DynOutputStream = Box::new(stream);
                Ok(Ok(self.table.push(stream)?))
            }
            Err(error) => Ok(Err(error)),
        }
    }
}
