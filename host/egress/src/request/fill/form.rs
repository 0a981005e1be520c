//! Fields of queries and of form bodies: `application/x-www-form-urlencoded`, as the WHATWG URL standard reads it.

use std::ops::Range;

use zeroize::Zeroizing;

use crate::request::fill::header::is_shaped;
use um_base::percent::decode_lenient;

/// One field that has a placeholder for its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Field {
    /// Decoded.
    pub name: Vec<u8>,
    /// Where its value stands.
    pub place: Range<usize>,
}

/// The fields of `text` whose whole value is shaped like a placeholder.
pub(crate) fn fields(text: &[u8]) -> Vec<Field> {
    pairs(text)
        .filter(|(_, place)| is_shaped(&text[place.clone()]))
        .map(|(name, place)| Field { name, place })
        .collect()
}

/// How often `text` has a field of this name.
pub(crate) fn count(text: &[u8], name: &[u8]) -> usize {
    pairs(text).filter(|(other, _)| other == name).count()
}

/// A value as it stands in a query or form: nothing that needs no encoding is encoded, which servers read alike.
pub(crate) fn encoded(value: &str) -> Zeroizing<String> {
    let mut out = Zeroizing::new(String::with_capacity(3 * value.len()));
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let digit = |digit: u8| char::from(b"0123456789ABCDEF"[usize::from(digit)]);
            out.extend(['%', digit(byte >> 4), digit(byte & 15)]);
        }
    }
    out
}

pub(crate) fn pairs(text: &[u8]) -> impl Iterator<Item = (Vec<u8>, Range<usize>)> {
    let mut from = 0;
    text.split(|&byte| byte == b'&').map(move |pair| {
        let start = from;
        from += pair.len() + 1;
        let end = start + pair.len();
        match pair.iter().position(|&byte| byte == b'=') {
            Some(equals) => (name(&pair[..equals]), start + equals + 1..end),
            None => (name(pair), end..end),
        }
    })
}

fn name(text: &[u8]) -> Vec<u8> {
    let spaced: Vec<u8> = text.iter().map(|&byte| if byte == b'+' { b' ' } else { byte }).collect();
    std::mem::take(&mut *decode_lenient(&spaced))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::placeholder::Placeholder;

    #[test]
    fn a_field_is_found_if_all_of_its_value_is_a_placeholder() {
        let p = Placeholder::new().to_string();
        let text = format!("a=1&key={p}&b&k%65y2={p}&x={p}y&{p}=1&y=%75{}&=&a=", &p[1..]);
        let names: Vec<_> =
            fields(text.as_bytes()).into_iter().map(|field| (field.name, text[field.place].to_owned())).collect();
        assert_eq!(names, [(b"key".to_vec(), p.clone()), (b"key2".to_vec(), p)]);
        assert_eq!(
            [b"a".as_slice(), b"key", b"b", b"", b"none"].map(|name| count(text.as_bytes(), name)),
            [2, 1, 1, 1, 0]
        );
        assert_eq!(count(b"k+y&k%20y=1&k y", b"k y"), 3);
    }

    #[test]
    fn what_a_query_could_read_as_its_own_is_encoded() {
        assert_eq!(*encoded("aZ09-._~"), "aZ09-._~");
        assert_eq!(*encoded("a&b=c+d%e#f/?"), "a%26b%3Dc%2Bd%25e%23f%2F%3F");
    }
}
