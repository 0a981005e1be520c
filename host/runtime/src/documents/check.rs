//! Looks through the documents of a run when they are complete, and publishes those that may leave.

use std::fs::File;

use super::document::{DigestError, Document, sha256};
use super::error::{CheckError, DocumentsError};
use super::sink::{OpenSink, Passed, Receipt};
use um_base::{Work, blocking, detached};
use um_leak::{Budget, Filter, InspectError, Stream, Withheld};

/// Bytes that a run has written into a document, complete.
pub(crate) struct Written {
    pub name: String,
    pub bytes: u64,
    pub content: File,
}

/// Whether the documents of a run may leave.
pub(crate) enum Checked {
    Cleared(Cleared),
    /// None may, because of this one.
    Withheld {
        document: String,
        reason: String,
    },
}

/// Documents that may leave, and without a name yet that anybody could open. Dropping it removes them.
#[derive(Default)]
pub(crate) struct Cleared {
    sink: Option<OpenSink>,
    /// In the order of creation.
    passed: Vec<Passed>,
}

impl Cleared {
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
        discard(self.sink).await;
    }
}

/// Drops what has been written so far, which takes a thread's time if there is any.
pub(crate) async fn discard(sink: Option<OpenSink>) {
    if let Some(sink) = sink {
        detached(move || drop(sink)).await;
    }
}

/// Looks through documents and flushes them to the disk, in the time and memory that the run still has.
///
/// # Errors
/// [`CheckError`]; then nothing is left of them.
pub(crate) async fn check(
    mut written: Vec<Written>,
    sink: Option<OpenSink>,
    filter: Filter,
    work: &Work,
) -> Result<Checked, CheckError> {
    let own = work.clone();
    let checking = move || match inspect(&own, &mut written, &filter)? {
        Some((document, withheld)) => Ok(Checked::Withheld { document, reason: withheld.to_string() }),
        None => {
            let passed = written.into_iter().map(|document| pass(document, &own)).collect::<Result<_, CheckError>>()?;
            Ok(Checked::Cleared(Cleared { sink, passed }))
        }
    };
    blocking(work, checking).await?
}

/// The first document that may not leave, if there is one.
fn inspect(work: &Work, written: &mut [Written], filter: &Filter) -> Result<Option<(String, Withheld)>, CheckError> {
    let mut budget = Budget::default();
    for Written { name, content, .. } in written {
        let ready = filter.ready_here(work)?;
        match ready.inspect(work, &Stream::Document(name.clone()), content, &mut budget) {
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
fn pass(written: Written, work: &Work) -> Result<Passed, CheckError> {
    let Written { name, bytes, mut content } = written;
    let sha256 = sha256(&mut content, work).map_err(|error| match error {
        DigestError::Over(over) => CheckError::Over(over),
        DigestError::Read(source) => DocumentsError::Read { name: name.clone(), source }.into(),
    })?;
    content.sync_all().map_err(|source| DocumentsError::Write { name: name.clone(), source })?;
    Ok(Passed { document: Document::new(name, bytes, sha256), content })
}
