//! `um:action/documents`: what a guest publishes, from its creation until all of it has been looked through.

use std::fs::File;

use wasmtime::component::{HasData, Linker, Resource, ResourceTable};
use wasmtime_wasi::p2::DynOutputStream;

use super::bindings::um::action::documents as wit;
use super::pipe::{Allowance, Pipe};
use super::stream_end::StreamEnd;
use crate::documents::check::{Checked, Cleared, Written, check, discard};
use crate::documents::error::{CheckError, DocumentsError};
use crate::documents::name::{Names, is_fit};
use crate::documents::sink::OpenSink;
use crate::limits::table::{Limit, Limits};
use crate::tripwire::Tripwire;
use um_base::{Work, blocking};
use um_leak::{End, Filter, Ready, Stream};

/// The documents of one run.
pub(crate) struct Documents {
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
        let ready = self.filter.ready(self.tripwire.work()).await.map_err(|_| wit::Error::Unavailable)?;
        if !is_fit(name) || shown(ready, name) != name {
            return Err(wit::Error::InvalidName);
        }
        if !self.names.is_free(name) {
            return Err(wit::Error::Exists);
        }
        if self.staged.len() as u64 >= self.at_most {
            return Err(wit::Error::Limit);
        }
        let file = self.file(name).await.ok_or(wit::Error::Unavailable)?;
        let way = (&self.filter, Stream::Document(name.to_owned()));
        let pipe = Pipe::to_file(way, file, self.allowance.clone(), self.tripwire.clone());
        self.names.add(name);
        self.staged.push(Staged { name: name.to_owned(), pipe: pipe.clone() });
        Ok(StreamEnd::only(pipe))
    }

    /// What a document that is complete holds from `offset` on.
    async fn read(&mut self, name: &str, offset: u64) -> Result<Vec<u8>, wit::ReadError> {
        let staged = self.staged.iter().find(|staged| staged.name == name).ok_or(wit::ReadError::NotFound)?;
        if staged.pipe.is_open() {
            return Err(wit::ReadError::Unfinished);
        }
        let unavailable = |_| wit::ReadError::Unavailable;
        let ready = self.filter.ready(self.tripwire.work()).await.map_err(unavailable)?;
        // The guest has ended it; what was held of it until the filter was ready is told now.
        staged.pipe.finish(End::Chosen, Some(ready));
        match staged.pipe.read(offset) {
            Ok(bytes) => bytes.ok_or(wit::ReadError::Unavailable),
            Err(source) => {
                self.failure.get_or_insert(DocumentsError::Read { name: name.to_owned(), source });
                Err(wit::ReadError::Unavailable)
            }
        }
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
    pub fn finish(&self, end: End, ready: Option<Ready<'_>>) {
        self.staged.iter().for_each(|staged| staged.pipe.finish(end, ready));
    }

    /// Whether nothing is held of what was written into them.
    pub fn are_settled(&self) -> bool {
        self.staged.iter().all(|staged| staged.pipe.is_settled())
    }

    /// Why the host could not take a document that the guest had created, if that was so. The guest was told no more than
    /// that there is none.
    pub fn failure(&mut self) -> Option<DocumentsError> {
        self.failure.take()
    }

    /// Drops all of them.
    pub async fn abort(self) {
        discard(self.sink).await;
    }

    /// Looks through what was staged and flushes it to the disk, in the time and memory that the run still has.
    ///
    /// # Errors
    /// [`CheckError`]; then nothing is left of it.
    pub async fn check(mut self, work: &Work) -> Result<Checked, CheckError> {
        if self.staged.is_empty() {
            discard(self.sink).await;
            work.step()?;
            return Ok(Checked::Cleared(Cleared::default()));
        }
        let ready = self.filter.ready(work).await?;
        let mut written = Vec::new();
        for Staged { name, pipe } in std::mem::take(&mut self.staged) {
            let document = shown(ready, &name);
            if document != name {
                let reason = "its name holds a secret that the run read after it had created it".to_owned();
                return Ok(Checked::Withheld { document, reason });
            }
            let finished = pipe.finished();
            let finished = finished.map_err(|source| DocumentsError::Write { name: name.clone(), source })?;
            written.extend(finished.file.map(|content| Written { name, bytes: finished.bytes, content }));
        }
        let sink = self.sink.take().filter(|_| !written.is_empty());
        check(written, sink, self.filter.clone(), work).await
    }
}

fn shown(ready: Ready<'_>, name: &str) -> String {
    ready.text(Stream::Document("a document's name".to_owned()), name)
}

/// The documents of a run and the table of what its guest holds, for the time of a call.
pub(crate) struct View<'a> {
    pub documents: &'a mut Documents,
    pub table: &'a mut ResourceTable,
}

struct HasDocuments;

impl HasData for HasDocuments {
    type Data<'a> = View<'a>;
}

/// Links `um:action/documents`.
pub(crate) fn add_to_linker<T: Send + 'static>(
    linker: &mut Linker<T>,
    view: fn(&mut T) -> View<'_>,
) -> wasmtime::Result<()> {
    wit::add_to_linker::<T, HasDocuments>(linker, view)
}

impl wit::Host for View<'_> {
    async fn create(&mut self, name: String) -> wasmtime::Result<Result<Resource<DynOutputStream>, wit::Error>> {
        match self.documents.create(&name).await {
            Ok(stream) => {
                let stream: DynOutputStream = Box::new(stream);
                Ok(Ok(self.table.push(stream)?))
            }
            Err(error) => Ok(Err(error)),
        }
    }

    async fn read(&mut self, name: String, offset: u64) -> wasmtime::Result<Result<Vec<u8>, wit::ReadError>> {
        Ok(self.documents.read(&name, offset).await)
    }
}
