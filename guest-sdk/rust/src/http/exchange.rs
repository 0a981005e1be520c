//! One request over `wasi:http`, and the answer to it.

use std::io::Read;
use std::time::Duration;

use super::error::{Error, ErrorKind};
use super::response::Response;
use super::url::{Scheme, Url};
use crate::bindings::wasi::clocks::monotonic_clock;
use crate::bindings::wasi::http::outgoing_handler;
use crate::bindings::wasi::http::types::{
    self, Fields, FutureIncomingResponse, HeaderError, OutgoingBody, OutgoingRequest, RequestOptions,
};
use crate::bindings::wasi::io::poll::{Pollable, poll};
use crate::bindings::wasi::io::streams::{OutputStream, StreamError};
use crate::shown::shown;

/// What the host takes of headers together, in bytes, and what it adds to each; some is left for the one that is set here.
const FIELD_BYTES: usize = 64 * 1024 - 256;
const FIELD_COST: usize = 72;

/// How much of a body is read before it is sent.
const PIECE: usize = 64 * 1024;

pub(super) struct Outgoing<'a> {
    pub method: &'a str,
    pub url: &'a Url,
    pub headers: &'a [(String, String)],
    pub body: Body,
}

pub(super) enum Body {
    Empty,
    Bytes(Vec<u8>),
    Reader(Box<dyn Read>),
}

impl Body {
    /// Whether it is known to hold no byte.
    fn is_empty(&self) -> bool {
        match self {
            Self::Empty => true,
            Self::Bytes(bytes) => bytes.is_empty(),
            Self::Reader(_) => false,
        }
    }

    /// What the request says about its length (RFC 9110, 8.6); nothing where it is not known or goes without saying.
    fn content_length(&self, method: &str) -> Option<usize> {
        let expected = matches!(method, "POST" | "PUT" | "PATCH");
        match self {
            Self::Bytes(bytes) => Some(bytes.len()).filter(|&length| length > 0 || expected),
            Self::Empty => expected.then_some(0),
            Self::Reader(_) => None,
        }
    }
}

/// When a call has taken too long.
#[derive(Clone, Copy)]
pub(super) struct Deadline {
    limit: Duration,
    /// On the monotonic clock, in nanoseconds.
    at: u64,
}

impl Deadline {
    pub fn after(limit: Duration) -> Self {
        let nanoseconds = u64::try_from(limit.as_nanos()).unwrap_or(u64::MAX);
        Self { limit, at: monotonic_clock::now().saturating_add(nanoseconds) }
    }

    fn remaining(self) -> u64 {
        self.at.saturating_sub(monotonic_clock::now())
    }
}

/// Since when something is waited for, to tell how long that was.
#[derive(Clone, Copy)]
pub(super) struct Since(u64);

impl Since {
    pub fn now() -> Self {
        Self(monotonic_clock::now())
    }

    /// The host's time-out in words: the caller's if its time is over, else how long the host waited.
    pub fn explain(self, kind: ErrorKind, deadline: Option<Deadline>) -> ErrorKind {
        match (kind, deadline) {
            (ErrorKind::Timeout(None), Some(deadline)) if deadline.remaining() == 0 => {
                ErrorKind::Timeout(Some(deadline.limit))
            }
            (ErrorKind::Timeout(None), deadline) => {
                let waited = Duration::from_nanos(monotonic_clock::now().saturating_sub(self.0));
                ErrorKind::GaveUp(gave_up(waited, deadline.is_some()))
            }
            (kind, _) => kind,
        }
    }
}

fn gave_up(waited: Duration, has_deadline: bool) -> String {
    let advice = if has_deadline { "" } else { "; `.timeout(…)` lets it wait longer" };
    format!("the service took too long: um-host waited {:.1} s for it{advice}", waited.as_secs_f64())
}

/// Waits until there is something to do, or says that the deadline has passed.
pub(super) fn wait(ready: &Pollable, deadline: Option<Deadline>) -> Result<(), ErrorKind> {
    let Some(deadline) = deadline else {
        ready.block();
        return Ok(());
    };
    let timer = monotonic_clock::subscribe_instant(deadline.at);
    // Index 0 is `ready`: what arrives together with the deadline still counts.
    match poll(&[ready, &timer]).contains(&0) {
        true => Ok(()),
        false => Err(ErrorKind::Timeout(Some(deadline.limit))),
    }
}

