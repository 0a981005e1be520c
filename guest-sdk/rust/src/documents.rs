//! Files that the action publishes: they appear together when the run has succeeded, or not at all. Those of a run before,
//! in the same place, are gone then.
//!
//! ```no_run
//! use std::io::Write;
//! use um_action::documents;
//!
//! documents::write("summary.txt", "60 contacts\n")?;
//!
//! // Row by row, without holding the whole in memory:
//! let mut file = documents::create("contacts.csv")?;
//! writeln!(file, "name,company")?;
//! writeln!(file, "Ada Lovelace,Analytical Engines")?;
//! file.finish()?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! In text (UTF-8 without NUL, and no PDF) um-host masks the values of secrets. In anything else it cannot: a document of
//! another kind with a value in it, in a zip or a PDF too, and the run fails and none of its documents is published.

use std::fmt;
use std::io::{self, Write};

use crate::bindings::um::action::documents as host;
use crate::bindings::wasi::io::streams::{OutputStream, StreamError};
use crate::shown::shown;

/// Publishes a document in one go.
///
/// # Errors
/// [`Error`] as for [`create`], and when the bytes could not be written, for example past the run's limit on their size.
pub fn write(name: &str, bytes: impl AsRef<[u8]>) -> Result<(), Error> {
    let mut document = create(name)?;
    let written = document.write_all(bytes.as_ref()).and_then(|()| document.finish());
    written.map_err(|error| Error { name: name.to_owned(), reason: Reason::Write(error.to_string()) })
}

/// Starts a document. `name` is a plain file name, or up to eight of them with `/` between, as in `2026/10/report.pdf`.
///
/// # Errors
/// [`Error`] when the name is not fit or holds a secret, when the run has created a document of this name already, or one
/// where a directory of the other would be, or when it has created as many as it may.
pub fn create(name: &str) -> Result<Document, Error> {
    match host::create(name) {
        Ok(stream) => Ok(Document { stream }),
        Err(error) => {
            let reason = match error {
                host::Error::InvalidName => Reason::InvalidName,
                host::Error::Exists => Reason::Exists,
                host::Error::Limit => Reason::Limit,
                host::Error::Unavailable => Reason::Unavailable,
            };
            Err(Error { name: name.to_owned(), reason })
        }
    }
}

/// A document that is being written. It is complete when it is dropped; [`finish`](Self::finish) also tells whether
/// everything arrived.
pub struct Document {
    stream: OutputStream,
}

impl Document {
    /// Completes the document.
    ///
    /// # Errors
    /// When bytes written before did not arrive.
    pub fn finish(mut self) -> io::Result<()> {
        self.flush()
    }
}

/// Unbuffered: every call goes to the host. Wrap it in [`std::io::BufWriter`] for many small writes.
impl Write for Document {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.is_empty() {
            return Ok(0);
        }
        loop {
            let room = usize::try_from(self.stream.check_write().map_err(failure)?).unwrap_or(usize::MAX);
            if room > 0 {
                let accepted = &bytes[..room.min(bytes.len())];
                self.stream.write(accepted).map_err(failure)?;
                return Ok(accepted.len());
            }
            self.stream.subscribe().block();
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.blocking_flush().map_err(failure)
    }
}

fn failure(error: StreamError) -> io::Error {
    match error {
        StreamError::Closed => io::Error::new(io::ErrorKind::BrokenPipe, "the document is closed"),
        StreamError::LastOperationFailed(error) => io::Error::other(error.to_debug_string()),
    }
}

/// Why a document was not published, and which.
#[derive(Clone, PartialEq, Eq)]
pub struct Error {
    name: String,
    reason: Reason,
}

/// Why a document was not published.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// Not 1 to 8 plain file names of 1 to 255 bytes with `/` between, or one that holds a secret.
    InvalidName,
    /// The run has created a document of this name already, or one that stands where the other needs a directory.
    Exists,
    /// The run's limit on the number of documents is reached.
    Limit,
    /// The run was started without a place for documents, or the host could not write there; then the run fails as the
    /// host's, whatever becomes of this.
    Unavailable,
    /// The bytes did not all arrive; the host's words.
    Write(String),
}

impl Error {
    /// What to decide on; the message is for people.
    pub fn reason(&self) -> &Reason {
        &self.reason
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = shown(&self.name);
        match &self.reason {
            Reason::InvalidName => write!(
                f,
                "`{name}` cannot name a document: use a plain file name of 1 to 255 bytes, or up to 8 with `/` between, \
                 without a secret or anything invisible in it, of which none begins with a dot, hyphen, tilde or blank or \
                 ends with a dot or blank"
            ),
            Reason::Exists => write!(
                f,
                "this run has created the document `{name}` already, or one that stands where the other needs a directory; \
                 use another name"
            ),
            Reason::Limit => {
                write!(f, "the document `{name}` is one too many for this run; write fewer, or raise the limit")
            }
            Reason::Unavailable => write!(
                f,
                "the document `{name}` has nowhere to go: this run was started without `um-host run --documents DIR`, \
                 or the host could not write to DIR"
            ),
            Reason::Write(words) => write!(f, "the document `{name}` could not be written: {words}"),
        }
    }
}

/// The message: a `main` that returns an error shows it by `Debug`.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_that_has_no_place_is_told_with_both_reasons() {
        let words = Error { name: "a.csv".to_owned(), reason: Reason::Unavailable }.to_string();
        assert!(words.contains("`a.csv`") && words.contains("without `um-host run --documents DIR`"), "{words}");
        assert!(words.contains("could not write"), "{words}");
    }
}
