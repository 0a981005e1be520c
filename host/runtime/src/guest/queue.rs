//! The thread that writes a run's output for its embedder.
//!
//! One thread for both streams of a run, so that their writes reach a shared terminal or file in the guest's own order.
//! It is not one of a pool: a writer may block for as long as its reader likes, and nobody else must wait for that.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use tokio::sync::{Notify, mpsc, oneshot};

use crate::tripwire::{Stop, Tripwire};
use um_base::is_gone;

/// Most bytes that wait for a slow reader before the guest waits too.
const QUEUE_BYTES: usize = 256 * 1024;

/// The writers of one run, until they are started.
pub(crate) struct Writers {
    writers: Vec<Writer>,
    sender: mpsc::UnboundedSender<Piece>,
    receiver: mpsc::UnboundedReceiver<Piece>,
    backlog: Arc<Backlog>,
}

/// What is to be written, and by which of the writers.
struct Piece {
    writer: usize,
    bytes: Vec<u8>,
}

struct Writer {
    writer: Box<dyn Write + Send>,
    result: io::Result<()>,
    report: oneshot::Sender<io::Result<()>>,
}

/// A pipe's end of the queue to its writer.
pub(crate) struct Queue {
    writer: usize,
    sender: Option<mpsc::UnboundedSender<Piece>>,
    backlog: Arc<Backlog>,
    written: oneshot::Receiver<io::Result<()>>,
}

/// How much waits to be written.
#[derive(Default)]
pub(crate) struct Backlog {
    bytes: AtomicUsize,
    drained: Notify,
    given_up: AtomicBool,
}

impl Writers {
    pub fn new() -> Self {
        let (sender, receiver) = mpsc::unbounded_channel();
        Self { writers: Vec::new(), sender, receiver, backlog: Arc::default() }
    }

    pub fn add(&mut self, writer: Box<dyn Write + Send>) -> Queue {
        let (report, written) = oneshot::channel();
        self.writers.push(Writer { writer, result: Ok(()), report });
        let (writer, backlog) = (self.writers.len() - 1, Arc::clone(&self.backlog));
        Queue { writer, sender: Some(self.sender.clone()), backlog, written }
    }

    /// Starts to write. It ends, and each writer reports, when all queues are closed.
    ///
    /// # Errors
    /// If the system has no room for one more thread.
    pub fn start(self, tripwire: Tripwire) -> io::Result<()> {
        let Self { mut writers, sender, mut receiver, backlog } = self;
        drop(sender);
        if writers.is_empty() {
            return Ok(());
        }
        let write = move || {
            while let Some(Piece { writer, bytes }) = receiver.blocking_recv() {
                if !backlog.given_up.load(Ordering::Acquire) {
                    writers[writer].write(&bytes, &tripwire);
                }
                backlog.bytes.fetch_sub(bytes.len(), Ordering::Release);
                backlog.drained.notify_waiters();
            }
            for writer in writers {
                // Nobody waits any more for a run that was dropped.
                let _ = writer.report.send(writer.result);
            }
        };
        thread::Builder::new().name("um-host output".to_owned()).spawn(write).map(drop)
    }
}

impl Writer {
    /// The first error stays.
    fn write(&mut self, bytes: &[u8], tripwire: &Tripwire) {
        if self.result.is_err() {
            return;
        }
        self.result = self.writer.write_all(bytes).and_then(|()| self.writer.flush());
        if self.result.as_ref().is_err_and(is_gone) {
            tripwire.trip(Stop::OutputClosed);
        }
    }
}

impl Queue {
    pub fn push(&self, bytes: Vec<u8>) {
        self.backlog.bytes.fetch_add(bytes.len(), Ordering::Acquire);
        if let Some(sender) = &self.sender {
            // Without a receiver the writers have failed, which their missing reports tell.
            let _ = sender.send(Piece { writer: self.writer, bytes });
        }
    }

    pub fn close(&mut self) {
        self.sender = None;
    }

    pub fn is_full(&self) -> bool {
        self.backlog.is_full()
    }

    pub fn backlog(&self) -> Arc<Backlog> {
        Arc::clone(&self.backlog)
    }

    /// What the writer reports when all queues of the run are closed.
    pub fn written(self) -> oneshot::Receiver<io::Result<()>> {
        self.written
    }
}

impl Backlog {
    /// Nothing of what still waits is written: nobody waits for it any more.
    pub fn give_up(&self) {
        self.given_up.store(true, Ordering::Release);
    }

    fn is_full(&self) -> bool {
        self.bytes.load(Ordering::Acquire) >= QUEUE_BYTES
    }

    /// Waits until there is room.
    pub async fn room(&self) {
        loop {
            let drained = self.drained.notified();
            if !self.is_full() {
                return;
            }
            drained.await;
        }
    }
}
