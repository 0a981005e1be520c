//! The service that actions call, in a process of its own: it knows every secret that it is sent, and sends it back.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use serde::{Deserialize, Serialize};
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::process;

const CONTACT: &str = r#"{"results":[{"properties":{"firstname":"Ada","lastname":"L","email":"a@b","company":"C","createdate":"2026-01-01T00:00:00Z"}}]}"#;

/// Where it listens, and whose certificate it shows.
#[derive(Serialize, Deserialize)]
pub struct Listening {
    pub http: String,
    pub https: String,
    pub authority: Vec<u8>,
}

/// Serves until whoever started this process is done with it.
pub fn be_a_peer() {
    let () = process::order();
    process::ready(&listen());
    process::stay();
}

/// Serves on threads of this process.
pub fn listen() -> Listening {
    let (config, authority) = tls();
    let http = accept(serve);
    let https = accept(move |stream| {
        let session = ServerConnection::new(Arc::clone(&config)).map_err(io::Error::other)?;
        serve(StreamOwned::new(session, stream))
    });
    Listening { http: format!("http://{http}"), https: format!("https://{https}"), authority }
}

fn accept(serve: impl Fn(TcpStream) -> io::Result<()> + Clone + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let serve = serve.clone();
            std::thread::spawn(move || serve(stream));
        }
    });
    address
}

fn tls() -> (Arc<ServerConfig>, Vec<u8>) {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate =
        CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap().signed_by(&key, &authority).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], PrivateKeyDer::Pkcs8(key.serialize_der().into()))
        .unwrap();
    (Arc::new(config), authority.der().to_vec())
}

fn serve(mut stream: impl Read + Write) -> io::Result<()> {
    while let Some(request) = read_request(&mut stream)? {
        let path = String::from_utf8_lossy(request.split(|byte| *byte == b' ').nth(1).unwrap_or_default()).into_owned();
        let (status, body) = match &path {
            path if path.starts_with("/crm/") => ("200 OK", CONTACT.into()),
            path if path.starts_with("/refused") => ("401 Unauthorized", request),
            _ => ("200 OK", request),
        };
        write!(stream, "HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n", body.len())?;
        stream.write_all(&body)?;
        stream.flush()?;
    }
    Ok(())
}

/// Head and body as they came; nothing when the caller has hung up.
fn read_request(stream: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
    let mut request = Vec::new();
    let mut piece = [0; 4096];
    while !is_whole(&request) {
        match stream.read(&mut piece)? {
            0 => return Ok(None),
            length => request.extend_from_slice(&piece[..length]),
        }
    }
    Ok(Some(request))
}

fn is_whole(request: &[u8]) -> bool {
    let Some(end) = request.windows(4).position(|bytes| bytes == b"\r\n\r\n") else { return false };
    let head = String::from_utf8_lossy(&request[..end]).to_ascii_lowercase();
    if head.contains("\r\ntransfer-encoding: chunked") {
        return request.ends_with(b"0\r\n\r\n");
    }
    let length = head.split("\r\ncontent-length: ").nth(1).and_then(|rest| rest.lines().next());
    request.len() >= end + 4 + length.map_or(0, |length| length.parse::<usize>().unwrap())
}
