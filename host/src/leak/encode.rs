//! The encoders behind the table of forms. Each buffer is as large as it will ever get before a secret byte enters it,
//! so none is left behind unwiped by growing.

use zeroize::Zeroizing;

/// One form of a value, wiped when dropped.
pub(super) type Encoded = Zeroizing<Box<[u8]>>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Digits {
    Lower,
    Upper,
}

impl Digits {
    fn alphabet(self) -> &'static [u8; 16] {
        match self {
            Self::Lower => b"0123456789abcdef",
            Self::Upper => b"0123456789ABCDEF",
        }
    }
}

pub(super) const STANDARD: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
pub(super) const URL_SAFE: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Which bytes percent-encoding leaves alone.
#[derive(Clone, Copy)]
pub(super) struct Percent {
    /// Whether ASCII letters and digits stand for themselves.
    pub(super) alphanumeric: bool,
    /// What else does.
    pub(super) kept: &'static [u8],
    /// Whether a space becomes `+`.
    pub(super) plus: bool,
}

/// How characters beyond ASCII are written in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unicode {
    AsIs,
    Escaped(Digits),
}

/// What a writer of JSON escapes besides what it must.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Json {
    /// `/` becomes `\/`.
    pub(super) slash: bool,
    /// `<`, `>`, `&`, U+2028 and U+2029 become `\u003c` and so on.
    pub(super) html: bool,
    pub(super) unicode: Unicode,
}

pub(super) fn raw(bytes: &[u8]) -> Encoded {
    Zeroizing::new(Box::from(bytes))
}

/// The characters of a base64 text that depend on `bytes` alone, if `skipped` bytes (modulo 3) stand before them:
/// whatever stands before and after, they are there.
pub(super) fn base64_core(bytes: &[u8], alphabet: &[u8; 64], skipped: usize) -> Encoded {
    let characters = (8 * skipped).div_ceil(6)..8 * (skipped + bytes.len()) / 6;
    let byte = |index: usize| u16::from(bytes.get(index - skipped).copied().unwrap_or(0));
    build(characters.len(), |out| {
        for character in characters {
            let (index, shift) = (character * 6 / 8, character * 6 % 8);
            let pair = byte(index) << 8 | byte(index + 1);
            out.push(alphabet[usize::from(pair >> (10 - shift) & 63)]);
        }
    })
}

pub(super) fn hex(bytes: &[u8], digits: Digits) -> Encoded {
    build(2 * bytes.len(), |out| bytes.iter().for_each(|&byte| push_hex(out, byte, digits)))
}

pub(super) fn percent(bytes: &[u8], style: Percent, digits: Digits) -> Encoded {
    build(3 * bytes.len(), |out| {
        for &byte in bytes {
            if style.alphanumeric && byte.is_ascii_alphanumeric() || style.kept.contains(&byte) {
                out.push(byte);
            } else if style.plus && byte == b' ' {
                out.push(b'+');
            } else {
                out.push(b'%');
                push_hex(out, byte, digits);
            }
        }
    })
}

/// The inside of a JSON string (RFC 8259, 7). Control characters have the short escapes where there are any.
pub(super) fn json(text: &str, style: Json) -> Encoded {
    // A byte of a control character becomes 6.
    build(6 * text.len(), |out| text.chars().for_each(|character| push_json(out, character, style)))
}

fn push_json(out: &mut Vec<u8>, character: char, style: Json) {
    let short = match character {
        '"' | '\\' => Some(character as u8),
        '/' if style.slash => Some(b'/'),
        '\u{8}' => Some(b'b'),
        '\u{c}' => Some(b'f'),
        '\n' => Some(b'n'),
        '\r' => Some(b'r'),
        '\t' => Some(b't'),
        _ => None,
    };
    let digits = match style.unicode {
        Unicode::Escaped(digits) => digits,
        Unicode::AsIs => Digits::Lower,
    };
    let html = matches!(character, '<' | '>' | '&' | '\u{2028}' | '\u{2029}');
    // Who writes ASCII alone escapes DEL too, as Python does.
    let beyond = style.unicode != Unicode::AsIs && character >= '\u{7f}';
    if let Some(short) = short {
        out.extend_from_slice(&[b'\\', short]);
    } else if character < ' ' || style.html && html || beyond {
        for unit in character.encode_utf16(&mut [0; 2]) {
            out.extend_from_slice(b"\\u");
            unit.to_be_bytes().iter().for_each(|&byte| push_hex(out, byte, digits));
        }
    } else {
        out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
    }
}

fn push_hex(out: &mut Vec<u8>, byte: u8, digits: Digits) {
    let alphabet = digits.alphabet();
    out.push(alphabet[usize::from(byte >> 4)]);
    out.push(alphabet[usize::from(byte & 15)]);
}

/// Fills a buffer of at most `most` bytes and keeps what was filled.
fn build(most: usize, fill: impl FnOnce(&mut Vec<u8>)) -> Encoded {
    let mut out = Zeroizing::new(Vec::with_capacity(most));
    fill(&mut out);
    debug_assert!(out.len() <= most, "the buffer must not have grown");
    raw(&out)
}