pub(super) fn exchange(request: Outgoing<'_>, deadline: Option<Deadline>) -> Result<Response, Error> {
    let Outgoing { method, url, headers, body } = request;
    let answer = head(method, url, headers, &body)
        .and_then(|head| {
            // A body that is taken has no length to the host, and goes out in chunks even if it is empty.
            let outgoing = if body.is_empty() { None } else { Some(head.body().map_err(|()| internal())?) };
            let options = deadline.map(options);
            let answer = outgoing_handler::handle(head, options).map_err(ErrorKind::from)?;
            if let Some(outgoing) = outgoing {
                send_body(outgoing, body, deadline)?;
            }
            receive(&answer, deadline)
        })
        .and_then(|answer| Response::new(method, url, answer, deadline));
    answer.map_err(|kind| Error::new(method, Some(url), kind))
}

fn head(method: &str, url: &Url, headers: &[(String, String)], body: &Body) -> Result<OutgoingRequest, ErrorKind> {
    let head = OutgoingRequest::new(fields(headers, method, body)?);
    let scheme = match url.scheme {
        Scheme::Http => types::Scheme::Http,
        Scheme::Https => types::Scheme::Https,
    };
    head.set_method(&wasi_method(method)).map_err(|()| ErrorKind::Invalid("the method is not valid".to_owned()))?;
    head.set_scheme(Some(&scheme)).map_err(|()| internal())?;
    head.set_authority(Some(&url.authority())).map_err(|()| internal())?;
    head.set_path_with_query(Some(&url.path_with_query())).map_err(|()| internal())?;
    Ok(head)
}

fn fields(headers: &[(String, String)], method: &str, body: &Body) -> Result<Fields, ErrorKind> {
    if headers.iter().map(|(name, value)| name.len() + value.len() + FIELD_COST).sum::<usize>() > FIELD_BYTES {
        return Err(ErrorKind::TooLarge(Some(FIELD_BYTES as u64)));
    }
    let all: Vec<_> = headers.iter().map(|(name, value)| (name.clone(), value.clone().into_bytes())).collect();
    // All in one call; which of them is at fault is asked only if one is.
    let fields = Fields::from_list(&all).or_else(|_| one_by_one(headers))?;
    if let Some(length) = body.content_length(method) {
        // A host that frames the body by itself refuses the header, and needs none.
        let _ = fields.set("content-length", &[length.to_string().into_bytes()]);
    }
    Ok(fields)
}

fn one_by_one(headers: &[(String, String)]) -> Result<Fields, ErrorKind> {
    let fields = Fields::new();
    for (name, value) in headers {
        fields.append(name, value.as_bytes()).map_err(|error| {
            ErrorKind::Invalid(match error {
                HeaderError::InvalidSyntax => unfit(name, value),
                HeaderError::Forbidden | HeaderError::Immutable => {
                    format!("the header `{}` is set by um-host; leave it out", shown(name))
                }
            })
        })?;
    }
    Ok(fields)
}

/// Why a header cannot be sent: most often for the newline that a file or `echo` put behind a secret.
fn unfit(name: &str, value: &str) -> String {
    let name = shown(name);
    match value.ends_with(['\n', '\r']) {
        true => format!(
            "the value of the header `{name}` ends with a newline, which no header may have; if it comes from a secret, \
             store that again without the newline at its end (`um-host secrets set`)"
        ),
        false => format!("the header `{name}` has characters that no header may have"),
    }
}

fn wasi_method(method: &str) -> types::Method {
    use types::Method as M;
    match method {
        "GET" => M::Get,
        "HEAD" => M::Head,
        "POST" => M::Post,
        "PUT" => M::Put,
        "DELETE" => M::Delete,
        "CONNECT" => M::Connect,
        "OPTIONS" => M::Options,
        "TRACE" => M::Trace,
        "PATCH" => M::Patch,
        other => M::Other(other.to_owned()),
    }
}

fn options(deadline: Deadline) -> RequestOptions {
    let options = RequestOptions::new();
    // A zero would be refused; the deadline itself is kept by `wait`.
    let remaining = Some(deadline.remaining().max(1_000_000));
    // A host that does not know one of them refuses it: the deadline holds all the same.
    let _ = options.set_connect_timeout(remaining);
    let _ = options.set_first_byte_timeout(remaining);
    let _ = options.set_between_bytes_timeout(remaining);
    options
}

