//! Escapes with a backslash: inside JSON strings (RFC 8259, 7), and inside the quotes of programming languages.
//!
//! Deliberately absent: digits in both cases within one text.

use super::encode::{Ascii, Digits, Encoded, LETTERED, ascii, ascii_of, build, has, push_hex};

/// How JSON is written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Json {
    /// ASCII characters that become `\u003c` and so on.
    long: Ascii,
    /// Of the others, those that get a backslash.
    short: Ascii,
    /// Whether U+2028 and U+2029 are escaped.
    separators: bool,
    /// Whether all characters beyond ASCII are.
    unicode: bool,
    digits: Digits,
}

const CONTROLS: Ascii = (1 << 0x20) - 1;
const DELETE: Ascii = 1 << 0x7f;
const SHORT: Ascii = ascii(b"\"\\\x08\x0c\n\r\t");

/// What a writer escapes besides what it must. Writers combine these freely.
///
/// Long escapes: none; Go, Rails, Django; .NET's System.Text.Json; Gson; Newtonsoft's EscapeHtml; PHP's JSON_HEX flags.
const MARKUP: [Ascii; 6] = [0, ascii(b"<>&"), ascii(b"<>&'\"+`"), ascii(b"<>&'="), ascii(b"<>&'"), ascii(b"<>&'\"")];
/// Long escapes in place of short ones: none; Go before 1.22; those who know no short ones.
const NOT_SHORT: [Ascii; 3] = [0, ascii(b"\x08\x0c"), ascii(b"\x08\x0c\n\r\t")];
/// A backslash before `/`: PHP, Foundation. Characters beyond ASCII: Python and PHP escape them in lower case, Jackson
/// and .NET in upper.
const CHOICES: [bool; 2] = [false, true];
/// So many rows of the tables are tried on long texts, and on what was escaped once already.
const COMMON_MARKUP: usize = 2;
const COMMON_NOT_SHORT: usize = 1;

/// The ways to write `text` that make a difference.
pub(super) fn json_styles(text: &str, thorough: bool) -> Vec<Json> {
    let (markup, not_short) = if thorough {
        (&MARKUP[..], &NOT_SHORT[..])
    } else {
        (&MARKUP[..COMMON_MARKUP], &NOT_SHORT[..COMMON_NOT_SHORT])
    };
    let mut styles: Vec<Json> = Vec::new();
    let present = Present::of(text);
    for (&markup, &not_short) in
        markup.iter().flat_map(|markup| not_short.iter().map(move |not_short| (markup, not_short)))
    {
        for (slash, unicode) in CHOICES.into_iter().flat_map(|slash| CHOICES.map(|unicode| (slash, unicode))) {
            for digits in [Digits::Lower, Digits::Upper] {
                let style = Json {
                    // Who writes ASCII alone escapes DEL too, as Python does.
                    long: CONTROLS & !SHORT | not_short | markup | if unicode { DELETE } else { 0 },
                    short: SHORT | if slash { ascii(b"/") } else { 0 },
                    separators: markup != 0,
                    unicode,
                    digits,
                };
                let style = style.on(&present);
                if !styles.contains(&style) {
                    styles.push(style);
                }
            }
        }
    }
    styles
}

/// Every character as `\u0041`.
pub(super) fn json_of_escapes_alone() -> [Json; 2] {
    [Digits::Lower, Digits::Upper].map(|digits| Json { long: !0, short: 0, separators: true, unicode: true, digits })
}

/// What there is to escape in a text.
struct Present {
    ascii: Ascii,
    separators: bool,
    unicode: bool,
}

impl Present {
    fn of(text: &str) -> Self {
        Self { ascii: ascii_of(text), separators: text.contains(['\u{2028}', '\u{2029}']), unicode: !text.is_ascii() }
    }
}

impl Json {
    /// The same style without what does not matter.
    fn on(self, present: &Present) -> Self {
        let long = self.long & present.ascii;
        let unicode = self.unicode && present.unicode;
        let separators = self.separators && present.separators && !unicode;
        let lettered = long & LETTERED != 0 || unicode;
        Self {
            long,
            short: self.short & present.ascii & !long,
            separators,
            unicode,
            digits: if lettered { self.digits } else { Digits::Lower },
        }
    }

    /// The same style for what it wrote itself; none if that is escapes alone.
    pub(super) fn again(self) -> Option<Self> {
        (self.long != !0).then_some(Self { short: self.short | ascii(b"\\"), ..self })
    }

    /// Whether `character` is one of those with a long escape.
    fn is_long(self, character: char) -> bool {
        match character {
            '\0'..='\x7f' => has(self.long, character as u8),
            '\u{2028}' | '\u{2029}' => self.separators || self.unicode,
            _ => self.unicode,
        }
    }
}

