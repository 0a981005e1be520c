//! The two ends that calls are timed between: a server in a process of its own, and a client that has nothing to check.

pub mod bare;
pub mod server;
