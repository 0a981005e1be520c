//! What a line break has around it, told from left to right and with the whole text at hand.

/// What begins at a place of a text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Seam {
    None,
    /// Up to there; whether 8 bytes before it are enough, or 20 are needed.
    To(usize, bool),
    /// Up to the end of the text, and perhaps on.
    Open(bool),
    TooLong,
}

/// What follows at once.
enum Found {
    Nothing,
    /// The text ends before that is known.
    Unknown,
    /// A line end of so many bytes, written as `\n` or not.
    LineEnd(usize, bool),
}

const LONGEST: usize = 256;
const LONGEST_LINE: usize = 512;
const LONGEST_PREFIX: usize = 96;
const LINE_ENDS: [(&[u8], bool); 6] =
    [(b"\n", false), (b"\r\n", false), (b"\\n", true), (b"\\r\\n", true), (b"\\\\n", true), (b"\\\\r\\\\n", true)];

/// What begins at a place, if nothing before `from` counts.
pub fn seam_at(text: &[u8], from: usize, at: usize) -> Seam {
    if text[from..at].ends_with(b"\\") && text[at..].starts_with(b"\\") {
        return Seam::None;
    }
    let limited = |to: usize, seam: Seam| if to - at > LONGEST { Seam::TooLong } else { seam };
    let (length, mut found) = trail(&text[at..], true);
    let (mut place, first_is_written) = (at + length, matches!(found, Found::LineEnd(_, true)));
    let mut is_marked = false;
    if matches!(found, Found::Nothing) {
        return Seam::None;
    }
    if matches!(found, Found::Unknown) {
        return limited(text.len(), Seam::Open(!text[place..].contains(&b'r')));
    }
    let mut is_first = !first_is_written;
    while let Found::LineEnd(length, is_written) = found {
        if place - at > LONGEST {
            return Seam::TooLong;
        }
        let line = text[..place].rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
        let line = if line.len() > LONGEST_LINE { &[][..] } else { line };
        let behind = &text[place + length..];
        // Of mail, which begins no line with marks.
        if is_mail(&text[at..place]) {
            if is_written {
                return Seam::None;
            }
            let (marks, common) = (marks(behind, true), common(behind, line));
            let has_marks = marks.is_none_or(|marks| behind[..marks].iter().any(|byte| !b" \t".contains(byte)));
            match marks.and_then(|marks| Some(marks.max(common?))) {
                None => return limited(text.len(), Seam::Open(has_marks)),
                Some(0) => {}
                Some(_) => return Seam::None,
            }
        }
        let is_quoted = text[at..place].iter().any(|byte| b"'\"".contains(byte));
        let marks = if is_written { blanks(behind) } else { marks(behind, is_quoted) };
        let has_marks = marks.is_none_or(|marks| behind[..marks].iter().any(|byte| !b" \t".contains(byte)));
        is_marked |= has_marks && is_first;
        is_first = false;
        let common = if is_written { Some(0) } else { common(behind, line) };
        let Some(prefix) = marks.and_then(|marks| Some(marks.max(common?))) else {
            return limited(text.len(), Seam::Open(is_marked));
        };
        let to = place + length + prefix;
        let next = trail(&text[to..], false);
        match next {
            (length, _) if length > LONGEST => return Seam::TooLong,
            (_, Found::Nothing) => return limited(to, Seam::To(to, is_marked)),
            (_, Found::Unknown) => return limited(text.len(), Seam::Open(is_marked)),
            _ => (place, found) = (to + next.0, next.1),
        }
    }
    Seam::None
}

fn line_end(text: &[u8]) -> Found {
    for (written, is_written) in LINE_ENDS {
        if text.starts_with(written) {
            return Found::LineEnd(written.len(), is_written);
        }
    }
    if LINE_ENDS.iter().any(|(written, _)| written.starts_with(text)) { Found::Unknown } else { Found::Nothing }
}

/// Whether a line ends as one that mail breaks: with a `=` that ends no word.
fn is_mail(trail: &[u8]) -> bool {
    trail.ends_with(b"=") && !trail.ends_with(b"?=")
}

