//! The encoders behind the table of forms. Each buffer is as large as it will ever get before a secret byte enters it,
//! so none is left behind unwiped by growing.

use zeroize::Zeroizing;

/// One form of a value, wiped when dropped.
pub(crate) type Encoded = Zeroizing<Box<[u8]>>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Digits {
    Lower,
    Upper,
}

pub(crate) const BOTH: [Digits; 2] = [Digits::Lower, Digits::Upper];

impl Digits {
    pub(crate) fn other(self) -> Self {
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

/// RFC 4648, sections 4, 5 and 6.
pub(crate) const STANDARD: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
pub(crate) const URL_SAFE: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
pub(crate) const BASE32: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// A set of ASCII characters: one bit for each.
pub(crate) type Ascii = u128;

pub(crate) const ALPHANUMERIC: Ascii = ascii(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

pub(crate) const PUNCTUATION: Ascii = ascii(b" !\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~");

/// Those whose code has a letter among its hexadecimal digits.
pub(crate) const LETTERED: Ascii = 0xfc00_fc00_fc00_fc00_fc00_fc00_fc00_fc00;

/// # Panics
/// With a byte beyond ASCII.
pub(crate) const fn ascii(characters: &[u8]) -> Ascii {
    let (mut set, mut at) = (0, 0);
    while at < characters.len() {
        set |= 1 << characters[at];
        at += 1;
    }
    set
}

/// The ASCII characters of a text.
pub(crate) fn ascii_of(text: &str) -> Ascii {
    text.bytes().filter(u8::is_ascii).fold(0, |set, byte| set | 1 << byte)
}

/// All choices of the characters of a set: itself first, none last.
pub(crate) fn subsets(set: Ascii) -> impl Iterator<Item = Ascii> {
    std::iter::successors(Some(set), move |subset| subset.checked_sub(1).map(|less| less & set))
}

pub(crate) fn has(set: Ascii, byte: u8) -> bool {
    byte.is_ascii() && set >> byte & 1 == 1
}

pub(crate) fn raw(bytes: &[u8]) -> Encoded {
    Zeroizing::new(Box::from(bytes))
}

/// Of ASCII alone, as the C library has it, and of all that has a case.
pub(crate) fn lowercase(text: &str) -> Vec<Encoded> {
    let ascii = build(text.len(), |out| out.extend(text.bytes().map(|byte| byte.to_ascii_lowercase())));
    cases(text, ascii, |c| c.to_lowercase())
}

pub(crate) fn uppercase(text: &str) -> Vec<Encoded> {
    let ascii = build(text.len(), |out| out.extend(text.bytes().map(|byte| byte.to_ascii_uppercase())));
    cases(text, ascii, |c| c.to_uppercase())
}

fn cases<I: Iterator<Item = char>>(text: &str, ascii: Encoded, case: impl Fn(char) -> I) -> Vec<Encoded> {
    if text.is_ascii() {
        return vec![ascii];
    }
    let most = text.chars().flat_map(&case).map(char::len_utf8).sum();
    let all = build(most, |out| {
        text.chars().flat_map(&case).for_each(|c| out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()));
    });
    vec![ascii, all]
}

/// The characters from last to first.
pub(crate) fn reversed(text: &str) -> Encoded {
    build(text.len(), |out| text.chars().rev().for_each(|character| push(out, character)))
}

/// What stands in a base64 or base32 text wherever `bytes` begin: at each place of a group of characters.
pub(crate) fn cores(bytes: &[u8], alphabet: &[u8]) -> Vec<Encoded> {
    let places = if alphabet.len() == 64 { 3 } else { 5 };
    (0..places).map(|place| core(bytes, alphabet, place)).collect()
}

/// The characters of such a text that depend on `bytes` alone, if `skipped` bytes stand before them: whatever stands
/// before and after, they are there.
fn core(bytes: &[u8], alphabet: &[u8], skipped: usize) -> Encoded {
    let bits = alphabet.len().ilog2() as usize;
    let characters = (8 * skipped).div_ceil(bits)..8 * (skipped + bytes.len()) / bits;
    let byte = |index: usize| u16::from(bytes.get(index - skipped).copied().unwrap_or(0));
    build(characters.len(), |out| {
        for character in characters {
            let (index, shift) = (character * bits / 8, character * bits % 8);
            let pair = byte(index) << 8 | byte(index + 1);
            out.push(alphabet[usize::from(pair >> (16 - bits - shift)) & (alphabet.len() - 1)]);
        }
    })
}

/// Base64 of base64. Both alphabets write base64 text the same way.
pub(crate) fn cores_of_cores(bytes: &[u8]) -> Vec<Encoded> {
    let inner = [STANDARD, URL_SAFE].map(|alphabet| cores(bytes, alphabet));
    inner.iter().flatten().flat_map(|inner| cores(inner, STANDARD)).collect()
}

/// Two digits for each byte, in either case, with `before` in front of each and `between` in between.
pub(crate) fn hex(bytes: &[u8], before: &str, between: &str) -> Vec<Encoded> {
    BOTH.map(|digits| hex_in(digits, bytes, before, between)).into()
}

pub(crate) fn hex_in_lower_case(bytes: &[u8], before: &str, between: &str) -> Encoded {
    hex_in(Digits::Lower, bytes, before, between)
}

fn hex_in(digits: Digits, bytes: &[u8], before: &str, between: &str) -> Encoded {
    listed(bytes, before, between, |out, byte| push_hex(out, byte, digits))
}

pub(crate) fn decimal(bytes: &[u8], between: &str) -> Encoded {
    listed(bytes, "", between, |out, byte| {
        let digits = [byte / 100, byte / 10 % 10, byte % 10].map(|digit| b'0' + digit);
        out.extend_from_slice(&digits[if byte < 10 { 2 } else { usize::from(byte < 100) }..]);
    })
}

/// Each byte as a backslash and three octal digits.
pub(crate) fn octal(bytes: &[u8]) -> Encoded {
    listed(bytes, "\\", "", push_octal)
}

fn listed(bytes: &[u8], before: &str, between: &str, push: impl Fn(&mut Vec<u8>, u8)) -> Encoded {
    // A byte has three digits at most.
    build((before.len() + 3 + between.len()) * bytes.len(), |out| {
        for (place, &byte) in bytes.iter().enumerate() {
            out.extend_from_slice(if place > 0 { between.as_bytes() } else { b"" });
            out.extend_from_slice(before.as_bytes());
            push(out, byte);
        }
    })
}

/// UTF-16 as most machines keep it, and in the order of the network.
pub(crate) fn utf16(text: &str) -> [Encoded; 2] {
    [u16::to_le_bytes, u16::to_be_bytes].map(|order| {
        build(2 * text.len(), |out| text.encode_utf16().for_each(|unit| out.extend_from_slice(&order(unit))))
    })
}

pub(crate) fn push_hex(out: &mut Vec<u8>, byte: u8, digits: Digits) {
    push_hex_digit(out, byte >> 4, digits);
    push_hex_digit(out, byte & 15, digits);
}

/// Of a number up to 15.
pub(crate) fn push_hex_digit(out: &mut Vec<u8>, number: u8, digits: Digits) {
    out.push(digits.alphabet()[usize::from(number)]);
}

pub(crate) fn push_octal(out: &mut Vec<u8>, byte: u8) {
    out.extend_from_slice(&[byte >> 6, byte >> 3 & 7, byte & 7].map(|digit| b'0' + digit));
}

pub(crate) fn push(out: &mut Vec<u8>, character: char) {
    out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
}

/// Fills a buffer of at most `most` bytes and keeps what was filled.
pub(crate) fn build(most: usize, fill: impl FnOnce(&mut Vec<u8>)) -> Encoded {
    let mut out = Zeroizing::new(Vec::with_capacity(most));
    fill(&mut out);
    debug_assert!(out.len() <= most, "the buffer must not have grown");
    raw(&out)
}
