//! What ends a run before its time: its deadline, an interruption, a limit that was hit inside a host call, an output
//! that nobody reads any more. The first of them counts.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::sync::watch;

use super::limits::table::Limit;
use um_base::{Over, Shortage, Work};

/// Why a run must end now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    Limit(Limit),
    OutputClosed,
    /// Whoever started the run wants no more of it.
    Interrupted,
    /// Nobody waits for the outcome any more.
    Abandoned,
    /// A script turned out to be typed, and was started with arguments.
    ArgsForTyped,
    /// A secret was asked for, and nothing keeps any.
    NoStore,
    /// The machine had no more of something.
    Shortage(Shortage),
}

/// One per run. The first reason counts, whether it is told here or by the run's [`Work`].
#[derive(Clone)]
pub(super) struct Tripwire(Arc<Inner>);

struct Inner {
    reason: OnceLock<Stop>,
    /// Whether it was interrupted or abandoned, be it after another reason.
    interrupted: watch::Sender<bool>,
    work: Work,
}

impl Tripwire {
    pub fn new(work: Work) -> Self {
        Self(Arc::new(Inner { reason: OnceLock::new(), interrupted: watch::Sender::new(false), work }))
    }

    /// What the host may still do for the run.
    pub fn work(&self) -> &Work {
        &self.0.work
    }

    pub fn trip(&self, reason: Stop) {
        // A later reason is a consequence of the first.
        if self.0.work.over_because().is_none() {
            let _ = self.0.reason.set(reason);
        }
        if matches!(reason, Stop::Interrupted | Stop::Abandoned) {
            self.0.interrupted.send_replace(true);
        }
        self.0.work.stop();
    }

    /// Whether somebody wants the run to end, whatever ended it first.
    pub fn is_interrupted(&self) -> bool {
        *self.0.interrupted.borrow()
    }

    /// Waits until somebody wants the run to end.
    pub async fn interrupted(&self) {
        // The sender lives as long as this does.
        let _ = self.0.interrupted.subscribe().wait_for(|interrupted| *interrupted).await;
    }

    pub fn reason(&self) -> Option<Stop> {
        self.0.work.over_because().map(|over| self.stop(over))
    }

    /// Waits until something trips.
    pub async fn tripped(&self) -> Stop {
        let over = self.0.work.over().await;
        self.stop(over)
    }

    /// Waits until somebody has wanted the run to end for so long; for ever, if that was so `before` and is heeded.
    pub async fn interrupted_for(&self, time: Duration, before: bool) {
        match before {
            true => std::future::pending().await,
            false => self.interrupted().await,
        }
        tokio::time::sleep(time).await;
    }

    fn stop(&self, over: Over) -> Stop {
        match over {
            Over::Deadline => Stop::Limit(Limit::Wall),
            Over::Memory => Stop::Limit(Limit::HostMemory),
            _ => self.0.reason.get().copied().unwrap_or(Stop::Abandoned),
        }
    }
}

/// What a guest's call comes back with when it has tripped the wire. The guest never sees it: the run is over.
#[derive(Debug, thiserror::Error)]
#[error("the run is over")]
pub(super) struct RunOver;
