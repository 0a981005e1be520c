//! The body of a response as the guest gets it: as it was received, or without the values that are sealed.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::Response;
use http_body::{Frame, SizeHint};

use super::filter::{Filter, filter_response};
use super::sealed_search::matcher::Reflections;
use crate::error::egress::EgressError;
use crate::meter::Meter;
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
    Filtered(Box<Received>, Box<Filter>, Arc<Meter>),
    /// Behind an error.
    Over,
}

impl Body {
    /// A response of `host`, without the values that it is held against, in head and body.
    pub(crate) fn of(
        response: Response<Received>,
        host: &HostName,
        reflections: Option<&Reflections>,
        meter: &Arc<Meter>,
    ) -> Result<Response<Self>, EgressError> {
        let (mut parts, received) = response.into_parts();
        let received = Box::new(received);
        let kind = match reflections {
            None => Kind::Plain(received),
            Some(reflections) => {
                let filtered = filter_response(parts, host, reflections);
                let (head, filter) = filtered.map_err(|fault| EgressError::Reflected { host: host.clone(), fault })?;
                parts = head;
                Kind::Filtered(received, Box::new(filter), meter.clone())
            }
        };
        Ok(Response::from_parts(parts, Self { kind, host: host.clone() }))
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = EgressError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, EgressError>>> {
        let Self { kind, host } = &mut *self;
        let polled = match kind {
            Kind::Plain(received) => return Pin::new(received.as_mut()).poll_frame(cx),
            Kind::Filtered(received, filter, meter) => ready!(filter.poll_frame(received.as_mut(), cx)).map(|frame| {
                let frame = frame?;
                // A frame that is too much does not reach the guest.
                meter.received(host, frame.data_ref().map_or(0, Bytes::len))?;
                Ok(frame)
            }),
            Kind::Over => None,
        };
        if matches!(polled, Some(Err(_))) {
            *kind = Kind::Over;
        }
        Poll::Ready(polled)
    }

    fn is_end_stream(&self) -> bool {
        match &self.kind {
            Kind::Plain(received) => received.is_end_stream(),
            Kind::Filtered(_, filter, _) => filter.is_over(),
            Kind::Over => true,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.kind {
            Kind::Plain(received) => received.size_hint(),
            Kind::Filtered(..) => SizeHint::default(),
            Kind::Over => SizeHint::with_exact(0),
        }
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Body").field("host", &self.host).finish_non_exhaustive()
    }
}
