//! What a line break is, and how much of a form must stand before one to be looked for behind it.
//!
//! A line break is LF or CRLF with the spaces, tabs and further line breaks behind it, 64 bytes at most. It is passed
//! over if 8 bytes of the form stand before it, or three of which the last is a comma, or if it ends 16 bytes of what
//! encoders wrap and no mask, and the form begins with no `=`: otherwise the end of nearly every line, and the line break behind every mask, would be
//! held back until the next line.

/// The longest line break, in bytes.
pub(crate) const LONGEST: usize = 64;
/// So many bytes of a form before its first line break are enough.
pub(crate) const ENOUGH: usize = 8;
/// Of a list with one number in a line, so many up to its first comma.
pub(crate) const ENOUGH_OF_LIST: usize = 3;
/// So many bytes that encoders write before a line break are enough as well.
pub(crate) const WRAPPED: usize = 16;

/// What stands at a place that may begin a line break.
pub(crate) enum Break {
    None,
    /// It ends there.
    To(usize),
    /// The text ends before it does.
    Open,
    TooLong,
}

/// The line break that begins at a place of a text.
pub(crate) fn line_break(text: &[u8], from: usize) -> Break {
    let mut at = from;
    loop {
        match text.get(at) {
            Some(b'\n') => at += 1,
            Some(b'\r') => match text.get(at + 1) {
                Some(b'\n') => at += 2,
                Some(_) => break,
                None if at + 2 - from > LONGEST => return Break::TooLong,
                None => return Break::Open,
            },
            Some(b' ' | b'\t') if at > from => at += 1,
            None if at > from => return Break::Open,
            _ => break,
        }
        if at - from > LONGEST {
            return Break::TooLong;
        }
    }
    if at > from { Break::To(at) } else { Break::None }
}

/// How many bytes of a form are enough before a line break, where `before` ends. `run_before` is how many bytes
/// before that text encoders may have written; `None` if what they wrote does not count.
pub(crate) fn enough(before: &[u8], run_before: Option<usize>) -> usize {
    if run_before.is_some_and(|run_before| wrapped_run(before, run_before) == WRAPPED) {
        1
    } else if before.ends_with(b",") {
        ENOUGH_OF_LIST
    } else {
        ENOUGH
    }
}

/// How many bytes at the end of a text encoders may have written, at most 16; `before` of them stand before the text.
pub(crate) fn wrapped_run(text: &[u8], before: usize) -> usize {
    let run = text.iter().rev().take(WRAPPED).take_while(|byte| is_wrapped(**byte)).count();
    if run == text.len() { WRAPPED.min(before + run) } else { run }
}

/// What encoders write in lines: base64, hexadecimal, lists of numbers.
pub(crate) fn is_wrapped(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"+/=-_,:".contains(&byte)
}
