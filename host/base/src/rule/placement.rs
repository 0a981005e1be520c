//! The one field of a request that a sealed value is put into.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::coded;

/// How every placeholder of a sealed secret begins.
pub const PLACEHOLDER_PREFIX: &str = "um_sealed_";
/// Longest name of a field, in bytes.
const MAX_NAME: usize = 128;
/// What a body's fields are called in the text of a [`Placement`].
const KINDS: &str = "header:NAME, query:NAME or body:FIELD";

/// Fields that no value is put into. They say where a message goes, where it ends or how it is read, are shown to others
/// (Referer, Via), kept in logs (User-Agent) or let a part of the answer be asked for, which could be tried byte by byte.
const DENIED: [&str; 50] = [
    "age",
    "alt-used",
    "baggage",
    "cache-control",
    "connection",
    "cookie",
    "cookie2",
    "date",
    "dnt",
    "early-data",
    "expect",
    "forwarded",
    "from",
    "host",
    "http2-settings",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "keep-alive",
    "last-event-id",
    "link",
    "location",
    "max-forwards",
    "origin",
    "pragma",
    "prefer",
    "priority",
    "proxy-authorization",
    "proxy-connection",
    "range",
    "referer",
    "referrer",
    "server",
    "set-cookie",
    "te",
    "traceparent",
    "tracestate",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "upgrade-insecure-requests",
    "user-agent",
    "via",
    "warning",
    "x-correlation-id",
    "x-method-override",
    "x-real-ip",
    "x-request-id",
];

/// Beginnings of such fields.
const DENIED_PREFIXES: [&str; 11] = [
    "accept",
    "access-control-",
    "content-",
    "proxy-",
    "sec-",
    "x-amzn-trace",
    "x-b3-",
    "x-forwarded",
    "x-http-method",
    "x-original-",
    "x-rewrite-",
];

/// The one field of a request that a sealed value is put into. Reads and displays as `header:NAME`, `query:NAME` or
/// `body:FIELD`.
///
/// ```
/// use um_base::rule::Placement;
///
/// assert_eq!(Placement::default().to_string(), "header:Authorization");
/// assert!("query:api_key".parse::<Placement>().is_ok());
/// assert!("header:Cookie".parse::<Placement>().is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Placement {
    /// A header field; case does not matter.
    Header(String),
    /// A parameter of the query.
    Query(String),
    /// A field of a body that is a JSON object or a form.
    Body(String),
}

/// Why a text names no field for a sealed value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "what each is stands in its message")]
pub enum PlacementError {
    #[error("a place is written {KINDS}")]
    Form,
    #[error("the name of the field is missing; a place is written {KINDS}")]
    Empty,
    #[error("the name of the field is longer than {MAX_NAME} bytes")]
    TooLong,
    #[error("the name of a header has letters, digits and hyphens, as in header:X-Api-Key")]
    Header,
    #[error("the name of a field is visible ASCII without quotes and the marks & = + # % ? of URLs")]
    Field,
    #[error("a field cannot be named `{PLACEHOLDER_PREFIX}…`, which marks the placeholder of a sealed secret")]
    Placeholder,
    #[error(
        "no value is put into the header `{name}`: it is read, logged or passed on by others than the service itself; \
         most take header:Authorization or one of their own, as in header:X-Api-Key"
    )]
    Denied { name: String },
}

coded! { PlacementError:
    Self::Form | Self::Empty | Self::TooLong => Invalid "placement-malformed",
    Self::Header | Self::Field => Invalid "placement-field",
    Self::Placeholder => Invalid "placement-is-placeholder",
    Self::Denied { .. } => Invalid "placement-header-denied",
}

impl Placement {
    /// Whether a value may be put there.
    ///
    /// # Errors
    /// [`PlacementError`] with the rule that the name breaks.
    pub fn check(&self) -> Result<(), PlacementError> {
        let (Self::Header(name) | Self::Query(name) | Self::Body(name)) = self;
        if name.is_empty() {
            return Err(PlacementError::Empty);
        }
        if name.to_ascii_lowercase().contains(PLACEHOLDER_PREFIX) {
            return Err(PlacementError::Placeholder);
        }
        if name.len() > MAX_NAME {
            return Err(PlacementError::TooLong);
        }
        match self {
            Self::Header(name) => check_header(name),
            Self::Query(name) | Self::Body(name) => check_field(name),
        }
    }
}

