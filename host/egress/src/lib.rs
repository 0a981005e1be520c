//! The only way from an action to the network: checks each request against what the run may do, and sends it.
//!
//! Guarantees, for every request that leaves:
//! - its method, scheme, host, port and path are on the run's [`AllowList`]; an empty list means no network at all;
//! - no value stands in it that the run was given and that is bound to other hosts ([`BindingGuard`]);
//! - no key of um-host stands in it;
//! - a placeholder of a sealed secret stands in it only where the secret is bound to, and its value is put in last; no
//!   answer of a host that sealed secrets are bound to brings their values in ([`Seals`]);
//! - it goes to an address that was checked: a name is resolved once, refused if any of its addresses is inside
//!   ([`EgressError::Inside`]), and exactly those addresses are dialled, or asked of the operator's [`Proxy`];
//! - its request line, `Host` and framing are ours, rebuilt from parts; whatever the guest set there is dropped;
//! - its connection is shared with no other workspace, whether it is kept (HTTP/1.1) or has other requests on it
//!   (HTTP/2, which a server chooses in the TLS handshake);
//! - it is sent once: again only if nothing of it was written, or the server says that it has not looked at it;
//! - its time, its bytes and the number of its siblings are bounded ([`Timeouts`], [`Waits`], [`Meter`]).
//!
//! Errors never contain a header, a body, a path or a query: at most a host, a port and an address. The host is the
//! guest's choice of text, so whoever shows an error outside the run passes it through the leak filter first.
//!
//! Deliberately absent: following redirects (each hop must pass the checks, so the guest does it), decompression
//! (but of answers that are held against sealed values, and where a guest asks for it: [`decompressed`]),
//! cookies, proxies from the environment, HTTP/2 without TLS, server push, and TLS session resumption (it would link
//! workspaces).

#![warn(missing_docs)]

mod allow;
mod budget;
mod client;
mod error;
mod exchange;
mod fields;
mod meter;
mod policy;
mod request;
mod response;
mod seals;
mod stages;
mod timeouts;
mod wire;

#[cfg(test)]
mod attempts;

pub use allow::AllowList;
pub use budget::{Budget, Limit};
pub use client::{Client, ClientBuilder};
pub use error::egress::{EgressError, Phase};
pub use error::request::{RequestFault, SealedFault};
pub use error::response::{ProtocolFault, ResponseFault};
pub use error::wire::{ProxyFault, TlsFault};
pub use meter::{HostUsage, Meter, Usage};
pub use policy::Policy;
pub use request::binding_guard::BindingGuard;
pub use response::body::Body;
pub use response::decode::{Compression, decompressed, may_become};
pub use seals::Seals;
pub use timeouts::{Timeouts, Waits};
pub use wire::proxy::{Proxy, ProxyError};
pub use wire::resolve::{Resolve, SystemResolver};
pub use wire::roots::{BuildError, PemError};
