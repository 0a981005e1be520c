//! A connection of HTTP/2 (RFC 9113): many requests at a time, each a stream that ends without the others.
//!
//! Every size that the other side could choose is bounded: heads, frames, what it may send unread, and how many streams
//! it is asked for. A reader that takes its time holds up its own stream alone: the connection's window is as large as
//! those of all its streams together. Server push is off.

mod fault;

use std::future::poll_fn;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hyper::client::conn::http2::{self, SendRequest};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, timeout};

use crate::fields::HEAD_LIMIT;
use crate::request::body::Upload;
use crate::wire::http1::IDLE;
use crate::wire::stream::{Clock, HyperStream, Stream};
use crate::wire::traffic::Wire;

pub(crate) use fault::{fault, is_for_http1, is_unprocessed};

/// Most streams of one connection; the other side may allow fewer.
const STREAMS: usize = 32;
/// Most bytes of a response that are received before somebody reads them.
const STREAM_WINDOW: u32 = 256 * 1024;
/// The same of a connection: its streams cannot use up each other's.
const CONNECTION_WINDOW: u32 = STREAM_WINDOW * STREAMS as u32;
/// Longest frame that the other side may send, in bytes: the shortest limit that can be set (RFC 9113, 4.2).
const FRAME: u32 = 16 * 1024;
/// Most bytes of a request's body that wait for the other side to take them.
const UNSENT: usize = 64 * 1024;
/// Longest head that is decoded, in bytes: twice what is accepted, so that one too long is told from a malformed one.
const DECODED_HEAD: u32 = 2 * HEAD_LIMIT as u32;
/// Most bytes of header fields that are remembered to decode later ones (RFC 7541, 4.2): what the standard starts with.
const HEADER_TABLE: u32 = 4096;
/// Most streams that were reset here and whose late frames are still let pass.
const RESET_STREAMS: usize = STREAMS;

/// Most bytes that one request may bring beside those of its body that are read: the rest of a body that was dropped, and
/// a head.
const UNASKED: u64 = STREAM_WINDOW as u64 + DECODED_HEAD as u64;

/// How long nothing comes while answers are awaited until the other side is asked whether it is still there.
const PING_AFTER: Duration = Duration::from_secs(10);
/// How long it may take to say so. A server that computes an answer may not come to it, so a ping is no stricter than
/// the waits of a request are by default: it is for those who ask for longer ones.
const PONG_WITHIN: Duration = Duration::from_secs(20);
/// How long a connection on which nothing comes is waited for.
pub(crate) const SILENCE: Duration = PING_AFTER.saturating_add(PONG_WITHIN);

/// An open connection. Dropping it closes the socket and ends its tasks.
pub(crate) struct Connection {
    sender: SendRequest<Upload>,
    wire: Arc<Wire>,
    usage: Arc<Usage>,
    tasks: Tasks,
    driver: JoinHandle<()>,
}

/// The right to one request on a connection.
pub(crate) struct Slot {
    connection: Arc<Connection>,
    answered: bool,
}

/// How a connection is used.
struct Usage(Mutex<Counts>);

struct Counts {
    streams: usize,
    /// How many streams the other side allows.
    allowed: usize,
    idle_since: Option<Instant>,
    retired: bool,
}

/// What hyper runs for one connection; nothing runs after [`Tasks::end`].
#[derive(Clone)]
struct Tasks(Arc<Mutex<Option<JoinSet<()>>>>);

impl Connection {
    pub(crate) async fn over(stream: Box<dyn Stream>) -> hyper::Result<Arc<Self>> {
        Self::asking(stream, PING_AFTER, PONG_WITHIN).await
    }

