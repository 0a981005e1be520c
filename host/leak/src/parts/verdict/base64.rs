//! RFC 4648, sections 4 and 5: what a text says that is base64 of text.

use zeroize::Zeroizing;

/// Shorter ones may be words.
const SHORTEST: usize = 16;

/// With padding or without, in one line; nothing if it is no text that can be printed.
pub(super) fn decode(text: &str) -> Option<Zeroizing<String>> {
    let digits = text.trim_end_matches('=');
    if digits.len() < SHORTEST || digits.len() % 4 == 1 {
        return None;
    }
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len()));
    let (mut bits, mut count) = (0_u32, 0);
    for digit in digits.bytes() {
        bits = bits << 6 | u32::from(value(digit)?);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
        }
    }
    let decoded = std::str::from_utf8(&bytes).ok()?;
    let is_printable = decoded.chars().all(|c| !c.is_control() || "\t\r\n".contains(c));
    is_printable.then(|| Zeroizing::new(decoded.to_owned()))
}

fn value(digit: u8) -> Option<u8> {
    match digit {
        b'A'..=b'Z' => Some(digit - b'A'),
        b'a'..=b'z' => Some(digit - b'a' + 26),
        b'0'..=b'9' => Some(digit - b'0' + 52),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    }
}
