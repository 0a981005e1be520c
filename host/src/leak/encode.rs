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
    pub(super) fn other(self) -> Self {
        match self {
            Self::Lower => Self::Upper,
            Self::Upper => Self::Lower,
        }
    }

    fn alphabet(self) -> &'static [u8; 16] {
        match self {
            Self::Lower => b"0123456789abcdef",
            Self::Upper => b"0123456789ABCDEF",
        }
    }
}

pub(super) const STANDARD: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
pub(super) const URL_SAFE: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// A set of ASCII characters: one bit for each.
pub(super) type Ascii = u128;

pub(super) const ALPHANUMERIC: Ascii = ascii(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

/// Those whose code has a letter among its hexadecimal digits.
pub(super) const LETTERED: Ascii = 0xfc00_fc00_fc00_fc00_fc00_fc00_fc00_fc00;

/// # Panics
/// With a byte beyond ASCII.
pub(super) const fn ascii(characters: &[u8]) -> Ascii {
    let (mut set, mut at) = (0, 0);
    while at < characters.len() {
        set |= 1 << characters[at];
        at += 1;
    }
    set
}

/// The ASCII characters of a text.
pub(super) fn ascii_of(text: &str) -> Ascii {
    text.bytes().filter(u8::is_ascii).fold(0, |set, byte| set | 1 << byte)
}

pub(super) fn has(set: Ascii, byte: u8) -> bool {
    byte.is_ascii() && set >> byte & 1 == 1
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

pub(super) fn push_hex(out: &mut Vec<u8>, byte: u8, digits: Digits) {
    let alphabet = digits.alphabet();
    out.push(alphabet[usize::from(byte >> 4)]);
    out.push(alphabet[usize::from(byte & 15)]);
}

/// Fills a buffer of at most `most` bytes and keeps what was filled.
pub(super) fn build(most: usize, fill: impl FnOnce(&mut Vec<u8>)) -> Encoded {
    let mut out = Zeroizing::new(Vec::with_capacity(most));
    fill(&mut out);
    debug_assert!(out.len() <= most, "the buffer must not have grown");
    raw(&out)
}
