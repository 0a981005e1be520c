//! What a run holds in the place of a sealed value, and how to spot anything that was made of one.

use std::fmt;
use std::sync::LazyLock;

use um_base::Work;
use um_base::percent::{escape, hex_digit};
use um_base::rule::PLACEHOLDER_PREFIX;
use um_leak::{Filter, Ready};

/// Length of every placeholder, in bytes: the prefix and 128 bits in hexadecimal. A multiple of 3, so base64 of it has no
/// padding.
pub(crate) const LENGTH: usize = PLACEHOLDER_PREFIX.len() + 32;
/// How often escapes are undone before looking.
const ROUNDS: usize = 4;

/// The placeholder of one sealed secret in one run: `um_sealed_` and 128 random bits in lower-case hexadecimal. Fit for
/// URLs, headers, JSON and HTML as it is. No secret.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Placeholder([u8; LENGTH]);

impl Placeholder {
    /// # Panics
    /// If the operating system has no random numbers to give.
    pub(crate) fn new() -> Self {
        let mut random = [0; 16];
        getrandom::fill(&mut random).expect("the operating system gives random numbers");
        let mut text = [0; LENGTH];
        text[..PLACEHOLDER_PREFIX.len()].copy_from_slice(PLACEHOLDER_PREFIX.as_bytes());
        let digits =
            random.iter().flat_map(|byte| [byte >> 4, byte & 15]).map(|digit| b"0123456789abcdef"[usize::from(digit)]);
        text[PLACEHOLDER_PREFIX.len()..].iter_mut().zip(digits).for_each(|(place, digit)| *place = digit);
        Self(text)
    }

    pub(crate) fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("it is ASCII")
    }
}

impl fmt::Display for Placeholder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Placeholder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Finds the prefix of every placeholder in all forms that the leak filter knows: either case, base64 in each place of
/// a group, hexadecimal, reversed, and so on. The prefix is enough, of any run: no value of a secret may hold it.
pub(crate) fn forms() -> Ready<'static> {
    FORMS.if_ready().expect("nothing is added to them")
}

static FORMS: LazyLock<Filter> = LazyLock::new(|| {
    let filter = Filter::new();
    for prefix in [PLACEHOLDER_PREFIX, &PLACEHOLDER_PREFIX.to_ascii_uppercase()] {
        filter.guard_anyway("placeholder", prefix, Vec::new());
    }
    let made = filter.ready_here(&Work::unlimited()).is_ok();
    debug_assert!(made, "nothing ends it");
    filter
});

/// Whether anything made of a placeholder stands in `text`: of this run or another, whole or cut, in another case,
/// encoded, in part percent-encoded or escaped as in JSON.
pub(crate) fn spotted(text: &[u8]) -> bool {
    if !may_hold_one(text) {
        return false;
    }
    let mut text = text.to_vec();
    for _ in 0..ROUNDS {
        if holds_prefix(&text) {
            return true;
        }
        if !text.iter().any(|byte| b"%\\".contains(byte)) {
            return false;
        }
        let decoded = unescaped(&text);
        if decoded == text {
            return false;
        }
        text = decoded;
    }
    // Who encodes more often means to hide something.
    holds_prefix(&text) || unescaped(&text) != text
}

fn holds_prefix(text: &[u8]) -> bool {
    forms().finds_in(text) || folded(text)
}

/// The shortest forms of the prefix have some 12 bytes, or 10.
fn may_hold_one(text: &[u8]) -> bool {
    text.len() >= PLACEHOLDER_PREFIX.len()
}

fn folded(text: &[u8]) -> bool {
    text.windows(PLACEHOLDER_PREFIX.len()).any(|window| window.eq_ignore_ascii_case(PLACEHOLDER_PREFIX.as_bytes()))
}

/// Undoes what is percent-encoded or escaped as in JSON, once; what is neither stays.
fn unescaped(text: &[u8]) -> Vec<u8> {
    let read = |rest| escape(rest).map(|byte| (byte, 3)).or_else(|| escape_in_json(rest).map(|byte| (byte, 6)));
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(&byte) = rest.first() {
        let (byte, length) = read(rest).unwrap_or((byte, 1));
        decoded.push(byte);
        rest = &rest[length..];
    }
    decoded
}

/// RFC 8259, 7.
fn escape_in_json(text: &[u8]) -> Option<u8> {
    let [b'\\', b'u', b'0', b'0', high, low, ..] = text else { return None };
    Some(hex_digit(*high)? << 4 | hex_digit(*low)?)
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

    use super::*;

    fn encoded(text: &str, write: impl Fn(u8) -> String) -> String {
        text.bytes().map(write).collect()
    }

    #[test]
    fn a_placeholder_has_its_length_and_128_bits_of_its_own() {
        let [one, two] = [Placeholder::new(), Placeholder::new()];
        assert_ne!(one, two);
        for placeholder in [one, two] {
            let digits = placeholder.as_str().strip_prefix("um_sealed_").unwrap();
            assert!(digits.len() == 32 && digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')));
        }
    }

    #[test]
    fn whatever_was_made_of_a_placeholder_is_spotted() {
        let text = Placeholder::new().to_string();
        let twice = |text: &str| encoded(text, |byte| format!("%25{byte:02x}"));
        let many = |text: &str| encoded(text, |byte| format!("%2525252525{byte:02x}"));
        for (hidden, why) in [
            (text.clone(), "as it is"),
            (text.to_uppercase(), "upper case"),
            (text.replacen("m_s", "M_s", 1), "mixed case"),
            (format!("a{text}b"), "in the middle"),
            (text[..20].to_owned(), "cut"),
            (text.replace('_', "%5F"), "percent-encoded in part"),
            (text.replace('u', "%75"), "percent-encoded though nobody does"),
            (text.replace('u', "\\u0075"), "escaped as in JSON"),
            (encoded(&text, |byte| format!("%{byte:02x}")), "percent-encoded"),
            (twice(&text), "twice percent-encoded"),
            (many(&text), "percent-encoded too often to say"),
            (encoded(&text, |byte| format!("{byte:02x}")), "hexadecimal"),
            (text.chars().rev().collect(), "reversed"),
            (STANDARD.encode(&text), "base64"),
            (STANDARD.encode(format!("x{text}")), "base64, one byte on"),
            (STANDARD.encode(format!("xy{text}")), "base64, two bytes on"),
            (URL_SAFE_NO_PAD.encode(text.to_uppercase()), "base64 of upper case"),
            (STANDARD.encode(STANDARD.encode(format!("a:{text}"))), "base64 of base64"),
            (STANDARD.encode(&text).replace('=', "").replace('d', "%64"), "base64, percent-encoded"),
        ] {
            assert!(spotted(hidden.as_bytes()), "{why}: {hidden}");
        }
    }

    #[test]
    fn what_is_no_placeholder_is_not() {
        for text in
            ["", "um_seale", "um-sealed-0123", "sealed_0123456789", "a%20b%zz%", "Bearer k7x!k7x!k7x!k7x!", "dW1fc2Vh"]
        {
            assert!(!spotted(text.as_bytes()), "{text}");
        }
    }
}