/// The blanks and marks that a text begins with, with a soft break behind them, and what follows. A line that has nothing
/// else has no `=`.
fn trail(text: &[u8], is_first: bool) -> (usize, Found) {
    let mut at = 0;
    loop {
        let rest = &text[at..];
        let found = line_end(rest);
        let before = text[..at].trim_ascii_end();
        let is_quoted = before.ends_with(b"'") || before.ends_with(b"\"");
        at += match rest {
            _ if !matches!(found, Found::Nothing) => return (at, found),
            b"\xe2" | b"\xe2\x94" | b"\xe2\x95" | b"?" => return (at, Found::Unknown),
            [b' ' | b'\t' | b'|' | b'\'' | b'"', ..] => 1,
            [b',' | b'+', ..] if is_quoted => 1,
            _ if is_box(rest) => 3,
            _ => {
                let soft = if rest.starts_with(b"=") && !is_first { 0 } else { soft_break(rest) };
                let found = if soft > 0 { line_end(&rest[soft..]) } else { Found::Nothing };
                return (at + if matches!(found, Found::Nothing) { 0 } else { soft }, found);
            }
        };
    }
}

/// How long what mail and shells end a broken line with is, if a text begins with it.
fn soft_break(text: &[u8]) -> usize {
    match text {
        [b'=', ..] => 1,
        [b'?', b'=', ..] => 2,
        _ => text.iter().take_while(|byte| **byte == b'\\').count(),
    }
}

fn is_box(text: &[u8]) -> bool {
    text.len() >= 3
        && std::str::from_utf8(&text[..3])
            .is_ok_and(|text| text.starts_with(|one| matches!(one, '\u{2500}'..='\u{257f}')))
}

/// How long the marks are that a line begins with, and the blanks; quotes only behind others.
fn marks(text: &[u8], is_quoted: bool) -> Option<usize> {
    let mut at = 0;
    loop {
        at += match &text[at..] {
            b"" | b"\xe2" | b"\xe2\x94" | b"\xe2\x95" => return None,
            [byte, ..] if b" \t|>#".contains(byte) => 1,
            rest @ [byte, ..] if b"*;!:".contains(byte) => {
                let run = rest.split(|other| other != byte).next().unwrap_or_default().len();
                if run > LONGEST {
                    break;
                }
                match rest.get(run)? {
                    b' ' | b'\t' | b'\n' | b'\r' => run,
                    _ => break,
                }
            }
            rest if is_box(rest) => 3,
            _ => break,
        };
    }
    for mark in ["// ", "//\t", "-- ", "--\t", "+ ", "+\t", "- ", "-\t"] {
        let rest = &text[at..];
        if !rest.is_empty() && mark.as_bytes().starts_with(rest) && rest.len() < mark.len() {
            return None;
        }
        if rest.starts_with(mark.as_bytes()) {
            at += mark.len() + blanks(&rest[mark.len()..])?;
            break;
        }
    }
    at += encoded_word(&text[at..])?;
    Some(at + if is_quoted { quotes(&text[at..])? } else { 0 })
}

fn encoded_word(text: &[u8]) -> Option<usize> {
    if text == b"=" {
        return None;
    }
    let Some(rest) = text.strip_prefix(b"=?") else { return Some(0) };
    let charset = rest.iter().take(16).take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'-').count();
    for kind in ["?q?", "?Q?", "?b?", "?B?"] {
        if rest[charset..].starts_with(kind.as_bytes()) {
            return Some(2 + charset + 3);
        }
        if kind.as_bytes().starts_with(&rest[charset..]) {
            return None;
        }
    }
    Some(0)
}

fn quotes(text: &[u8]) -> Option<usize> {
    let letters = text.iter().take(1).take_while(|byte| b"bBfFrRuU".contains(byte)).count();
    let quotes = text[letters..].iter().take(3).take_while(|byte| b"'\"".contains(byte)).count();
    match quotes {
        0..3 if letters + quotes == text.len() => None,
        0 => Some(0),
        _ => Some(letters + quotes),
    }
}

fn common(text: &[u8], line: &[u8]) -> Option<usize> {
    let line = &line[..line.len().min(LONGEST_PREFIX)];
    let alike = |(one, other): &(&u8, &u8)| one == other || one.is_ascii_digit() && other.is_ascii_digit();
    let common = text.iter().zip(line).take_while(alike).count();
    if common == text.len() && common < line.len() {
        return None;
    }
    Some(text[..common].iter().rposition(|byte| b" \t".contains(byte)).map_or(0, |blank| blank + 1))
}

fn blanks(text: &[u8]) -> Option<usize> {
    text.iter().position(|byte| !b" \t".contains(byte))
}
