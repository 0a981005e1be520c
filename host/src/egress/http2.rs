//! A connection of HTTP/2 (RFC 9113): many requests at a time, each a stream that ends without the others.
//!
//! Every size that the other side could choose is bounded: heads, frames, what it may send unread, and how many streams
//! it is asked for. A reader that takes its time holds up its own stream alone: the connection's window is as large as
//! those of all its streams together. Server push is off.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hyper::client::conn::http2::{self, SendRequest};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, timeout};

use super::ProtocolFault;
use super::http1::IDLE;
use super::io::{HyperStream, Stream};
use super::request::HEAD_LIMIT;
use super::upload::Upload;

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

/// An open connection. Dropping it closes the socket and ends its tasks.
pub(super) struct Connection {
    sender: SendRequest<Upload>,
    usage: Arc<Usage>,
    tasks: Tasks,
    driver: JoinHandle<()>,
}

/// The right to one request on a connection.
pub(super) struct Slot {
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
    pub(super) async fn over(stream: Box<dyn Stream>) -> hyper::Result<Arc<Self>> {
        let tasks = Tasks(Arc::new(Mutex::new(Some(JoinSet::new()))));
        let (sender, connection) = http2::Builder::new(tasks.clone())
            .initial_max_send_streams(STREAMS)
            .initial_stream_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .max_frame_size(FRAME)
            .max_header_list_size(DECODED_HEAD)
            .header_table_size(HEADER_TABLE)
            .max_send_buf_size(UNSENT)
            .max_concurrent_reset_streams(RESET_STREAMS)
            .handshake(HyperStream::new(stream))
            .await?;
        let usage = Arc::new(Usage::new());
        let driver = tokio::spawn(drive(connection, usage.clone(), tasks.clone(), IDLE));
        Ok(Arc::new(Self { sender, usage, tasks, driver }))
    }

    /// A place for one more request, unless the connection is full, retired or closed.
    pub(super) fn slot(self: &Arc<Self>) -> Option<Slot> {
        let open = !self.sender.is_closed() && self.usage.begin();
        open.then(|| Slot { connection: self.clone(), answered: false })
    }

    /// Whether it takes no more requests, now and later.
    pub(super) fn is_over(&self) -> bool {
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
    pub(super) fn sender(&self) -> SendRequest<Upload> {
        self.connection.sender.clone()
    }

    /// The other side has answered: the connection works.
    pub(super) fn answered(&mut self) {
        self.answered = true;
    }

    /// No more requests go out on this connection; those that are under way go on.
    pub(super) fn retire(&self) {
        self.connection.usage.lock().retired = true;
    }

    pub(super) fn is_retired(&self) -> bool {
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

/// How an error of HTTP/2 breaks the rules; `None` for any other error.
pub(super) fn fault(error: &hyper::Error) -> Option<ProtocolFault> {
    let error = cause(error)?;
    Some(match error.reason() {
        // What our end says of heads that are far too long, or come in too many pieces.
        Some(h2::Reason::ENHANCE_YOUR_CALM | h2::Reason::COMPRESSION_ERROR) if error.is_library() => {
            ProtocolFault::HeadTooLarge
        }
        Some(_) if error.is_library() => ProtocolFault::Malformed,
        Some(_) if error.is_reset() => ProtocolFault::Reset,
        _ => ProtocolFault::Closed,
    })
}

/// Whether the other side says that it has not looked at the request, which it then must not have (RFC 9113, 8.7): the
/// stream was refused, or lies behind the last one of a connection that is closing.
pub(super) fn is_unprocessed(error: &hyper::Error) -> bool {
    cause(error).is_some_and(|error| {
        let refused = error.is_reset() && error.reason() == Some(h2::Reason::REFUSED_STREAM);
        error.is_remote() && (refused || error.is_go_away())
    })
}

fn cause(error: &hyper::Error) -> Option<&h2::Error> {
    std::error::Error::source(error)?.downcast_ref()
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, duplex};

    use super::*;

    /// Whether a connection's task ends within `patience`, over a stream whose other end stays open.
    async fn ends(idle_since: Option<Instant>, keep: Duration, patience: Duration) -> bool {
        let (near, mut far) = duplex(64 * 1024);
        let tasks = Tasks(Arc::new(Mutex::new(Some(JoinSet::new()))));
        let stream = HyperStream::new(Box::new(near));
        let (_sender, connection) = http2::Builder::new(tasks.clone()).handshake(stream).await.unwrap();
        let usage = Arc::new(Usage::new());
        usage.lock().idle_since = idle_since;
        tokio::spawn(drive(connection, usage, tasks, keep));
        timeout(patience, far.read_to_end(&mut Vec::new())).await.is_ok()
    }

    #[tokio::test]
    async fn a_connection_closes_when_it_has_been_idle_for_too_long_and_not_while_it_is_in_use() {
        let (short, long) = (Duration::from_millis(20), Duration::from_secs(60));
        assert!(ends(Some(Instant::now()), short, long).await);
        assert!(!ends(None, short, short * 5).await);
        assert!(!ends(Some(Instant::now()), long, short * 5).await);
    }

    #[test]
    fn streams_are_bounded_by_both_sides_and_a_retired_connection_takes_none() {
        let usage = Usage::new();
        assert_eq!((0..40).filter(|_| usage.begin()).count(), STREAMS);
        usage.end(false);
        usage.lock().allowed = 31;
        assert!(!usage.begin());
        usage.lock().allowed = 1000;
        assert!(usage.begin() && !usage.begin());
        usage.end(true);
        assert!(!usage.begin());
    }

    #[test]
    fn a_connection_is_idle_when_its_last_stream_has_ended() {
        let (usage, keep) = (Usage::new(), Duration::from_secs(30));
        usage.begin();
        usage.begin();
        usage.end(false);
        assert!(usage.lock().idle_since.is_none() && usage.left(keep) == keep);
        usage.end(false);
        assert!(usage.lock().idle_since.is_some() && usage.left(Duration::ZERO).is_zero());
    }
}