/// The inside of a JSON string.
pub(super) fn json(text: &str, style: Json) -> Encoded {
    // One byte becomes 6 at most.
    build(6 * text.len(), |out| {
        for character in text.chars() {
            if style.is_long(character) {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    out.extend_from_slice(b"\\u");
                    unit.to_be_bytes().iter().for_each(|&byte| push_hex(out, byte, style.digits));
                }
            } else if character.is_ascii() && has(style.short, character as u8) {
                out.extend_from_slice(&[b'\\', letter(character)]);
            } else {
                push(out, character);
            }
        }
    })
}

/// What stands after the backslash of a short escape.
fn letter(character: char) -> u8 {
    match character {
        '\0' => b'0',
        '\x07' => b'a',
        '\x08' => b'b',
        '\t' => b't',
        '\n' => b'n',
        '\x0b' => b'v',
        '\x0c' => b'f',
        '\r' => b'r',
        other => other as u8,
    }
}

fn push(out: &mut Vec<u8>, character: char) {
    out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
}

/// How a programming language quotes a text.
#[derive(Clone, Copy)]
pub(super) struct Quoting {
    /// Gets a backslash.
    short: Ascii,
    /// How other control characters and DEL are written.
    controls: Code,
    /// How characters beyond ASCII are, if not as they are.
    beyond: Option<Code>,
}

#[derive(Clone, Copy)]
enum Code {
    /// `\u{1b}`
    Braces,
    /// `\x1b`, for each byte
    Byte,
    /// `\xfc`, `\u20ac`, `\U0001f99c`: as long as the character needs
    BySize,
}

/// Quoting by who does it.
pub(super) const QUOTING: [Quoting; 11] = [
    // Rust: {:?}, escape_debug, escape_default, escape_ascii
    Quoting { short: ascii(b"\"\\\n\r\t\0"), controls: Code::Braces, beyond: None },
    Quoting { short: ascii(b"'\"\\\n\r\t\0"), controls: Code::Braces, beyond: None },
    Quoting { short: ascii(b"'\"\\\n\r\t"), controls: Code::Braces, beyond: Some(Code::Braces) },
    Quoting { short: ascii(b"'\"\\\n\r\t"), controls: Code::Byte, beyond: Some(Code::Byte) },
    // Python: repr of a text in double quotes and in single ones, of bytes likewise, and ascii
    Quoting { short: ascii(b"\\\n\r\t"), controls: Code::Byte, beyond: None },
    Quoting { short: ascii(b"'\\\n\r\t"), controls: Code::Byte, beyond: None },
    Quoting { short: ascii(b"\\\n\r\t"), controls: Code::Byte, beyond: Some(Code::Byte) },
    Quoting { short: ascii(b"'\\\n\r\t"), controls: Code::Byte, beyond: Some(Code::Byte) },
    Quoting { short: ascii(b"\\\n\r\t"), controls: Code::Byte, beyond: Some(Code::BySize) },
    Quoting { short: ascii(b"'\\\n\r\t"), controls: Code::Byte, beyond: Some(Code::BySize) },
    // Go's %q, C
    Quoting { short: ascii(b"\"\\\x07\x08\x0c\n\r\t\x0b"), controls: Code::Byte, beyond: None },
];

pub(super) fn quoted(text: &str, quoting: Quoting) -> Encoded {
    // `\u{1b}` is the longest for one byte.
    build(6 * text.len(), |out| {
        for character in text.chars() {
            let code = if character.is_ascii() { Some(quoting.controls) } else { quoting.beyond };
            if character.is_ascii() && has(quoting.short, character as u8) {
                out.extend_from_slice(&[b'\\', letter(character)]);
            } else if let Some(code) = code.filter(|_| !matches!(character, ' '..='~')) {
                push_code(out, character, code);
            } else {
                push(out, character);
            }
        }
    })
}

fn push_code(out: &mut Vec<u8>, character: char, code: Code) {
    match code {
        Code::Braces => out.extend(character.escape_unicode().map(|character| character as u8)),
        Code::Byte => {
            for &byte in character.encode_utf8(&mut [0; 4]).as_bytes() {
                out.extend_from_slice(b"\\x");
                push_hex(out, byte, Digits::Lower);
            }
        }
        Code::BySize => {
            let code = u32::from(character).to_be_bytes();
            let (mark, from) = match u32::from(character) {
                0..=0xff => (b'x', 3),
                0x100..=0xffff => (b'u', 2),
                _ => (b'U', 0),
            };
            out.extend_from_slice(&[b'\\', mark]);
            code[from..].iter().for_each(|&byte| push_hex(out, byte, Digits::Lower));
        }
    }
}
