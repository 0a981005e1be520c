//! What arrives on a connection beside the bodies of answers: heads, announcements (1xx), framing, pings, settings.
//!
//! A server could send such bytes for ever, and no body would tell. So the bytes of a connection are held against those
//! of the bodies that were read from it. What is more than heads and usual framing need
//! - counts as received ([`Meter`]) on HTTP/1.1, where a connection has one request at a time;
//! - ends the connection on HTTP/2, where it is nobody's.
//!
//! Deliberately absent: what TLS adds. How long it may take is bounded by the time-outs.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::budget::Limit;
use crate::error::egress::EgressError;
use crate::error::response::ProtocolFault;
use crate::fields::HEAD_LIMIT;
use crate::meter::Meter;
use um_base::rule::HostName;

/// What one exchange of HTTP/1.1 may bring beside its body before that counts: a head, what is read ahead of the reader,
/// and some framing.
const FREE: u64 = 4 * HEAD_LIMIT as u64;
/// Bytes that are sent for each that the other side may need to say that it has taken them: 13 for a piece of a body.
const SENT_FOR_ONE: u64 = 8;

/// The bytes of one connection.
pub(crate) struct Wire(Mutex<State>);

struct State {
    /// Since the exchange began, on HTTP/1.1; else since the connection is open.
    arrived: u64,
    /// How many of those were bodies.
    taken: u64,
    /// How many more may arrive.
    free: u64,
    toll: Option<Toll>,
    /// What each request of a shared connection may bring beside its body.
    per_request: Option<u64>,
    over: Option<Over>,
}

/// Who pays for what arrives in one exchange.
pub(crate) struct Toll {
    pub(crate) host: HostName,
    pub(crate) meter: Arc<Meter>,
    /// Whether the answer is counted only when it has been filtered.
    pub(crate) filtered: bool,
}

/// Why a connection was ended from here.
#[derive(Clone, Copy)]
enum Over {
    Limit(Limit, u64),
    Noise,
}

/// Tells hyper to end the connection. The reason is in [`Wire`].
#[derive(Debug, thiserror::Error)]
#[error("more arrived than may")]
struct TooMuch;

impl Wire {
    /// Of a connection that has one request at a time.
    pub(crate) fn alone() -> Arc<Self> {
        Self::of(FREE, None)
    }

    /// Of a connection that requests share. `unread` bytes of their bodies may wait for readers, and `per_request` more of
    /// each may come to nothing.
    pub(crate) fn shared(unread: u64, per_request: u64) -> Arc<Self> {
        Self::of(unread, Some(per_request))
    }

    fn of(free: u64, per_request: Option<u64>) -> Arc<Self> {
        Arc::new(Self(Mutex::new(State { arrived: 0, taken: 0, free, toll: None, per_request, over: None })))
    }

    /// A request goes out.
    pub(crate) fn begin(&self, toll: Toll) {
        let mut state = self.lock();
        match state.per_request {
            Some(more) => state.free = state.free.saturating_add(more),
            None => {
                (state.arrived, state.taken, state.free) = (0, 0, FREE);
                state.toll = Some(toll);
            }
        }
    }

    /// The exchange that began last is through.
    pub(crate) fn end(&self) {
        self.lock().toll = None;
    }

    /// Bytes of a body have been read. Those of many small frames have as much framing.
    pub(crate) fn took(&self, bytes: usize) {
        let mut state = self.lock();
        state.taken = state.taken.saturating_add(bytes as u64);
        if state.per_request.is_some() {
            state.free = state.free.saturating_add(bytes as u64);
        }
    }

    pub(crate) fn sent(&self, bytes: usize) {
        let mut state = self.lock();
        if state.per_request.is_some() {
            state.free = state.free.saturating_add(bytes as u64 / SENT_FOR_ONE);
        }
    }

