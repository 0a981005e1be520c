//! How much memory a guest may have of its own.

use wasmtime::ResourceLimiter;

use crate::engine::loader::shortage;
use crate::limits::table::Limit;
use crate::tripwire::{RunOver, Stop, Tripwire};

/// Most elements of all the guest's tables together, and how many instances, tables and memories there may be.
const MAX_TABLE_ELEMENTS: usize = 1_000_000;
const MAX_INSTANCES: usize = 200;
const MAX_TABLES: usize = 100;
const MAX_MEMORIES: usize = 50;

/// Bounds the linear memory of all the guest's memories together, and its tables. Going over ends the run.
pub(crate) struct MemoryLimiter {
    allowed: u64,
    used: u64,
    table_elements: usize,
    tripwire: Tripwire,
}

impl MemoryLimiter {
    pub fn new(allowed: u64, tripwire: Tripwire) -> Self {
        Self { allowed, used: 0, table_elements: 0, tripwire }
    }

    /// Linear memory in bytes: it never shrinks, so this is also the most there was.
    pub fn used(&self) -> u64 {
        self.used
    }

    fn refuse(&self) -> wasmtime::Error {
        self.tripwire.trip(Stop::Limit(Limit::Memory));
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
            return Err(self.refuse());
        }
        self.used = used;
        Ok(true)
    }

    /// The operating system had no memory to give: what the run may use it would have got.
    fn memory_grow_failed(&mut self, error: wasmtime::Error) -> wasmtime::Result<()> {
        let Some(shortage) = shortage(&error) else { return Err(self.refuse()) };
        self.tripwire.trip(Stop::Shortage(shortage));
        Err(RunOver.into())
    }

    fn table_growing(&mut self, current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        let elements = self.table_elements + desired.saturating_sub(current);
        if elements > MAX_TABLE_ELEMENTS {
            return Err(self.refuse());
        }
        self.table_elements = elements;
        Ok(true)
    }

    fn instances(&self) -> usize {
        MAX_INSTANCES
    }

    fn tables(&self) -> usize {
        MAX_TABLES
    }

    fn memories(&self) -> usize {
        MAX_MEMORIES
    }
}
