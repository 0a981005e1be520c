//! What a line break may have around it: the border of a table or a box, the prefix of a quoted mail, a comment or a log,
//! the quotes of a string that goes on in the next line, the marks of a shell and of mail.
//!
//! ```text
//! │ sk-live_4eC39Hq │      > sk-live_4eC39Hq      ('sk-live_4eC39Hq'      10:00:01 INFO key sk-live_4eC39Hq
//! │ LyjWDarjtT1zdp7 │      > LyjWDarjtT1zdp7       'LyjWDarjtT1zdp7')     10:00:01 INFO LyjWDarjtT1zdp7
//! ```
//!
//! Such a seam is all that stands between two pieces: the blanks and marks at the end of a line, the line break, and what
//! the next line begins with: marks, or as much as is the same as in the line before it, digits aside, up to a blank.
//! A line break that is written as `\n` in JSON or in a string of a program is one too. Where a seam begins and ends is told by
//! the text around it alone, whatever is looked for. What values have themselves counts only where a writer puts it: `=`
//! and `\` at the very end of a line, `:`, `;`, `!` and `*` before a blank, quotes where the line before ends with one.
//!
//! Deliberately absent: prefixes of more than 96 bytes, or that differ in more than digits from line to line.

use super::head::{Head, Line, PREFIX};

/// The longest seam, in bytes.
pub(crate) const LONGEST: usize = 256;
/// A prefix may have a letter before a quote, and so many of these.
const LETTERS: usize = 1;
const QUOTES: usize = 3;
/// A line end is written with so many backslashes at most.
const SLASHES: usize = 2;
/// The longest name of a charset.
const CHARSET: usize = 16;

/// All that stands between two pieces of a text.
pub(crate) struct Seam {
    pub(crate) from: usize,
    pub(crate) end: End,
    /// Its first line break has marks, or may have: fewer bytes before it are enough. A `\n` has none.
    pub(crate) is_marked: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    To(usize),
    /// The text ends before it does.
    Open,
    TooLong,
}

/// What the end of a line looks like.
enum LineEnd {
    None,
    Real(usize),
    /// Written as `\n`.
    Written(usize),
    Open,
}

/// Whether a text that repeats this byte may end in a border.
pub(super) fn may_be_mark(byte: u8) -> bool {
    byte > 0x7f || b"\n\r\t |'\"\\=,+?".contains(&byte)
}

/// How far a prefix goes, `None` if the text ends before that is known, and whether it has marks or may have.
type Prefix = (Option<usize>, bool);

/// The first seam from a place of a text on; what stands before the text in its first line is `head`.
pub(crate) fn next(text: &[u8], from: usize, head: &Head) -> Option<Seam> {
    let mut at = from;
    while let Some(found) = memchr::memchr3(b'\n', b'\r', b'\\', &text[at..]) {
        at += found;
        if let Some(seam) = seam_at(text, from, at, head) {
            return Some(seam);
        }
        at += text[at..].iter().take_while(|byte| **byte == b'\\').count().max(1);
    }
    let trail = last_trail(text, from);
    let end = if text.len() - trail <= LONGEST { End::Open } else { End::TooLong };
    (trail < text.len()).then_some(Seam { from: trail, end, is_marked: true })
}

/// The seam that has its first line end at a place, if that is one; its trail begins behind `from`.
pub(super) fn seam_at(text: &[u8], from: usize, at: usize, head: &Head) -> Option<Seam> {
    let is_line_end = !matches!(line_end(text, at), LineEnd::None);
    is_line_end.then(|| seam(text, trail(text, at, from), at, head))
}

/// Where the first trail before a line break begins from a place on, or the one that the text ends in: of a seam that
/// may have marks.
pub(super) fn next_trail(text: &[u8], from: usize) -> usize {
    let mut at = from;
    while let Some(found) = memchr::memchr2(b'\n', b'\r', &text[at..]) {
        at += found;
        if !matches!(line_end(text, at), LineEnd::None) {
            return trail(text, at, from);
        }
        at += 1;
    }
    last_trail(text, from)
}

