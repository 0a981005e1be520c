//! The operator's proxy: every connection is asked of it with CONNECT (RFC 9110, 9.3.6), for http and https alike, and
//! by the address that was checked.
//!
//! The proxy's own address is the operator's choice and may be inside. It never comes from a guest or the environment.

use std::fmt;
use std::net::SocketAddr;
use std::str::FromStr;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use zeroize::Zeroizing;

use crate::error::wire::MAX_PROXY_HEAD_BYTES;
use crate::error::wire::ProxyFault;
use crate::wire::stream::Stream;
use crate::wire::tls;
use um_base::coded;
use um_base::percent::decode_strict;
use um_base::rule::{HostName, HostNameError, Scheme, parse_port, split_port};

/// Longest URL of a proxy, in bytes.
const MAX_URL_BYTES: usize = 8 * 1024;

/// A proxy: `http://[USER:PASSWORD@]HOST:PORT`, or with https.
///
/// Displays without user and password, which are kept in memory that is wiped.
///
/// ```
/// use um_egress::Proxy;
///
/// let proxy: Proxy = "http://me:hunter22@proxy.example:3128".parse()?;
/// assert_eq!(proxy.to_string(), "http://proxy.example:3128");
/// assert!("socks5://proxy.example:1080".parse::<Proxy>().is_err());
/// # Ok::<(), um_egress::ProxyError>(())
/// ```
pub struct Proxy {
    scheme: Scheme,
    pub(crate) host: HostName,
    pub(crate) port: u16,
    credentials: Option<Credentials>,
}

/// What `Proxy-Authorization` says, ready to send.
struct Credentials(Zeroizing<String>);

/// Why a text names no proxy. The messages repeat nothing of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "what each is stands in its message")]
pub enum ProxyError {
    #[error("the proxy has no scheme; write it as in http://proxy.example:3128")]
    NoScheme,
    #[error("only http and https proxies can be used")]
    Scheme,
    #[error(transparent)]
    Host(#[from] HostNameError),
    #[error("the proxy needs a port from 1 to 65535; write it as in http://proxy.example:3128")]
    Port,
    #[error("the proxy has a path or a query; write it as in http://proxy.example:3128")]
    Path,
    #[error(
        "the proxy's user and password must be USER:PASSWORD, percent-encoded UTF-8 without control characters; in \
         them `@`, `/` and `%` are %40, %2F and %25"
    )]
    Credentials,
    #[error("the proxy's url is longer than {MAX_URL_BYTES} bytes")]
    TooLong,
}

coded! { ProxyError:
    Self::NoScheme | Self::Scheme => Invalid "proxy-scheme",
    Self::Host(error) => in error,
    Self::Port => Invalid "proxy-port",
    Self::Path => Invalid "proxy-path",
    Self::Credentials => Invalid "proxy-user",
    Self::TooLong => Invalid "proxy-too-long",
}

impl Proxy {
    /// Reads a proxy's URL. The port must be given.
    ///
    /// # Errors
    /// [`ProxyError`] with the rule that the text breaks.
    pub fn parse(text: &str) -> Result<Self, ProxyError> {
        if text.len() > MAX_URL_BYTES {
            return Err(ProxyError::TooLong);
        }
        let (scheme, rest) = text.split_once("://").ok_or(ProxyError::NoScheme)?;
        let scheme = match scheme.to_ascii_lowercase().as_str() {
            "http" => Scheme::Http,
            "https" => Scheme::Https,
            _ => return Err(ProxyError::Scheme),
        };
        let (credentials, place) = match rest.rsplit_once('@') {
            Some((credentials, place)) => (Some(Credentials::parse(credentials)?), place),
            None => (None, rest),
        };
        let authority = place.strip_suffix('/').unwrap_or(place);
        if authority.contains(['/', '?', '#']) {
            return Err(ProxyError::Path);
        }
        let (host, port) = split_port(authority);
        let host = HostName::parse(host)?;
        let port = port.and_then(parse_port).ok_or(ProxyError::Port)?;
        Ok(Self { scheme, host, port, credentials })
    }

