//! What was in the way of a connection.

use std::io;

use um_base::coded;

/// Longest head of a proxy's answer, in bytes.
pub(crate) const MAX_PROXY_HEAD_BYTES: usize = 16 * 1024;

/// What went wrong between two sides of a TLS handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "what each is stands in its message")]
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

/// How a proxy was in the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "what each is stands in its message")]
pub enum ProxyFault {
    #[error("could not be found")]
    Unresolved,
    #[error("could not be reached: {0}")]
    Unreachable(&'static str),
    #[error("wants to know who asks (status 407)")]
    Credentials,
    #[error("refused the connection (status {0})")]
    Refused(u16),
    #[error("closed the connection before it answered")]
    Closed,
    #[error("sent a response that is not HTTP/1.1")]
    Malformed,
    #[error("sent headers of more than {MAX_PROXY_HEAD_BYTES} bytes")]
    HeadTooLarge,
    #[error("did not answer in time")]
    Timeout,
    #[error("has no secure connection for us: {0}")]
    Tls(TlsFault),
}

coded! { ProxyFault:
    Self::Unresolved | Self::Unreachable(_) => Unavailable "proxy-unreachable",
    Self::Credentials => Unavailable "proxy-credentials",
    Self::Refused(_) => Unavailable "proxy-refused",
    Self::Closed | Self::Malformed | Self::HeadTooLarge => Unavailable "proxy-malformed",
    Self::Timeout => Unavailable "proxy-timeout",
    Self::Tls(fault) => in fault,
}

impl ProxyFault {
    pub(crate) fn unreachable(error: &io::Error) -> Self {
        Self::Unreachable(reason(error))
    }

    /// Whether another address of the same host may be asked for: the proxy did not reach this one.
    pub(crate) fn is_of_the_address(self) -> bool {
        matches!(self, Self::Refused(500..=599))
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
