//! An authority of a test's own, and what its servers need for TLS.

use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use um_egress::{Client, ClientBuilder};

use super::peer::Names;

/// An authority, and servers with certificates of its own.
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    pub fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    pub fn der(&self) -> Vec<u8> {
        self.0.der().to_vec()
    }

    pub fn pem(&self) -> String {
        pem("CERTIFICATE", &self.der())
    }

    pub fn private_key_pem(&self) -> String {
        pem("PRIVATE KEY", &self.0.key().serialize_der())
    }

    /// A client that trusts this authority besides the web's.
    pub fn trusting(&self, names: &Arc<Names>) -> ClientBuilder {
        Client::builder().root_certificate(self.der()).resolver(names.clone())
    }

    pub fn client(&self, names: &Arc<Names>) -> Client {
        self.trusting(names).build().unwrap()
    }

    /// A server's side of TLS, with a certificate of this authority, that speaks `protocols`.
    pub fn acceptor(&self, params: CertificateParams, protocols: &[&str]) -> TlsAcceptor {
        let (certificate, key) = self.issue(params);
        acceptor(&certificate, &key, protocols)
    }

    /// A certificate, and the key that it is for.
    pub fn issue(&self, params: CertificateParams) -> (rcgen::Certificate, KeyPair) {
        let key = KeyPair::generate().unwrap();
        (params.signed_by(&key, &self.0).unwrap(), key)
    }
}

/// A part of a PEM text (RFC 7468).
pub fn pem(label: &str, der: &[u8]) -> String {
    let text = BASE64_STANDARD.encode(der);
    let lines: Vec<_> = text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

pub fn params(name: &str) -> CertificateParams {
    CertificateParams::new(vec![name.to_owned()]).unwrap()
}

pub fn acceptor(certificate: &rcgen::Certificate, key: &KeyPair, protocols: &[&str]) -> TlsAcceptor {
    let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap();
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
    TlsAcceptor::from(Arc::new(config))
}

/// Two names of this machine.
pub fn names() -> Arc<Names> {
    Names::new([("api.test", &[&["127.0.0.1"]]), ("other.test", &[&["127.0.0.1"]])])
}
