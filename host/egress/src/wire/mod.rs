//! Connections: opened to addresses that were checked, kept for one workspace and origin, and counted.
//!
//! - `resolve` and `address`: from a host to the addresses that may be dialled
//! - `connect`: from those to an open connection, by `proxy` and `tls` (`roots`) where it takes them
//! - `http1`, `http2`: what is spoken there; `stream` lets hyper speak, `traffic` counts what passes
//! - `connections`: one for each request: an open one of the `pool`, or a fresh one; `channel`: what a request has of it,
//!   `lease`: for as long as it is in use
//! - `received`: the body of a response as it comes; `fault`: what hyper's errors say about the other side

pub(crate) mod address;
pub(crate) mod channel;
pub(crate) mod connect;
pub(crate) mod connections;
pub(crate) mod fault;
pub(crate) mod http1;
pub(crate) mod http2;
pub(crate) mod lease;
pub(crate) mod pool;
pub(crate) mod proxy;
pub(crate) mod received;
pub(crate) mod resolve;
pub(crate) mod roots;
pub(crate) mod stream;
pub(crate) mod tls;
pub(crate) mod traffic;
