//! Why a call did not work, worded for whoever wrote or runs the action.

use std::fmt;
use std::time::Duration;

use super::refusal;
use super::url::{Invalid, Url};
use crate::bindings::wasi::http::types::ErrorCode;

/// Why a call did not work. Its message never holds a header, a query or a body.
///
/// One word wide, so that it costs the good case nothing.
pub struct Error(Box<Failure>);

struct Failure {
    method: String,
    url: Option<Url>,
    kind: ErrorKind,
}

/// What to decide on, when a message for people is not enough.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The address, a header or the body cannot be sent; the words say why.
    Invalid(String),
    /// The run may not call this host, or not in this way: then the words of um-host say what it may.
    NotAllowed(Option<String>),
    /// A secret stands in the request that is bound to other hosts, methods or paths; the words say to which.
    Misdirected(String),
    /// The placeholder of a sealed secret stands where it may not, or not alone; the words say where it belongs.
    Misplaced(String),
    /// The name leads to a private address, such as 127.0.0.1 or 10.0.0.1.
    PrivateAddress,
    /// The name has no address.
    UnknownHost,
    /// Nobody answers at the address, or the connection broke.
    Unreachable,
    /// um-host has a proxy, and that did not let it through.
    NoWay,
    /// The connection broke in the middle of an answer; the words are those of the host.
    BrokeOff(String),
    /// The host could not be trusted: certificate, protocol or alert.
    Tls,
    /// The answer took longer than this call's time-out.
    Timeout(Option<Duration>),
    /// um-host waited no longer for the answer, or its next piece; the words say how long it did, and whether the run's
    /// limit was the reason.
    GaveUp(String),
    /// A header or body is over the host's limit, in bytes where that is known. All headers together are a header here.
    TooLarge(Option<u64>),
    /// The run has made as many calls as it may.
    TooManyCalls,
    /// The service answered, with a status that is no success: 3xx to 5xx.
    Status(u16),
    /// The body of the answer is not what was expected; the words say where.
    Unexpected(String),
    /// Anything else; the words are those of the host.
    Failed(String),
}

impl Error {
    pub(super) fn new(method: &str, url: Option<&Url>, kind: ErrorKind) -> Self {
        Self(Box::new(Failure { method: method.to_owned(), url: url.cloned(), kind }))
    }

    /// What to decide on; the message is for people.
    pub fn kind(&self) -> &ErrorKind {
        &self.0.kind
    }

    /// The status of the answer that [`error_for_status`](super::Response::error_for_status) refused.
    pub fn status(&self) -> Option<u16> {
        match self.0.kind {
            ErrorKind::Status(status) => Some(status),
            _ => None,
        }
    }

