//! The way out for bytes: from a guest's stream through the leak filter to whoever reads it.
//!
//! Standard output, standard error and documents all leave by a [`Pipe`]. It counts what the guest writes against a
//! limit before the filter, filters, and hands on to a sink that does not block the guest's thread: an embedder's writer
//! has a thread of its own and a queue of bounded size, and the guest waits when the queue is full.

use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;
use zeroize::{Zeroize, Zeroizing};

use super::queue::{Backlog, Queue, Writers};
use crate::limits::table::Limit;
use crate::tripwire::{RunOver, Stop, Tripwire};
use um_base::Over;
use um_leak::{End, Filter, Ready, Redactor, Stream};

/// Most bytes that a guest may hand over in one write.
pub(super) const WRITE_BYTES: usize = 64 * 1024;

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
    filter: Filter,
    allowance: Allowance,
    tripwire: Tripwire,
}

struct State {
    redactor: Redactor,
    /// What the guest had leave to write, and wrote when it had got one more value: it waits until the filter is ready, and
    /// the guest with it. At most one write.
    waiting: Zeroizing<Vec<u8>>,
    /// Filtered bytes on their way to the sink; empty between calls.
    filtered: Vec<u8>,
    sink: Sink,
    written: u64,
    open: bool,
    /// How the guest ended the stream, as long as that is to be done.
    ending: Option<End>,
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
        (filter, stream): (&Filter, Stream),
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
        Self::to(sink, (filter, stream), allowance, tripwire)
    }

    /// A pipe to the file of a document.
    pub fn to_file(way: (&Filter, Stream), file: File, allowance: Allowance, tripwire: Tripwire) -> Self {
        Self::to(Sink::File(file, Ok(())), way, allowance, tripwire)
    }

    fn to(sink: Sink, (filter, stream): (&Filter, Stream), allowance: Allowance, tripwire: Tripwire) -> Self {
        let (redactor, filter) = (filter.stream(stream), filter.clone());
        let (waiting, filtered) = Default::default();
        let state = State { redactor, waiting, filtered, sink, written: 0, open: true, ending: None };
        Self(Arc::new(Shared { state: Mutex::new(state), filter, allowance, tripwire }))
    }

    /// Ends the stream and hands on what is still held; the guest may have ended it before, as it chose to. Later writes
    /// are refused. Only where nothing is held need the filter not be ready.
    pub fn finish(&self, end: End, ready: Option<Ready<'_>>) {
        let mut state = self.state();
        if std::mem::replace(&mut state.open, false) {
            state.ending = Some(end);
        }
        state.end(ready);
    }

    /// The guest has ended the stream. What cannot be told yet from a value stays until [`finish`](Self::finish).
    pub(super) fn end(&self) {
        let mut state = self.state();
        if std::mem::replace(&mut state.open, false) {
            state.ending = Some(End::Chosen);
            let ready = self.0.filter.if_ready();
            if ready.is_some() || state.is_settled() {
                state.end(ready);
            }
        }
    }

    /// Whether nothing is held of what was written.
    pub fn is_settled(&self) -> bool {
        self.state().is_settled()
    }

    /// What has come out. The stream must be finished.
    ///
    /// # Errors
    /// What kept a file from being written.
    pub fn finished(&self) -> io::Result<Finished> {
        let mut state = self.state();
        debug_assert!(!state.open && state.ending.is_none(), "a pipe is finished before it is asked for what came out");
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

    /// Whether the guest may still write.
    pub(super) fn is_open(&self) -> bool {
        self.state().open
    }

    /// What has come out into a file from `offset` on, at most [`WRITE_BYTES`]; nothing if it could not be written.
    ///
    /// # Errors
    /// What keeps the file from being read.
    pub(super) fn read(&self, offset: u64) -> io::Result<Option<Vec<u8>>> {
        let state = self.state();
        let Sink::File(file, Ok(())) = &state.sink else { return Ok(None) };
        let mut bytes = vec![0; WRITE_BYTES];
        let length = file.read_at(&mut bytes, offset)?;
        bytes.truncate(length);
        Ok(Some(bytes))
    }

    pub(super) fn write(&self, bytes: &[u8]) -> Result<(), RunOver> {
        let mut state = self.state();
        if !state.open {
            return Err(RunOver);
        }
        let allowed = self.0.allowance.take(bytes.len());
        state.take(&bytes[..allowed], self.0.filter.if_ready());
        if allowed < bytes.len() {
            self.0.tripwire.trip(Stop::Limit(self.0.allowance.limit));
            return Err(RunOver);
        }
        Ok(())
    }

    /// How much may be written now; 0 while the queue is full, or forms of values are to be made before.
    pub(super) fn room(&self) -> Result<usize, RunOver> {
        // Else a guest that waits for room would be told for ever that there is none.
        self.0.tripwire.work().step().map_err(|_| RunOver)?;
        let mut state = self.state();
        let Some(ready) = self.0.filter.if_ready() else { return Ok(0) };
        state.take(&[], Some(ready));
        Ok(match &state.sink {
            Sink::Queue(queue) if queue.is_full() => 0,
            _ => WRITE_BYTES,
        })
    }

    /// Waits until there is room.
    ///
    /// # Errors
    /// [`Over`]: the run is, and there will be none.
    pub(super) async fn ready(&self) -> Result<(), Over> {
        let backlog = match &self.state().sink {
            Sink::Queue(queue) => Some(queue.backlog()),
            _ => None,
        };
        if let Some(backlog) = backlog {
            backlog.room().await;
        }
        self.0.filter.ready(self.0.tripwire.work()).await?;
        Ok(())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic under the lock is caught with the run; what the filter holds is then masked by `End::Cut`.
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Takes what was written, behind what waits.
    fn take(&mut self, bytes: &[u8], ready: Option<Ready<'_>>) {
        let Some(ready) = ready else { return self.wait(bytes) };
        for bytes in [&self.waiting[..], bytes] {
            self.redactor.write(ready, bytes, &mut self.filtered);
        }
        if !self.waiting.is_empty() {
            self.waiting.zeroize();
        }
        self.deliver();
    }

    fn wait(&mut self, bytes: &[u8]) {
        let length = self.waiting.len() + bytes.len();
        if length > self.waiting.capacity() {
            // `Vec` would free its old buffer unwiped.
            let mut larger = Zeroizing::new(Vec::with_capacity(length.max(WRITE_BYTES)));
            larger.extend_from_slice(&self.waiting);
            self.waiting = larger;
        }
        self.waiting.extend_from_slice(bytes);
    }

    fn end(&mut self, ready: Option<Ready<'_>>) {
        let Some(end) = self.ending.take() else { return };
        match ready {
            Some(ready) => {
                self.take(&[], Some(ready));
                self.redactor.close(end, ready, &mut self.filtered);
            }
            None => self.redactor.cut(&mut self.filtered),
        }
        self.waiting.zeroize();
        self.deliver();
        if let Sink::Queue(queue) = &mut self.sink {
            queue.close();
        }
    }

    fn is_settled(&self) -> bool {
        self.redactor.held() == 0 && self.waiting.is_empty()
    }

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
