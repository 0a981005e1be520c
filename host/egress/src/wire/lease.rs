//! A connection, or a stream of one, that is in use by one request.

use std::pin::Pin;
use std::sync::Arc;

use http::{Request, Response};
use hyper::body::Incoming;
use hyper::client::conn::TrySendError;

use super::channel::Channel;
use super::pool::{Pool, PoolKey};
use super::traffic::{Toll, Wire};
use crate::error::egress::EgressError;
use crate::request::body::Upload;
use crate::request::head;
use crate::request::plan::Plan;
use um_secret::apart;

/// Dropping it closes a connection of HTTP/1.1, and resets a stream of HTTP/2. Only [`Lease::give_back`] keeps the former.
pub(crate) struct Lease {
    /// Until it is given back.
    channel: Option<Channel>,
    key: PoolKey,
    pool: Arc<Pool>,
    /// How often the pool had been cleared when this began.
    cleared: u64,
}

/// A request on its way, and the head of its response.
pub(crate) type Sending = Pin<Box<dyn Future<Output = Answer> + Send>>;
pub(crate) type Answer = Result<Response<Incoming>, TrySendError<Request<Upload>>>;

impl Lease {
    pub(crate) fn new(channel: Channel, key: &PoolKey, pool: &Arc<Pool>) -> Self {
        Self { channel: Some(channel), key: key.clone(), pool: pool.clone(), cleared: pool.cleared() }
    }

    /// Sends `request` in the shape of the protocol that is spoken.
    ///
    /// Sealed values are put in here and no earlier, so that nothing has measured them; on a request that comes this way
    /// again they are in already.
    pub(crate) fn send(&mut self, request: Request<Upload>, plan: &Plan) -> Sending {
        let (mut parts, body) = request.into_parts();
        if plan.filled().next().is_some() {
            apart(|| plan.fill(&mut parts.headers, &mut parts.uri));
        }
        let mut request = Request::from_parts(parts, body);
        head::shape(&mut request, &self.key.origin, self.is_shared());
        match self.channel.as_mut().expect("a lease is given back at its end") {
            Channel::Alone(connection) => Box::pin(connection.sender.try_send_request(request)),
            Channel::Shared(slot) => Box::pin(slot.sender().try_send_request(request)),
        }
    }

    /// What arrives from now on is of one more request.
    pub(crate) fn begin(&self, toll: Toll) {
        if let Some(wire) = self.wire() {
            wire.begin(toll);
        }
    }

    /// Bytes of the answer's body have been read.
    pub(crate) fn took(&self, bytes: usize) {
        if let Some(wire) = self.wire() {
            wire.took(bytes);
        }
    }

    /// Why the connection was ended from here, if it was.
    pub(crate) fn failure(&self) -> Option<EgressError> {
        self.wire().and_then(|wire| wire.failure(&self.key.origin.host))
    }

    fn wire(&self) -> Option<&Wire> {
        self.channel.as_ref().map(|channel| match channel {
            Channel::Alone(connection) => &*connection.wire,
            Channel::Shared(slot) => slot.wire(),
        })
    }

    /// Whether others use the connection too.
    pub(crate) fn is_shared(&self) -> bool {
        matches!(self.channel, Some(Channel::Shared(_)))
    }

    /// A response has begun: what happens to it now says nothing about the connection.
    pub(crate) fn answered(&mut self) {
        if let Some(Channel::Shared(slot)) = &mut self.channel {
            slot.answered();
        }
    }

    /// Keeps the connection from further requests.
    pub(crate) fn retire(&self) {
        if let Some(Channel::Shared(slot)) = &self.channel {
            slot.retire();
        }
    }

    /// Keeps the connection for the next request, if there is room and nobody has closed the idle ones meanwhile.
    pub(crate) fn give_back(mut self) {
        match self.channel.take() {
            Some(Channel::Alone(connection)) if self.cleared == self.pool.cleared() => {
                connection.wire.end();
                self.pool.put(&self.key, connection);
            }
            other => self.channel = other,
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let retired = matches!(&self.channel, Some(Channel::Shared(slot)) if slot.is_retired());
        drop(self.channel.take());
        if retired {
            self.pool.prune();
        }
    }
}
