//! A connection of HTTP/1.1: one request at a time.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hyper::client::conn::http1::{self, SendRequest};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};

use crate::fields::{HEAD_LIMIT, HEADER_LINES};
use crate::request::body::Upload;
use crate::wire::stream::{HyperStream, Stream};
use crate::wire::traffic::Wire;

/// How long a connection is kept without a request.
pub(crate) const IDLE: Duration = Duration::from_secs(30);

/// An open connection. Dropping it closes the socket and ends its task.
pub(crate) struct Connection {
    pub(crate) sender: SendRequest<Upload>,
    pub(crate) wire: Arc<Wire>,
    idle_since: Arc<Mutex<Option<Instant>>>,
    task: JoinHandle<()>,
}

impl Connection {
    pub(crate) async fn over(stream: Box<dyn Stream>) -> hyper::Result<Self> {
        let wire = Wire::alone();
        let (sender, connection) = http1::Builder::new()
            .max_headers(HEADER_LINES)
            .max_header_size(HEAD_LIMIT)
            .max_buf_size(HEAD_LIMIT)
            .handshake(HyperStream::new(stream, &wire))
            .await?;
        let idle_since = Arc::new(Mutex::new(None));
        let task = tokio::spawn(drive(connection, idle_since.clone(), IDLE));
        Ok(Self { sender, wire, idle_since, task })
    }

    /// Whether it can take a request now. False once the other side has closed it.
    pub(crate) async fn is_usable(&mut self) -> bool {
        // The task may need a moment to see that the last response has ended.
        const MOMENT: Duration = Duration::from_secs(1);
        matches!(timeout(MOMENT, poll_fn(|cx| self.sender.poll_ready(cx))).await, Ok(Ok(())))
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.sender.is_closed()
    }

    /// Starts or stops the clock that closes idle connections.
    pub(crate) fn set_idle(&self, idle: bool) {
        *self.idle_since.lock().unwrap_or_else(PoisonError::into_inner) = idle.then(Instant::now);
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Moves the bytes of one connection until either side ends it or it has been idle for as long as `keep`.
async fn drive(
    connection: http1::Connection<HyperStream, Upload>,
    idle_since: Arc<Mutex<Option<Instant>>>,
    keep: Duration,
) {
    let mut connection = pin!(connection);
    loop {
        let since = *idle_since.lock().unwrap_or_else(PoisonError::into_inner);
        let wait = since.map_or(keep, |since| keep.saturating_sub(since.elapsed()));
        if wait.is_zero() || timeout(wait, &mut connection).await.is_ok() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, duplex};

    use super::*;

    /// Whether a connection's task ends within `patience`, over a stream whose other end stays open.
    async fn ends(idle_since: Option<Instant>, keep: Duration, patience: Duration) -> bool {
        let (near, mut far) = duplex(64);
        let (_sender, connection) = http1::handshake(HyperStream::new(Box::new(near), &Wire::alone())).await.unwrap();
        tokio::spawn(drive(connection, Arc::new(Mutex::new(idle_since)), keep));
        timeout(patience, far.read_u8()).await.is_ok()
    }

    #[tokio::test]
    async fn a_connection_closes_when_it_has_been_idle_for_too_long_and_not_while_it_is_in_use() {
        let (short, long) = (Duration::from_millis(20), Duration::from_secs(60));
        assert!(ends(Some(Instant::now()), short, long).await);
        assert!(!ends(None, short, short * 5).await);
        assert!(!ends(Some(Instant::now()), long, short * 5).await);
    }
}
