//! An answer: its head at once, its body on demand.

use std::fmt;
use std::io::{self, Read};

use serde::de::DeserializeOwned;

use super::error::{Error, ErrorKind};
use super::exchange::{Deadline, Since, internal, stream_failure, wait};
use super::url::{Scheme, Url};
use crate::bindings::wasi::http::types::{IncomingBody, IncomingResponse};
use crate::bindings::wasi::io::streams::InputStream;
use crate::json;

/// An answer. Its body is read from the network as it is asked for: by [`text`](Self::text), [`json`](Self::json) and
/// [`bytes`](Self::bytes) whole, or piece by piece through [`Read`] when it may not fit into memory.
pub struct Response {
    method: String,
    url: Url,
    status: u16,
    headers: Vec<(String, Vec<u8>)>,
    body: Body,
    deadline: Option<Deadline>,
}

/// Fields drop in this order: the stream is a child of the body.
struct Body {
    stream: InputStream,
    _body: IncomingBody,
}

/// How much of a body is asked for at once.
const PIECE: u64 = 64 * 1024;

impl Response {
    pub(super) fn new(
        method: &str,
        url: &Url,
        answer: IncomingResponse,
        deadline: Option<Deadline>,
    ) -> Result<Self, ErrorKind> {
        let headers = answer.headers().entries();
        let status = answer.status();
        let body = answer.consume().map_err(|()| internal())?;
        let stream = body.stream().map_err(|()| internal())?;
        let body = Body { stream, _body: body };
        Ok(Self { method: method.to_owned(), url: url.clone(), status, headers, body, deadline })
    }

    /// 200 for "OK", 404 for "not found" …
    pub fn status(&self) -> u16 {
        self.status
    }

    /// Whether the status is one of 200 to 299.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The first header of this name, in whatever case; nothing if there is none or it is not text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// All headers that are text, in the order in which they came.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.headers.iter().filter_map(|(name, value)| Some((name.as_str(), std::str::from_utf8(value).ok()?)))
    }

    /// The answer itself if its status is a success.
    ///
    /// # Errors
    /// [`ErrorKind::Status`] otherwise, redirects that were not followed and 304 (not modified) included.
    pub fn error_for_status(self) -> Result<Self, Error> {
        match self.is_success() {
            true => Ok(self),
            false => Err(self.error(ErrorKind::Status(self.status))),
        }
    }

    /// The whole body.
    ///
    /// # Errors
    /// [`Error`] when it did not arrive whole, in time, or within the run's limit on its size.
    pub fn bytes(mut self) -> Result<Vec<u8>, Error> {
        let Some(mut bytes) = self.piece(PIECE)? else { return Ok(Vec::new()) };
        while let Some(piece) = self.piece(PIECE)? {
            bytes.extend_from_slice(&piece);
        }
        Ok(bytes)
    }

    /// The whole body as text.
    ///
    /// # Errors
    /// As [`bytes`](Self::bytes), and when it is not UTF-8.
    pub fn text(self) -> Result<String, Error> {
        let (method, url) = (self.method.clone(), self.url.clone());
        String::from_utf8(self.bytes()?).map_err(|error| {
            let valid = error.utf8_error().valid_up_to();
            let words = format!("the answer is not UTF-8 text (from byte {valid} on)");
            Error::new(&method, Some(&url), ErrorKind::Unexpected(words))
        })
    }

    /// The whole body, read as JSON.
    ///
    /// # Errors
    /// As [`bytes`](Self::bytes), and when it is not JSON of this type.
    pub fn json<T: DeserializeOwned>(self) -> Result<T, Error> {
        let (method, url) = (self.method.clone(), self.url.clone());
        serde_json::from_slice(&self.bytes()?).map_err(|error| {
            let words = format!("the answer is not the JSON that was expected: {}", json::explain(&error));
            Error::new(&method, Some(&url), ErrorKind::Unexpected(words))
        })
    }

    /// Where a GET or HEAD is to be asked again. Not from https to http: that would show the address to everyone.
    pub(super) fn redirect(&self) -> Option<Url> {
        let redirects = matches!(self.status, 301 | 302 | 303 | 307 | 308);
        if !redirects || !matches!(self.method.as_str(), "GET" | "HEAD") {
            return None;
        }
        let next = self.url.join(self.header("location")?).ok()?;
        let downgrade = self.url.scheme == Scheme::Https && next.scheme == Scheme::Http;
        (!downgrade).then_some(next)
    }

    /// What comes next of the body, at most so many bytes of it; nothing at its end.
    fn piece(&mut self, most: u64) -> Result<Option<Vec<u8>>, Error> {
        let since = Since::now();
        loop {
            let read = match self.deadline {
                // One call where it takes four to wait for either of two.
                None => self.body.stream.blocking_read(most),
                Some(_) => self.body.stream.read(most),
            };
            match read {
                Ok(bytes) if bytes.is_empty() => {
                    wait(&self.body.stream.subscribe(), self.deadline).map_err(|kind| self.error(kind))?;
                }
                Ok(bytes) => return Ok(Some(bytes)),
                Err(error) => {
                    let failure = stream_failure(error).map(|kind| since.explain(kind, self.deadline));
                    return failure.map_or(Ok(None), |kind| Err(self.error(kind)));
                }
            }
        }
    }

    fn error(&self, kind: ErrorKind) -> Error {
        Error::new(&self.method, Some(&self.url), kind)
    }
}

impl Read for Response {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        match self.piece(buffer.len() as u64) {
            Ok(Some(bytes)) => {
                buffer[..bytes.len()].copy_from_slice(&bytes);
                Ok(bytes.len())
            }
            Ok(None) => Ok(0),
            Err(error) => Err(match error.kind() {
                ErrorKind::Timeout(_) | ErrorKind::GaveUp(_) => io::Error::new(io::ErrorKind::TimedOut, error),
                _ => io::Error::other(error),
            }),
        }
    }
}

/// Method, address and status only: headers and bodies hold credentials.
impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.method, self.url, self.status)
    }
}
