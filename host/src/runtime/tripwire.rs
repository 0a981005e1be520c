//! Ends a run from inside a host call: a limit that was hit, an output that nobody reads any more.

use std::sync::{Arc, OnceLock};

use tokio::sync::Notify;

use super::limits::Limit;

/// Why a run must end now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    Limit(Limit),
    OutputClosed,
    /// Nobody waits for the outcome any more.
    Abandoned,
    /// A script turned out to be typed, and was started with arguments.
    ArgsForTyped,
}

/// One per run. The first reason counts.
#[derive(Clone, Default)]
pub(super) struct Tripwire(Arc<Inner>);

#[derive(Default)]
struct Inner {
    reason: OnceLock<Stop>,
    tripped: Notify,
}

impl Tripwire {
    pub fn trip(&self, reason: Stop) {
        // A later reason is a consequence of the first.
        let _ = self.0.reason.set(reason);
        self.0.tripped.notify_waiters();
    }

    pub fn reason(&self) -> Option<Stop> {
        self.0.reason.get().copied()
    }

    /// Waits until something trips.
    pub async fn tripped(&self) -> Stop {
        loop {
            let notified = self.0.tripped.notified();
            if let Some(reason) = self.reason() {
                return reason;
            }
            notified.await;
        }
    }
}

/// What a guest's call comes back with when it has tripped the wire. The guest never sees it: the run is over.
#[derive(Debug, thiserror::Error)]
#[error("the run is over")]
pub(super) struct RunOver;
