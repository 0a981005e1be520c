//! The inside of JSON strings (RFC 8259, 7), and of JSON strings in JSON.
//!
//! Deliberately absent: digits in both cases within one text.

use super::encode::{
    Ascii, BOTH, Digits, Encoded, LETTERED, PUNCTUATION, ascii, ascii_of, build, has, push, push_hex, subsets,
};
use super::quote::letter;

/// How JSON is written.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Json {
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
/// Long escapes: none; Go, Rails, Django; .NET's System.Text.Json; Gson; Newtonsoft's EscapeHtml; PHP's JSON_HEX flags;
/// Django's escapejs.
const MARKUP: [Ascii; 7] =
    [0, ascii(b"<>&"), ascii(b"<>&'\"+`"), ascii(b"<>&'="), ascii(b"<>&'"), ascii(b"<>&'\""), ascii(b"<>&'\"\\=-;`")];
/// Long escapes in place of short ones: none; Go before 1.22; those who know no short ones.
const NOT_SHORT: [Ascii; 3] = [0, ascii(b"\x08\x0c"), ascii(b"\x08\x0c\n\r\t")];
/// Whether DEL and characters beyond ASCII have long escapes: most; jq; Python and PHP (in lower case), Jackson and .NET
/// (in upper). Any of them may put a backslash before `/`, as PHP and Foundation do.
const BEYOND: [(bool, bool); 3] = [(false, false), (true, false), (true, true)];
/// So many rows of the tables are tried on long texts, and on what was escaped once already.
const COMMON_MARKUP: usize = 2;
const COMMON_NOT_SHORT: usize = 1;
/// How many kinds of punctuation a text may have to be written with each choice of them as `\u002d`: 14 ways. Of one with
/// more a single kind is.
const FEW_KINDS: u32 = 3;

/// As a string of JSON.
pub(crate) fn once(text: &str, thorough: bool) -> Vec<Encoded> {
    let mut styles = styles(text, thorough);
    if thorough {
        styles.extend(choices(text));
    }
    styles.into_iter().map(|style| write(text, style)).collect()
}

/// As a string of JSON inside a string of JSON.
pub(crate) fn twice(text: &str, thorough: bool) -> Vec<Encoded> {
    let twice = |style: Json| {
        let inside = write(text, style);
        let inside = std::str::from_utf8(&inside).expect("JSON text is UTF-8");
        let outers = if thorough { without_escapes_alone(inside, false) } else { Vec::from_iter(style.again()) };
        outers.into_iter().map(|outer| write(inside, outer)).collect::<Vec<_>>()
    };
    styles(text, thorough).into_iter().flat_map(twice).collect()
}

fn styles(text: &str, thorough: bool) -> Vec<Json> {
    let mut styles = without_escapes_alone(text, thorough);
    styles.extend(escapes_alone());
    styles
}

/// The ways to write `text` that make a difference.
fn without_escapes_alone(text: &str, thorough: bool) -> Vec<Json> {
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
        for (slash, (delete, unicode)) in
            [false, true].into_iter().flat_map(|slash| BEYOND.map(|beyond| (slash, beyond)))
        {
            for digits in BOTH {
                let style = Json {
                    long: CONTROLS & !SHORT | not_short | markup | if delete { DELETE } else { 0 },
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

/// Whatever kinds of punctuation a writer takes for dangerous: each choice of the few that a text has, or each of many.
fn choices(text: &str) -> Vec<Json> {
    let present = Present::of(text);
    let kinds = present.ascii & PUNCTUATION;
    let chosen: Vec<Ascii> = match kinds.count_ones() {
        ..=FEW_KINDS => subsets(kinds).collect(),
        _ => (0..Ascii::BITS).map(|kind| 1 << kind).filter(|kind| kinds & kind != 0).collect(),
    };
    let style =
        |long, digits| Json { long: CONTROLS & !SHORT | long, short: SHORT, separators: true, unicode: false, digits };
    let styles = chosen.into_iter().flat_map(|long| BOTH.map(|digits| style(long, digits)));
    styles.map(|style| style.on(&present)).collect()
}

/// Every character as `\u0041`.
fn escapes_alone() -> [Json; 2] {
    BOTH.map(|digits| Json { long: !0, short: 0, separators: true, unicode: true, digits })
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
    fn again(self) -> Option<Self> {
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
fn write(text: &str, style: Json) -> Encoded {
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
