//! The way out for bytes: from a guest's stream through the leak filter to whoever reads it.
//!
//! Standard output, standard error and documents all leave by a [`Pipe`]. It counts what the guest writes against a
//! limit before the filter, filters, and hands on to a sink that does not block the guest's thread: an embedder's writer
//! has a thread of its own and a queue of bounded size, and the guest waits when the queue is full.

use std::fs::File;
use std::io::{self, Write};
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use tokio::sync::oneshot;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamError, StreamResult};
use zeroize::Zeroize;

use super::queue::{Backlog, Queue, Writers};
use crate::limits::table::Limit;
use crate::tripwire::{RunOver, Stop, Tripwire};
use um_leak::{End, Redactor};

/// Most bytes that a guest may hand over in one write.
const WRITE_BYTES: usize = 64 * 1024;

/// Where a guest's output goes.
#[derive(Default)]
#[non_exhaustive]
pub enum Output {
    /// Into the outcome.
    #[default]
    Collect,
    /// Nowhere; leaks are counted all the same.
    Discard,
    /// To a writer, as it comes. It is written to and flushed on a thread of its own.
    Writer(Box<dyn Write + Send>),
}

/// A limit that several pipes of one run share: the bytes of all documents together.
#[derive(Clone)]
pub(crate) struct Allowance {
    limit: Limit,
    left: Arc<AtomicU64>,
}

impl Allowance {
    pub fn new(limit: Limit, bytes: u64) -> Self {
        Self { limit, left: Arc::new(AtomicU64::new(bytes)) }
    }

    /// Takes up to `wanted` bytes and tells how many there were.
    fn take(&self, wanted: usize) -> usize {
        let mut taken = 0;
        let _ = self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
            taken = left.min(wanted as u64);
            Some(left - taken)
        });
        usize::try_from(taken).unwrap_or(wanted)
    }
}

/// One way out. Clones are handles to the same.
#[derive(Clone)]
pub(crate) struct Pipe(Arc<Shared>);

struct Shared {
    state: Mutex<State>,
    allowance: Allowance,
    tripwire: Tripwire,
}

struct State {
    redactor: Redactor,
    /// Filtered bytes on their way to the sink; empty between calls.
    filtered: Vec<u8>,
    sink: Sink,
    written: u64,
    open: bool,
}

enum Sink {
    Collect(Vec<u8>),
    Discard,
    Queue(Queue),
    /// Written at once, into the page cache; the first error stays.
    File(File, io::Result<()>),
}

/// What has come out of a finished pipe.
pub(crate) struct Finished {
    pub collected: Vec<u8>,
    /// Bytes after the filter.
    pub bytes: u64,
    /// The file of a document, to be synced.
    pub file: Option<File>,
    /// What an embedder's writer has not taken yet.
    pub rest: Option<Rest>,
}

/// The rest of a stream, on its way to an embedder's writer. Nothing more of it is written once this is dropped.
pub(crate) struct Rest {
    written: oneshot::Receiver<io::Result<()>>,
    backlog: Arc<Backlog>,
}

impl Rest {
    /// Waits until everything has been written.
    ///
    /// # Errors
    /// What the writer met first.
    pub async fn written(&mut self) -> io::Result<()> {
        (&mut self.written).await.map_err(|_| io::Error::other("the writer panicked"))?
    }
}

impl Drop for Rest {
    fn drop(&mut self) {
        self.backlog.give_up();
    }
}

impl Pipe {
    /// A pipe to an output; `writers` has those that are written to, in the order in which the guest writes.
    pub fn new(
        redactor: Redactor,
        output: Output,
        allowance: Allowance,
        tripwire: Tripwire,
        writers: &mut Writers,
    ) -> Self {
        let sink = match output {
            Output::Collect => Sink::Collect(Vec::new()),
            Output::Discard => Sink::Discard,
            Output::Writer(writer) => Sink::Queue(writers.add(writer)),
        };
        Self::to(sink, redactor, allowance, tripwire)
    }

    pub fn to_file(redactor: Redactor, file: File, allowance: Allowance, tripwire: Tripwire) -> Self {
        Self::to(Sink::File(file, Ok(())), redactor, allowance, tripwire)
    }

    fn to(sink: Sink, redactor: Redactor, allowance: Allowance, tripwire: Tripwire) -> Self {
        let state = State { redactor, filtered: Vec::new(), sink, written: 0, open: true };
        Self(Arc::new(Shared { state: Mutex::new(state), allowance, tripwire }))
    }

    /// Ends the stream and hands on what the filter still holds. Later writes are refused.
    pub fn finish(&self, end: End) {
        let mut state = self.state();
        if std::mem::replace(&mut state.open, false) {
            let State { redactor, filtered, .. } = &mut *state;
            redactor.finish(end, filtered);
            state.deliver();
            if let Sink::Queue(queue) = &mut state.sink {
                queue.close();
            }
        }
    }

