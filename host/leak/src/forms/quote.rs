//! How programming languages, data formats and shells write a text inside quotes, and how they keep its characters from
//! having a meaning without any.
//!
//! Deliberately absent: the quotes themselves, and texts of which only some parts stand in quotes.

use super::encode::{ALPHANUMERIC, Ascii, Digits, Encoded, ascii, build, has, push, push_hex, push_octal};

/// What becomes of the characters that have a meaning.
#[derive(Clone, Copy)]
pub(crate) enum Quoting {
    /// These get this character in front of them.
    Marked(u8, Ascii),
    /// Each of these becomes what stands beside it.
    Replaced(&'static [(u8, &'static str)]),
    /// A run of single quotes gets double ones around it, and what stands beside it single ones: `it'"''"'s`.
    Runs,
    /// A backslash and a letter, or a code.
    Escaped(Escapes),
    /// Likewise, and a backslash before `#` where something would be put in.
    Interpolated(Escapes),
}

#[derive(Clone, Copy)]
pub(crate) struct Escapes {
    /// Gets a backslash.
    short: Ascii,
    /// Is written as a code though it can be printed.
    coded: Ascii,
    /// How such and other control characters and DEL are written.
    code: Code,
    /// How characters beyond ASCII are, if not as they are.
    beyond: Option<Code>,
}

#[derive(Clone, Copy)]
enum Code {
    /// `\u{1b}`
    Braces,
    /// `\x1b`, for each byte
    Byte(Digits),
    /// `\033`, for each byte
    Octal,
    /// `\x1b`, `\u03bb`, `\U0001d11e`, by size
    Sized(Digits),
    /// `\u001b`, for each unit of UTF-16
    Units(Digits),
    /// `=1B`, for each byte
    Mail,
}

use Code::{Braces, Byte, Mail, Octal, Sized, Units};
use Digits::{Lower, Upper};
use Quoting::{Escaped, Interpolated, Marked, Replaced, Runs};

const fn escapes(short: &[u8], code: Code, beyond: Option<Code>) -> Escapes {
    Escapes { short: ascii(short), coded: 0, code, beyond }
}

impl Escapes {
    const fn and_coded(self, coded: &[u8]) -> Self {
        Self { coded: ascii(coded), ..self }
    }
}

/// As most write strings of JSON, with characters beyond ASCII as they are and not.
pub(crate) const JSON: [Quoting; 2] = [
    Escaped(escapes(b"\"\\\x08\x0c\n\r\t", Units(Lower), None)),
    Escaped(escapes(b"\"\\\x08\x0c\n\r\t", Units(Lower), Some(Units(Lower)))),
];

/// Python's repr of a text in single quotes and in double ones, and of bytes in single ones.
pub(crate) const REPRS: [Quoting; 3] = [
    Escaped(escapes(b"'\\\n\r\t", Byte(Lower), None)),
    Escaped(escapes(b"\\\n\r\t", Byte(Lower), None)),
    Escaped(escapes(b"'\\\n\r\t", Byte(Lower), Some(Byte(Lower)))),
];

