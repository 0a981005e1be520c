//! RFC 4648, sections 4 and 5: what a text says that is base64 of text.

use zeroize::Zeroizing;

use crate::forms::encode::{STANDARD, URL_SAFE};

/// What is shorter says less than a part has.
const SHORTEST_ENCODED: usize = 11;

/// With padding or without, in lines or in one; `None` if it is no text that can be printed.
pub(super) fn decode(text: &str) -> Option<Zeroizing<String>> {
    let digits = text.trim_end_matches('=');
    if digits.len() < SHORTEST_ENCODED {
        return None;
    }
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len()));
    let (mut bits, mut count, mut length) = (0_u32, 0, 0);
    for byte in digits.bytes().filter(|byte| !b"\r\n".contains(byte)) {
        let at = |alphabet: &[u8]| alphabet.iter().position(|one| *one == byte);
        bits = bits << 6 | at(STANDARD).or_else(|| at(URL_SAFE))? as u32;
        (count, length) = (count + 6, length + 1);
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
        }
    }
    let decoded = std::str::from_utf8(&bytes).ok()?;
    let printable = |character: char| !character.is_control() || "\t\r\n".contains(character);
    let is_text = length >= SHORTEST_ENCODED && length % 4 != 1 && decoded.chars().all(printable);
    is_text.then(|| Zeroizing::new(decoded.to_owned()))
}
