//! A call, built step by step.

use std::fmt::{self, Display};
use std::io::Read;
use std::time::Duration;

use serde::Serialize;

use super::error::{Error, ErrorKind};
use super::exchange::{Body, Deadline, Outgoing, exchange};
use super::form::form;
use super::response::Response;
use super::url::Url;

/// How many redirects one call follows.
const MAX_REDIRECTS: usize = 10;

/// A call that is being put together; [`send`](Self::send) makes it. A mistake on the way comes out of `send`.
#[must_use = "a request does nothing until it is sent"]
pub struct Request {
    method: String,
    url: Result<Url, ErrorKind>,
    headers: Vec<(String, String)>,
    body: Body,
    /// What `json` and `form` say about the body where the caller says nothing.
    media_type: Option<&'static str>,
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
            media_type: None,
            timeout: None,
            mistake: None,
        }
    }

    /// Adds a header. One of the same name that was added before stays; what this crate would send under that name
    /// (user-agent, the content-type of [`json`](Self::json) and [`form`](Self::form)) gives way.
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
    pub fn body(self, bytes: impl Into<Vec<u8>>) -> Self {
        self.set_body(Body::Bytes(bytes.into()), None)
    }

    /// Sends what this reads as the body, piece by piece: memory for 64 KiB at a time.
    pub fn body_from(self, reader: impl Read + 'static) -> Self {
        self.set_body(Body::Reader(Box::new(reader)), None)
    }

    /// Sends the value as JSON, `application/json` unless a `content-type` header says otherwise.
    pub fn json<T: Serialize + ?Sized>(self, value: &T) -> Self {
        match serde_json::to_vec(value) {
            Ok(text) => self.set_body(Body::Bytes(text), Some("application/json")),
            Err(_) => self.mistaken("the body cannot be written as JSON"),
        }
    }

    /// Sends fields as a web form does, `application/x-www-form-urlencoded` unless a `content-type` header says
    /// otherwise: pairs, a map or a struct, by value or by reference, of texts, numbers and booleans. A field that is
    /// `None` is left out.
    ///
    /// ```no_run
    /// use um_action::http;
    ///
    /// # #[derive(serde::Serialize)]
    /// # struct Grant { code: String }
    /// # let grant = Grant { code: String::new() };
    /// let token = http::post("https://login.example.com/token").form(&[("grant_type", "client_credentials")]).send()?;
    /// let token = http::post("https://login.example.com/token").form(grant).send()?;
    /// # Ok::<(), um_action::http::Error>(())
    /// ```
    pub fn form<T: Serialize>(self, fields: T) -> Self {
        match form(&fields) {
            Some(text) => self.set_body(Body::Bytes(text.into()), Some("application/x-www-form-urlencoded")),
            None => self.mistaken("the body cannot be written as a form: it takes pairs of a name and one value"),
        }
    }

    /// Gives up when the whole answer, its body included, has not arrived in this time, counted from `send`. As long as
    /// that, um-host waits too, but for an answer to begin, and for its next piece, no longer than the run's limit
    /// `http-first-byte` (10 min). Without it, um-host waits 30 s for either.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = Some(limit);
        self
    }

    /// Makes the call and waits for the head of the answer; its body is read on demand.
    ///
    /// Answers of every status are `Ok`, see [`Response::error_for_status`]. Up to 10 redirects of GET and HEAD are
    /// followed; never from https to http, and to another origin without any header of the caller's, user-agent
    /// included.
    ///
    /// # Errors
    /// [`Error`] when there was a mistake in building the request, when the host refuses the call, or when no answer
    /// arrived.
    pub fn send(self) -> Result<Response, Error> {
        let Self { method, url, mut headers, body, media_type, timeout, mistake } = self;
        let mut url = url.map_err(|kind| Error::new(&method, None, kind))?;
        if let Some(kind) = mistake {
            return Err(Error::new(&method, Some(&url), kind));
        }
        let deadline = timeout.map(Deadline::after);
        let mut content = Some((body, media_type));
        for _ in 0..MAX_REDIRECTS {
            let (body, media_type) = content.take().unwrap_or((Body::Empty, None));
            let headers_sent = with_defaults(&headers, media_type);
            let request = Outgoing { method: &method, url: &url, headers: &headers_sent, body };
            let response = exchange(request, deadline)?;
            let Some(next) = response.redirect() else { return Ok(response) };
            if !next.same_origin(&url) {
                headers.clear();
            }
            url = next;
        }
        Err(Error::new(&method, Some(&url), ErrorKind::Failed(format!("more than {MAX_REDIRECTS} redirects in a row"))))
    }

    fn set_body(mut self, body: Body, media_type: Option<&'static str>) -> Self {
        self.body = body;
        self.media_type = media_type;
        self
    }

    fn mistaken(mut self, words: &str) -> Self {
        self.mistake = Some(ErrorKind::Invalid(words.to_owned()));
        self
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

/// The caller's headers, and ours where the caller has none of the same name.
fn with_defaults(headers: &[(String, String)], media_type: Option<&str>) -> Vec<(String, String)> {
    let mut all = headers.to_vec();
    let agent = concat!("um-action/", env!("CARGO_PKG_VERSION"));
    for (name, value) in [("user-agent", Some(agent)), ("content-type", media_type)] {
        let given = headers.iter().any(|(other, _)| other.eq_ignore_ascii_case(name));
        if let Some(value) = value.filter(|_| !given) {
            all.push((name.to_owned(), value.to_owned()));
        }
    }
    all
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

    /// The values that would be sent under this name.
    fn sent(request: &Request, name: &str) -> Vec<String> {
        let all = with_defaults(&request.headers, request.media_type);
        all.into_iter().filter(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value).collect()
    }

    #[test]
    fn what_the_caller_says_of_the_body_wins_in_either_order() {
        let post = || Request::new("POST", "https://h/p");
        let own = |request: Request| request.header("Content-Type", "application/vnd.api+json");
        for request in [own(post()).json(&1), own(post().json(&1)), own(post()).form([("a", "b")])] {
            assert_eq!(sent(&request, "content-type"), ["application/vnd.api+json"]);
        }
        assert_eq!(sent(&post().json(&1), "content-type"), ["application/json"]);
        assert_eq!(sent(&post().json(&1).form([("a", 1)]), "content-type"), ["application/x-www-form-urlencoded"]);
        assert!(sent(&post().json(&1).body("text"), "content-type").is_empty());
    }

    #[test]
    fn there_is_one_user_agent_and_the_callers_wins() {
        let request = Request::new("GET", "https://h/p");
        assert!(sent(&request, "user-agent")[0].starts_with("um-action/"));
        assert_eq!(sent(&request.header("User-Agent", "mine"), "user-agent"), ["mine"]);
    }

    #[test]
    #[expect(clippy::needless_borrows_for_generic_args, reason = "a borrow is the habit that this is about")]
    fn a_form_is_taken_by_value_and_by_reference() {
        let fields = vec![("a".to_owned(), "b".to_owned())];
        let map = std::collections::HashMap::from([("a", "b")]);
        let post = || Request::new("POST", "https://h/p");
        for request in [
            post().form([("a", "b")]),
            post().form(&[("a", "b")]),
            post().form(&fields),
            post().form(fields.as_slice()),
            post().form(fields.clone()),
            post().form(&map),
            post().form(map),
        ] {
            assert!(matches!(&request.body, Body::Bytes(bytes) if bytes == b"a=b"));
        }
        let error = post().form(["hunter22"]).send().err().unwrap().to_string();
        assert!(error.contains("cannot be written as a form") && !error.contains("hunter22"), "{error}");
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
