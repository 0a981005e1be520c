//! TLS 1.2 and 1.3 by rustls with ring.

use std::io;
use std::sync::Arc;
use std::time::SystemTime;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::client::Resumption;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{ServerName, UnixTime};
use tokio_rustls::rustls::time_provider::TimeProvider;
use tokio_rustls::rustls::{CertificateError, ClientConfig, Error, RootCertStore};

use crate::error::wire::TlsFault;
use um_base::rule::HostName;

/// What is offered to servers (RFC 7301): HTTP/2 if they have it.
pub(crate) const HTTP: [&[u8]; 2] = [b"h2", b"http/1.1"];
/// What is offered to a proxy, and to servers that want nothing newer.
pub(crate) const HTTP1: [&[u8]; 1] = [b"http/1.1"];

/// A connector that trusts the authorities in `roots` and asks for one of `protocols`.
///
/// Sessions are not resumed: a ticket would tell a server that two workspaces share a machine.
pub(crate) fn connector(roots: &Arc<RootCertStore>, protocols: &[&[u8]]) -> TlsConnector {
    let mut config = ClientConfig::builder_with_details(Arc::new(ring::default_provider()), Arc::new(TimeOfDay))
        .with_safe_default_protocol_versions()
        .expect("ring has ciphers for TLS 1.2 and 1.3")
        .with_root_certificates(roots.clone())
        .with_no_client_auth();
    config.resumption = Resumption::disabled();
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
    TlsConnector::from(Arc::new(config))
}

/// When a certificate is looked at. A clock that stands before 1970, where there are none, is as good as none: the
/// handshake fails, and its fault says so.
#[derive(Debug)]
struct TimeOfDay;

impl TimeOfDay {
    fn of(time: SystemTime) -> Option<UnixTime> {
        time.duration_since(SystemTime::UNIX_EPOCH).ok().map(UnixTime::since_unix_epoch)
    }
}

impl TimeProvider for TimeOfDay {
    fn current_time(&self) -> Option<UnixTime> {
        Self::of(SystemTime::now())
    }
}

/// Shakes hands with `host` over `stream`.
pub(crate) async fn secure<S>(connector: &TlsConnector, host: &HostName, stream: S) -> Result<TlsStream<S>, TlsFault>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let name = server_name(host)?;
    connector.connect(name, stream).await.map_err(|error| fault(&error))
}

/// Whether the server chose HTTP/2.
pub(crate) fn is_http2<S>(stream: &TlsStream<S>) -> bool {
    stream.get_ref().1.alpn_protocol() == Some(HTTP[0])
}

/// The name that the server's certificate must have.
fn server_name(host: &HostName) -> Result<ServerName<'static>, TlsFault> {
    match (host.name(), host.address()) {
        (Some(name), _) => ServerName::try_from(name.to_owned()).map_err(|_| TlsFault::WrongName),
        (None, Some(address)) => Ok(ServerName::IpAddress(address.into())),
        (None, None) => Err(TlsFault::WrongName),
    }
}

/// What a failed handshake means. rustls' own text may repeat what the server sent, so none of it is kept.
fn fault(error: &io::Error) -> TlsFault {
    let Some(error) = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>()) else { return TlsFault::Broken };
    match error {
        Error::InvalidCertificate(certificate) => certificate_fault(certificate),
        Error::AlertReceived(_) => TlsFault::Refused,
        Error::PeerIncompatible(_) => TlsFault::Incompatible,
        Error::FailedToGetCurrentTime => TlsFault::NoTime,
        Error::InvalidMessage(_) | Error::InappropriateMessage { .. } => TlsFault::NotTls,
        _ => TlsFault::Broken,
    }
}

fn certificate_fault(error: &CertificateError) -> TlsFault {
    match error {
        // A signature that fails is that of an authority which only shares its name with a trusted one.
        CertificateError::UnknownIssuer | CertificateError::BadSignature => TlsFault::UnknownIssuer,
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => TlsFault::WrongName,
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => TlsFault::Expired,
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => TlsFault::NotYetValid,
        CertificateError::Revoked => TlsFault::Revoked,
        _ => TlsFault::Certificate,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_clock_before_1970_fails_a_handshake_and_nothing_else() {
        assert_eq!(TimeOfDay::of(SystemTime::UNIX_EPOCH - Duration::from_secs(1)), None);
        assert_eq!(TimeOfDay::of(SystemTime::UNIX_EPOCH).map(|time| time.as_secs()), Some(0));
        let fault = fault(&io::Error::other(Error::FailedToGetCurrentTime));
        assert!(fault.to_string().contains("clock"), "{fault}");
    }
}
