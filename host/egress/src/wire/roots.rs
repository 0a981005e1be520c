//! Whose word for a server's name is taken: the web's authorities or this machine's, and those of one's own.

use std::sync::Arc;

use memchr::memmem;
use tokio_rustls::rustls::RootCertStore;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::{Error, PemObject};

use um_base::coded;

/// Longest PEM text, in bytes; the web's authorities together have a fifth of it.
const MAX_PEM_BYTES: usize = 1024 * 1024;

/// Why a [`Client`](crate::Client) could not be built.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "what each is stands in its message")]
pub enum BuildError {
    #[error("root certificate {number} is not a DER-encoded X.509 certificate")]
    RootCertificate {
        /// Counted from 1.
        number: usize,
    },
    #[error("this machine has no certificate authorities that could be read; install them, or trust the web's")]
    NoPlatformRoots,
}

coded! { BuildError:
    Self::RootCertificate { .. } => Invalid "root-certificate",
    Self::NoPlatformRoots => Unavailable "no-platform-roots",
}

/// Why a text is no list of certificates. The messages repeat nothing of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "what each is stands in its message")]
pub enum PemError {
    #[error("there is no certificate in it; it must have a part that begins with -----BEGIN CERTIFICATE-----")]
    NoCertificate,
    #[error("there is a private key in it; keep that where it belongs, and name a file with certificates alone")]
    PrivateKey,
    #[error("certificate {number} has no valid base64 between its BEGIN and END lines; copy the file again")]
    Base64 {
        /// Counted from 1.
        number: usize,
    },
    #[error("certificate {number} has no END line, or a BEGIN line that is not whole; copy the file again")]
    Boundary {
        /// Counted from 1.
        number: usize,
    },
    #[error("certificate {number} is no certificate of an authority: not DER-encoded X.509")]
    Certificate {
        /// Counted from 1.
        number: usize,
    },
    #[error("it is longer than {MAX_PEM_BYTES} bytes; name a file with the certificates of your authorities alone")]
    TooLong,
}

coded! { PemError:
    Self::NoCertificate => Invalid "pem-no-certificate",
    Self::PrivateKey => Invalid "pem-private-key",
    Self::Base64 { .. } | Self::Boundary { .. } | Self::Certificate { .. } => Invalid "pem-malformed",
    Self::TooLong => Full "pem-too-long",
}

/// The authorities that are trusted.
#[derive(Default)]
pub(crate) struct Roots {
    pub(crate) platform: bool,
    pub(crate) added: Vec<CertificateDer<'static>>,
}

impl Roots {
    pub(crate) fn into_store(self) -> Result<Arc<RootCertStore>, BuildError> {
        let mut store = if self.platform { of_this_machine()? } else { of_the_web() };
        for (position, der) in self.added.into_iter().enumerate() {
            store.add(der).map_err(|_| BuildError::RootCertificate { number: position + 1 })?;
        }
        Ok(Arc::new(store))
    }
}

/// The certificates of a PEM text (RFC 7468), in which other parts and text between them are let pass; a private key is
/// not, and is not decoded either.
pub(crate) fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, PemError> {
    if pem.len() > MAX_PEM_BYTES {
        return Err(PemError::TooLong);
    }
    if memmem::find(pem, b"PRIVATE KEY-----").is_some() {
        return Err(PemError::PrivateKey);
    }
    let mut found = Vec::new();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        let number = found.len() + 1;
        let certificate = certificate.map_err(|error| match error {
            Error::Base64Decode(_) => PemError::Base64 { number },
            _ => PemError::Boundary { number },
        })?;
        RootCertStore::empty().add(certificate.clone()).map_err(|_| PemError::Certificate { number })?;
        found.push(certificate);
    }
    if found.is_empty() { Err(PemError::NoCertificate) } else { Ok(found) }
}

fn of_the_web() -> RootCertStore {
    RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() }
}

/// What is there but cannot be read is left out, as other programs do: machines carry certificates of long ago.
fn of_this_machine() -> Result<RootCertStore, BuildError> {
    let mut store = RootCertStore::empty();
    store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if store.is_empty() { Err(BuildError::NoPlatformRoots) } else { Ok(store) }
}