    /// A connection to `target`, over one to the proxy.
    pub(crate) async fn tunnel(
        &self,
        tcp: TcpStream,
        tls: &TlsConnector,
        target: SocketAddr,
    ) -> Result<Box<dyn Stream>, ProxyFault> {
        let mut stream: Box<dyn Stream> = match self.scheme {
            Scheme::Http => Box::new(tcp),
            Scheme::Https => Box::new(tls::secure(tls, &self.host, tcp).await.map_err(ProxyFault::Tls)?),
        };
        let question = self.question(target);
        stream.write_all(question.as_bytes()).await.map_err(|_| ProxyFault::Closed)?;
        stream.flush().await.map_err(|_| ProxyFault::Closed)?;
        match answer(&mut stream).await? {
            200..=299 => Ok(stream),
            407 => Err(ProxyFault::Credentials),
            status => Err(ProxyFault::Refused(status)),
        }
    }

    fn question(&self, target: SocketAddr) -> Zeroizing<String> {
        let credentials = self.credentials.as_ref().map_or("", |credentials| &credentials.0);
        // Of its full length at once: a text that grows leaves copies behind.
        let mut question = Zeroizing::new(String::with_capacity(256 + credentials.len()));
        question.push_str(&format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n"));
        if self.credentials.is_some() {
            question.push_str("Proxy-Authorization: Basic ");
            question.push_str(credentials);
            question.push_str("\r\n");
        }
        question.push_str("\r\n");
        question
    }
}

impl FromStr for Proxy {
    type Err = ProxyError;

    fn from_str(text: &str) -> Result<Self, ProxyError> {
        Self::parse(text)
    }
}

/// Without user and password.
impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.scheme == Scheme::Http { "http" } else { "https" };
        write!(f, "{scheme}://{}:{}", self.host, self.port)
    }
}

/// As [`Display`](fmt::Display).
impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Proxy({self})")
    }
}

impl Credentials {
    /// `USER:PASSWORD` as RFC 7617 has it in base64.
    fn parse(text: &str) -> Result<Self, ProxyError> {
        let (user, password) = text.split_once(':').ok_or(ProxyError::Credentials)?;
        let (user, password) = decoded(user).zip(decoded(password)).ok_or(ProxyError::Credentials)?;
        // A user that has a colon would end before it.
        if user.contains(&b':') {
            return Err(ProxyError::Credentials);
        }
        let mut plain = Zeroizing::new(Vec::with_capacity(text.len()));
        plain.extend_from_slice(&user);
        plain.push(b':');
        plain.extend_from_slice(&password);
        let legible = std::str::from_utf8(&plain).is_ok_and(|plain| !plain.contains(char::is_control));
        legible.then(|| Self(Zeroizing::new(BASE64_STANDARD.encode(&*plain)))).ok_or(ProxyError::Credentials)
    }
}

/// What is percent-encoded in one of the two; `None` where a URL would end it.
fn decoded(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    if text.contains(['@', '/', '?', '#']) { None } else { decode_strict(text.as_bytes()) }
}

/// The status of the proxy's answer, which is read to the end of its head and not further: behind it comes the target.
async fn answer(stream: &mut Box<dyn Stream>) -> Result<u16, ProxyFault> {
    let mut head = Vec::new();
    let mut piece = [0; 1024];
    loop {
        let length = stream.read(&mut piece).await.map_err(|_| ProxyFault::Closed)?;
        if length == 0 {
            return Err(ProxyFault::Closed);
        }
        head.extend_from_slice(&piece[..length]);
        if !head.starts_with(&b"HTTP/1."[..head.len().min(7)]) {
            return Err(ProxyFault::Malformed);
        }
        match memchr::memmem::find(&head, b"\r\n\r\n") {
            Some(end) if end + 4 > MAX_PROXY_HEAD_BYTES => return Err(ProxyFault::HeadTooLarge),
            Some(end) => return status(&head, end + 4).ok_or(ProxyFault::Malformed),
            None if head.len() > MAX_PROXY_HEAD_BYTES => return Err(ProxyFault::HeadTooLarge),
            None => {}
        }
    }
}

/// The final status of a head that ends at `end`. Of what follows a connection that was granted nobody has asked yet.
fn status(head: &[u8], end: usize) -> Option<u16> {
    let line = head.split(|&byte| byte == b'\r').next()?;
    let (version, rest) = (line.get(..9)?, line.get(9..)?);
    let digits = rest.get(..3).filter(|_| matches!(rest.get(3), None | Some(b' ')))?;
    let known = matches!(version, b"HTTP/1.1 " | b"HTTP/1.0 ") && digits.iter().all(u8::is_ascii_digit);
    let status = std::str::from_utf8(digits).ok()?.parse().ok().filter(|status| (200..=599).contains(status))?;
    (known && (status >= 300 || head.len() == end)).then_some(status)
}
