//! A request's body that is looked through on its way out.
//!
//! What leaves is known to hold nothing that is looked for; what may be the beginning of it is held back until it is
//! none. Not a byte is changed. Where something is found the body ends in an error, which breaks the request off: nobody
//! can take what was sent for the whole.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use http_body_util::combinators::UnsyncBoxBody;

use crate::error::egress::EgressError;
use crate::error::request::RequestFault;

/// Looks through one body, piece by piece.
pub(crate) trait Scan {
    /// Gets ready for the next piece, or for the end.
    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), EgressError>> {
        Poll::Ready(Ok(()))
    }

    /// What may leave now that a piece has come.
    fn pass(&mut self, piece: Bytes) -> Result<Bytes, EgressError>;

    /// What was held back, at the end of the body.
    fn rest(&mut self) -> Result<Bytes, EgressError>;

    /// How many bytes have come and may not leave yet.
    fn held(&self) -> u64;
}

/// The body of a request, behind a scan.
pub(crate) struct Scanned<S> {
    body: UnsyncBoxBody<Bytes, EgressError>,
    scan: S,
    ended: bool,
}

impl<S> Scanned<S> {
    pub(crate) fn new<B>(body: B, scan: S) -> Self
    where
        B: Body<Data = Bytes> + Send + 'static,
    {
        let body = body.map_err(|_| RequestFault::BodyAborted.into()).boxed_unsync();
        Self { body, scan, ended: false }
    }
}

/// What passes the first goes through the second.
impl<A: Scan, B: Scan> Scan for (A, B) {
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), EgressError>> {
        ready!(self.0.poll_ready(cx))?;
        self.1.poll_ready(cx)
    }

    fn pass(&mut self, piece: Bytes) -> Result<Bytes, EgressError> {
        let passed = self.0.pass(piece)?;
        if passed.is_empty() { Ok(passed) } else { self.1.pass(passed) }
    }

    fn rest(&mut self) -> Result<Bytes, EgressError> {
        let last = self.0.rest()?;
        let (passed, rest) = (self.1.pass(last)?, self.1.rest()?);
        Ok(if passed.is_empty() { rest } else { [passed, rest].concat().into() })
    }

    fn held(&self) -> u64 {
        self.0.held() + self.1.held()
    }
}

/// Without a scan everything passes.
impl<S: Scan> Scan for Option<S> {
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), EgressError>> {
        self.as_mut().map_or(Poll::Ready(Ok(())), |scan| scan.poll_ready(cx))
    }

    fn pass(&mut self, piece: Bytes) -> Result<Bytes, EgressError> {
        match self {
            Some(scan) => scan.pass(piece),
            None => Ok(piece),
        }
    }

    fn rest(&mut self) -> Result<Bytes, EgressError> {
        self.as_mut().map_or(Ok(Bytes::new()), Scan::rest)
    }

    fn held(&self) -> u64 {
        self.as_ref().map_or(0, Scan::held)
    }
}

impl<S: Scan + Unpin> Body for Scanned<S> {
    type Data = Bytes;
    type Error = EgressError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, EgressError>>> {
        while !self.ended {
            if let Err(error) = ready!(self.scan.poll_ready(cx)) {
                self.ended = true;
                return Poll::Ready(Some(Err(error)));
            }
            let polled = ready!(Pin::new(&mut self.body).poll_frame(cx)).transpose();
            // Trailers are the last frame of a body, and none is sent.
            let passed = match polled.map(|frame| frame.and_then(|frame| frame.into_data().ok())) {
                Ok(Some(piece)) => self.scan.pass(piece),
                Ok(None) => {
                    self.ended = true;
                    self.scan.rest()
                }
                Err(error) => Err(error),
            };
            self.ended |= passed.is_err();
            if passed.as_ref().is_ok_and(Bytes::is_empty) {
                continue;
            }
            return Poll::Ready(Some(passed.map(Frame::data)));
        }
        Poll::Ready(None)
    }

    fn is_end_stream(&self) -> bool {
        self.ended || (self.body.is_end_stream() && self.scan.held() == 0)
    }

    fn size_hint(&self) -> SizeHint {
        if self.ended {
            return SizeHint::with_exact(0);
        }
        let (inner, held) = (self.body.size_hint(), self.scan.held());
        let mut hint = SizeHint::new();
        hint.set_lower(inner.lower().saturating_add(held));
        if let Some(upper) = inner.upper() {
            hint.set_upper(upper.saturating_add(held));
        }
        hint
    }
}
