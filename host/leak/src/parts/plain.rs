//! What stands in every log: words, dates, small numbers, names of hosts and persons; and what is called a secret or not.

/// What names a secret, in lower case.
const SECRET_NAMES: [&str; 8] = ["pass", "pwd", "secret", "token", "key", "sig", "auth", "credential"];
/// How names of what is no secret end, in lower case without punctuation: places, persons, kinds.
const PLAIN_NAMES: [&str; 24] = [
    "algorithm",
    "author",
    "cluster",
    "context",
    "domain",
    "email",
    "endpoint",
    "host",
    "kind",
    "mechanism",
    "method",
    "mode",
    "name",
    "namespace",
    "path",
    "projectid",
    "provider",
    "region",
    "server",
    "type",
    "uri",
    "url",
    "user",
    "version",
];
const BETWEEN_WORDS: [char; 9] = ['-', '_', '.', '/', ':', '@', ',', ' ', '~'];
/// A longer one is no word, but one of random letters.
const LONGEST_WORD: usize = 15;
const LONGEST_NUMBER: usize = 6;
/// More of them are a pass phrase.
const MOST_WORDS: usize = 3;
/// Fewer digits are a time, a count or an address.
const FEWEST_DIGITS: usize = 12;
/// So many letters and digits in a row, both kinds, are random.
const DENSE: usize = 16;

/// Whether a value that has this name is a secret, whatever it looks like.
pub(super) fn names_secret(name: &str) -> bool {
    is_secret_name(name) && !is_plain_name(name)
}

pub(super) fn is_secret_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SECRET_NAMES.iter().any(|word| name.contains(word))
}

pub(super) fn is_plain_name(name: &str) -> bool {
    let letters = name.chars().filter(char::is_ascii_alphanumeric).map(|character| character.to_ascii_lowercase());
    let name: String = letters.collect();
    PLAIN_NAMES.iter().any(|word| name.ends_with(word))
}

/// Whether a text is one of those that stand in every log.
pub(super) fn is_plain(text: &str) -> bool {
    let address = text.split_once('@').is_some_and(|(person, host)| is_worded(person) && is_host(host));
    let lettered = text.split(BETWEEN_WORDS).filter(|word| word.contains(|c: char| c.is_ascii_alphabetic())).count();
    let few_words = lettered <= MOST_WORDS || text.contains('/');
    is_date(text) || is_small_number(text) || is_host(text) || address || few_words && is_worded(text)
}

/// Whether a text has letters and digits as no words have them.
pub(super) fn is_mixed(text: &str) -> bool {
    let has = |kind: fn(&u8) -> bool| text.bytes().any(|byte| kind(&byte));
    text.len() >= DENSE && has(u8::is_ascii_alphabetic) && has(u8::is_ascii_digit) && !is_worded(text)
}

pub(super) fn is_dense(text: &str) -> bool {
    let mut runs = text.split(|character: char| !character.is_ascii_alphanumeric());
    runs.any(is_mixed)
}

fn is_date(text: &str) -> bool {
    let Some((day, time)) = text.split_at_checked("2026-11-23".len()) else { return false };
    let is_day = day.bytes().enumerate().all(|(at, byte)| match at {
        4 | 7 => matches!(byte, b'-' | b'/'),
        _ => byte.is_ascii_digit(),
    });
    is_day && time.bytes().all(|byte| byte.is_ascii_digit() || b":.,+TZ -".contains(&byte))
}

fn is_small_number(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let written = text.bytes().all(|byte| byte.is_ascii_digit() || b".,:+-/ eE".contains(&byte));
    written && (1..FEWEST_DIGITS).contains(&digits)
}

/// RFC 1123, 2.1, in lower case as people write it, with a port or without.
fn is_host(text: &str) -> bool {
    let (host, port) = text.split_once(':').unwrap_or((text, ""));
    let is_label = |label: &str| {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        !label.is_empty() && label.bytes().all(plain)
    };
    let last = host.rsplit_once('.').map_or("", |(_, last)| last);
    let is_domain = last.len() >= 2 && last.bytes().all(|byte| byte.is_ascii_lowercase());
    is_domain && host.split('.').all(is_label) && port.bytes().all(|byte| byte.is_ascii_digit()) && !is_dense(host)
}

fn is_worded(text: &str) -> bool {
    text.split(BETWEEN_WORDS).filter(|word| !word.is_empty()).all(is_word)
}

/// A word, with one digit behind it or none, or a short number.
fn is_word(word: &str) -> bool {
    if word.bytes().all(|byte| byte.is_ascii_digit()) {
        return word.len() <= LONGEST_NUMBER;
    }
    let letters = word.strip_suffix(|last: char| last.is_ascii_digit()).unwrap_or(word);
    let all = |kind: fn(&u8) -> bool| letters.bytes().all(|byte| kind(&byte));
    word.len() <= LONGEST_WORD && (all(u8::is_ascii_lowercase) || all(u8::is_ascii_uppercase) || is_camel_case(letters))
}

fn is_camel_case(letters: &str) -> bool {
    let (mut lower, mut first) = (0, true);
    for byte in letters.bytes() {
        match byte {
            b'a'..=b'z' => lower += 1,
            b'A'..=b'Z' if first || lower >= 2 => lower = 0,
            _ => return false,
        }
        first = false;
    }
    lower >= 2
}
