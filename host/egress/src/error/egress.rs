//! Why there is no response, and what of the request, the other side or the way is at fault.

use std::fmt;
use std::io;
use std::net::IpAddr;
use std::time::Duration;

use crate::error::sealed::{ResponseFault, SealedFault};
use crate::meter::Limit;
use crate::wire::http2;
use crate::wire::proxy::ProxyFault;
use um_base::coded;
use um_base::rule::{HostName, HostNameError};
use um_secret::SecretName;

/// Why a request was refused or failed.
///
/// Messages name hosts, ports and addresses, and never a header, a body, a path or a query.
#[derive(Debug, thiserror::Error)]
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
    /// sent, and broken off before any of the value.
    #[error("a request to `{host}` was refused, since it holds the secret {secret}, which is bound to {bound}")]
    Misdirected { secret: SecretName, host: HostName, bound: String, entry: String },
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
    /// to.
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
    /// The run has used up one of its limits.
    #[error("this run has reached its limit of {allowed} ({limit})")]
    Limit { limit: Limit, allowed: u64 },
}

/// What is wrong with a request before anything is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RequestFault {
    #[error("the url has no scheme")]
    NoScheme,
    #[error("only https and http urls can be requested")]
    Scheme,
    #[error("the url contains a user name or password")]
    UserInfo,
    #[error(transparent)]
    Host(#[from] HostNameError),
    #[error("the port of the url is not a number from 1 to 65535")]
    Port,
    #[error("the path of the url must start with a slash")]
    Path,
    #[error("the methods CONNECT and TRACE are refused")]
    Method,
    #[error("the request's method, url and headers are longer than {0} bytes together")]
    HeadTooLarge(usize),
    #[error("the request's content-length is not one number")]
    ContentLength,
    #[error("the request's body is not as long as its content-length says")]
    BodyLength,
    #[error("the request's body ended before it was complete")]
    BodyAborted,
}

/// What went wrong between two sides of a TLS handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TlsFault {
    #[error("its certificate is from an authority that is not trusted here (or signed by itself)")]
    UnknownIssuer,
    #[error("its certificate is for another name")]
    WrongName,
    #[error("its certificate has expired")]
    Expired,
    #[error("its certificate is not valid yet")]
    NotYetValid,
    #[error("its certificate was revoked")]
    Revoked,
    /// Malformed, or an authority's own: what `openssl req -x509` makes by default.
    #[error("its certificate is not acceptable as a server's (self-signed ones rarely are)")]
    Certificate,
    #[error("it refused the handshake")]
    Refused,
    #[error("it shares no version or cipher of TLS 1.2 or 1.3 with us")]
    Incompatible,
    #[error("it does not speak TLS on this port")]
    NotTls,
    #[error("this machine's clock stands before 1970, where no certificate can be checked")]
    NoTime,
    #[error("the connection broke during the handshake")]
    Broken,
}

/// How an answer breaks the rules of HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProtocolFault {
    #[error("closed the connection before its response was complete")]
    Closed,
    #[error("sent a response that breaks the rules of HTTP")]
    Malformed,
    #[error("sent headers of more than 64 KiB or 100 lines")]
    HeadTooLarge,
    #[error("sent a body that breaks its own framing")]
    Framing,
    /// A stream of HTTP/2 was reset.
    #[error("broke its response off")]
    Reset,
    #[error("sent far more than its responses hold: announcements, framing or pings without end")]
    Noise,
    #[error("switched to another protocol without being asked")]
    Upgrade,
    /// From now on it is spoken.
    #[error("takes this request over HTTP/1.1 only, from now on")]
    Http1Required,
}

coded! { EgressError:
    Self::Request(fault) => in fault,
    Self::NotAllowed { .. } => Denied "host-not-allowed",
    Self::PathNotAllowed { .. } => Denied "path-not-allowed",
    Self::MethodNotAllowed { .. } => Denied "method-not-allowed",
    Self::Misdirected { .. } => Denied "secret-misdirected",
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

coded! { RequestFault:
    Self::NoScheme | Self::Scheme => Invalid "url-scheme",
    Self::UserInfo => Invalid "url-user",
    Self::Host(_) => Invalid "url-host",
    Self::Port => Invalid "url-port",
    Self::Path => Invalid "url-path",
    Self::Method => Invalid "request-method",
    Self::HeadTooLarge(_) => Invalid "request-head-too-large",
    Self::ContentLength | Self::BodyLength => Invalid "request-content-length",
    Self::BodyAborted => Invalid "request-body-aborted",
}

coded! { TlsFault:
    Self::UnknownIssuer => Unavailable "tls-unknown-issuer",
    Self::WrongName => Unavailable "tls-wrong-name",
    Self::Expired | Self::NotYetValid => Unavailable "tls-validity",
    Self::Revoked => Unavailable "tls-revoked",
    Self::Certificate => Unavailable "tls-certificate",
    Self::Refused | Self::Incompatible | Self::Broken => Unavailable "tls-handshake",
    Self::NotTls => Unavailable "tls-not-spoken",
    Self::NoTime => Unavailable "tls-clock",
}

coded! { ProtocolFault:
    Self::Closed | Self::Reset => Unavailable "response-broken-off",
    Self::Malformed | Self::Framing | Self::Noise | Self::Upgrade => Unavailable "response-malformed",
    Self::HeadTooLarge => Unavailable "response-head-too-large",
    Self::Http1Required => Unavailable "http1-required",
}

/// What a request was waiting for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    Connect,
    FirstByte,
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

/// The usual reasons in words; the operating system's numbers stay in the source.
pub(crate) fn reason(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => "nothing listens there",
        io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted => "the other side hung up",
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => "no route",
        io::ErrorKind::TimedOut => "no answer",
        io::ErrorKind::PermissionDenied => "a firewall of this machine refuses",
        _ => "the system refused",
    }
}

/// How an answer without a complete head breaks the rules.
pub(crate) fn head_fault(error: &hyper::Error) -> ProtocolFault {
    if let Some(fault) = http2::fault(error) {
        fault
    } else if error.is_parse_too_large() {
        ProtocolFault::HeadTooLarge
    } else if error.is_parse() || error.is_parse_status() {
        ProtocolFault::Malformed
    } else {
        ProtocolFault::Closed
    }
}

/// How a body breaks the rules. hyper reports framing as input/output errors of these kinds.
pub(crate) fn body_fault(error: &hyper::Error) -> ProtocolFault {
    match http2::fault(error) {
        Some(ProtocolFault::Malformed | ProtocolFault::HeadTooLarge) => return ProtocolFault::Framing,
        // A request is told so before its answer begins.
        Some(ProtocolFault::Http1Required) => return ProtocolFault::Reset,
        Some(fault) => return fault,
        None => {}
    }
    let source = std::error::Error::source(error).and_then(|source| source.downcast_ref::<io::Error>());
    match source.map(io::Error::kind) {
        Some(io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput) => ProtocolFault::Framing,
        _ => ProtocolFault::Closed,
    }
}
