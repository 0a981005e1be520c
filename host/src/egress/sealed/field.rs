//! Header fields that a sealed value goes into, and those that none may.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderName, HeaderValue};
use zeroize::Zeroizing;

use super::placeholder::{LENGTH, spotted};
use super::{PlacementError, Sealed};
use crate::secret::{PLACEHOLDER_PREFIX, Placement};

/// Longest name of a field in a query or body, in bytes.
const MAX_FIELD_NAME: usize = 128;

/// What proxies, servers and logs along the way read, write, echo or act on.
const DENIED: [&str; 49] = [
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
    "x-real-ip",
    "x-request-id",
];
/// Beginnings of names of such fields.
const DENIED_FAMILIES: [&str; 11] = [
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

/// How a header's value holds a placeholder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// It is the value, or stands behind a scheme.
    Plain,
    /// It is user or password in the base64 of Basic.
    Basic,
}

/// Whether a sealed value may be put there. Ask when a secret is bound.
///
/// # Errors
/// [`PlacementError`] with the rule that the field breaks.
pub fn check_placement(placement: &Placement) -> Result<(), PlacementError> {
    match placement {
        Placement::Header(name) => match HeaderName::try_from(name.as_str()) {
            Err(_) => Err(PlacementError::NoHeader),
            Ok(name) if is_denied(&name) => Err(PlacementError::DeniedHeader),
            Ok(_) => Ok(()),
        },
        Placement::Query(name) | Placement::Body(name) => {
            let fits =
                !name.is_empty() && name.len() <= MAX_FIELD_NAME && name.bytes().all(|byte| byte.is_ascii_graphic());
            if fits && !spotted(name.as_bytes()) { Ok(()) } else { Err(PlacementError::NoField) }
        }
    }
}

pub(super) fn is_denied(name: &HeaderName) -> bool {
    let name = name.as_str();
    DENIED.contains(&name) || DENIED_FAMILIES.iter().any(|family| name.starts_with(family)) || spotted(name.as_bytes())
}

/// Whether a text has what it takes to be a placeholder, of whichever run.
pub(super) fn is_shaped(text: &[u8]) -> bool {
    text.len() == LENGTH && text.starts_with(PLACEHOLDER_PREFIX.as_bytes())
}

/// The placeholder that is all of a header's value, in one of the three ways.
pub(super) fn find(value: &[u8]) -> Option<(Vec<u8>, Shape)> {
    if is_shaped(value) {
        return Some((value.to_vec(), Shape::Plain));
    }
    let space = value.iter().position(|&byte| byte == b' ')?;
    let (scheme, credentials) = (&value[..space], &value[space + 1..]);
    if !is_token(scheme) {
        return None;
    }
    if is_shaped(credentials) {
        return Some((credentials.to_vec(), Shape::Plain));
    }
    if !scheme.eq_ignore_ascii_case(b"basic") {
        return None;
    }
    let pair = STANDARD.decode(credentials).ok()?;
    let colon = pair.iter().position(|&byte| byte == b':')?;
    let (user, password) = (&pair[..colon], &pair[colon + 1..]);
    let (held, other) = if is_shaped(user) { (user, password) } else { (password, user) };
    (is_shaped(held) && !spotted(other)).then(|| (held.to_vec(), Shape::Basic))
}

/// The value with the secret in the place of its placeholder. HTTP/2 keeps it out of its tables (RFC 7541, 7.1.3).
pub(super) fn fill(original: &HeaderValue, shape: Shape, sealed: &Sealed) -> HeaderValue {
    let put = |text: &[u8]| replaced(text, sealed.placeholder.as_str(), sealed.value.expose());
    let filled = match shape {
        Shape::Plain => put(original.as_bytes()),
        Shape::Basic => {
            let space = original.as_bytes().iter().position(|&byte| byte == b' ').map_or(0, |space| space + 1);
            let (scheme, credentials) = original.as_bytes().split_at(space);
            let pair = put(&STANDARD.decode(credentials).unwrap_or_default());
            let mut filled = Zeroizing::new(scheme.to_vec());
            filled.extend_from_slice(Zeroizing::new(STANDARD.encode(&*pair)).as_bytes());
            filled
        }
    };
    let mut value = HeaderValue::from_bytes(&filled).expect("a sealed value is visible ASCII");
    value.set_sensitive(true);
    value
}

