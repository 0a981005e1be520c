//! What may not stand in a description: a value of its workspace. Everyone who may use a secret is shown what describes it,
//! and so is every action, also those that never get the value.
//!
//! Every vault asks [`check_apart`] for each pair that a change brings together: a text that is new with every value that is
//! there, and a value that is new with every text, in whichever order they come.
//!
//! Deliberately absent: parts of values, and forms that nobody writes by hand. A value that could not be masked
//! ([`Masking::Nothing`]) is a word that stands anywhere, and may stand there, too.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use zeroize::Zeroizing;

use crate::name::{DescriptionError, SecretName};
use crate::value::{Masking, masking};

/// Refuses the description of one secret that holds the value of the same or of another one: as it is, and if it has
/// 8 bytes or more also in base64, in hexadecimal, percent-encoded, or escaped for JSON.
///
/// # Errors
/// [`DescriptionError::HoldsValue`].
pub fn check_apart(
    described: &SecretName,
    text: &str,
    valued: &SecretName,
    value: &str,
) -> Result<(), DescriptionError> {
    match holds(text, value) {
        true => Err(DescriptionError::HoldsValue { described: described.clone(), valued: valued.clone() }),
        false => Ok(()),
    }
}

fn holds(text: &str, value: &str) -> bool {
    let value = value.trim();
    // No form is shorter than the value is.
    if value.len() > text.len() {
        return false;
    }
    match masking(value) {
        Masking::Nothing(_) => false,
        Masking::RawOnly => text.contains(value),
        Masking::EveryForm => {
            let decoded = |decode: fn(&str) -> Zeroizing<Vec<u8>>| contains(&decode(text), value.as_bytes());
            text.contains(value)
                || text.contains('%') && decoded(without_percent)
                || text.contains('\\') && decoded(without_backslashes)
                || holds_hexadecimal(text, value)
                || holds_base64(text, value)
        }
    }
}

fn contains(text: &[u8], wanted: &[u8]) -> bool {
    text.windows(wanted.len()).any(|found| found == wanted)
}

fn holds_hexadecimal(text: &str, value: &str) -> bool {
    let digits =
        value.bytes().flat_map(|byte| [byte >> 4, byte & 15]).map(|digit| b"0123456789abcdef"[usize::from(digit)]);
    let digits = Zeroizing::new(digits.collect::<Vec<u8>>());
    contains(text.to_ascii_lowercase().as_bytes(), &digits)
}

/// Whatever stands before it in what was encoded, and in either alphabet.
fn holds_base64(text: &str, value: &str) -> bool {
    let text: Cow<'_, str> = match text.contains(['-', '_']) {
        true => text.replace('-', "+").replace('_', "/").into(),
        false => text.into(),
    };
    (0..3).any(|before| {
        let mut bytes = Zeroizing::new(vec![0; before]);
        bytes.extend_from_slice(value.as_bytes());
        let encoded = Zeroizing::new(STANDARD_NO_PAD.encode(&*bytes));
        // What depends on what stands before it or behind it is left out.
        let start = (before * 8).div_ceil(6);
        let end = bytes.len() * 8 / 6;
        text.contains(&encoded[start..end])
    })
}

fn without_percent(text: &str) -> Zeroizing<Vec<u8>> {
    unescaped(text, b'%', |rest| {
        let digits = rest.get(..2).filter(|digits| digits.iter().all(u8::is_ascii_hexdigit))?;
        let byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
        Some((char::from(byte), true, 2))
    })
}

fn without_backslashes(text: &str) -> Zeroizing<Vec<u8>> {
    unescaped(text, b'\\', |rest| {
        let escaped = match *rest.first()? {
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let digits = std::str::from_utf8(rest.get(1..5)?).ok()?;
                let character = char::from_u32(u32::from_str_radix(digits, 16).ok()?)?;
                return Some((character, false, 5));
            }
            other => char::from(other),
        };
        escaped.is_ascii().then_some((escaped, false, 1))
    })
}

/// `read` gives of what stands behind a mark the character that is meant, whether that is a byte, and how long it is told.
fn unescaped(text: &str, mark: u8, read: impl Fn(&[u8]) -> Option<(char, bool, usize)>) -> Zeroizing<Vec<u8>> {
    let mut plain = Zeroizing::new(Vec::with_capacity(text.len()));
    let mut rest = text.as_bytes();
    while let Some((&first, behind)) = rest.split_first() {
        rest = behind;
        match (first == mark).then(|| read(behind)).flatten() {
            Some((character, is_byte, length)) => {
                rest = &behind[length..];
                match is_byte {
                    true => plain.push(character as u8),
                    false => plain.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
                }
            }
            None => plain.push(first),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

    use super::*;

    const VALUE: &str = "pä\"ss/w0rd+\\ of >> crm?";

    fn hexadecimal(upper: bool) -> String {
        VALUE.bytes().map(|byte| if upper { format!("{byte:02X}") } else { format!("{byte:02x}") }).collect()
    }

    #[test]
    fn a_value_is_found_as_it_is_and_in_the_forms_in_which_it_is_copied() {
        let everything: String = VALUE.bytes().map(|byte| format!("%{byte:02x}")).collect();
        let json = serde_json::to_string(VALUE).unwrap();
        let ascii: String = VALUE.chars().map(|c| format!("\\u{:04x}", c as u32)).collect();
        for form in [
            VALUE.to_owned(),
            format!("\n{VALUE}  "),
            "p%C3%A4%22ss/w0rd%2B%5C of %3e%3E crm?".to_owned(),
            everything,
            json,
            ascii,
            hexadecimal(false),
            hexadecimal(true),
            STANDARD.encode(VALUE),
            STANDARD.encode(format!("u:{VALUE}")),
            STANDARD.encode(format!("user:{VALUE}@x")),
            URL_SAFE_NO_PAD.encode(format!("a{VALUE}")),
        ] {
            assert!(holds(&format!("what it is for: {form}."), VALUE), "{form}");
        }
    }

    #[test]
    fn what_is_not_the_whole_value_or_no_value_to_look_for_may_be_said() {
        for text in ["the password of the crm", "100 % of it \\ %zz %", "", "pä\"ss", "dXNlcg==", "\\u12"] {
            assert!(!holds(text, VALUE), "{text}");
        }
        assert!(!holds("abc is short, localhost is anywhere", "abc"));
        assert!(!holds("abc is short, localhost is anywhere", "localhost"));
        assert!(holds("with k7x! in it", "k7x!"));
        assert!(!holds("with azd4IQ in it", "k7x!"), "short ones are known as they are alone");
    }
}
