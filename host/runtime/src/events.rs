//! Output as it comes: pieces, each with its run.

use std::io::{self, Write};
use std::sync::Arc;

use jiff::Timestamp;

use um_leak::Stream;
use um_secret::RunId;

/// A piece of what a run puts out, filtered.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct OutputEvent {
    /// The run that it is of.
    pub run: RunId,
    /// [`Stream::Stdout`] or [`Stream::Stderr`].
    pub stream: Stream,
    /// When it was handed on: what may be the beginning of a secret is held back until that is clear.
    pub at: Timestamp,
    /// As they come: lines and characters may be divided anywhere.
    pub bytes: Vec<u8>,
}

type Listener = Arc<dyn Fn(OutputEvent) -> io::Result<()> + Send + Sync>;

/// A writer that tells what is written.
pub(super) struct Events {
    run: RunId,
    stream: Stream,
    listener: Listener,
}

impl Events {
    pub fn new(run: RunId, stream: Stream, listener: Listener) -> Self {
        Self { run, stream, listener }
    }
}

impl Write for Events {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let (run, stream) = (self.run.clone(), self.stream.clone());
        (self.listener)(OutputEvent { run, stream, at: Timestamp::now(), bytes: bytes.to_vec() })?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