/// Where what may be the trail of a line begins that the text ends in.
pub(super) fn last_trail(text: &[u8], from: usize) -> usize {
    let begun = match &text[from..] {
        [.., 0xe2] | [.., b'?'] => 1,
        [.., 0xe2, 0x94 | 0x95] => 2,
        rest => {
            // They may be all there is of a line end, which a soft break may stand before.
            let slashes = rest.iter().rev().take(SLASHES + 1).take_while(|byte| **byte == b'\\').count();
            let line_end = if slashes > SLASHES { 0 } else { slashes };
            return trail(text, text.len() - line_end, from);
        }
    };
    marks_before(text, text.len() - begun, from)
}

/// The seam that has its first line end at a place, behind a trail.
pub(super) fn seam(text: &[u8], from: usize, line_end_at: usize, head: &Head) -> Seam {
    let from = match is_of_mail(text, from, line_end_at, head) {
        (Some(true), _) => from,
        (Some(false), _) => line_end_at,
        (None, has_marks) => {
            let end = if text.len() - from > LONGEST { End::TooLong } else { End::Open };
            return Seam { from, end, is_marked: has_marks && !is_written(text, line_end_at) };
        }
    };
    seam_from(text, from, line_end_at, head)
}

/// Whether the `=` that a line ends with, if it does, is of the mail and not of the text: before a line that has no marks,
/// as mail begins none. `None` if the text ends before that is known, and whether it has some or may have.
fn is_of_mail(text: &[u8], from: usize, line_end_at: usize, head: &Head) -> (Option<bool>, bool) {
    let trail = &text[from..line_end_at];
    if !trail.ends_with(b"=") || trail.ends_with(b"?=") || trail.len() > LONGEST {
        return (Some(true), false);
    }
    let (to, (prefix, has_marks)) = match line_end(text, line_end_at) {
        LineEnd::None | LineEnd::Open => return (None, true),
        // More often it is base64 of several lines in JSON.
        LineEnd::Written(_) => return (Some(false), false),
        LineEnd::Real(to) => (to, prefix(text, to, &head.line(text, line_end_at), true)),
    };
    (prefix.map(|prefix| prefix == to), has_marks)
}

/// Whether a line end is written as `\n`. A backslash at the end may be all there is of a line.
fn is_written(text: &[u8], at: usize) -> bool {
    text[at..].iter().find(|byte| **byte != b'\\').is_some_and(|byte| b"nr".contains(byte))
}

fn seam_from(text: &[u8], from: usize, line_end_at: usize, head: &Head) -> Seam {
    let is_written = is_written(text, line_end_at);
    let (mut at, mut to) = (Some(line_end_at), line_end_at);
    let (mut is_open, mut is_first, mut is_marked) = (false, true, false);
    let mut is_quoted = text[from..line_end_at].iter().any(|byte| is_quote(*byte));
    while let Some(place) = at.filter(|place| place - from <= LONGEST) {
        let prefix = match line_end(text, place) {
            // At the end of the text.
            LineEnd::None | LineEnd::Open => (None, true),
            LineEnd::Written(to) => (blanks(text, to), false),
            LineEnd::Real(to) => prefix(text, to, &head.line(text, place), is_quoted),
        };
        let (end, has_marks) = prefix;
        is_marked |= has_marks && is_first;
        is_first = false;
        let Some(end) = end else {
            (is_open, to) = (true, text.len());
            break;
        };
        at = next_line_end(text, end);
        is_quoted |= at.is_some_and(|at| text[to..at].iter().any(|byte| is_quote(*byte)));
        to = end;
    }
    let end = match to - from > LONGEST || at.is_some_and(|at| at - from > LONGEST) {
        true => End::TooLong,
        false if is_open => End::Open,
        false => End::To(to),
    };
    Seam { from, end, is_marked: is_marked && !is_written }
}