/// Quoting of programming languages and data formats, by who does it.
pub(crate) const LANGUAGES: [Quoting; 26] = [
    // Rust: {:?}, escape_debug, escape_default, escape_ascii
    Escaped(escapes(b"\"\\\n\r\t\0", Braces, None)),
    Escaped(escapes(b"'\"\\\n\r\t\0", Braces, None)),
    Escaped(escapes(b"'\"\\\n\r\t", Braces, Some(Braces))),
    Escaped(escapes(b"'\"\\\n\r\t", Byte(Lower), Some(Byte(Lower)))),
    // Python: repr, that of bytes in double quotes, ascii in either
    REPRS[0],
    REPRS[1],
    REPRS[2],
    Escaped(escapes(b"\\\n\r\t", Byte(Lower), Some(Byte(Lower)))),
    Escaped(escapes(b"\\\n\r\t", Sized(Lower), Some(Sized(Lower)))),
    Escaped(escapes(b"'\\\n\r\t", Sized(Lower), Some(Sized(Lower)))),
    // Go's %q, C; git's core.quotePath
    Escaped(escapes(b"\"\\\x07\x08\x0c\n\r\t\x0b", Byte(Lower), None)),
    Escaped(escapes(b"\"\\\x07\x08\x0c\n\r\t\x0b", Octal, Some(Octal))),
    // Ruby and Elixir: inspect
    Interpolated(escapes(b"\"\\\x07\x08\x0c\n\r\t\x0b", Byte(Upper), None)),
    // YAML in ASCII (PyYAML, Psych)
    Escaped(escapes(b"\"\\\0\x07\x08\x0c\n\r\t\x0b", Sized(Upper), Some(Sized(Upper)))),
    // Java's Properties.store
    Escaped(escapes(b":=#!\\\x0c\n\r\t", Units(Upper), Some(Units(Upper)))),
    // logs of nginx; Python's http.cookies
    Escaped(escapes(b"", Byte(Upper), Some(Byte(Upper))).and_coded(b"\"\\")),
    Escaped(escapes(b"\"\\", Octal, None).and_coded(b",;")),
    // who minds one kind of quotes alone: arguments of containers; MySQL's and PHP's addslashes
    Marked(b'\\', ascii(b"\"")),
    Marked(b'\\', ascii(b"'\"\\")),
    // SQL, YAML; CSV (RFC 4180, 2.7), Visual Basic
    Replaced(&[(b'\'', "''")]),
    Replaced(&[(b'"', "\"\"")]),
    // ODBC; templates and formats of Python, Rust and C#
    Replaced(&[(b'}', "}}")]),
    Replaced(&[(b'{', "{{"), (b'}', "}}")]),
    // patterns: Perl's quotemeta, Python's re.escape, Go's QuoteMeta
    Marked(b'\\', !(ALPHANUMERIC | ascii(b"_"))),
    Marked(b'\\', ascii(b"()[]{}?*+-|^$\\.&~# \t\n\r\x0b\x0c")),
    Marked(b'\\', ascii(b"\\.+*?()|[]{}^$")),
];

/// Quoting of shells and of what stands before them, by who does it.
pub(crate) const SHELLS: [Quoting; 15] = [
    // POSIX.1-2024, Shell & Utilities, 2.2.2: bash's @Q, jq's @sh; Python's shlex.quote; dash's set and export -p
    Replaced(&[(b'\'', "'\\''")]),
    Replaced(&[(b'\'', "'\"'\"'")]),
    Runs,
    // 2.2.3, in double quotes: bash's declare -p; 2.2.1, without any: bash's printf %q; Ruby's Shellwords
    Marked(b'\\', ascii(b"$`\"\\")),
    Marked(b'\\', ascii(b" !\"$&'()*,;<>?[\\]^`{|}")),
    Marked(b'\\', !(ALPHANUMERIC | ascii(b"_-.,:+/@\n"))),
    // 2.2.4, $'…': bash's printf %q in UTF-8 and elsewhere
    Escaped(escapes(b"'\\\x07\x08\x1b\x0c\n\r\t\x0b", Octal, None)),
    Escaped(escapes(b"'\\\x07\x08\x1b\x0c\n\r\t\x0b", Octal, Some(Octal))),
    // PowerShell, about_Quoting_Rules: in double quotes
    Marked(b'`', ascii(b"`\"$")),
    Replaced(&[(b'`', "``"), (b'"', "\"\""), (b'$', "`$")]),
    // make, Compose
    Replaced(&[(b'$', "$$")]),
    // cmd: in scripts, and as cross-spawn does
    Marked(b'^', ascii(b"&|<>^")),
    Marked(b'^', ascii(b"&|<>^()\"!%")),
    Marked(b'^', ascii(b"()[]%!^\"`<>&|;, *?")),
    Replaced(&[(b'%', "%%")]),
];

pub(crate) fn quoted(text: &str, quoting: Quoting) -> Encoded {
    // `\u{1b}` and `'"'"'` are the longest for one byte.
    build(6 * text.len(), |out| {
        for (at, character) in text.char_indices() {
            match quoting {
                Interpolated(escapes) => {
                    out.extend_from_slice(if puts_in(&text[at..]) { b"\\" } else { b"" });
                    push_escaped(out, character, escapes);
                }
                Runs if character == '\'' => push_in_run(out, &text[..at], &text[at + 1..]),
                _ => push_quoted(out, character, quoting),
            }
        }
    })
}

/// The character as it is written whatever stands beside it.
pub(crate) fn push_quoted(out: &mut Vec<u8>, character: char, quoting: Quoting) {
    match quoting {
        Marked(mark, set) => push_marked(out, character, mark, set),
        Replaced(pairs) => push_replaced(out, character, pairs),
        Escaped(escapes) | Interpolated(escapes) => push_escaped(out, character, escapes),
        Runs => push(out, character),
    }
}

