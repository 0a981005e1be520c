//! Why documents cannot be kept.

use std::error::Error;
use std::io;
use std::path::PathBuf;

use um_base::Over;
use um_base::coded;
use um_leak::InspectError;

/// Why a run's documents cannot be taken or published. Never the guest's doing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "what each is stands in its message")]
pub enum DocumentsError {
    #[error("the documents path `{}` is not a directory", path.display())]
    NotADirectory { path: PathBuf },
    #[error("the documents directory `{}` holds `{name}`, which no run has published there", path.display())]
    Foreign { path: PathBuf, name: String },
    #[error(
        "the documents directory `{}` holds `{name}`, which was changed after a run had published it",
        path.display()
    )]
    Changed { path: PathBuf, name: String },
    #[error(
        "the file system of `{}` cannot put new documents in the place of those of an earlier run in one step ({source})",
        path.display()
    )]
    NoExchange { path: PathBuf, source: io::Error },
    #[error("the documents directory `{}` cannot be used: {source}", path.display())]
    Prepare { path: PathBuf, source: io::Error },
    #[error("the document `{name}` could not be written: {source}; none of the run's documents was published")]
    Write { name: String, source: io::Error },
    #[error("the document `{name}` could not be read back: {source}; none of the run's documents was published")]
    Read { name: String, source: io::Error },
    #[error("the documents could not be published to `{}`: {source}; none of them is there", path.display())]
    Publish { path: PathBuf, source: io::Error },
    /// Of a sink that somebody else has written.
    #[error("the documents could not be published: {0}")]
    Sink(#[source] Box<dyn Error + Send + Sync>),
}

coded! { DocumentsError:
    Self::NotADirectory { .. } => Invalid "documents-not-a-directory",
    Self::Foreign { .. } => Conflict "documents-foreign",
    Self::Changed { .. } => Conflict "documents-changed",
    Self::NoExchange { .. } => Unsupported "documents-no-exchange",
    Self::Prepare { .. } => Unavailable "documents-unusable",
    Self::Write { .. } => Unavailable "document-unwritable",
    Self::Read { .. } => Unavailable "document-unreadable" of InspectError,
    Self::Publish { .. } => Unavailable "documents-unpublished",
    Self::Sink(_) => Unavailable "documents-sink",
}

/// Why something was not done with documents, in the time of a run.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CheckError {
    #[error(transparent)]
    Over(#[from] Over),
    #[error(transparent)]
    Documents(#[from] DocumentsError),
}
