//! What one run has sent and received, and when that is too much.
//!
//! Counts the bytes of bodies, and what else arrives where it is more than heads and usual framing need; heads are
//! bounded apart, at 64 KiB each. Refused requests are no calls.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::budget::{Budget, Limit};
use crate::error::egress::EgressError;
use um_base::Work;
use um_base::rule::HostName;

/// So many bytes, and twice as many as a guest may get, may arrive to be filtered.
const UNSEEN: u64 = 1024 * 1024;

/// Counts for one run against its [`Budget`]. Share it between the requests of that run, and no others.
#[derive(Debug)]
pub struct Meter {
    budget: Budget,
    counted: Mutex<Counted>,
    closed: AtomicBool,
    places: Arc<Semaphore>,
    work: Work,
}

/// One of the connections that a run may use at a time, until it is dropped.
#[derive(Debug)]
pub(crate) struct ConnectionPermit(#[expect(dead_code, reason = "held for its drop")] OwnedSemaphorePermit);

/// What a run has used so far.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Usage {
    /// Requests that passed the allow-list.
    pub calls: u64,
    /// Bytes of request bodies that were sent.
    pub bytes_out: u64,
    /// Bytes of response bodies, counted as [`Budget::bytes_in`] says.
    pub bytes_in: u64,
    /// Ordered by host.
    pub hosts: Vec<HostUsage>,
    /// The first limit that a request of this run hit.
    pub exceeded: Option<Limit>,
}

/// What a run has used of one host.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostUsage {
    /// Its name or address, without a port.
    pub host: String,
    /// Requests that passed the allow-list.
    pub calls: u64,
    /// Bytes of request bodies that were sent.
    pub bytes_out: u64,
    /// Bytes of response bodies, counted as [`Budget::bytes_in`] says.
    pub bytes_in: u64,
}

#[derive(Debug, Default)]
struct Counted {
    total: Counts,
    hosts: BTreeMap<HostName, Counts>,
    exceeded: Option<Limit>,
    /// Bytes that have arrived and are not counted before the guest gets them.
    unseen: u64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    calls: u64,
    bytes_out: u64,
    bytes_in: u64,
}

impl Meter {
    /// The meter of one run, at zero.
    pub fn new(budget: Budget) -> Self {
        let places = usize::try_from(budget.connections).unwrap_or(usize::MAX).min(Semaphore::MAX_PERMITS);
        let places = Arc::new(Semaphore::new(places));
        Self { budget, counted: Mutex::default(), closed: AtomicBool::new(false), places, work: Work::unlimited() }
    }

    /// What is done for the run's requests counts against its budget, and has its permits. Without it, they have some
    /// of their own.
    #[must_use]
    pub fn within(self, work: Work) -> Self {
        Self { work, ..self }
    }

    pub(crate) fn work(&self) -> &Work {
        &self.work
    }

