//! Where the documents of a run are to go.

use std::path::{Path, PathBuf};

use super::directory::DirectorySink;
use super::error::CheckError;
use super::sink::{DocumentSink, OpenSink};
use um_base::{Work, blocking};
use um_secret::RunId;

/// Where the documents of a run are to go.
pub(crate) enum Destination {
    Directory(PathBuf),
    Sink(Box<dyn DocumentSink>),
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