/// Sends the whole body, or as much as the service takes: one that answers early closes the stream, and its answer counts.
fn send_body(outgoing: OutgoingBody, body: Body, deadline: Option<Deadline>) -> Result<(), ErrorKind> {
    let stream = outgoing.write().map_err(|()| internal())?;
    let taken = match body {
        Body::Empty => true,
        Body::Bytes(bytes) => write_all(&stream, &bytes, deadline)?,
        Body::Reader(mut reader) => {
            let mut piece = vec![0; PIECE];
            loop {
                let length = reader
                    .read(&mut piece)
                    .map_err(|error| ErrorKind::Invalid(format!("the body could not be read: {}", error.kind())))?;
                if length == 0 {
                    break true;
                }
                if !write_all(&stream, &piece[..length], deadline)? {
                    break false;
                }
            }
        }
    };
    // The stream is a child of the body and must go first.
    drop(stream);
    if taken {
        OutgoingBody::finish(outgoing, None).map_err(ErrorKind::from)?;
    }
    Ok(())
}

/// Whether everything was taken: not when the other side has closed the stream.
fn write_all(stream: &OutputStream, mut bytes: &[u8], deadline: Option<Deadline>) -> Result<bool, ErrorKind> {
    while !bytes.is_empty() {
        let room = match stream.check_write() {
            Ok(room) => usize::try_from(room).unwrap_or(usize::MAX).min(bytes.len()),
            Err(error) => return closed(error),
        };
        if room == 0 {
            wait(&stream.subscribe(), deadline)?;
            continue;
        }
        let (now, later) = bytes.split_at(room);
        if let Err(error) = stream.write(now) {
            return closed(error);
        }
        bytes = later;
    }
    Ok(true)
}

fn closed(error: StreamError) -> Result<bool, ErrorKind> {
    match stream_failure(error) {
        None => Ok(false),
        Some(kind) => Err(kind),
    }
}

/// What broke a stream; nothing if it was closed.
pub(super) fn stream_failure(error: StreamError) -> Option<ErrorKind> {
    match error {
        StreamError::Closed => None,
        StreamError::LastOperationFailed(error) => Some(match types::http_error_code(&error) {
            Some(code) => code.into(),
            None => ErrorKind::BrokeOff(error.to_debug_string()),
        }),
    }
}

fn receive(answer: &FutureIncomingResponse, deadline: Option<Deadline>) -> Result<types::IncomingResponse, ErrorKind> {
    let since = Since::now();
    // It is never there yet.
    wait(&answer.subscribe(), deadline)?;
    let answer = answer.get().and_then(Result::ok).ok_or_else(internal)?;
    answer.map_err(|code| since.explain(code.into(), deadline))
}

pub(super) fn internal() -> ErrorKind {
    ErrorKind::Failed("the host refused a step that it should take; this is an error in um-action".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_method_that_expects_a_body_says_that_there_is_none() {
        for none in [Body::Empty, Body::Bytes(Vec::new())] {
            let lengths =
                |methods: &[&str]| methods.iter().map(|method| none.content_length(method)).collect::<Vec<_>>();
            assert_eq!(lengths(&["POST", "PUT", "PATCH"]), [Some(0); 3]);
            assert_eq!(lengths(&["GET", "HEAD", "DELETE", "OPTIONS", "PURGE"]), [None; 5]);
            assert!(none.is_empty());
        }
        assert_eq!(Body::Bytes(vec![1, 2]).content_length("DELETE"), Some(2));
        let unknown = Body::Reader(Box::new(std::io::empty()));
        assert!(!unknown.is_empty() && unknown.content_length("POST").is_none());
    }

    #[test]
    fn a_wait_that_the_host_gave_up_is_told_by_its_length_and_not_by_the_callers_time_out() {
        let waited = Duration::from_millis(30_040);
        let words = "the service took too long: um-host waited 30.0 s for it";
        assert_eq!(gave_up(waited, true), words);
        assert_eq!(gave_up(waited, false), format!("{words}; `.timeout(…)` lets it wait longer"));
    }

    #[test]
    fn a_newline_behind_a_value_is_told_with_what_to_do() {
        for value in ["Bearer hunter22\n", "Bearer hunter22\r\n"] {
            let words = unfit("authorization", value);
            assert!(words.contains("ends with a newline") && words.contains("um-host secrets set"), "{words}");
            assert!(words.contains("`authorization`") && !words.contains("hunter22"), "{words}");
        }
        assert_eq!(unfit("x", "a\nb"), "the header `x` has characters that no header may have");
        assert!(!unfit("x\u{1b}", "a").contains('\u{1b}'));
    }
}
