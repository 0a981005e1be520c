//! The body of a response as the guest gets it: as it was received, or without the values that are sealed.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::Response;
use http_body::{Frame, SizeHint};
use http_body_util::BodyExt;
use http_body_util::combinators::MapErr;

use crate::error::egress::EgressError;
use crate::error::sealed::ResponseFault;
use crate::exchange::Exchange;
use crate::meter::Meter;
use crate::response::filtered::{Filtered, filter_head};
use crate::wire::received::Received;
use um_base::rule::HostName;

/// The body of a response, as the server sent it: not decompressed, unless a sealed secret is bound to that server. Then
/// placeholders stand in it for values.
///
/// Read to its end, it gives its connection back for the next request; dropped before, it closes a connection of
/// HTTP/1.1, and of HTTP/2 only its own stream.
/// After an error it is at its end.
pub struct Body {
    kind: Kind,
    host: HostName,
}

enum Kind {
    Plain(Box<Received>),
    Filtered(Box<Filtered<Arriving>>, Arc<Meter>),
    /// Behind an error.
    Over,
}

type Arriving = MapErr<Received, fn(EgressError) -> Broken>;

/// Why the body of an answer that is filtered broke off.
enum Broken {
    Received(EgressError),
    Fault(ResponseFault),
}

impl From<ResponseFault> for Broken {
    fn from(fault: ResponseFault) -> Self {
        Self::Fault(fault)
    }
}

impl Body {
    /// The response to `exchange`, without the values that it is held against, in head and body.
    pub(crate) fn of(response: Response<Received>, exchange: &Exchange) -> Result<Response<Self>, EgressError> {
        let host = exchange.host.clone();
        let Some(reflections) = &exchange.reflections else {
            return Ok(response.map(|received| Self { kind: Kind::Plain(Box::new(received)), host }));
        };
        let (parts, received) = response.into_parts();
        let received = received.map_err(Broken::Received as fn(EgressError) -> Broken);
        let filtered = filter_head(parts, received, reflections);
        let (parts, body) = filtered.map_err(|fault| EgressError::Reflected { host: host.clone(), fault })?;
        Ok(Response::from_parts(parts, Self { kind: Kind::Filtered(Box::new(body), exchange.meter.clone()), host }))
    }

    /// Counts what the guest is about to get of a filtered answer; a frame that is too much does not reach it.
    fn count(&self, frame: Result<Frame<Bytes>, Broken>, meter: &Meter) -> Result<Frame<Bytes>, EgressError> {
        let frame = frame.map_err(|broken| match broken {
            Broken::Received(error) => error,
            Broken::Fault(fault) => EgressError::Reflected { host: self.host.clone(), fault },
        })?;
        meter.received(&self.host, frame.data_ref().map_or(0, Bytes::len))?;
        Ok(frame)
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = EgressError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, EgressError>>> {
        match &mut self.kind {
            Kind::Plain(received) => Pin::new(received.as_mut()).poll_frame(cx),
            Kind::Filtered(filtered, meter) => {
                let (polled, meter) = (ready!(Pin::new(filtered.as_mut()).poll_frame(cx)), meter.clone());
                let counted = polled.map(|frame| self.count(frame, &meter));
                if matches!(counted, Some(Err(_))) {
                    self.kind = Kind::Over;
                }
                Poll::Ready(counted)
            }
            Kind::Over => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.kind {
            Kind::Plain(received) => received.is_end_stream(),
            Kind::Filtered(filtered, _) => filtered.is_end_stream(),
            Kind::Over => true,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.kind {
            Kind::Plain(received) => received.size_hint(),
            Kind::Filtered(filtered, _) => filtered.size_hint(),
            Kind::Over => SizeHint::with_exact(0),
        }
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Body").field("host", &self.host).finish_non_exhaustive()
    }
}