    /// With pings, since nothing else would tell that the other side is gone without a word (RFC 9113, 6.7). A connection
    /// that nobody waits for is not asked: it closes soon.
    async fn asking(stream: Box<dyn Stream>, ping_after: Duration, pong_within: Duration) -> hyper::Result<Arc<Self>> {
        let tasks = Tasks(Arc::new(Mutex::new(Some(JoinSet::new()))));
        let wire = Wire::shared(CONNECTION_WINDOW.into(), UNASKED);
        let (sender, connection) = http2::Builder::new(tasks.clone())
            .initial_max_send_streams(STREAMS)
            .initial_stream_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .max_frame_size(FRAME)
            .max_header_list_size(DECODED_HEAD)
            .header_table_size(HEADER_TABLE)
            .max_send_buf_size(UNSENT)
            .max_concurrent_reset_streams(RESET_STREAMS)
            .timer(Clock)
            .keep_alive_interval(ping_after)
            .keep_alive_timeout(pong_within)
            .handshake(HyperStream::new(stream, &wire))
            .await?;
        let usage = Arc::new(Usage::new());
        let driver = tokio::spawn(drive(connection, usage.clone(), tasks.clone(), IDLE));
        Ok(Arc::new(Self { sender, wire, usage, tasks, driver }))
    }

    /// A place for one more request, unless the connection is full, retired or closed.
    pub(crate) fn slot(self: &Arc<Self>) -> Option<Slot> {
        let open = !self.sender.is_closed() && self.usage.begin();
        open.then(|| Slot { connection: self.clone(), answered: false })
    }

    /// Whether it takes no more requests, now and later.
    pub(crate) fn is_over(&self) -> bool {
        self.sender.is_closed() || self.usage.lock().retired
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.driver.abort();
        self.tasks.end();
    }
}

impl Slot {
    pub(crate) fn sender(&self) -> SendRequest<Upload> {
        self.connection.sender.clone()
    }

    pub(crate) fn wire(&self) -> &Wire {
        &self.connection.wire
    }

    /// The other side has answered: the connection works.
    pub(crate) fn answered(&mut self) {
        self.answered = true;
    }

    /// No more requests go out on this connection; those that are under way go on.
    pub(crate) fn retire(&self) {
        self.connection.usage.lock().retired = true;
    }

    pub(crate) fn is_retired(&self) -> bool {
        !self.answered || self.connection.is_over()
    }
}

/// A connection that left a request without an answer may be dead, which nothing else would tell.
impl Drop for Slot {
    fn drop(&mut self) {
        self.connection.usage.end(!self.answered);
    }
}

impl Usage {
    fn new() -> Self {
        Self(Mutex::new(Counts { streams: 0, allowed: STREAMS, idle_since: None, retired: false }))
    }

    fn begin(&self) -> bool {
        let mut counts = self.lock();
        let room = !counts.retired && counts.streams < counts.allowed.min(STREAMS);
        if room {
            counts.streams += 1;
            counts.idle_since = None;
        }
        room
    }

    fn end(&self, retire: bool) {
        let mut counts = self.lock();
        counts.streams -= 1;
        counts.retired |= retire;
        counts.idle_since = (counts.streams == 0).then(Instant::now);
    }

    /// How long until it has been idle for `keep`.
    fn left(&self, keep: Duration) -> Duration {
        self.lock().idle_since.map_or(keep, |since| keep.saturating_sub(since.elapsed()))
    }

    /// Counts are whole after every statement, so a poisoned lock is as good as any.
    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tasks {
    fn end(&self) {
        drop(self.lock().take());
    }

    fn lock(&self) -> MutexGuard<'_, Option<JoinSet<()>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<F: Future<Output = ()> + Send + 'static> hyper::rt::Executor<F> for Tasks {
    fn execute(&self, task: F) {
        if let Some(running) = self.lock().as_mut() {
            while running.try_join_next().is_some() {}
            running.spawn(task);
        }
    }
}

/// Hands requests to one connection until either side ends it or it has been idle for as long as `keep`. Streams that
/// are under way when the other side wants no more are not ended.
async fn drive(
    connection: http2::Connection<HyperStream, Upload, Tasks>,
    usage: Arc<Usage>,
    tasks: Tasks,
    keep: Duration,
) {
    let mut connection = pin!(connection);
    let mut moving = pin!(poll_fn(|cx| {
        let polled = connection.as_mut().poll(cx);
        usage.lock().allowed = connection.current_max_send_streams();
        polled
    }));
    loop {
        let wait = usage.left(keep);
        if wait.is_zero() {
            return tasks.end();
        }
        if timeout(wait, &mut moving).await.is_ok() {
            return;
        }
    }
}

#[cfg(test)]
mod tests;
