//! What a run keeps on its way from the call of its action to its outcome.

use std::sync::Arc;

use super::delivery::Patience;
use super::given::Began;
use crate::engine::cpu::CpuTime;
use crate::guest::pipe::Pipe;
use crate::guest::script::Declared;
use crate::guest::secrets::RunSecrets;
use crate::limits::table::Limits;
use crate::outcome::Outcome;
use crate::tripwire::Tripwire;
use um_egress::BindingGuard;
use um_leak::Filter;
use um_secret::{Reader, Snapshot, wipe_stack};

/// How far calls below that of a run's end reach into the stack, and more.
const WIPED_KIB: usize = 128;

/// What all stages of a run share.
pub(super) struct Course {
    pub began: Began,
    /// What is known of the outcome from the start.
    pub outcome: Outcome,
    pub reader: Reader,
    pub snapshot: Option<Arc<dyn Snapshot>>,
    pub filter: Filter,
    pub guard: BindingGuard,
    pub tripwire: Tripwire,
    pub stdout: Pipe,
    pub stderr: Pipe,
    pub patience: Patience,
    pub declared: Declared,
    pub cpu: Arc<CpuTime>,
}

impl Course {
    /// The limits that are in force.
    pub fn limits(&self) -> &Limits {
        &self.outcome.limits
    }

    /// Writes over what the calls of a run have left on the stack, pieces of values among it; of a run that had none there
    /// are none.
    pub fn wipe_stack(&self, secrets: &RunSecrets) {
        if self.filter.has_guarded() || secrets.has_opened() {
            wipe_stack::<WIPED_KIB>();
        }
    }
}
