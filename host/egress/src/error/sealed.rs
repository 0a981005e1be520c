//! Why a request or an answer with a sealed secret was refused. Names secrets, hosts and fields of bindings; never a
//! value, and never what the guest wrote.

use std::fmt;

use crate::request::fill::body::MAX_BODY_BYTES;
use crate::response::charset::CharsetName;
use um_base::coded;
use um_base::rule::{PLACEHOLDER_PREFIX, Placement};
use um_secret::SecretName;

/// A part of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Site {
    Method,
    Host,
    Path,
    Query,
    HeaderName,
    Header,
    Body,
    Trailer,
}

/// Why a request was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
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
    #[error("a body that a sealed secret may stand in has {MAX_BODY_BYTES} bytes at most")]
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

coded! { ResponseFault:
    Self::Encoding => Denied "response-encoding",
    Self::Charset(_) => Denied "response-charset",
    Self::Partial => Denied "response-partial",
    Self::Corrupt | Self::Truncated => Denied "response-corrupt",
    Self::TooLarge => Full "response-inflates",
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

/// Why an answer was refused. All of it that was not let out yet is dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ResponseFault {
    #[error(
        "compressed its response in a way that is not known here, or more than once; a sealed secret is bound to it"
    )]
    Encoding,
    #[error("answered in the charset `{0}`, in which a sealed secret that is bound to it would not be found")]
    Charset(CharsetName),
    #[error("sent a part of its response; a sealed secret is bound to it, which could be cut there")]
    Partial,
    #[error("sent a compressed response that is corrupt")]
    Corrupt,
    #[error("sent a compressed response that breaks off")]
    Truncated,
    #[error("sent a compressed response that grows too much")]
    TooLarge,
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
            Self::Trailer => "trailers",
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
