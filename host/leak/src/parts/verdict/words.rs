//! What is made of words: names of things, of services, of machines. `eu-west-1`, `NetworkTopologyStrategy`, `scram-sha-256`.

use super::trigrams::{BIT, excess};

const BETWEEN: [char; 11] = ['-', '_', '.', '/', ':', '@', ',', ' ', '~', '+', '#'];
/// A longer one is none, whatever its letters; and one of small letters alone is several, as a pass phrase has them.
const LONGEST_WORD: usize = 48;
const LONGEST_OF_SMALL: usize = 18;
const LONGEST_NUMBER: usize = 11;
/// More of them, with nothing but spaces or dashes between, are a pass phrase.
const MOST_IN_PHRASE: usize = 3;
/// So much may speak against each letter of a word, and against a short one: abbreviations, names and other languages. Of
/// 100 words of 8 random letters 4 pass, of 12 one.
const DOUBT: i32 = BIT * 7 / 5;
const DOUBT_OF_SHORT: i32 = 12 * BIT;
/// What letters and digits stand together in, and is no word with a number behind it.
#[rustfmt::skip]
const TERMS: [&str; 44] = [
    "a4", "aes128", "aes192", "aes256", "amd64", "arm64", "base32", "base64", "bcrypt", "cp1252", "crc32", "ed25519",
    "es256", "es384", "es512", "hs256", "hs384", "hs512", "i18n", "ipv4", "ipv6", "iso8601", "k8s", "l10n", "mp3",
    "mp4", "oauth2", "p256", "p384", "pbkdf2", "psycopg2", "rs256", "rs384", "rs512", "sha1", "sha2", "sha224",
    "sha256", "sha384", "sha512", "utf8mb4", "win32", "x509", "x86",
];

/// How one piece reads.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Piece {
    Word,
    Number,
    /// A word with a number behind it, and short things such as `t4g`.
    Odd,
}

/// Whether a text is made of words and short numbers.
pub(super) fn are(text: &str) -> bool {
    let Some((words, numbers, odd)) = counts(text, &BETWEEN) else { return false };
    let is_phrase = words > MOST_IN_PHRASE && !text.contains(|c: char| "/_.:@,+".contains(c) || c.is_ascii_digit());
    words + numbers + odd > 0 && odd <= words && (!is_phrase || has_usual_word(text))
}

/// Whether a text is made of words but for marks of any kind: prose and code. Among its letters are more of words than
/// others.
pub(super) fn are_among_marks(text: &str) -> bool {
    let pieces = || text.split(|c: char| !is_letter(c));
    let length = |text: &str| text.chars().filter(|c| c.is_ascii_alphabetic() || !c.is_ascii()).count();
    let in_words: usize = pieces().filter(|piece| piece.len() >= 3 && is_word(piece)).map(length).sum();
    2 * in_words >= length(text) && counts_between(pieces()).is_some_and(|(words, numbers, odd)| odd <= words + numbers)
}

/// Whether all of it is one word, without a number.
pub(super) fn is_word(word: &str) -> bool {
    piece(word) == Some(Piece::Word)
}

fn counts(text: &str, between: &[char]) -> Option<(usize, usize, usize)> {
    counts_between(text.split(between))
}

/// How many words, numbers and odd pieces there are; nothing if one is none of them.
fn counts_between<'a>(pieces: impl Iterator<Item = &'a str>) -> Option<(usize, usize, usize)> {
    let (mut words, mut numbers, mut odd) = (0, 0, 0);
    for text in pieces.filter(|text| !text.is_empty()) {
        match piece(text)? {
            Piece::Word => words += 1,
            Piece::Number => numbers += 1,
            Piece::Odd => odd += 1,
        }
    }
    Some((words, numbers, odd))
}

/// Letters beyond ASCII, and what is put over them, are of words.
fn is_letter(c: char) -> bool {
    c.is_ascii_alphanumeric() || !c.is_ascii()
}

