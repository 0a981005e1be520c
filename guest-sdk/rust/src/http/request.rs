//! A call, built step by step.

use std::fmt::{self, Display};
use std::io::Read;
use std::time::Duration;

use serde::Serialize;

use super::error::{Error, ErrorKind};
use super::exchange::{Body, Deadline, Outgoing, exchange};
use super::response::Response;
use super::url::{self, Url};

/// How many redirects one call follows.
const MAX_REDIRECTS: usize = 10;

/// A call that is being put together; [`send`](Self::send) makes it. A mistake on the way comes out of `send`.
#[must_use = "a request does nothing until it is sent"]
pub struct Request {
    method: String,
    url: Result<Url, ErrorKind>,
    headers: Vec<(String, String)>,
    body: Body,
    timeout: Option<Duration>,
    mistake: Option<ErrorKind>,
}

impl Request {
    pub(super) fn new(method: &str, url: &str) -> Self {
        Self {
            method: method.to_owned(),
            url: Url::parse(url).map_err(ErrorKind::from),
            headers: Vec::new(),
            body: Body::Empty,
            timeout: None,
            mistake: None,
        }
    }

    /// Adds a header. One of the same name that is there already stays.
    pub fn header(mut self, name: &str, value: impl Display) -> Self {
        self.headers.push((name.to_owned(), value.to_string()));
        self
    }

    /// Adds `name=value` to the query, percent-encoded.
    pub fn query(mut self, name: &str, value: impl Display) -> Self {
        if let Ok(url) = &mut self.url {
            url.append_query(name, &value.to_string());
        }
        self
    }

    /// Sends `Authorization: Bearer TOKEN`.
    pub fn bearer(self, token: &str) -> Self {
        self.header("authorization", format_args!("Bearer {token}"))
    }

    /// Sends user and password as `Authorization: Basic …` (RFC 7617).
    pub fn basic(self, user: &str, password: &str) -> Self {
        let credential = base64(format!("{user}:{password}").as_bytes());
        self.header("authorization", format_args!("Basic {credential}"))
    }

    /// Sends this as the body. Say what it is with a `content-type` header.
    pub fn body(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.body = Body::Bytes(bytes.into());
        self
    }

    /// Sends what this reads as the body, piece by piece: memory for 64 KiB at a time.
    pub fn body_from(mut self, reader: impl Read + 'static) -> Self {
        self.body = Body::Reader(Box::new(reader));
        self
    }

    /// Sends the value as JSON.
    pub fn json<T: Serialize + ?Sized>(mut self, value: &T) -> Self {
        match serde_json::to_vec(value) {
            Ok(text) => self.body(text).header("content-type", "application/json"),
            Err(_) => {
                self.mistake = Some(ErrorKind::Invalid("the body cannot be written as JSON".to_owned()));
                self
            }
        }
    }

    /// Sends fields as a web form does (`application/x-www-form-urlencoded`).
    pub fn form<N: AsRef<str>, V: AsRef<str>>(self, fields: impl IntoIterator<Item = (N, V)>) -> Self {
        self.body(url::form(fields)).header("content-type", "application/x-www-form-urlencoded")
    }

    /// Gives up when the whole answer, its body included, has not arrived in this time, counted from `send`. Without
    /// it, the limits of the run count.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = Some(limit);
        self
    }

    /// Makes the call and waits for the head of the answer; its body is read on demand.
    ///
    /// Answers of every status are `Ok`, see [`Response::error_for_status`]. Up to 10 redirects of GET and HEAD are
    /// followed; never from https to http, and to another origin without any header of the caller's.
    ///
    /// # Errors
    /// [`Error`] when there was a mistake in building the request, when the host refuses the call, or when no answer
    /// arrived.
    pub fn send(self) -> Result<Response, Error> {
        let Self { method, url, mut headers, body, timeout, mistake } = self;
        let mut url = url.map_err(|kind| Error::new(&method, None, kind))?;
        if let Some(kind) = mistake {
            return Err(Error::new(&method, Some(&url), kind));
        }
        if !has(&headers, "user-agent") {
            headers.push(("user-agent".to_owned(), concat!("um-action/", env!("CARGO_PKG_VERSION")).to_owned()));
        }
        let deadline = timeout.map(Deadline::after);
        let mut body = Some(body);
        for _ in 0..MAX_REDIRECTS {
            let sent = body.take().unwrap_or(Body::Empty);
            let request = Outgoing { method: &method, url: &url, headers: &headers, body: sent };
            let response = exchange(request, deadline)?;
            let Some(next) = response.redirect() else { return Ok(response) };
            if !next.same_origin(&url) {
                headers.retain(|(name, _)| name == "user-agent");
            }
            url = next;
        }
        Err(Error::new(&method, Some(&url), ErrorKind::Failed(format!("more than {MAX_REDIRECTS} redirects in a row"))))
    }
}

/// Method and address only: headers and bodies hold credentials.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.url {
            Ok(url) => write!(f, "{} {url}", self.method),
            Err(_) => write!(f, "{} of an invalid address", self.method),
        }
    }
}

fn has(headers: &[(String, String)], name: &str) -> bool {
    headers.iter().any(|(other, _)| other.eq_ignore_ascii_case(name))
}

/// Standard base64 with padding (RFC 4648, 4).
fn base64(bytes: &[u8]) -> String {
    const DIGITS: [u8; 64] = *b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let bits = (0..3).fold(0_u32, |bits, index| bits << 8 | u32::from(group.get(index).copied().unwrap_or(0)));
        for index in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * index) & 63) as usize];
            out.push(if index <= group.len() { digit.into() } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_rfc_4648() {
        for (text, expected) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("foobar", "Zm9vYmFy")]
        {
            assert_eq!(base64(text.as_bytes()), expected);
        }
    }

    #[test]
    fn a_request_shows_no_header_and_no_query() {
        let request = Request::new("GET", "https://h/p").bearer("hunter22").query("key", "hunter23");
        assert_eq!(format!("{request:?}"), "GET https://h/p");
    }

    #[test]
    fn a_mistake_comes_out_of_send() {
        let error = Request::new("GET", "example.com?key=hunter22").send().err().unwrap();
        assert_eq!(error.to_string(), "GET: the address must begin with https:// or http://");
        let unwritable = std::collections::BTreeMap::from([((1, 2), 3)]);
        let error = Request::new("POST", "https://h/p").json(&unwritable).send().err().unwrap();
        assert_eq!(error.to_string(), "POST https://h/p: the body cannot be written as JSON");
    }
}