/// `text` with `with` for each `what` that stands in it. What it leaves behind is wiped.
pub(super) fn replaced(text: &[u8], what: &str, with: &str) -> Zeroizing<Vec<u8>> {
    let places = memchr::memmem::find_iter(text, what).count();
    let mut out = Zeroizing::new(Vec::with_capacity(text.len() + places * with.len()));
    let mut from = 0;
    for place in memchr::memmem::find_iter(text, what) {
        out.extend_from_slice(&text[from..place]);
        out.extend_from_slice(with.as_bytes());
        from = place + what.len();
    }
    out.extend_from_slice(&text[from..]);
    out
}

/// RFC 9110, 5.6.2.
fn is_token(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(|&byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::super::Placeholder;
    use super::*;

    #[test]
    fn no_sealed_value_goes_where_others_on_the_way_look() {
        assert!(DENIED.is_sorted() && DENIED_FAMILIES.is_sorted());
        let header = |name: &str| check_placement(&Placement::Header(name.to_owned()));
        for name in
            ["Authorization", "X-Api-Key", "apikey", "PRIVATE-TOKEN", "X-Auth-Token", "Api-Key", "X-Goog-Api-Key"]
        {
            assert_eq!(header(name), Ok(()), "{name}");
        }
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
            "Content-Type",
            "Content-Length",
            "Connection",
            "Keep-Alive",
            "TE",
            "Trailer",
            "Transfer-Encoding",
            "Upgrade",
            "Proxy-Authorization",
            "Accept",
            "Accept-Encoding",
            "If-Range",
            "Origin",
            "Expect",
            "Sec-Fetch-Site",
            "Set-Cookie",
            "um_sealed_00000000000000000000000000000000",
        ] {
            assert_eq!(header(name), Err(PlacementError::DeniedHeader), "{name}");
        }
        for name in ["", "two words", "a:b", "ü", "a\r\nb"] {
            assert_eq!(header(name), Err(PlacementError::NoHeader), "{name}");
        }
        for place in [Placement::Query, Placement::Body] {
            assert_eq!(check_placement(&place("api_key".to_owned())), Ok(()));
            for name in ["", "a b", "ü", "um_sealed_x", &"n".repeat(129)] {
                assert_eq!(check_placement(&place(name.to_owned())), Err(PlacementError::NoField), "{name}");
            }
        }
    }

    #[test]
    fn a_placeholder_is_found_where_it_is_all_of_a_field() {
        let text = Placeholder::new().to_string();
        let basic = |pair: String| format!("Basic {}", STANDARD.encode(pair));
        for (value, shape) in [
            (text.clone(), Shape::Plain),
            (format!("Bearer {text}"), Shape::Plain),
            (format!("token {text}"), Shape::Plain),
            (basic(format!("user:{text}")), Shape::Basic),
            (basic(format!("{text}:")), Shape::Basic),
            (basic(format!("{text}:x:y")), Shape::Basic),
            (basic(format!(":{text}")).replace("Basic", "bASIC"), Shape::Basic),
        ] {
            assert_eq!(find(value.as_bytes()), Some((text.clone().into_bytes(), shape)), "{value}");
        }
        for value in [
            format!("Bearer  {text}"),
            format!("Bearer {text} "),
            format!(" {text}"),
            format!("Bearer x{text}"),
            format!("a=b; {text}"),
            format!("a;b {text}"),
            format!("Bearer {text},{text}"),
            text.to_uppercase(),
            text[..text.len() - 1].to_owned(),
            basic(text.clone()),
            basic(format!("{text}:{text}")),
            basic(format!("user:x{text}")),
            basic(format!("us:er:{text}")),
            format!("Digest {}", STANDARD.encode(format!("user:{text}"))),
            format!("Basic  {}", STANDARD.encode(format!("user:{text}"))),
        ] {
            assert_eq!(find(value.as_bytes()), None, "{value}");
        }
    }
}