/// The line end that follows with nothing but a trail in between, or the end of the text.
fn next_line_end(text: &[u8], from: usize) -> Option<usize> {
    let (mut at, mut is_quoted) = (from, false);
    while at - from <= LONGEST && matches!(line_end(text, at), LineEnd::None) {
        at += match &text[at..] {
            [] => return Some(at),
            [0xe2] | [0xe2, 0x94 | 0x95] => return Some(text.len()),
            [b'?' | b'\\', ..] => return behind_soft_break(text, at),
            [b' ' | b'\t' | b'|' | b'\'' | b'"', ..] => 1,
            [b',' | b'+', ..] if is_quoted => 1,
            [0xe2, 0x94 | 0x95, 0x80..=0xbf, ..] => 3,
            _ => return None,
        };
        is_quoted = is_quote(text[at - 1]) || is_quoted && is_blank(text[at - 1]);
    }
    Some(at)
}

/// The line end behind what may be a soft break, or the end of the text. No line is a `=` alone.
fn behind_soft_break(text: &[u8], at: usize) -> Option<usize> {
    let length = match &text[at..] {
        [b'?'] | [b'?', b'=', ..] => 2,
        rest => rest.iter().take_while(|byte| **byte == b'\\').count(),
    };
    let to = (at + length).min(text.len());
    let is_end = length > 0 && (to == text.len() || b"\n\r\\".contains(&text[to]));
    (is_end && (to == text.len() || !matches!(line_end(text, to), LineEnd::None))).then_some(to)
}

fn line_end(text: &[u8], at: usize) -> LineEnd {
    match text.get(at) {
        Some(b'\n') => LineEnd::Real(at + 1),
        Some(b'\r') => match text.get(at + 1) {
            Some(b'\n') => LineEnd::Real(at + 2),
            Some(_) => LineEnd::None,
            None => LineEnd::Open,
        },
        Some(b'\\') => written_line_end(text, at),
        _ => LineEnd::None,
    }
}

/// `\n`, `\r\n`, and both with twice as many backslashes.
fn written_line_end(text: &[u8], at: usize) -> LineEnd {
    let slashes = |at: usize| text[at..].iter().take(SLASHES + 1).take_while(|byte| **byte == b'\\').count();
    let count = slashes(at);
    match text.get(at + count) {
        _ if count > SLASHES => LineEnd::None,
        Some(b'n') => LineEnd::Written(at + count + 1),
        Some(b'r') => {
            let again = at + count + 1;
            match text.get(again + slashes(again)) {
                None if slashes(again) <= count => LineEnd::Open,
                Some(b'n') if slashes(again) == count => LineEnd::Written(again + count + 1),
                _ => LineEnd::None,
            }
        }
        Some(_) => LineEnd::None,
        None => LineEnd::Open,
    }
}

/// Where the blanks and marks begin that a line end at a place has before it.
pub(super) fn trail(text: &[u8], end: usize, from: usize) -> usize {
    let soft = match &text[from..end] {
        // Of a word of mail.
        [.., b'?', b'='] => 2,
        [.., b'='] => 1,
        line => line.iter().rev().take(LONGEST + 1).take_while(|byte| **byte == b'\\').count(),
    };
    marks_before(text, end - soft, from)
}

fn marks_before(text: &[u8], end: usize, from: usize) -> usize {
    let mut at = end;
    while at > from && end - at <= LONGEST {
        at = match &text[from..at] {
            [.., b' ' | b'\t' | b'|' | b'\'' | b'"'] => at - 1,
            [.., 0xe2, 0x94 | 0x95, 0x80..=0xbf] => at - 3,
            // A list of strings, or a sum of them.
            [before @ .., b',' | b'+'] if ends_with_quote(before) => at - 1,
            _ => return at,
        };
    }
    at
}

fn ends_with_quote(text: &[u8]) -> bool {
    let blanks = text.iter().rev().take(LONGEST).take_while(|byte| is_blank(**byte)).count();
    text[..text.len() - blanks].last().is_some_and(|byte| is_quote(*byte))
}