    /// Whether the same call may work a little later: time-outs, broken connections, 429 and 5xx.
    pub fn is_temporary(&self) -> bool {
        match self.0.kind {
            ErrorKind::Timeout(_)
            | ErrorKind::GaveUp(_)
            | ErrorKind::Unreachable
            | ErrorKind::NoWay
            | ErrorKind::BrokeOff(_) => true,
            ErrorKind::Status(status) => status == 429 || status >= 500,
            _ => false,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Failure { method, url, kind } = &*self.0;
        match url {
            Some(url) => write!(f, "{method} {url}: ")?,
            None => write!(f, "{method}: ")?,
        }
        let host = url.as_ref().map_or("", |url| url.host.trim_matches(['[', ']']));
        match kind {
            ErrorKind::NotAllowed(None) => {
                let entry = url.as_ref().map(Url::allow_entry).unwrap_or_default();
                write!(
                    f,
                    "this run may not call {host}; allow it with `um-host run --allow-host {entry}`, or for every run \
                     with `um-host workspaces allow {entry}{}`",
                    refusal::workspace_option()
                )
            }
            ErrorKind::PrivateAddress => write!(
                f,
                "{host} is a private address, which actions do not reach; lift that for this host with `um-host run \
                 --allow-private {host}`"
            ),
            ErrorKind::UnknownHost => write!(f, "{host} has no address; check how the name is spelled"),
            ErrorKind::Unreachable => {
                write!(f, "{host} did not accept the connection or broke it; check that the service is up")
            }
            ErrorKind::NoWay => {
                write!(f, "um-host found no way to the service; its report at the end of the run says why")
            }
            ErrorKind::BrokeOff(words) => write!(f, "the response broke off in the middle ({words})"),
            ErrorKind::Tls => write!(
                f,
                "no trusted connection to {host}; check its certificate, and that the service speaks https there"
            ),
            ErrorKind::Timeout(Some(limit)) => write!(f, "no whole answer within {limit:?}"),
            ErrorKind::Timeout(None) => write!(f, "{host} took too long to answer"),
            ErrorKind::TooLarge(Some(limit)) => write!(f, "a header or body is over the limit of {limit} bytes"),
            ErrorKind::TooLarge(None) => write!(f, "a header or body is over the run's limit"),
            ErrorKind::TooManyCalls => {
                write!(f, "this run has made as many calls as it may; make fewer, or raise its limit")
            }
            ErrorKind::Status(status) => write!(f, "answered {}", describe(*status)),
            ErrorKind::NotAllowed(Some(words))
            | ErrorKind::Misdirected(words)
            | ErrorKind::Misplaced(words)
            | ErrorKind::GaveUp(words)
            | ErrorKind::Invalid(words)
            | ErrorKind::Unexpected(words)
            | ErrorKind::Failed(words) => f.write_str(words),
        }
    }
}

/// The status with its name, and what to do about those that authors meet most.
fn describe(status: u16) -> String {
    let words = match status {
        300 => "multiple choices; ask for one of the addresses that it names",
        301 | 302 | 303 | 307 | 308 => "a redirect that was not followed; ask for the address that it names",
        304 => "not modified; what was fetched before is still current",
        400 => "bad request; check what was sent",
        401 => "unauthorized; the service does not take this credential: check the secret that it came from",
        403 => "forbidden; the credential is known and may not do this",
        404 => "not found; check the path",
        405 => "method not allowed",
        409 => "conflict",
        410 => "gone",
        413 => "content too large",
        415 => "unsupported media type; check the content-type header",
        422 => "unprocessable content; check what was sent",
        429 => "too many requests; wait and try again",
        500 => "internal server error of the service",
        502 => "bad gateway",
        503 => "service unavailable; try again later",
        504 => "gateway time-out",
        _ => return status.to_string(),
    };
    format!("{status} {words}")
}

/// The message: a `main` that returns an error shows it by `Debug`.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Error {}

impl From<ErrorCode> for ErrorKind {
    fn from(code: ErrorCode) -> Self {
        use ErrorCode as C;
        match code {
            C::HttpRequestDenied => Self::NotAllowed(None),
            C::DestinationIpProhibited => Self::PrivateAddress,
            C::DnsError(_) | C::DestinationNotFound => Self::UnknownHost,
            C::ConnectionRefused | C::ConnectionTerminated | C::DestinationIpUnroutable | C::HttpResponseIncomplete => {
                Self::Unreachable
            }
            C::DestinationUnavailable => Self::NoWay,
            C::DnsTimeout
            | C::ConnectionTimeout
            | C::ConnectionReadTimeout
            | C::ConnectionWriteTimeout
            | C::HttpResponseTimeout => Self::Timeout(None),
            C::TlsProtocolError | C::TlsCertificateError | C::TlsAlertReceived(_) => Self::Tls,
            C::HttpRequestBodySize(_) => Self::Invalid(
                "the body is not as long as its content-length header says, or over the run's limit".to_owned(),
            ),
            C::HttpResponseBodySize(limit) => Self::TooLarge(limit),
            C::HttpRequestUriTooLong
            | C::HttpRequestHeaderSectionSize(_)
            | C::HttpRequestHeaderSize(_)
            | C::HttpRequestTrailerSectionSize(_)
            | C::HttpRequestTrailerSize(_)
            | C::HttpResponseHeaderSectionSize(_)
            | C::HttpResponseHeaderSize(_)
            | C::HttpResponseTrailerSectionSize(_)
            | C::HttpResponseTrailerSize(_) => Self::TooLarge(None),
            C::ConnectionLimitReached => Self::TooManyCalls,
            C::HttpRequestUriInvalid | C::HttpRequestMethodInvalid | C::HttpRequestLengthRequired => {
                Self::Invalid("um-host does not take this request; check its address, method and length".to_owned())
            }
            C::InternalError(Some(words)) => refusal::kind(words),
            C::InternalError(None) => Self::Failed("the call failed inside um-host".to_owned()),
            _ => Self::Failed("the service does not speak HTTP as it should".to_owned()),
        }
    }
}

impl From<Invalid> for ErrorKind {
    fn from(invalid: Invalid) -> Self {
        let words = match invalid {
            Invalid::Scheme => "the address must begin with https:// or http://",
            Invalid::UserInfo => "an address cannot hold a user or password; send them with `.basic(user, password)`",
            Invalid::Host => "the address has no valid host; write other alphabets in their ASCII form (xn--…)",
            Invalid::Port => "the port of the address is not a number from 0 to 65535",
        };
        Self::Invalid(words.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(address: &str, kind: ErrorKind) -> String {
        Error::new("GET", Url::parse(address).ok().as_ref(), kind).to_string()
    }

    #[test]
    fn a_refused_host_comes_with_the_option_that_allows_it() {
        assert_eq!(
            message("https://api.example.com/v1?token=hunter22", ErrorCode::HttpRequestDenied.into()),
            "GET https://api.example.com/v1: this run may not call api.example.com; allow it with `um-host run \
             --allow-host api.example.com`, or for every run with `um-host workspaces allow api.example.com`"
        );
        assert!(
            message("http://127.0.0.1:8080/", ErrorKind::NotAllowed(None))
                .ends_with("`um-host workspaces allow http://127.0.0.1:8080`")
        );
    }

    #[test]
    fn a_private_address_comes_with_the_option_that_lifts_the_check() {
        let words = message("http://localhost:8080/", ErrorCode::DestinationIpProhibited.into());
        assert!(words.ends_with("`um-host run --allow-private localhost`"), "{words}");
    }

    #[test]
    fn a_status_says_what_to_check() {
        let words = message("https://h/", ErrorKind::Status(401));
        assert!(words.contains("answered 401") && words.contains("check the secret"), "{words}");
        let words = message("https://h/", ErrorKind::Status(302));
        assert!(words.contains("a redirect that was not followed"), "{words}");
        let words = message("https://h/", ErrorKind::Status(304));
        assert!(words.contains("answered 304 not modified") && !words.contains("redirect"), "{words}");
        assert_eq!(message("https://h/", ErrorKind::Status(305)), "GET https://h/: answered 305");
        assert_eq!(message("https://h/", ErrorKind::Status(418)), "GET https://h/: answered 418");
    }

    #[test]
    fn only_what_may_pass_is_temporary() {
        let temporary = |kind| Error::new("GET", None, kind).is_temporary();
        assert!(temporary(ErrorKind::Timeout(None)) && temporary(ErrorKind::Status(503)));
        assert!(!temporary(ErrorKind::NotAllowed(None)) && !temporary(ErrorKind::Status(401)));
    }
}
