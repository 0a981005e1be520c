//! A response's body on its way in: counted, timed, and the owner of its connection.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body as _, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::time::{Instant, Sleep, sleep_until};

use super::fault;
use super::lease::Lease;
use crate::error::egress::{EgressError, Phase};
use crate::error::response::ProtocolFault;
use crate::fields;
use crate::meter::{ConnectionPermit, Meter};
use crate::request::body::Progress;
use um_base::rule::HostName;

/// The body of a response, as the server sent it.
///
/// Read to its end, it gives its connection back for the next request; dropped before, it closes a connection of
/// HTTP/1.1, and of HTTP/2 only its own stream.
/// After an error it is at its end.
pub(crate) struct Received {
    /// Until the end or an error.
    arriving: Option<Arriving>,
    host: HostName,
    meter: Arc<Meter>,
    progress: Arc<Progress>,
    between_bytes: Duration,
    filtered: bool,
    /// Since there was anything to wait for.
    deadline: Option<Pin<Box<Sleep>>>,
    /// Whether the reader is waiting: a reader that takes its time is no reason to give up.
    waiting: bool,
}

/// Dropping it before its end resets a stream, or closes a connection.
struct Arriving {
    incoming: Incoming,
    lease: Lease,
    /// Free for the run's next request when nothing more arrives.
    _permit: Arc<ConnectionPermit>,
}

/// Everything about the request that its response's body needs.
pub(crate) struct Reception {
    pub(crate) lease: Lease,
    pub(crate) host: HostName,
    pub(crate) meter: Arc<Meter>,
    pub(crate) progress: Arc<Progress>,
    pub(crate) between_bytes: Duration,
    /// Whether it is counted only when it has been filtered.
    pub(crate) filtered: bool,
    pub(crate) permit: Arc<ConnectionPermit>,
}

impl Received {
    pub(crate) fn new(incoming: Incoming, reception: Reception) -> Self {
        let Reception { lease, host, meter, progress, between_bytes, filtered, permit } = reception;
        let arriving = Some(Arriving { incoming, lease, _permit: permit });
        Self { arriving, host, meter, progress, between_bytes, filtered, deadline: None, waiting: false }
    }

    fn arrived(&mut self, frame: hyper::Result<Frame<Bytes>>) -> Result<Frame<Bytes>, EgressError> {
        let frame = frame.map_err(|error| self.explain(&error))?;
        // Frames of HTTP/2 may be empty, and endless.
        self.waiting &= frame.data_ref().is_some_and(Bytes::is_empty);
        let length = frame.data_ref().map_or(0, Bytes::len);
        if let Some(arriving) = &self.arriving {
            arriving.lease.took(length);
        }
        match self.filtered {
            true => self.meter.arrived(length)?,
            false => self.meter.received(&self.host, length)?,
        }
        if frame.trailers_ref().is_some_and(|trailers| !fields::fits(trailers)) {
            return Err(EgressError::Protocol { host: self.host.clone(), fault: ProtocolFault::HeadTooLarge });
        }
        Ok(frame)
    }

    /// A failed upload ends the connection, and so does too much on it: these reasons come before what hyper saw.
    fn explain(&self, error: &hyper::Error) -> EgressError {
        let host = self.host.clone();
        let over = || self.arriving.as_ref().and_then(|arriving| arriving.lease.failure());
        self.progress
            .take_failure()
            .or_else(over)
            .unwrap_or_else(|| EgressError::Protocol { host, fault: fault::body_fault(error) })
    }

    /// A connection on which nothing comes any more serves nobody else.
    fn give_up(&mut self, error: &EgressError) {
        if let Some(arriving) = self.arriving.take().filter(|_| matches!(error, EgressError::Timeout { .. })) {
            arriving.lease.retire();
        }
        self.progress.abandon();
    }

    fn poll_deadline(&mut self, cx: &mut Context<'_>) -> Poll<EgressError> {
        let until = Instant::now() + self.between_bytes;
        let deadline = self.deadline.get_or_insert_with(|| Box::pin(sleep_until(until)));
        if !std::mem::replace(&mut self.waiting, true) {
            deadline.as_mut().reset(until);
        }
        let (host, after) = (&self.host, self.between_bytes);
        let late = || EgressError::Timeout { host: host.clone(), phase: Phase::BetweenBytes, after };
        deadline.as_mut().poll(cx).map(|()| late())
    }

    /// Keeps the connection only if both directions are through.
    fn end(&mut self) {
        if let Some(arriving) = self.arriving.take().filter(|_| self.progress.is_done()) {
            arriving.lease.give_back();
        }
        self.progress.abandon();
    }
}

impl Arriving {
    /// Whether nothing is missing, should it end now. hyper takes a reset without an error for an end, wherever it comes;
    /// of a body of HTTP/1.1 it knows the end.
    fn is_whole(&self) -> bool {
        !self.lease.is_shared() || self.incoming.is_end_stream() || self.incoming.size_hint().exact() == Some(0)
    }
}

impl http_body::Body for Received {
    type Data = Bytes;
    type Error = EgressError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, EgressError>>> {
        let Some(arriving) = &mut self.arriving else { return Poll::Ready(None) };
        let polled = Pin::new(&mut arriving.incoming).poll_frame(cx);
        let whole = arriving.is_whole();
        let mut ended = false;
        let outcome = match polled {
            Poll::Ready(Some(frame)) => self.arrived(frame).inspect(|frame| {
                // Nothing comes behind them, and readers do not ask.
                ended = frame.is_trailers();
            }),
            // A server that wants no more of the request says so with a reset as well (RFC 9113, 8.1).
            Poll::Ready(None) if whole || !self.progress.is_done() => {
                self.end();
                return Poll::Ready(None);
            }
            Poll::Ready(None) => Err(EgressError::Protocol { host: self.host.clone(), fault: ProtocolFault::Reset }),
            Poll::Pending => match self.poll_deadline(cx) {
                Poll::Ready(late) => Err(late),
                Poll::Pending => return Poll::Pending,
            },
        };
        match &outcome {
            Err(error) => self.give_up(error),
            Ok(_) if ended => self.end(),
            Ok(_) => {}
        }
        Poll::Ready(Some(outcome))
    }

    fn is_end_stream(&self) -> bool {
        self.arriving.as_ref().is_none_or(|arriving| arriving.incoming.is_end_stream())
    }

    fn size_hint(&self) -> SizeHint {
        self.arriving.as_ref().map_or_else(|| SizeHint::with_exact(0), |arriving| arriving.incoming.size_hint())
    }
}

/// Readers need not ask an empty body for its end.
impl Drop for Received {
    fn drop(&mut self) {
        if self.is_end_stream() {
            self.end();
        }
        self.progress.abandon();
    }
}
