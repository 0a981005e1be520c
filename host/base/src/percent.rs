//! Percent-encoding undone (RFC 3986, 2.1), in the two ways that there are reasons for.
//!
//! - [`decode_strict`] reads what has to mean one thing: a path that is held against a rule, the credentials of a proxy.
//!   A `%` that begins no escape is read in several ways by those who come across it, so there is no reading then.
//! - [`decode_lenient`] looks for what somebody could take a text for: a secret in a URL, a placeholder in a field. It
//!   undoes what can be undone and keeps the rest, so that nothing hides behind one wrong `%`.
//!
//! Both undo it once, and neither makes a space of `+`: that is for whoever reads forms. What comes out may be a secret, so
//! it is wiped.

use zeroize::Zeroizing;

/// The bytes that `text` stands for; `None` if one of its `%` begins no escape.
pub fn decode_strict(text: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    decode(text, |_| None)
}

/// The bytes that `text` stands for, where a `%` that begins no escape stands for itself.
pub fn decode_lenient(text: &[u8]) -> Zeroizing<Vec<u8>> {
    decode(text, Some).expect("every byte is kept")
}

/// The byte that the escape stands for which `text` begins with, if it begins with one. It is three bytes long.
pub fn escape(text: &[u8]) -> Option<u8> {
    let [b'%', high, low, ..] = text else { return None };
    Some(hex_digit(*high)? * 16 + hex_digit(*low)?)
}

/// What a hexadecimal digit of either case counts.
pub fn hex_digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// `stray` says what a `%` stands for that begins no escape.
fn decode(text: &[u8], stray: fn(u8) -> Option<u8>) -> Option<Zeroizing<Vec<u8>>> {
    // No longer than the text, so nothing is left behind by a vector that grows.
    let mut decoded = Zeroizing::new(Vec::with_capacity(text.len()));
    let mut rest = text;
    while let [first, after @ ..] = rest {
        let escaped = escape(rest);
        decoded.push(match escaped {
            Some(byte) => byte,
            None if *first == b'%' => stray(*first)?,
            None => *first,
        });
        rest = if escaped.is_some() { &rest[3..] } else { after };
    }
    Some(decoded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_of_either_case_are_undone_once() {
        for (text, expected) in [
            ("", &b""[..]),
            ("plain+text", b"plain+text"),
            ("a%20b", b"a b"),
            ("%2f%2F", b"//"),
            ("%e9%C3%A9", b"\xe9\xc3\xa9"),
            ("%2520", b"%20"),
            ("%25%32%35", b"%25"),
            ("%00", b"\0"),
        ] {
            assert_eq!(**decode_strict(text.as_bytes()).unwrap(), *expected, "{text}");
            assert_eq!(**decode_lenient(text.as_bytes()), *expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_escape_has_no_strict_reading_and_stays_in_a_lenient_one() {
        for (text, expected) in [
            ("%", "%"),
            ("%4", "%4"),
            ("a%zzb", "a%zzb"),
            ("%+2", "%+2"),
            ("%u0041", "%u0041"),
            ("%%41", "%A"),
            ("%4%41", "%4A"),
            ("%41%", "A%"),
        ] {
            assert_eq!(decode_strict(text.as_bytes()), None, "{text}");
            assert_eq!(**decode_lenient(text.as_bytes()), *expected.as_bytes(), "{text}");
        }
    }
}
