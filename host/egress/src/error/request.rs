//! What is wrong with a request. Names secrets, hosts and fields of bindings; never a value, and never what the guest
//! wrote.

use std::fmt;

use um_base::coded;
use um_base::rule::{HostNameError, PLACEHOLDER_PREFIX, Placement};
use um_secret::SecretName;

/// Longest body that a sealed value may be put into, in bytes.
pub(crate) const MAX_FILLED_BODY_BYTES: usize = 1024 * 1024;

/// What is wrong with a request before anything is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "what each is stands in its message")]
pub enum RequestFault {
    #[error("the url has no scheme")]
    NoScheme,
    #[error("only https and http urls can be requested")]
    Scheme,
    #[error("the url contains a user name or password")]
    UserInfo,
    #[error(transparent)]
    Host(#[from] HostNameError),
    #[error("the port of the url is not a number from 1 to 65535")]
    Port,
    #[error("the path of the url must start with a slash")]
    Path,
    #[error("the methods CONNECT and TRACE are refused")]
    Method,
    #[error("the request's method, url and headers are longer than {0} bytes together")]
    HeadTooLarge(usize),
    #[error("the request's content-length is not one number")]
    ContentLength,
    #[error("the request's body is not as long as its content-length says")]
    BodyLength,
    #[error("the request's body ended before it was complete")]
    BodyAborted,
}

coded! { RequestFault:
    Self::NoScheme | Self::Scheme => Invalid "url-scheme",
    Self::UserInfo => Invalid "url-user",
    Self::Host(_) => Invalid "url-host",
    Self::Port => Invalid "url-port",
    Self::Path => Invalid "url-path",
    Self::Method => Invalid "request-method",
    Self::HeadTooLarge(_) => Invalid "request-head-too-large",
    Self::ContentLength | Self::BodyLength => Invalid "request-content-length",
    Self::BodyAborted => Invalid "request-body-aborted",
}

/// A part of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Site {
    /// Its method.
    Method,
    /// The host that it goes to.
    Host,
    /// The path of its URL.
    Path,
    /// The query of its URL, without the `?`.
    Query,
    /// The name of a header field.
    HeaderName,
    /// The value of a header field.
    Header,
    /// Its body.
    Body,
}

/// Why a request was refused: the placeholder of a sealed secret stands where it may not, or the request could bring
/// its value to light.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "what each is stands in its message")]
pub enum SealedFault {
    /// The secret is told if the placeholder stands there as it is.
    #[error(
        "the placeholder of {} stands in the request's {site}, where it may not",
        name.as_ref().map_or_else(|| "a sealed secret".to_owned(), |name| format!("`{name}`"))
    )]
    Site { site: Site, name: Option<SecretName> },
    #[error(
        "the placeholder of `{name}` must be all of its field; in a header also behind a scheme and one space, or as \
         user or password of Basic"
    )]
    NotWhole { name: SecretName },
    #[error(
        "`{PLACEHOLDER_PREFIX}` stands in the request's {0}, but no placeholder of this run, or one that is encoded or cut"
    )]
    Unknown(Site),
    #[error("the placeholder of `{name}` stands in the request twice")]
    Twice { name: SecretName },
    #[error("the query or body has the field that `{name}` is bound to more than once")]
    FieldTwice { name: SecretName },
    #[error("`{name}` is not bound to this scheme, host and port")]
    OtherOrigin { name: SecretName },
    #[error("`{name}` is bound to other methods")]
    OtherMethod { name: SecretName },
    #[error("`{name}` is bound to another path of this host")]
    OtherPath { name: SecretName },
    #[error("`{name}` goes {}, and its placeholder stands elsewhere", Goes(expected))]
    OtherField { name: SecretName, expected: Placement },
    #[error("`{name}` is bound to a field that no sealed secret may go into")]
    DeniedField { name: SecretName },
    #[error("the methods TRACE and CONNECT are refused where a sealed secret is bound")]
    Method,
    #[error(
        "parts of a response are refused where a sealed secret is bound: Range, If-Range, Request-Range and X-MS-Range"
    )]
    Range,
    #[error("the url is too long to hold a sealed secret")]
    TargetTooLong,
    #[error("a body that a sealed secret may stand in has {MAX_FILLED_BODY_BYTES} bytes at most")]
    BodyTooLong,
}

coded! { SealedFault:
    Self::Site { .. } => Denied "placeholder-misplaced",
    Self::NotWhole { .. } => Denied "placeholder-not-whole",
    Self::Unknown(_) => Denied "placeholder-unknown",
    Self::Twice { .. } | Self::FieldTwice { .. } => Denied "placeholder-twice",
    Self::OtherOrigin { .. } => Denied "sealed-other-host",
    Self::OtherMethod { .. } => Denied "sealed-other-method",
    Self::OtherPath { .. } => Denied "sealed-other-path",
    Self::OtherField { .. } => Denied "sealed-other-field",
    Self::DeniedField { .. } => Denied "sealed-denied-field",
    Self::Method => Denied "sealed-method",
    Self::Range => Denied "sealed-range",
    Self::TargetTooLong => Full "sealed-url-too-long",
    Self::BodyTooLong => Full "sealed-body-too-long",
}

impl SealedFault {
    /// The secret that it is about, where that is known.
    pub fn secret(&self) -> Option<&SecretName> {
        match self {
            Self::Site { name, .. } => name.as_ref(),
            Self::NotWhole { name }
            | Self::Twice { name }
            | Self::FieldTwice { name }
            | Self::OtherOrigin { name }
            | Self::OtherMethod { name }
            | Self::OtherPath { name }
            | Self::OtherField { name, .. }
            | Self::DeniedField { name } => Some(name),
            _ => None,
        }
    }

    /// The secret whose placeholder is on its way to a place that it is not bound to.
    pub fn misdirected(&self) -> Option<&SecretName> {
        match self {
            Self::OtherOrigin { name } | Self::OtherMethod { name } | Self::OtherPath { name } => Some(name),
            _ => None,
        }
    }
}

impl fmt::Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Method => "method",
            Self::Host => "host",
            Self::Path => "path",
            Self::Query => "query",
            Self::HeaderName => "header names",
            Self::Header => "headers",
            Self::Body => "body",
        })
    }
}

/// Where a sealed secret goes, in words.
struct Goes<'a>(&'a Placement);

impl fmt::Display for Goes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Placement::Header(name) => write!(f, "into the header {name}"),
            Placement::Query(name) => write!(f, "into the query parameter {name}"),
            Placement::Body(name) => write!(f, "into the field {name} of the body (form or JSON object)"),
        }
    }
}
