//! Why a request or an answer with a sealed secret was refused. Names secrets, hosts and fields of bindings; never a
//! value, and never what the guest wrote.

use std::fmt;

use super::body::MAX_BODY_BYTES;
use super::charset::CharsetName;
use crate::base::rule::{PLACEHOLDER_PREFIX, Placement};
use crate::secret::SecretName;

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
        "the placeholder of {} stands in the request's {site}; send it where `um-host secrets info {}` says",
        name.as_ref().map_or_else(|| "a sealed secret".to_owned(), |name| format!("`{name}`")),
        name.as_ref().map_or("NAME", SecretName::as_str)
    )]
    Site { site: Site, name: Option<SecretName> },
    #[error(
        "the placeholder of `{name}` must be all of its field; in a header also behind a scheme and one space, or as \
         user or password of Basic"
    )]
    NotWhole { name: SecretName },
    #[error(
        "`{PLACEHOLDER_PREFIX}` stands in the request's {0}, but no placeholder of this run; read the secret in this run \
         and send it unchanged, neither encoded nor cut"
    )]
    Unknown(Site),
    #[error("the placeholder of `{name}` stands in the request twice; send it once")]
    Twice { name: SecretName },
    #[error("the query or body has the field that `{name}` is bound to more than once; send it once")]
    FieldTwice { name: SecretName },
    #[error(
        "`{name}` is not bound to this scheme, host and port; `um-host secrets info {name}` says where it may go, and \
         `um-host secrets set {name} --bind` changes that"
    )]
    OtherOrigin { name: SecretName },
    #[error("`{name}` is bound to other methods; `um-host secrets info {name}` says which")]
    OtherMethod { name: SecretName },
    #[error("`{name}` is bound to another path of this host; `um-host secrets info {name}` says which")]
    OtherPath { name: SecretName },
    #[error("`{name}` goes {}; put its placeholder there", Goes(expected))]
    OtherField { name: SecretName, expected: Placement },
    #[error("`{name}` is bound to a field that no sealed secret may go into; bind it again, with another --in")]
    DeniedField { name: SecretName },
    #[error("the methods TRACE and CONNECT are refused where a sealed secret is bound; use another")]
    Method,
    #[error(
        "parts of an answer are refused where a sealed secret is bound; leave Range, If-Range, Request-Range and X-MS-Range out"
    )]
    Range,
    #[error("the url is too long to hold a sealed secret; shorten it")]
    TargetTooLong,
    #[error("a body that a sealed secret may stand in has {MAX_BODY_BYTES} bytes at most; send less at once")]
    BodyTooLong,
}

impl SealedFault {
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
    #[error("compressed its answer in a way that is not known here, or more than once; a sealed secret is bound to it")]
    Encoding,
    #[error(
        "answered in the charset `{0}`, in which a sealed secret that is bound to it would not be found; ask the service \
         for UTF-8"
    )]
    Charset(CharsetName),
    #[error("sent a part of its answer; a sealed secret is bound to it, which could be cut there; ask for the whole")]
    Partial,
    #[error("sent a compressed answer that is corrupt")]
    Corrupt,
    #[error("sent a compressed answer that breaks off")]
    Truncated,
    #[error("sent a compressed answer that grows too much; ask for less at once")]
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
