//! A run from outside, while whoever started it waits for its end.

use std::sync::{Arc, OnceLock};

use super::gate::Gate;
use super::moves::Ticket;
use super::place::{Place, Standing};
use crate::tripwire::{Stop, Tripwire};

/// What a [`Run`](crate::Run) can be asked and told from outside, before it starts, while it waits and while it is under
/// way. Cheap to clone.
#[derive(Clone)]
pub struct RunHandle {
    pub(crate) gate: Arc<Gate>,
    pub(crate) ticket: Arc<OnceLock<Ticket>>,
    pub(crate) tripwire: Tripwire,
}

/// How far a run has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RunState {
    /// Nobody has started it yet.
    Unstarted,
    /// It waits for its turn.
    Waiting(Place),
    /// It is under way, or settles what it has left.
    Running,
    /// It has come to its end, or was refused.
    Ended,
}

impl RunHandle {
    /// Ends the run at once, wherever it is: in the queue, in the code of its guest, in a call of the host, or while its
    /// documents are looked through. None of them is published then, and what it has read is recorded. Before its action was
    /// called this is [`RunError::Interrupted`](crate::RunError), afterwards an outcome with
    /// [`End::Interrupted`](crate::End). Documents that are published stay so, and a run that has ended is no matter.
    pub fn cancel(&self) {
        self.tripwire.trip(Stop::Interrupted);
    }

    /// How far it has come, and where in the queue it is.
    pub fn state(&self) -> RunState {
        match self.ticket.get().map(|ticket| self.gate.standing(*ticket)) {
            None => RunState::Unstarted,
            Some(Standing::Waiting(place)) => RunState::Waiting(place),
            Some(Standing::Running) => RunState::Running,
            Some(Standing::Gone) => RunState::Ended,
        }
    }
}
