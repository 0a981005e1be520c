//! How far a text is from words: what its characters cost under a table of trigrams, less what they cost in the smallest
//! alphabet that has them. Words cost less than their alphabet, random letters more; the sum over a stretch is how many bits
//! speak for it that nobody chose these letters.

use std::collections::BTreeSet;
use std::ops::Range;

use super::digests::{is_sum, is_uuid};
use super::trigrams::{BIT, costs};
use super::words;

/// A stretch is random from this length on, and if so much speaks for it.
const RANDOM_LENGTH: usize = 20;
const RANDOM_BITS: i32 = 18 * BIT;
/// And so much for each character of it, in 1/16 bit. Of 100 texts of 20 random characters one has less.
const RANDOM_RATE: i32 = 13;
/// So much speaks for a short text where its name does half.
const CHANCE: i32 = 8 * BIT;
/// A mark between two runs is more usual between words.
const MARK: i32 = -BIT;
/// Other signs stand in random text rather than in words.
const SIGN: i32 = BIT * 3 / 2;
/// A letter of what is a word speaks against chance. Shorter ones stand in random text too.
const WORD: i32 = -BIT;
const SHORTEST_WORD: usize = 4;
/// What was drawn from all signs has so many kinds of them.
const SIGNS_OF_DRAWN: usize = 4;
const SHORTEST_NAME: usize = 3;
/// Letters beyond ASCII are of words.
const FOREIGN: i32 = -2 * BIT;

/// Whether a text has at least 20 random characters in a row, which are no small part of a longer word.
pub(super) fn is_random(text: &str) -> bool {
    let is_named = |stretch: &&str| {
        let value = stretch.split_once('=').map_or(*stretch, |(_, value)| value);
        is_uuid(value) || is_sum(value)
    };
    text.split(ends_stretch).filter(|stretch| !is_named(stretch)).any(|stretch| {
        let (bits, within) = most_random(stretch);
        let length = whole_runs(stretch, &within);
        2 * length >= stretch.len()
            && bits >= RANDOM_BITS
            && length >= RANDOM_LENGTH
            && bits / RANDOM_RATE >= within.len() as i32
    })
}

/// Whether a short text reads rather like chance than like words.
pub(super) fn is_chosen_by_chance(text: &str) -> bool {
    most_random(text).0 >= CHANCE
}

/// Whether a text is a password drawn from all signs: random for the most part, with several kinds of signs,
/// and nothing in it is the name of anything.
pub(in crate::parts) fn is_drawn(text: &str) -> bool {
    let signs: BTreeSet<u8> = text.bytes().filter(u8::is_ascii_punctuation).collect();
    signs.len() >= SIGNS_OF_DRAWN
        && !text.contains("://")
        && !names_something(text)
        && 2 * most_random(text).1.len() >= text.len()
}

/// Whether letters as names have them stand before what may follow a name.
fn names_something(text: &str) -> bool {
    let is_name = |run: &str| {
        let mut behind_first = run.bytes().skip(1);
        run.len() >= SHORTEST_NAME
            && run.bytes().all(|byte| byte.is_ascii_alphabetic())
            && (behind_first.all(|byte| byte.is_ascii_lowercase()) || run.bytes().all(|byte| byte.is_ascii_uppercase()))
    };
    let mut pieces = text.split_inclusive(|c: char| !c.is_ascii_alphanumeric());
    pieces.any(|piece| {
        let run = piece.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        is_name(run) && piece[run.len()..].starts_with([' ', '\t', ':', '=', '/', '"', '\'', '>'])
    })
}

/// Lists, calls and sentences are no random text.
fn ends_stretch(c: char) -> bool {
    c.is_whitespace() || c.is_control() || ",;\"'`()[]{}<>|".contains(c)
}

/// How long what is in a range is, with the rest of the letters and digits on both sides.
fn whole_runs(text: &str, within: &Range<usize>) -> usize {
    let is_letter = |byte: &&u8| byte.is_ascii_alphanumeric();
    let (before, rest) = text.as_bytes().split_at(within.start);
    let (inside, behind) = rest.split_at(within.len());
    // A sign of equality is none of them.
    let is_cut = |side: Option<&u8>| side.is_some_and(|byte| *byte != b'=');
    let more_before = if is_cut(inside.first()) { before.iter().rev().take_while(is_letter).count() } else { 0 };
    let more_behind = if is_cut(inside.last()) { behind.iter().take_while(is_letter).count() } else { 0 };
    more_before + inside.len() + more_behind
}

/// The stretch for which most speaks: how many bits do, and where it is. (Kadane's maximum subarray.)
pub(super) fn most_random(text: &str) -> (i32, Range<usize>) {
    let (mut best, mut best_within) = (0, 0..0);
    let (mut here, mut start, mut at) = (0, 0, 0);
    runs(text, |bits, length| {
        if here <= 0 {
            (here, start) = (0, at);
        }
        (here, at) = (here + bits, at + length);
        if here > best {
            (best, best_within) = (here, start..at);
        }
    });
    (best, best_within)
}

/// Tells for each character how much more it costs than in its alphabet, and how many bytes it has.
fn runs(text: &str, mut tell: impl FnMut(i32, usize)) {
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
        if end == 0 {
            tell(cost_of_mark(first), first.len_utf8());
            rest = &rest[first.len_utf8()..];
        } else {
            let (run, behind) = rest.split_at(end);
            costs_of_run(run, &mut |bits| tell(bits, 1));
            rest = behind;
        }
    }
}

fn costs_of_run(run: &str, tell: &mut impl FnMut(i32)) {
    if run.len() >= SHORTEST_WORD && words::is_word(run) {
        return run.bytes().for_each(|_| tell(WORD));
    }
    costs(run, tell);
}

fn cost_of_mark(mark: char) -> i32 {
    match mark {
        '-' | '_' | '.' | '/' | ':' | ' ' => MARK,
        _ if mark.is_ascii() => SIGN,
        _ => FOREIGN,
    }
}
