//! What is so long that others break it into lines.

use super::encode::{Encoded, build};
use crate::parts::list::SHORTEST;
use um_secret::{Masking, masking};

/// The shortest text that is found with line breaks in it as it is, in bytes: as long as base64 of 20 bytes. With shorter
/// ones the search would look twice at every line break.
const SHORTEST_WRAPPED: usize = 26;

/// Whether a terminal, a mail or a table may break it into lines. A short text stands whole on the next line.
pub(super) fn may_be_wrapped(text: &str) -> bool {
    text.len() >= SHORTEST_WRAPPED && !text.contains(['\n', '\r'])
}

/// Those that are long enough to be broken. What begins with the text as it is, since only its end is escaped, is none of
/// them: each line that ends with the text would have to wait for the next one.
pub(super) fn wrapped(text: &str, mut forms: Vec<Encoded>) -> Vec<Encoded> {
    forms.retain(|form| form.len() >= SHORTEST_WRAPPED && !form.starts_with(text.as_bytes()));
    forms
}

/// What stands on the next line if a text is broken at a hyphen so early that the line break is no part of the form:
/// Python's textwrap breaks `sk-live_…` there.
pub(super) fn behind_prefix(text: &str) -> Option<&str> {
    let prefix = text.as_bytes()[..text.len().min(SHORTEST - 1)].iter().rposition(|byte| *byte == b'-')?;
    let rest = &text[prefix + 1..];
    let is_word = may_be_wrapped(rest) && !text.contains(char::is_whitespace);
    (is_word && masking(rest) == Masking::EveryForm).then_some(rest)
}

/// A form without its white space, if it has some and is long enough without: what is compared with a text that has none.
/// Nobody breaks a list at its blanks alone.
pub(super) fn without_white_space(form: &[u8]) -> Option<Encoded> {
    let is_white = |byte: &u8| byte.is_ascii_whitespace();
    let has_own = form.windows(2).any(|pair| pair[0] != b',' && is_white(&pair[1]));
    let letters = || form.iter().filter(|byte| !is_white(byte));
    (has_own && letters().count() >= SHORTEST_WRAPPED)
        .then(|| build(form.len(), |out| letters().for_each(|byte| out.push(*byte))))
}
