//! A response's body on its way in: counted, timed, and the owner of its connection.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body as _, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::time::{Instant, Sleep, sleep};

use super::lease::Lease;
use super::upload::Progress;
use super::{EgressError, HostName, Meter, Phase, ProtocolFault, error};

/// The body of a response, as the server sent it: not decompressed.
///
/// Read to its end, it gives its connection back for the next request; dropped before, it closes a connection of
/// HTTP/1.1, and of HTTP/2 only its own stream.
/// After an error it is at its end.
pub struct Body {
    incoming: Incoming,
    /// Until the end or an error.
    lease: Option<Lease>,
    host: HostName,
    meter: Arc<Meter>,
    progress: Arc<Progress>,
    between_bytes: Duration,
    deadline: Pin<Box<Sleep>>,
    /// Whether the reader is waiting: a reader that takes its time is no reason to give up.
    waiting: bool,
}

/// Everything about the request that its response's body needs.
pub(super) struct Sent {
    pub(super) lease: Lease,
    pub(super) host: HostName,
    pub(super) meter: Arc<Meter>,
    pub(super) progress: Arc<Progress>,
    pub(super) between_bytes: Duration,
}

impl Body {
    pub(super) fn new(incoming: Incoming, sent: Sent) -> Self {
        let Sent { lease, host, meter, progress, between_bytes } = sent;
        let deadline = Box::pin(sleep(between_bytes));
        Self { incoming, lease: Some(lease), host, meter, progress, between_bytes, deadline, waiting: false }
    }

    fn arrived(&mut self, frame: hyper::Result<Frame<Bytes>>) -> Result<Frame<Bytes>, EgressError> {
        let frame = frame.map_err(|error| self.explain(&error))?;
        // Frames of HTTP/2 may be empty, and endless.
        self.waiting &= frame.data_ref().is_some_and(Bytes::is_empty);
        self.meter.received(&self.host, frame.data_ref().map_or(0, Bytes::len))?;
        Ok(frame)
    }

    /// A failed upload ends the connection, so its reason comes before what hyper saw.
    fn explain(&self, error: &hyper::Error) -> EgressError {
        let host = self.host.clone();
        self.progress.take_failure().unwrap_or_else(|| EgressError::Protocol { host, fault: error::body_fault(error) })
    }

    /// A connection on which nothing comes any more serves nobody else.
    fn give_up(&mut self, error: &EgressError) {
        if let Some(lease) = self.lease.take().filter(|_| matches!(error, EgressError::Timeout { .. })) {
            lease.retire();
        }
        self.progress.abandon();
    }

    fn poll_deadline(&mut self, cx: &mut Context<'_>) -> Poll<EgressError> {
        if !self.waiting {
            self.waiting = true;
            self.deadline.as_mut().reset(Instant::now() + self.between_bytes);
        }
        let late =
            || EgressError::Timeout { host: self.host.clone(), phase: Phase::BetweenBytes, after: self.between_bytes };
        self.deadline.as_mut().poll(cx).map(|()| late())
    }

    /// Whether nothing is missing at the end. A server that resets a stream without an error says that it needs no more
    /// of the request (RFC 9113, 8.1), which hyper takes for an end wherever it comes.
    fn is_whole(&self) -> bool {
        let shared = self.lease.as_ref().is_some_and(Lease::is_shared);
        let all_there = self.incoming.is_end_stream() || self.incoming.size_hint().exact() == Some(0);
        !shared || all_there || !self.progress.is_done()
    }

    /// Keeps the connection only if both directions are through.
    fn end(&mut self) {
        if let Some(lease) = self.lease.take().filter(|_| self.progress.is_done()) {
            lease.give_back();
        }
        self.progress.abandon();
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = EgressError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, EgressError>>> {
        if self.lease.is_none() {
            return Poll::Ready(None);
        }
        let outcome = match Pin::new(&mut self.incoming).poll_frame(cx) {
            Poll::Ready(Some(frame)) => self.arrived(frame),
            Poll::Ready(None) if self.is_whole() => {
                self.end();
                return Poll::Ready(None);
            }
            Poll::Ready(None) => Err(EgressError::Protocol { host: self.host.clone(), fault: ProtocolFault::Reset }),
            Poll::Pending => match self.poll_deadline(cx) {
                Poll::Ready(late) => Err(late),
                Poll::Pending => return Poll::Pending,
            },
        };
        if let Err(error) = &outcome {
            self.give_up(error);
        }
        Poll::Ready(Some(outcome))
    }

    fn is_end_stream(&self) -> bool {
        self.lease.is_none() || self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        match self.lease {
            Some(_) => self.incoming.size_hint(),
            None => SizeHint::with_exact(0),
        }
    }
}

/// Readers need not ask an empty body for its end.
impl Drop for Body {
    fn drop(&mut self) {
        if http_body::Body::is_end_stream(&self.incoming) {
            self.end();
        }
        self.progress.abandon();
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Body").field("host", &self.host).finish_non_exhaustive()
    }
}