/// What a line begins with that no piece does.
fn prefix(text: &[u8], from: usize, line: &Line<'_>, is_quoted: bool) -> Prefix {
    let Some(marked) = marks(text, from, is_quoted) else { return (None, true) };
    let has_marks = text[from..marked].iter().any(|byte| !is_blank(*byte));
    (common(text, from, line).map(|common| common.max(marked)), has_marks)
}

fn marks(text: &[u8], from: usize, is_quoted: bool) -> Option<usize> {
    let mut at = from;
    loop {
        at += match &text[at..] {
            [] | [0xe2] | [0xe2, 0x94 | 0x95] => return None,
            [b' ' | b'\t' | b'|' | b'>' | b'#', ..] => 1,
            [0xe2, 0x94 | 0x95, 0x80..=0xbf, ..] => 3,
            [b'*' | b';' | b'!' | b':', ..] => match before_blank(text, at)? {
                0 => break,
                length => length,
            },
            _ => break,
        }
    }
    at = comment(text, at)?;
    at = encoded_word(text, at)?;
    if is_quoted { quote(text, at) } else { Some(at) }
}

/// How often the mark stands at a place that counts only before a blank or the end of the line.
fn before_blank(text: &[u8], at: usize) -> Option<usize> {
    let length = text[at..].iter().take(LONGEST + 1).take_while(|byte| **byte == text[at]).count();
    if length > LONGEST {
        return Some(0);
    }
    let behind = text.get(at + length)?;
    Some(if is_blank(*behind) || b"\n\r".contains(behind) { length } else { 0 })
}

/// `//`, `--`, `+` or `-` with a blank behind it, and the blanks.
fn comment(text: &[u8], at: usize) -> Option<usize> {
    match &text[at..] {
        [b'/' | b'-' | b'+'] | [b'/', b'/'] | [b'-', b'-'] => None,
        [b'/', b'/', b' ' | b'\t', ..] | [b'-', b'-', b' ' | b'\t', ..] => blanks(text, at + 2),
        [b'+' | b'-', b' ' | b'\t', ..] => blanks(text, at + 1),
        _ => Some(at),
    }
}

/// `=?utf-8?q?`
fn encoded_word(text: &[u8], at: usize) -> Option<usize> {
    let rest = match &text[at..] {
        [b'='] => return None,
        [b'=', b'?', rest @ ..] => rest,
        _ => return Some(at),
    };
    let charset = rest.iter().take(CHARSET).take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'-').count();
    match &rest[charset..] {
        [] | [b'?'] | [b'?', b'q' | b'Q' | b'b' | b'B'] => None,
        [b'?', b'q' | b'Q' | b'b' | b'B', b'?', ..] => Some(at + 2 + charset + 3),
        _ => Some(at),
    }
}

/// Quotes, and letters before them: `b'`.
fn quote(text: &[u8], at: usize) -> Option<usize> {
    let letters = text[at..].iter().take(LETTERS).take_while(|byte| b"bBfFrRuU".contains(byte)).count();
    let quotes = text[at + letters..].iter().take(QUOTES).take_while(|byte| is_quote(**byte)).count();
    let to = at + letters + quotes;
    match quotes {
        ..QUOTES if to == text.len() => None,
        0 => Some(at),
        _ => Some(to),
    }
}

/// Up to where a line begins as the one before it, digits aside: up to the last blank of that.
fn common(text: &[u8], from: usize, line: &Line<'_>) -> Option<usize> {
    let mut end = from;
    for (at, of_line) in (from..).zip(line.bytes().take(PREFIX)) {
        let byte = *text.get(at)?;
        let are_digits = byte.is_ascii_digit() && of_line.is_ascii_digit();
        if byte != of_line && !are_digits {
            break;
        }
        if is_blank(byte) {
            end = at + 1;
        }
    }
    Some(end)
}

/// Where the blanks end that begin at a place.
fn blanks(text: &[u8], from: usize) -> Option<usize> {
    let blanks = text[from..].iter().take_while(|byte| is_blank(**byte)).count();
    (from + blanks < text.len()).then_some(from + blanks)
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

pub(super) fn is_quote(byte: u8) -> bool {
    matches!(byte, b'\'' | b'"')
}
