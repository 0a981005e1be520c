//! What is plain because a grammar knows it: numbers and times, places and files, prose and code. And what stands for a
//! value that is elsewhere.

mod number;
mod place;
mod prose;
mod time;

use crate::parts::verdict::digests::{is_base64, is_hex, is_sum, is_uuid};
use crate::parts::verdict::random::is_random;

pub(super) use place::{is_host, is_path};
pub(super) use prose::{is_blank_to_fill, is_reference};

/// Whether a text is plain whatever it is called, but for a secret's name.
pub(super) fn is_plain(text: &str) -> bool {
    number::is_number(text)
        || time::is_time(text)
        || place::is_place(text)
        || is_sum(text)
        || prose::is_prose(text)
        || is_list(text)
}

/// Whether a text is plain even under the name of a secret: nobody chooses such a password.
pub(super) fn is_plain_under_secret(text: &str) -> bool {
    let is_kept = text.matches('/').count() > 1 && super::words::are(text);
    is_kept
        || prose::is_type(text)
        || is_path(text) && text.matches(['/', '\\']).count() > 1
        || place::is_arn(text)
        || time::is_duration(text)
}

/// Whether a text may be what something is called or numbered by: one piece, and no text.
pub(super) fn is_id(text: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:/@=+ ".contains(&byte);
    is_uuid(text) || text.len() <= LONGEST_ID && text.bytes().all(is_letter)
}

const LONGEST_ID: usize = 100;

/// Whether a text is written for people, as texts of programs are: words, or letters beyond ASCII.
pub(super) fn is_written(text: &str) -> bool {
    (text.contains(char::is_whitespace) || !text.is_ascii() || super::words::are(text))
        && !text.bytes().any(|byte| byte.is_ascii_digit())
        && !is_random(text)
}

/// Whether a text may be what was computed of another, or half of a pair of keys that all may have.
pub(super) fn is_digest(text: &str) -> bool {
    let text = text.strip_prefix("W/").unwrap_or(text).trim_matches('"');
    let text = text.split_once([':', '=']).filter(|(kind, _)| kind.len() <= 12).map_or(text, |(_, digest)| digest);
    is_hex(text) || is_base64(text) || is_id(text)
}

/// BIP 39: at least twelve words, all in small letters.
pub(super) fn is_mnemonic(text: &str) -> bool {
    let is_word = |word: &str| (3..=8).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_lowercase());
    matches!(text.split(' ').count(), 12 | 15 | 18 | 21 | 24) && text.split(' ').all(is_word)
}

/// Several plain things with commas, semicolons, bars or spaces between.
fn is_list(text: &str) -> bool {
    let is_one = |item: &str| {
        number::is_number(item)
            || time::is_time(item)
            || place::is_place(item)
            || is_sum(item)
            || super::words::are(item)
    };
    [',', ';', '|', ' '].into_iter().filter(|between| text.contains(*between)).any(|between| {
        let mut items =
            text.split(between).map(|item| item.trim().trim_matches(['"', '\''])).filter(|item| !item.is_empty());
        // Words alone, with spaces between, are a pass phrase or prose.
        let mut telling = between != ' ';
        items.all(|item| {
            telling |= !super::words::is_word(item);
            is_one(item) && !is_random(item)
        }) && telling
    })
}