    /// The run is over: an upload that is not complete yet never will be, so that no peer takes a part for the whole.
    pub fn close(&self) {
        self.closed.store(true, Ordering::Release);
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    /// What has been used so far. Exact once the run's requests and bodies are dropped.
    pub fn usage(&self) -> Usage {
        let counted = self.lock();
        let Counts { calls, bytes_out, bytes_in } = counted.total;
        let hosts = counted.hosts.iter().map(|(host, counts)| counts.of(host)).collect();
        Usage { calls, bytes_out, bytes_in, hosts, exceeded: counted.exceeded }
    }

    /// The first limit that was hit, if any.
    pub fn exceeded(&self) -> Option<Limit> {
        self.lock().exceeded
    }

    pub(crate) fn call(&self, host: &HostName) -> Result<(), EgressError> {
        self.count(Limit::HttpCalls, host, 1)
    }

    pub(crate) fn sending(&self, host: &HostName, bytes: usize) -> Result<(), EgressError> {
        self.count(Limit::HttpBytesOut, host, bytes as u64)
    }

    pub(crate) fn received(&self, host: &HostName, bytes: usize) -> Result<(), EgressError> {
        self.count(Limit::HttpBytesIn, host, bytes as u64)
    }

    /// Bytes of an answer that is filtered, which count as [`received`](Self::received) when the guest gets them: how
    /// many they are before would tell the length of a value in them. Their own bound is for servers that send what
    /// comes to nothing, and so far behind that of the guest that no value makes the difference.
    pub(crate) fn arrived(&self, bytes: usize) -> Result<(), EgressError> {
        let allowed = self.budget.bytes_in;
        let mut counted = self.lock();
        counted.unseen = counted.unseen.saturating_add(bytes as u64);
        if counted.unseen <= allowed.saturating_mul(2).saturating_add(UNSEEN) {
            return Ok(());
        }
        counted.exceeded.get_or_insert(Limit::HttpBytesIn);
        Err(EgressError::Limit { limit: Limit::HttpBytesIn, allowed })
    }

    /// Waits for one of the connections that the run may use at a time: those that ask first are served first.
    pub(crate) async fn connection(&self, host: &HostName, after: Duration) -> Result<ConnectionPermit, EgressError> {
        match timeout(after, self.places.clone().acquire_owned()).await {
            Ok(Ok(permit)) => Ok(ConnectionPermit(permit)),
            _ => Err(EgressError::Busy { host: host.clone(), allowed: self.budget.connections, after }),
        }
    }

    /// Counts only what fits, so that usage never exceeds the budget.
    fn count(&self, limit: Limit, host: &HostName, amount: u64) -> Result<(), EgressError> {
        let allowed = self.budget.of(limit);
        let mut counted = self.lock();
        let total = counted.total.of_limit(limit).saturating_add(amount);
        if total > allowed {
            counted.exceeded.get_or_insert(limit);
            return Err(EgressError::Limit { limit, allowed });
        }
        *counted.total.of_limit(limit) = total;
        *counted.hosts.entry(host.clone()).or_default().of_limit(limit) += amount;
        Ok(())
    }

    /// Counts are whole after every statement, so a poisoned lock is as good as any.
    fn lock(&self) -> MutexGuard<'_, Counted> {
        self.counted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counts {
    fn of_limit(&mut self, limit: Limit) -> &mut u64 {
        match limit {
            Limit::HttpCalls => &mut self.calls,
            Limit::HttpBytesOut => &mut self.bytes_out,
            Limit::HttpBytesIn => &mut self.bytes_in,
        }
    }

    fn of(self, host: &HostName) -> HostUsage {
        let Self { calls, bytes_out, bytes_in } = self;
        HostUsage { host: host.to_string(), calls, bytes_out, bytes_in }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(text: &str) -> HostName {
        HostName::parse(text).unwrap()
    }

    #[test]
    fn a_run_may_use_its_budget_to_the_last_byte_and_no_further() {
        let meter = Meter::new(Budget { calls: 2, bytes_out: 10, bytes_in: 5, connections: 1 });
        let a = host("a.example");
        meter.call(&a).unwrap();
        meter.sending(&a, 10).unwrap();
        meter.received(&a, 5).unwrap();
        assert_eq!(meter.exceeded(), None);
        assert!(matches!(meter.received(&a, 1), Err(EgressError::Limit { limit: Limit::HttpBytesIn, allowed: 5 })));
        assert!(matches!(meter.sending(&a, 1), Err(EgressError::Limit { limit: Limit::HttpBytesOut, allowed: 10 })));
        meter.call(&a).unwrap();
        assert!(matches!(meter.call(&a), Err(EgressError::Limit { limit: Limit::HttpCalls, allowed: 2 })));
        assert_eq!(meter.exceeded(), Some(Limit::HttpBytesIn), "the first one counts");
    }

    #[test]
    fn usage_is_told_per_host() {
        let meter = Meter::new(Budget::default());
        let (a, b) = (host("a.example"), host("[2001:db8::1]"));
        meter.call(&a).unwrap();
        meter.call(&b).unwrap();
        meter.call(&a).unwrap();
        meter.received(&a, 7).unwrap();
        meter.sending(&b, 3).unwrap();
        let expected = [
            HostUsage { host: "a.example".into(), calls: 2, bytes_out: 0, bytes_in: 7 },
            HostUsage { host: "[2001:db8::1]".into(), calls: 1, bytes_out: 3, bytes_in: 0 },
        ];
        let usage = meter.usage();
        assert_eq!((usage.calls, usage.bytes_out, usage.bytes_in), (3, 3, 7));
        assert_eq!(usage.hosts, expected);
    }
}