impl Default for Placement {
    fn default() -> Self {
        Self::Header("Authorization".to_owned())
    }
}

impl FromStr for Placement {
    type Err = PlacementError;

    fn from_str(text: &str) -> Result<Self, PlacementError> {
        let (kind, name) = text.split_once(':').ok_or(PlacementError::Form)?;
        let place = match kind {
            "header" => Self::Header(name.to_owned()),
            "query" => Self::Query(name.to_owned()),
            "body" => Self::Body(name.to_owned()),
            _ => return Err(PlacementError::Form),
        };
        place.check().map(|()| place)
    }
}

impl fmt::Display for Placement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Header(name) => write!(f, "header:{name}"),
            Self::Query(name) => write!(f, "query:{name}"),
            Self::Body(name) => write!(f, "body:{name}"),
        }
    }
}

fn check_header(name: &str) -> Result<(), PlacementError> {
    // A token of RFC 9110, 5.6.2, has more characters; those are of no header that takes a credential.
    if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')) {
        return Err(PlacementError::Header);
    }
    // CGI makes the same of both.
    let lower = name.to_ascii_lowercase().replace('_', "-");
    let denied = DENIED.contains(&lower.as_str()) || DENIED_PREFIXES.iter().any(|prefix| lower.starts_with(prefix));
    if denied { Err(PlacementError::Denied { name: name.to_owned() }) } else { Ok(()) }
}

fn check_field(name: &str) -> Result<(), PlacementError> {
    let fits = |byte: u8| byte.is_ascii_graphic() && !b"\"'\\&=+#%?".contains(&byte);
    if name.bytes().all(fits) { Ok(()) } else { Err(PlacementError::Field) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_reads_as_it_displays() {
        for text in [
            "header:Authorization",
            "header:X-Api-Key",
            "header:X_Key",
            "query:api_key",
            "query:f[0].key",
            "body:client_secret",
        ] {
            assert_eq!(text.parse::<Placement>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_names_no_field_is_refused_by_its_rule() {
        use PlacementError as Error;
        let long = format!("query:{}", "n".repeat(MAX_NAME + 1));
        for (text, error) in [
            ("", Error::Form),
            ("Authorization", Error::Form),
            ("cookie:a", Error::Form),
            ("Header:A", Error::Form),
            ("header:", Error::Empty),
            ("query:", Error::Empty),
            (&long, Error::TooLong),
            ("header:X Key", Error::Header),
            ("header:X-Key:", Error::Header),
            ("header:Sch\u{fc}ssel", Error::Header),
            ("header:a\r\nhost", Error::Header),
            ("query:a b", Error::Field),
            ("query:a=b", Error::Field),
            ("query:a&b", Error::Field),
            ("body:a\"b", Error::Field),
            ("body:\u{e9}", Error::Field),
            ("query:um_sealed_x", Error::Placeholder),
            ("header:UM_SEALED_0", Error::Placeholder),
        ] {
            assert_eq!(text.parse::<Placement>().unwrap_err(), error, "{text}");
        }
        assert!(format!("query:{}", "n".repeat(MAX_NAME)).parse::<Placement>().is_ok());
    }

    #[test]
    fn the_lists_are_in_order_so_that_nothing_stands_there_twice() {
        assert!(DENIED.is_sorted() && DENIED_PREFIXES.is_sorted());
    }

    #[test]
    fn headers_that_others_read_take_no_value_and_those_of_services_do() {
        for name in [
            "Host",
            "Cookie",
            "Referer",
            "User-Agent",
            "Forwarded",
            "Via",
            "X-Forwarded-For",
            "x-forwarded-host",
            "Range",
            "If-Range",
            "Content-Length",
            "Content-Type",
            "CONTENT-MD5",
            "Connection",
            "Transfer-Encoding",
            "TE",
            "Trailer",
            "Upgrade",
            "Expect",
            "Proxy-Authorization",
            "Accept",
            "Accept-Encoding",
            "Origin",
            "Sec-Fetch-Site",
        ] {
            let refusal = format!("header:{name}").parse::<Placement>().unwrap_err();
            assert_eq!(refusal, PlacementError::Denied { name: name.to_owned() });
        }
        for name in ["Authorization", "X-Api-Key", "Api-Key", "X-Auth-Token", "Private-Token", "X-Shopify-Access-Token"]
        {
            assert!(format!("header:{name}").parse::<Placement>().is_ok(), "{name}");
        }
    }
}
