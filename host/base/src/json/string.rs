//! What JSON writes between quotes (RFC 8259, 7), to be read and written in pieces.

use memchr::memchr;

/// Appends what a checked string says, of which `inside` is what stands between its quotes, until `out` has `most`
/// bytes or a few more. Returns what is left of it.
pub fn unescape<'a>(inside: &'a str, most: usize, out: &mut Vec<u8>) -> &'a str {
    let mut rest = inside;
    while out.len() < most && !rest.is_empty() {
        let plain = memchr(b'\\', rest.as_bytes()).unwrap_or(rest.len());
        if plain == 0 {
            rest = unescape_one(rest, out);
            continue;
        }
        let plain = plain.min(rest.ceil_char_boundary(most - out.len()));
        out.extend_from_slice(&rest.as_bytes()[..plain]);
        rest = &rest[plain..];
    }
    rest
}

/// The character of the escape that a text begins with, and what is behind it.
fn unescape_one<'a>(text: &'a str, out: &mut Vec<u8>) -> &'a str {
    let (character, length) = match text.as_bytes().get(1) {
        Some(b'u') => return unescape_unit(text, out),
        Some(b'b') => ('\x08', 2),
        Some(b'f') => ('\x0c', 2),
        Some(b'n') => ('\n', 2),
        Some(b'r') => ('\r', 2),
        Some(b't') => ('\t', 2),
        Some(&same) if same.is_ascii() => (char::from(same), 2),
        _ => ('\\', 1),
    };
    push(character, out);
    &text[length..]
}

fn unescape_unit<'a>(text: &'a str, out: &mut Vec<u8>) -> &'a str {
    let unit = |from: usize| text.get(from..from + 4).and_then(|digits| u16::from_str_radix(digits, 16).ok());
    let (one, other) = (unit(2), unit(8));
    let character = one.and_then(|one| char::decode_utf16([one]).next()?.ok());
    let pair = || one.zip(other).and_then(|(one, other)| char::decode_utf16([one, other]).next()?.ok());
    let (character, length) = match character {
        Some(character) => (character, 6),
        None => pair().map_or(('\\', 1), |character| (character, 12)),
    };
    push(character, out);
    &text[length..]
}

fn push(character: char, out: &mut Vec<u8>) {
    out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
}

/// The bytes of a text as they stand between quotes, in pieces: nothing is escaped that need not be.
pub fn escape<E>(text: &[u8], mut write: impl FnMut(&[u8]) -> Result<(), E>) -> Result<(), E> {
    let mut rest = text;
    while let Some(at) = rest.iter().position(|&byte| matches!(byte, b'"' | b'\\' | ..0x20)) {
        write(&rest[..at])?;
        let byte = rest[at];
        let letter = match byte {
            b'"' | b'\\' => byte,
            b'\x08' => b'b',
            b'\x0c' => b'f',
            b'\n' => b'n',
            b'\r' => b'r',
            b'\t' => b't',
            _ => b'u',
        };
        match letter {
            b'u' => write(&[b'\\', b'u', b'0', b'0', b'0' + (byte >> 4), b"0123456789abcdef"[usize::from(byte & 15)]])?,
            letter => write(&[b'\\', letter])?,
        }
        rest = &rest[at + 1..];
    }
    write(rest)
}