    /// # Errors
    /// If that is more than may arrive; [`failure`](Self::failure) says why.
    pub(crate) fn arrived(&self, bytes: usize) -> io::Result<()> {
        let mut state = self.lock();
        state.arrived = state.arrived.saturating_add(bytes as u64);
        let due = state.arrived.saturating_sub(state.taken).saturating_sub(state.free);
        if due == 0 {
            return Ok(());
        }
        match state.toll.as_ref().map_or(Err(Over::Noise), |toll| toll.pay(due)) {
            Ok(()) => {
                state.free = state.free.saturating_add(due);
                Ok(())
            }
            Err(over) => {
                state.over = Some(over);
                Err(io::Error::other(TooMuch))
            }
        }
    }

    /// Why the connection was ended from here, if it was.
    pub(crate) fn failure(&self, host: &HostName) -> Option<EgressError> {
        self.lock().over.map(|over| match over {
            Over::Limit(limit, allowed) => EgressError::Limit { limit, allowed },
            Over::Noise => EgressError::Protocol { host: host.clone(), fault: ProtocolFault::Noise },
        })
    }

    /// Counts are whole after every statement, so a poisoned lock is as good as any.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Toll {
    fn pay(&self, bytes: u64) -> Result<(), Over> {
        let bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
        let paid = match self.filtered {
            true => self.meter.arrived(bytes),
            false => self.meter.received(&self.host, bytes),
        };
        paid.map_err(|error| match error {
            EgressError::Limit { limit, allowed } => Over::Limit(limit, allowed),
            _ => Over::Noise,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::budget::Budget;

    fn toll(meter: &Arc<Meter>, filtered: bool) -> Toll {
        Toll { host: HostName::parse("a.example").unwrap(), meter: meter.clone(), filtered }
    }

    fn meter(bytes_in: u64) -> Arc<Meter> {
        Arc::new(Meter::new(Budget { bytes_in, ..Budget::default() }))
    }

    #[test]
    fn an_exchange_pays_for_the_rest_and_no_more_than_its_run_may_receive() {
        let (meter, free) = (meter(100), usize::try_from(FREE).unwrap());
        let wire = Wire::alone();
        wire.begin(toll(&meter, false));
        wire.took(500);
        wire.arrived(free + 500).unwrap();
        assert_eq!(meter.usage().bytes_in, 0);
        wire.arrived(60).unwrap();
        wire.arrived(40).unwrap();
        assert_eq!(meter.usage().bytes_in, 100);
        wire.arrived(1).unwrap_err();
        assert_eq!(meter.usage().bytes_in, 100);
        let host = HostName::parse("a.example").unwrap();
        assert!(matches!(wire.failure(&host), Some(EgressError::Limit { limit: Limit::HttpBytesIn, allowed: 100 })));
    }

    /// How many bytes an answer has before it is filtered would tell the length of a value in it.
    #[test]
    fn of_an_answer_that_is_filtered_nothing_counts_as_the_guests() {
        let meter = meter(100);
        let wire = Wire::alone();
        wire.begin(toll(&meter, true));
        wire.arrived(usize::try_from(FREE).unwrap() + 1000).unwrap();
        assert_eq!(meter.usage().bytes_in, 0);
        wire.arrived(2 << 20).unwrap_err();
    }

    #[test]
    fn on_a_shared_connection_each_request_and_each_byte_of_a_body_brings_room_and_noise_ends_it() {
        let wire = Wire::shared(1000, 100);
        let host = HostName::parse("a.example").unwrap();
        wire.arrived(1000).unwrap();
        wire.begin(toll(&meter(0), false));
        wire.arrived(100).unwrap();
        wire.took(50);
        wire.arrived(100).unwrap();
        wire.sent(80);
        wire.arrived(10).unwrap();
        assert!(wire.failure(&host).is_none());
        wire.arrived(1).unwrap_err();
        assert!(matches!(wire.failure(&host), Some(EgressError::Protocol { fault: ProtocolFault::Noise, .. })));
    }
}
