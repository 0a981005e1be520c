//! Why there is no response, and what of the request, the other side or the way is at fault.

use std::fmt;
use std::io;
use std::net::IpAddr;
use std::time::Duration;

use super::request::{RequestFault, SealedFault};
use super::response::{ProtocolFault, ResponseFault};
use super::wire::{ProxyFault, TlsFault, reason};
use crate::budget::Limit;
use um_base::coded;
use um_base::rule::HostName;
use um_leak::owner;
use um_secret::SecretName;

/// Why a request was refused or failed.
///
/// Messages name hosts, ports and addresses, and never a header, a body, a path or a query.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "what the parts of each are is said with it, or stands in its message")]
pub enum EgressError {
    /// The request itself is at fault.
    #[error(transparent)]
    Request(#[from] RequestFault),
    /// No entry of the allow-list permits it. `entry` is the one to add.
    #[error("host `{host}` is not allowed")]
    NotAllowed { host: HostName, entry: String },
    /// Entries permit this host for other paths only. `entry` would permit all of them.
    #[error("host `{host}` is allowed for other paths only")]
    PathNotAllowed { host: HostName, entry: String },
    /// Entries permit this host and path for other methods only. `entry` would permit this one.
    #[error("host `{host}` is allowed for other methods only")]
    MethodNotAllowed { host: HostName, entry: String },
    /// A value that is bound to other hosts stands in the request. Of a request whose body it stands in a part was
    /// sent, and broken off before any of the value. `path` says where in the value the part stands, if it was not found
    /// as a whole; `bound` names three of the hosts at most; `entry` is the binding to add.
    #[error(
        "a request to `{host}` was refused, since it holds the secret {}, which is bound to {bound}",
        owner(secret.as_str(), path.as_deref())
    )]
    Misdirected { secret: SecretName, path: Option<String>, host: HostName, bound: String, entry: String },
    /// A key of um-host itself stands in the request. Of a request whose body it stands in a part was sent, and broken off
    /// before any of the key.
    #[error("a request to `{host}` was refused, since it holds a key of um-host")]
    Key { host: HostName },
    /// The placeholder of a sealed secret stands where it may not, or the request could bring its value to light. Of a
    /// request whose body it stands in a part was sent, and broken off before any of the placeholder.
    #[error("a request to `{host}` was refused: {fault}")]
    Sealed { host: HostName, fault: SealedFault },
    /// The answer may hold a sealed value that cannot be looked for.
    #[error("`{host}` {fault}")]
    Reflected { host: HostName, fault: ResponseFault },
    /// A sealed secret that is bound to the host could not be opened, so its value could not be kept out of the answer.
    #[error("a request to `{host}` was not sent, since a sealed secret that is bound to it could not be opened")]
    Unopened { host: HostName },
    /// Sealed values go out only when that is on record, and it could not be recorded.
    #[error("a request to `{host}` was not sent, since the use of a sealed secret could not be recorded")]
    Unrecorded { host: HostName },
    /// The run has read a bound secret, and is strict: it reaches no hosts any more but those that its secrets are bound
    /// to. `secret` is the bound one that was handed out first, `entry` the binding to add.
    #[error(
        "host `{host}` is refused since this run has read {secret} and is strict: it reaches only hosts that secrets \
         which it has read are bound to"
    )]
    Strict { host: HostName, secret: SecretName, entry: String },
    /// The host is, or resolves to, an address that is not on the public internet.
    #[error(
        "{} the private address {address}",
        if host.address().is_some() { format!("`{host}` is") } else { format!("`{host}` resolves to") }
    )]
    Inside { host: HostName, address: IpAddr },
    /// The name could not be resolved.
    #[error("`{host}` could not be resolved")]
    Unresolved { host: HostName, source: io::Error },
    /// None of the addresses took the connection. The source is the last address's error.
    #[error("could not connect to `{host}` on port {port}: {}", reason(source))]
    Connect { host: HostName, port: u16, source: io::Error },
    /// The proxy that the operator set was in the way.
    #[error("no way to `{host}`: the proxy {fault}")]
    Proxy { host: HostName, fault: ProxyFault },
    /// The TLS handshake failed.
    #[error("no secure connection to `{host}`: {fault}")]
    Tls { host: HostName, fault: TlsFault },
    /// A phase took longer than it may.
    #[error("`{host}` timed out {phase}, after {after:?}")]
    Timeout { host: HostName, phase: Phase, after: Duration },
    /// The other side does not keep to HTTP.
    #[error("`{host}` {fault}")]
    Protocol { host: HostName, fault: ProtocolFault },
    /// The run had as many requests under way as it may, and none of them ended in time. It may go on.
    #[error("no connection was free for `{host}` within {after:?}, since this run may use {allowed} at a time")]
    Busy { host: HostName, allowed: u64, after: Duration },
    /// The run has used up one of its limits, which allows so many calls or bytes.
    #[error("this run has reached its limit of {allowed} ({limit})")]
    Limit { limit: Limit, allowed: u64 },
}

coded! { EgressError:
    Self::Request(fault) => in fault,
    Self::NotAllowed { .. } => Denied "host-not-allowed",
    Self::PathNotAllowed { .. } => Denied "path-not-allowed",
    Self::MethodNotAllowed { .. } => Denied "method-not-allowed",
    Self::Misdirected { .. } => Denied "secret-misdirected",
    Self::Key { .. } => Denied "key-in-request",
    Self::Sealed { fault, .. } => in fault,
    Self::Reflected { fault, .. } => in fault,
    Self::Unopened { .. } => Unavailable "sealed-unopened",
    Self::Unrecorded { .. } => Unavailable "sealed-unrecorded",
    Self::Strict { .. } => Denied "strict-egress",
    Self::Inside { .. } => Denied "private-address",
    Self::Unresolved { .. } => Unavailable "host-unresolved",
    Self::Connect { .. } => Unavailable "host-unreachable",
    Self::Proxy { fault, .. } => in fault,
    Self::Tls { fault, .. } => in fault,
    Self::Timeout { .. } => Unavailable "http-timeout",
    Self::Protocol { fault, .. } => in fault,
    Self::Busy { .. } => Full "connections-busy",
    Self::Limit { .. } => Full "http-limit",
}

/// What a request was waiting for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// A connection: name, dialling, proxy and TLS together.
    Connect,
    /// The head of the response.
    FirstByte,
    /// The next bytes of the response's body.
    BetweenBytes,
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connect => "while connecting",
            Self::FirstByte => "before its response began",
            Self::BetweenBytes => "in the middle of its response",
        })
    }
}
