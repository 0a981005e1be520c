//! How programming languages and shells write a text inside quotes, and how they keep its characters from having a
//! meaning without any.
//!
//! Deliberately absent: the quotes themselves, and texts of which only some parts stand in quotes.

use super::encode::{ALPHANUMERIC, Ascii, Digits, Encoded, ascii, build, has, push, push_hex, push_octal};

/// What becomes of the characters that have a meaning.
#[derive(Clone, Copy)]
pub(super) enum Quoting {
    /// These get this character in front of them.
    Marked(u8, Ascii),
    /// Each of these becomes what stands beside it.
    Replaced(&'static [(u8, &'static str)]),
    /// A backslash and a letter, or a code.
    Escaped(Escapes),
}

#[derive(Clone, Copy)]
pub(super) struct Escapes {
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
    /// `\033`, for each byte
    Octal,
    /// `\x1b`, `\u03bb`, `\U0001d11e`, by size
    Python,
}

use Quoting::{Escaped, Marked, Replaced};

/// Quoting of programming languages and data formats, by who does it.
pub(super) const LANGUAGES: [Quoting; 17] = [
    // Rust: {:?}, escape_debug, escape_default, escape_ascii
    Escaped(Escapes { short: ascii(b"\"\\\n\r\t\0"), controls: Code::Braces, beyond: None }),
    Escaped(Escapes { short: ascii(b"'\"\\\n\r\t\0"), controls: Code::Braces, beyond: None }),
    Escaped(Escapes { short: ascii(b"'\"\\\n\r\t"), controls: Code::Braces, beyond: Some(Code::Braces) }),
    Escaped(Escapes { short: ascii(b"'\"\\\n\r\t"), controls: Code::Byte, beyond: Some(Code::Byte) }),
    // Python: repr of a text in double quotes and in single ones, of bytes likewise, and ascii
    Escaped(Escapes { short: ascii(b"\\\n\r\t"), controls: Code::Byte, beyond: None }),
    Escaped(Escapes { short: ascii(b"'\\\n\r\t"), controls: Code::Byte, beyond: None }),
    Escaped(Escapes { short: ascii(b"\\\n\r\t"), controls: Code::Byte, beyond: Some(Code::Byte) }),
    Escaped(Escapes { short: ascii(b"'\\\n\r\t"), controls: Code::Byte, beyond: Some(Code::Byte) }),
    Escaped(Escapes { short: ascii(b"\\\n\r\t"), controls: Code::Python, beyond: Some(Code::Python) }),
    Escaped(Escapes { short: ascii(b"'\\\n\r\t"), controls: Code::Python, beyond: Some(Code::Python) }),
    // Go's %q, C; git's core.quotePath
    Escaped(Escapes { short: ascii(b"\"\\\x07\x08\x0c\n\r\t\x0b"), controls: Code::Byte, beyond: None }),
    Escaped(Escapes { short: ascii(b"\"\\\x07\x08\x0c\n\r\t\x0b"), controls: Code::Octal, beyond: Some(Code::Octal) }),
    // who minds one kind of quotes alone: arguments of containers; MySQL's and PHP's addslashes
    Marked(b'\\', ascii(b"\"")),
    Marked(b'\\', ascii(b"'\"\\")),
    // SQL, YAML; CSV (RFC 4180, 2.7), Visual Basic
    Replaced(&[(b'\'', "''")]),
    Replaced(&[(b'"', "\"\"")]),
    // Perl's quotemeta
    Marked(b'\\', !(ALPHANUMERIC | ascii(b"_"))),
];

/// Quoting of shells and of what stands before them, by who does it.
pub(super) const SHELLS: [Quoting; 14] = [
    // POSIX.1-2024, Shell & Utilities, 2.2.2: bash's @Q, jq's @sh; Python's shlex.quote
    Replaced(&[(b'\'', "'\\''")]),
    Replaced(&[(b'\'', "'\"'\"'")]),
    // 2.2.3, in double quotes: bash's declare -p; 2.2.1, without any: bash's printf %q; Ruby's Shellwords
    Marked(b'\\', ascii(b"$`\"\\")),
    Marked(b'\\', ascii(b" !\"$&'()*,;<>?[\\]^`{|}")),
    Marked(b'\\', !(ALPHANUMERIC | ascii(b"_-.,:+/@\n"))),
    // 2.2.4, $'…': bash's printf %q in UTF-8 and elsewhere
    Escaped(Escapes { short: ascii(b"'\\\x07\x08\x1b\x0c\n\r\t\x0b"), controls: Code::Octal, beyond: None }),
    Escaped(Escapes {
        short: ascii(b"'\\\x07\x08\x1b\x0c\n\r\t\x0b"),
        controls: Code::Octal,
        beyond: Some(Code::Octal),
    }),
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

pub(super) fn quoted(text: &str, quoting: Quoting) -> Encoded {
    // `\u{1b}` and `'"'"'` are the longest for one byte.
    build(6 * text.len(), |out| {
        for character in text.chars() {
            match quoting {
                Marked(mark, set) => push_marked(out, character, mark, set),
                Replaced(pairs) => push_replaced(out, character, pairs),
                Escaped(escapes) => push_escaped(out, character, escapes),
            }
        }
    })
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
    let code = if character.is_ascii() { Some(escapes.controls) } else { escapes.beyond };
    if character.is_ascii() && has(escapes.short, character as u8) {
        out.extend_from_slice(&[b'\\', letter(character)]);
    } else if let Some(code) = code.filter(|_| !matches!(character, ' '..='~')) {
        push_code(out, character, code);
    } else {
        push(out, character);
    }
}

/// What stands after the backslash of a short escape.
pub(super) fn letter(character: char) -> u8 {
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
        Code::Braces => out.extend(character.escape_unicode().map(|character| character as u8)),
        Code::Byte => bytes(out, b"\\x", &|out, byte| push_hex(out, byte, Digits::Lower)),
        Code::Octal => bytes(out, b"\\", &push_octal),
        Code::Python => push_by_size(out, u32::from(character)),
    }
}

fn push_by_size(out: &mut Vec<u8>, code: u32) {
    let (before, length) = match code {
        0..0x100 => (b"\\x", 1),
        0x100..0x1_0000 => (b"\\u", 2),
        _ => (b"\\U", 4),
    };
    out.extend_from_slice(before);
    code.to_be_bytes()[4 - length..].iter().for_each(|&byte| push_hex(out, byte, Digits::Lower));
}