/// A single quote between these. Behind the last run nothing is opened again.
fn push_in_run(out: &mut Vec<u8>, before: &str, behind: &str) {
    out.extend_from_slice(if before.ends_with('\'') { b"'" } else { b"'\"'" });
    out.extend_from_slice(match behind.chars().next() {
        Some('\'') => b"",
        Some(_) => b"\"'",
        None => b"\"",
    });
}

/// In mail: quoted-printable (RFC 2045, 6.7), and as a word of a header.
pub(crate) fn in_mail(text: &str) -> Vec<Encoded> {
    vec![quoted(text, Escaped(escapes(b"", Mail, Some(Mail)).and_coded(b"="))), encoded_word(text)]
}

/// As Python's email writes a word of a header that is not ASCII or too long for a line (RFC 2047, 4.2).
fn encoded_word(text: &str) -> Encoded {
    build(3 * text.len(), |out| {
        for byte in text.bytes() {
            match byte {
                b' ' => out.push(b'_'),
                byte if has(ALPHANUMERIC | ascii(b"-!*+/"), byte) => out.push(byte),
                byte => {
                    out.push(b'=');
                    push_hex(out, byte, Upper);
                }
            }
        }
    })
}

/// Whether something is put in there by Ruby or Elixir.
fn puts_in(text: &str) -> bool {
    text.strip_prefix('#').is_some_and(|rest| rest.starts_with(['{', '$', '@']))
}

fn push_marked(out: &mut Vec<u8>, character: char, mark: u8, set: Ascii) {
    if character.is_ascii() && has(set, character as u8) {
        out.push(mark);
    }
    push(out, character);
}

fn push_replaced(out: &mut Vec<u8>, character: char, pairs: &[(u8, &str)]) {
    match pairs.iter().find(|(from, _)| char::from(*from) == character) {
        Some((_, to)) => out.extend_from_slice(to.as_bytes()),
        None => push(out, character),
    }
}

fn push_escaped(out: &mut Vec<u8>, character: char, escapes: Escapes) {
    let in_set = |set| character.is_ascii() && has(set, character as u8);
    let code = if character.is_ascii() { Some(escapes.code) } else { escapes.beyond };
    let is_plain = matches!(character, ' '..='~') && !in_set(escapes.coded);
    if in_set(escapes.short) {
        out.extend_from_slice(&[b'\\', letter(character)]);
    } else if let Some(code) = code.filter(|_| !is_plain) {
        push_code(out, character, code);
    } else {
        push(out, character);
    }
}

/// What stands after the backslash of a short escape.
pub(crate) fn letter(character: char) -> u8 {
    match character {
        '\0' => b'0',
        '\x07' => b'a',
        '\x08' => b'b',
        '\t' => b't',
        '\n' => b'n',
        '\x0b' => b'v',
        '\x0c' => b'f',
        '\r' => b'r',
        '\x1b' => b'E',
        other => other as u8,
    }
}

fn push_code(out: &mut Vec<u8>, character: char, code: Code) {
    let bytes = |out: &mut Vec<u8>, before: &[u8], push: &dyn Fn(&mut Vec<u8>, u8)| {
        for &byte in character.encode_utf8(&mut [0; 4]).as_bytes() {
            out.extend_from_slice(before);
            push(out, byte);
        }
    };
    match code {
        Braces => out.extend(character.escape_unicode().map(|character| character as u8)),
        Byte(digits) => bytes(out, b"\\x", &|out, byte| push_hex(out, byte, digits)),
        Octal => bytes(out, b"\\", &push_octal),
        Sized(digits) => push_by_size(out, u32::from(character), digits),
        Units(digits) => character.encode_utf16(&mut [0; 2]).iter().for_each(|unit| {
            out.extend_from_slice(b"\\u");
            unit.to_be_bytes().iter().for_each(|&byte| push_hex(out, byte, digits));
        }),
        Mail => bytes(out, b"=", &|out, byte| push_hex(out, byte, Upper)),
    }
}

fn push_by_size(out: &mut Vec<u8>, code: u32, digits: Digits) {
    let (before, length) = match code {
        0..0x100 => (b"\\x", 1),
        0x100..0x1_0000 => (b"\\u", 2),
        _ => (b"\\U", 4),
    };
    out.extend_from_slice(before);
    code.to_be_bytes()[4 - length..].iter().for_each(|&byte| push_hex(out, byte, digits));
}
