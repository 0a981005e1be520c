//! Header fields that a sealed value goes into.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;
use zeroize::Zeroizing;

use crate::request::placeholder::{LENGTH, spotted};
use crate::request::sealed::Sealed;
use um_base::rule::PLACEHOLDER_PREFIX;

/// How a header's value holds a placeholder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// It is the value, or stands behind a scheme.
    Plain,
    /// It is user or password in the base64 of Basic.
    Basic,
}

/// Whether a text has what it takes to be a placeholder, of whichever run.
pub(crate) fn is_shaped(text: &[u8]) -> bool {
    text.len() == LENGTH && text.starts_with(PLACEHOLDER_PREFIX.as_bytes())
}

/// The placeholder that is all of a header's value, in one of the three ways.
pub(crate) fn find(value: &[u8]) -> Option<(Vec<u8>, Shape)> {
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
pub(crate) fn fill(original: &HeaderValue, shape: Shape, sealed: &Sealed) -> HeaderValue {
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
pub(crate) fn replaced(text: &[u8], what: &str, with: &str) -> Zeroizing<Vec<u8>> {
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
    use super::*;
    use crate::request::placeholder::Placeholder;

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
