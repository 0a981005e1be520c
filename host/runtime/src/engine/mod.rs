//! The engine of a host: its settings, its clock, and how compiled actions come into it.

pub(crate) mod cache;
pub(crate) mod cpu;
pub(crate) mod engines;
pub(crate) mod loaded;
pub(crate) mod loader;
pub(crate) mod machine;
pub(crate) mod mapping;
pub(crate) mod signal_stack;
pub(crate) mod ticker;
