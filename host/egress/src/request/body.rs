//! A request's body on its way out: counted, held to its declared length, without trailers.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker, ready};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Empty, Full};
use tokio::time::Instant;

use crate::error::egress::EgressError;
use crate::error::request::RequestFault;
use crate::meter::Meter;
use um_base::rule::HostName;

/// The body that hyper sends.
pub(crate) struct Upload {
    body: UnsyncBoxBody<Bytes, EgressError>,
    /// What is left of the declared length.
    remaining: Option<u64>,
    host: HostName,
    meter: Arc<Meter>,
    /// Whether its bytes count against the run's limit.
    counted: bool,
    progress: Arc<Progress>,
}

/// What the sender of a request needs to know of its body, which hyper has.
#[derive(Debug)]
pub(crate) struct Progress(Mutex<State>);

#[derive(Debug)]
struct State {
    last: Instant,
    done: bool,
    failure: Option<EgressError>,
    /// Nobody waits for what the request comes to.
    abandoned: bool,
    waiting: Option<Waker>,
}

/// Tells hyper to break the request off. The reason is in [`Progress`].
#[derive(Debug, thiserror::Error)]
#[error("the request was broken off")]
pub(crate) struct Stopped;

impl Upload {
    pub(crate) fn new<B>(body: B, declared: Option<u64>, host: HostName, meter: Arc<Meter>) -> Self
    where
        B: Body<Data = Bytes, Error = EgressError> + Send + 'static,
    {
        let body = body.boxed_unsync();
        Self { body, remaining: declared, host, meter, counted: true, progress: Progress::new() }
    }

    /// No body, for a request that goes out again.
    pub(crate) fn empty(&self) -> Self {
        Self::new(Empty::new().map_err(|never| match never {}), None, self.host.clone(), self.meter.clone())
    }

    /// The body that was read from this one, which has counted it, with what was put into it.
    pub(crate) fn filled(&self, body: Bytes) -> Self {
        let length = body.len() as u64;
        let body = Full::new(body).map_err(|never| match never {});
        let mut filled = Self::new(body, Some(length), self.host.clone(), self.meter.clone());
        filled.counted = false;
        filled
    }

    pub(crate) fn progress(&self) -> Arc<Progress> {
        self.progress.clone()
    }

    /// Counts a piece before hyper gets it.
    fn admit(&mut self, piece: &Bytes) -> Result<(), EgressError> {
        if let Some(remaining) = &mut self.remaining {
            *remaining = remaining.checked_sub(piece.len() as u64).ok_or(RequestFault::BodyLength)?;
        }
        if self.counted { self.meter.sending(&self.host, piece.len()) } else { Ok(()) }
    }

    fn stop(&self, reason: impl Into<EgressError>) -> Poll<Option<Result<Frame<Bytes>, Stopped>>> {
        self.progress.lock().failure.get_or_insert(reason.into());
        Poll::Ready(Some(Err(Stopped)))
    }
}

impl Body for Upload {
    type Data = Bytes;
    type Error = Stopped;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Stopped>>> {
        if self.progress.is_abandoned(cx) {
            return Poll::Ready(Some(Err(Stopped)));
        }
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        self.progress.lock().last = Instant::now();
        // Trailers are the last frame of a body, and none is sent.
        let Some(frame) = frame.filter(|frame| !frame.as_ref().is_ok_and(Frame::is_trailers)) else {
            return match self.remaining {
                Some(1..) => self.stop(RequestFault::BodyLength),
                Some(0) => Poll::Ready(None),
                // The guest's end of the body is gone with the run, which looks like an end.
                None if self.meter.is_closed() => self.stop(RequestFault::BodyAborted),
                None => Poll::Ready(None),
            };
        };
        let piece = frame.and_then(|frame| frame.into_data().map_err(|_| RequestFault::BodyAborted.into()));
        match piece.and_then(|piece| self.admit(&piece).map(|()| piece)) {
            Ok(piece) => Poll::Ready(Some(Ok(Frame::data(piece)))),
            Err(error) => self.stop(error),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream() && self.remaining.is_none_or(|remaining| remaining == 0)
    }

    fn size_hint(&self) -> SizeHint {
        self.remaining.map_or_else(|| self.body.size_hint(), SizeHint::with_exact)
    }
}

/// hyper drops a body when it has no more use for it.
impl Drop for Upload {
    fn drop(&mut self) {
        self.progress.lock().done = true;
    }
}

impl Progress {
    fn new() -> Arc<Self> {
        let last = Instant::now();
        let state = State { last, done: false, failure: None, abandoned: false, waiting: None };
        Arc::new(Self(Mutex::new(state)))
    }

    /// Restarts the clock of the first byte, for a request that is only now being sent.
    pub(crate) fn restart(&self) {
        self.lock().last = Instant::now();
    }

    /// When the last piece went out.
    pub(crate) fn last(&self) -> Instant {
        self.lock().last
    }

    /// Whether nothing more of the body will be sent.
    pub(crate) fn is_done(&self) -> bool {
        self.lock().done
    }

    /// Breaks the body off if it is still going out: its response has ended, or nobody wants it.
    pub(crate) fn abandon(&self) {
        let mut state = self.lock();
        state.abandoned = true;
        let waiting = state.waiting.take();
        drop(state);
        waiting.into_iter().for_each(Waker::wake);
    }

    /// If not yet, `cx` is woken when it is.
    fn is_abandoned(&self, cx: &Context<'_>) -> bool {
        let mut state = self.lock();
        state.waiting = Some(cx.waker().clone());
        state.abandoned
    }

    /// Why the body broke its request off, once.
    pub(crate) fn take_failure(&self) -> Option<EgressError> {
        self.lock().failure.take()
    }

    /// Every field stands alone, so a poisoned lock is as good as any.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