fn piece(text: &str) -> Option<Piece> {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    if digits == text.len() {
        return (digits <= LONGEST_NUMBER).then_some(Piece::Number);
    }
    if !text.chars().all(is_letter) {
        return None;
    }
    if digits == 0 {
        return is_lettered(text).then_some(Piece::Word);
    }
    if TERMS.contains(&text.to_ascii_lowercase().as_str()) {
        return Some(Piece::Word);
    }
    let letters = text.trim_end_matches(|c: char| c.is_ascii_digit());
    let unit = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let is_alone = |letters: &str| !letters.bytes().any(|byte| byte.is_ascii_digit());
    match text.len() - letters.len() {
        // `v2`, `eu1`, `postgres16`.
        1..=2 if is_alone(letters) && is_lettered(letters) => {
            Some(if letters.len() <= 5 || text.len() - letters.len() == 1 { Piece::Word } else { Piece::Odd })
        }
        3..=4 if is_alone(letters) && is_lettered(letters) => Some(Piece::Odd),
        // `30s`, `512Mi`, `2xlarge`.
        _ if is_alone(unit) && unit.len() <= 6 && text.len() - unit.len() <= 5 && is_lettered(unit) => Some(Piece::Odd),
        _ if is_short_term(text) => Some(Piece::Odd),
        _ => None,
    }
}

/// `k8s`, `t4g`: letters, digits and at most one letter.
fn is_short_term(text: &str) -> bool {
    let rest = text.trim_start_matches(|c: char| c.is_ascii_alphabetic());
    let letters = rest.trim_start_matches(|c: char| c.is_ascii_digit());
    text.len() <= 4 && letters.len() <= 1 && letters.bytes().all(|byte| byte.is_ascii_alphabetic())
}

/// Whether letters read like words, one or several in CamelCase.
fn is_lettered(letters: &str) -> bool {
    let mut words = 0;
    let mut rest = letters;
    while !rest.is_empty() {
        let (word, behind) = rest.split_at(end_of_word(rest));
        let doubt = if word.len() <= 6 { DOUBT_OF_SHORT } else { DOUBT * word.len() as i32 };
        let longest = if word.bytes().all(|byte| byte.is_ascii_lowercase()) { LONGEST_OF_SMALL } else { LONGEST_WORD };
        if word.chars().count() > longest || word.is_ascii() && word.len() > 3 && excess(word) > doubt {
            return false;
        }
        (words, rest) = (words + 1, behind);
    }
    // Letters whose case changes at every turn are random.
    let is_case_of_words = words == 1 || letters.len() >= 3 * words || letters.len() <= 7 && words == 2;
    is_case_of_words
        && (!letters.is_ascii()
            || letters.len() <= 5
            || excess(letters) <= DOUBT_OF_SHORT.max(DOUBT * letters.len() as i32))
}

/// Where the first word ends: before a capital behind a small letter, or before the last capital of several.
fn end_of_word(letters: &str) -> usize {
    let mut last: Option<(usize, char)> = None;
    let mut capitals = 0;
    for (at, c) in letters.char_indices() {
        let is_upper = c.is_uppercase();
        if let Some((before, previous)) = last {
            if is_upper && !previous.is_uppercase() {
                return at;
            }
            if !is_upper && capitals > 2 {
                return before;
            }
        }
        capitals = if is_upper { capitals + 1 } else { 0 };
        last = Some((at, c));
    }
    letters.len()
}

/// Words that stand in sentences and in names of machines, and hardly in pass phrases of chance.
pub(super) fn has_usual_word(text: &str) -> bool {
    #[rustfmt::skip]
    const USUAL: [&str; 64] = [
        "a", "admin", "all", "an", "and", "api", "app", "are", "as", "at", "backend", "backup", "be", "bucket", "by",
        "client", "cluster", "data", "db", "default", "dev", "do", "for", "frontend", "from", "has", "if", "in",
        "internal", "is", "it", "job", "main", "name", "new", "node", "not", "of", "on", "only", "or", "prod",
        "production", "public", "read", "server", "service", "staging", "system", "team", "test", "that", "the",
        "this", "to", "user", "using", "web", "when", "will", "with", "worker", "you", "your",
    ];
    text.split(BETWEEN).any(|word| USUAL.binary_search(&word.to_ascii_lowercase().as_str()).is_ok())
}
