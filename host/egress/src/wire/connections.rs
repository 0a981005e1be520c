//! Connections for requests: an open one, or a fresh one.

use std::sync::Arc;
use std::time::Duration;

use super::channel::Channel;
use super::connect::{Dialled, Dialler, Offer, Patience};
use super::lease::Lease;
use super::pool::{Pool, PoolKey};
use crate::error::egress::EgressError;
use crate::error::response::ProtocolFault;
use um_base::Work;
use um_base::rule::Scheme;

/// The connections of one client. Clones share them.
#[derive(Clone)]
pub(crate) struct Connections {
    dialler: Arc<Dialler>,
    pool: Arc<Pool>,
}

impl Connections {
    pub(crate) fn new(dialler: Dialler) -> Self {
        Self { dialler: Arc::new(dialler), pool: Arc::default() }
    }

    /// An open connection if there is one, else a fresh one, within `limit`.
    pub(crate) async fn lease(&self, key: &PoolKey, limit: Duration, work: &Work) -> Result<Lease, EgressError> {
        match self.pool.take(key).await {
            Some(channel) => Ok(Lease::new(channel, key, &self.pool)),
            None => self.join_or_dial(key, limit, work).await,
        }
    }

    /// A fresh connection, within `limit`.
    pub(crate) async fn dial(&self, key: &PoolKey, limit: Duration, work: &Work) -> Result<Lease, EgressError> {
        self.dial_within(key, Patience::of(limit), work).await
    }

    /// What a server says about its protocol holds for later requests too.
    pub(crate) fn keep_to_http1(&self, key: &PoolKey) {
        self.pool.keep_to_http1(key);
    }

    /// Closes all idle connections; what is in use closes after the requests that are under way.
    pub(crate) fn close_idle(&self) {
        self.pool.clear();
    }

    /// Requests that come together share the connection that the first of them opens, if the server lets them.
    async fn join_or_dial(&self, key: &PoolKey, limit: Duration, work: &Work) -> Result<Lease, EgressError> {
        let patience = Patience::of(limit);
        if key.origin.scheme == Scheme::Http || self.pool.keeps_to_http1(key) {
            return self.dial_within(key, patience, work).await;
        }
        let turn = self.pool.turn(key);
        let waited = patience.wait(&key.origin.host, turn.wait()).await?;
        if let Some(channel) = self.pool.join(key) {
            return Ok(Lease::new(channel, key, &self.pool));
        }
        let lease = self.dial_within(key, patience, work).await?;
        if !lease.is_shared() {
            turn.leave_alone();
        }
        drop(waited);
        Ok(lease)
    }

    async fn dial_within(&self, key: &PoolKey, patience: Patience, work: &Work) -> Result<Lease, EgressError> {
        let offer = if self.pool.keeps_to_http1(key) { Offer::Http1 } else { Offer::Newest };
        let channel = match self.dialler.dial(&key.origin, key.lifted, offer, patience, work).await? {
            Dialled::Alone(connection) => Channel::Alone(connection),
            Dialled::Shared(connection) => {
                let slot = connection.slot();
                self.pool.share(key, &connection);
                let closed = || EgressError::Protocol { host: key.origin.host.clone(), fault: ProtocolFault::Closed };
                Channel::Shared(slot.ok_or_else(closed)?)
            }
        };
        Ok(Lease::new(channel, key, &self.pool))
    }
}