    /// What has come out. The stream must be finished.
    ///
    /// # Errors
    /// What kept a file from being written.
    pub fn finished(&self) -> io::Result<Finished> {
        let mut state = self.state();
        debug_assert!(!state.open, "a pipe is finished before it is asked for what came out");
        let mut finished = Finished { collected: Vec::new(), bytes: state.written, file: None, rest: None };
        match std::mem::replace(&mut state.sink, Sink::Discard) {
            Sink::Collect(bytes) => finished.collected = bytes,
            Sink::Discard => {}
            Sink::Queue(queue) => finished.rest = Some(Rest { backlog: queue.backlog(), written: queue.written() }),
            Sink::File(written, result) => {
                result?;
                finished.file = Some(written);
            }
        }
        Ok(finished)
    }

    fn write(&self, bytes: &[u8]) -> Result<(), RunOver> {
        let mut state = self.state();
        if !state.open {
            return Err(RunOver);
        }
        let allowed = self.0.allowance.take(bytes.len());
        let State { redactor, filtered, .. } = &mut *state;
        redactor.write(&bytes[..allowed], filtered);
        state.deliver();
        if allowed < bytes.len() {
            self.0.tripwire.trip(Stop::Limit(self.0.allowance.limit));
            return Err(RunOver);
        }
        Ok(())
    }

    /// How much may be written now; 0 while the queue is full.
    fn room(&self) -> usize {
        match &self.state().sink {
            Sink::Queue(queue) if queue.is_full() => 0,
            _ => WRITE_BYTES,
        }
    }

    /// Waits until there is room.
    async fn ready(&self) {
        let backlog = match &self.state().sink {
            Sink::Queue(queue) => queue.backlog(),
            _ => return,
        };
        backlog.room().await;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic under the lock is caught with the run; what the filter holds is then masked by `End::Cut`.
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn deliver(&mut self) {
        if self.filtered.is_empty() {
            return;
        }
        self.written += self.filtered.len() as u64;
        match &mut self.sink {
            Sink::Collect(bytes) => bytes.append(&mut self.filtered),
            Sink::Discard => self.filtered.clear(),
            Sink::Queue(queue) => queue.push(std::mem::take(&mut self.filtered)),
            Sink::File(file, result) => {
                if result.is_ok() {
                    *result = file.write_all(&self.filtered);
                }
                self.filtered.clear();
            }
        }
    }
}

impl Drop for State {
    fn drop(&mut self) {
        self.filtered.zeroize();
    }
}

/// Standard output or standard error as the engine wants it.
pub(crate) struct Stdio {
    pub pipe: Pipe,
}

impl IsTerminal for Stdio {
    /// Never: what a guest writes goes through the filter first.
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Stdio {
    fn async_stream(&self) -> Box<dyn tokio::io::AsyncWrite + Send + Sync> {
        Box::new(AsyncEnd { pipe: self.pipe.clone(), waiting: None })
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(StreamEnd { pipe: self.pipe.clone(), permit: 0, finish_on_drop: false })
    }
}

/// A guest's handle to a pipe, as an output stream of WASI 0.2.
pub(crate) struct StreamEnd {
    pipe: Pipe,
    /// How much the guest may write before it asks again.
    permit: usize,
    /// Whether the pipe has no other handle, so that its end is the stream's end.
    finish_on_drop: bool,
}

impl StreamEnd {
    /// The one handle to a pipe: dropping it ends the stream.
    pub fn only(pipe: Pipe) -> Self {
        Self { pipe, permit: 0, finish_on_drop: true }
    }
}

impl OutputStream for StreamEnd {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        if bytes.len() > self.permit {
            return Err(StreamError::trap("the guest wrote more than it had leave to"));
        }
        self.permit -= bytes.len();
        self.pipe.write(&bytes).map_err(|over| StreamError::Trap(over.into()))
    }

    fn flush(&mut self) -> StreamResult<()> {
        // A flush would tell the filter nothing: what it holds may be the beginning of a secret.
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        self.permit = self.pipe.room();
        Ok(self.permit)
    }
}

#[async_trait::async_trait]
impl Pollable for StreamEnd {
    async fn ready(&mut self) {
        self.pipe.ready().await;
    }
}

impl Drop for StreamEnd {
    fn drop(&mut self) {
        if self.finish_on_drop {
            self.pipe.finish(End::Chosen);
        }
    }
}

/// A guest's handle to a pipe, as a byte stream of WASI 0.3.
struct AsyncEnd {
    pipe: Pipe,
    waiting: Option<Pin<Box<dyn Future<Output = ()> + Send + Sync>>>,
}

impl tokio::io::AsyncWrite for AsyncEnd {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.pipe.room() == 0 && self.waiting.is_none() {
            let pipe = self.pipe.clone();
            self.waiting = Some(Box::pin(async move { pipe.ready().await }));
        }
        if let Some(waiting) = &mut self.waiting {
            ready!(waiting.as_mut().poll(context));
            self.waiting = None;
        }
        let bytes = &bytes[..bytes.len().min(WRITE_BYTES)];
        Poll::Ready(self.pipe.write(bytes).map(|()| bytes.len()).map_err(io::Error::other))
    }

    fn poll_flush(self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
