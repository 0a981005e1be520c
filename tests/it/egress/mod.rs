//! Requests that leave a run, against real servers on the loopback interface.

mod bound;
mod broken;
mod inside;
mod limits;
pub mod peer;
mod pooled;
mod request;
mod secure;
