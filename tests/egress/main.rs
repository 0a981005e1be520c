//! Requests that leave a run, against real servers on the loopback interface: the client through its public API, without
//! the engine.

#![expect(clippy::print_stderr, reason = "a child of a test that is killed is told of")]

#[path = "../it/support/bound.rs"]
#[expect(dead_code, reason = "what ends a child without its output is for other tests")]
mod bounded;

mod addresses;
mod authority;
mod bound;
mod broken;
mod connections;
mod floods;
mod frames;
mod http1_required;
mod http2;
mod http2_broken;
mod http2_ends;
mod http2_peer;
mod inside;
mod inside_table;
mod limits;
mod lookups;
mod peer;
mod pooled;
mod proxy;
mod proxy_faults;
mod request;
mod roots;
mod sealed;
mod sealed_sizes;
mod secure;
mod vault;
