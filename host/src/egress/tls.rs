//! TLS 1.2 and 1.3 by rustls with ring, trusting the web's authorities and those that an embedder adds.

use std::io;
use std::sync::Arc;

use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::client::Resumption;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{CertificateError, ClientConfig, Error, RootCertStore};

use super::{HostName, TlsFault};

/// A connector that trusts the web's authorities and `added`, or the position of what is no certificate in `added`.
///
/// Sessions are not resumed: a ticket would tell a server that two workspaces share a machine.
pub(super) fn connector(added: Vec<Vec<u8>>) -> Result<TlsConnector, usize> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    for (position, der) in added.into_iter().enumerate() {
        roots.add(CertificateDer::from(der)).map_err(|_| position)?;
    }
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring has ciphers for TLS 1.2 and 1.3")
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.resumption = Resumption::disabled();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsConnector::from(Arc::new(config)))
}

/// The name that the server's certificate must have.
pub(super) fn server_name(host: &HostName) -> Result<ServerName<'static>, TlsFault> {
    match (host.name(), host.address()) {
        (Some(name), _) => ServerName::try_from(name.to_owned()).map_err(|_| TlsFault::WrongName),
        (None, Some(address)) => Ok(ServerName::IpAddress(address.into())),
        (None, None) => Err(TlsFault::WrongName),
    }
}

/// What a failed handshake means. rustls' own text may repeat what the server sent, so none of it is kept.
pub(super) fn fault(error: &io::Error) -> TlsFault {
    let Some(error) = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>()) else { return TlsFault::Broken };
    match error {
        Error::InvalidCertificate(certificate) => certificate_fault(certificate),
        Error::AlertReceived(_) => TlsFault::Refused,
        Error::PeerIncompatible(_) => TlsFault::Incompatible,
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
