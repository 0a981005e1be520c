//! How much memory a guest may have of its own.

use wasmtime::ResourceLimiter;

use crate::engine::machine::shortage;
use crate::limits::table::{Limit, Limits};
use crate::tripwire::{RunOver, Stop, Tripwire};

/// How many tables and memories there may be.
const MAX_TABLES: usize = 100;
const MAX_MEMORIES: usize = 50;

/// Bounds the linear memory of all the guest's memories together, and its tables. Going over ends the run.
pub(crate) struct MemoryLimiter {
    allowed: u64,
    used: u64,
    elements_allowed: u64,
    elements: u64,
    instances: usize,
    tripwire: Tripwire,
}

impl MemoryLimiter {
    pub fn new(limits: &Limits, tripwire: Tripwire) -> Self {
        let (allowed, elements_allowed) = (limits.memory, limits.table_elements);
        let instances = usize::try_from(limits.instances).unwrap_or(usize::MAX);
        Self { allowed, used: 0, elements_allowed, elements: 0, instances, tripwire }
    }

    /// Linear memory in bytes: it never shrinks, so this is also the most there was.
    pub fn used(&self) -> u64 {
        self.used
    }

    fn refuse(&self, limit: Limit) -> wasmtime::Error {
        self.tripwire.trip(Stop::Limit(limit));
        RunOver.into()
    }
}

impl ResourceLimiter for MemoryLimiter {
    fn memory_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        let used = self.used + desired.saturating_sub(current) as u64;
        if used > self.allowed {
            return Err(self.refuse(Limit::Memory));
        }
        self.used = used;
        Ok(true)
    }

    /// The operating system had no memory to give: what the run may use it would have got.
    fn memory_grow_failed(&mut self, error: wasmtime::Error) -> wasmtime::Result<()> {
        let Some(shortage) = shortage(&error) else { return Err(self.refuse(Limit::Memory)) };
        self.tripwire.trip(Stop::Shortage(shortage));
        Err(RunOver.into())
    }

    fn table_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        let elements = self.elements + desired.saturating_sub(current) as u64;
        if elements > self.elements_allowed {
            return Err(self.refuse(Limit::TableElements));
        }
        self.elements = elements;
        Ok(true)
    }

    fn instances(&self) -> usize {
        self.instances
    }

    fn tables(&self) -> usize {
        MAX_TABLES
    }

    fn memories(&self) -> usize {
        MAX_MEMORIES
    }
}
