//! Whether somebody who sends guesses and has a clock learns from the filter of answers: a test for leaks by time in the
//! manner of dudect (Reparaz, Balasch, Verbauwhede, 2017), and proof that it sees one.
//!
//! Two answers of many guesses are timed one after the other, in random order. In one all guesses are a part of a form of
//! the value; in the other the same part of the same form of a random value. Whatever else the machine does meets both,
//! and only the thread's own processor time counts. The tenth of the differences that is farthest from their median is
//! dropped. The rest must have a mean that is no more than 4.5 standard errors from 0 (Student's t for pairs), which
//! chance alone exceeds once in 10^5 times. As something else may, only a difference that is there three times on end
//! counts.

use std::hint::black_box;

use rustix::time::{ClockId, clock_gettime};

use crate::response::sealed_search::matcher::Reflection;
use crate::response::sealed_search::matcher::{Matcher, Reflections};
use um_leak::whole_forms;

pub(crate) const TOKEN: &str = "ghp_16C7e42F292c-6912E7710c838347Ae178B4a";
/// Length of each answer that is timed, in bytes: some 60 guesses.
const ANSWER: usize = 4096;
/// About.
const GUESSES: usize = 60;
/// From here on the classes differ.
pub(crate) const DIFFERENT: f64 = 4.5;
const ATTEMPTS: usize = 3;

/// How many guesses each test makes, if the deep tests ask for more.
pub(crate) fn asked() -> Option<usize> {
    std::env::var("UM_HOST_ORACLE_GUESSES").ok().and_then(|count| count.parse().ok())
}

fn guesses() -> usize {
    asked().unwrap_or(200_000)
}

/// From where on times differ. Where other tests share the machine they also may if it is by far less than those of a
/// planted search; the deep tests run alone.
pub(crate) fn different(planted: f64) -> f64 {
    if asked().is_some() { DIFFERENT } else { DIFFERENT.max(planted / 4.0) }
}

/// Numbers that look random, the same in each run of a test (xorshift64*).
pub(crate) struct Dice(pub u64);

impl Dice {
    pub fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % end
    }

    /// As the token in length and kinds of characters.
    pub fn token(&mut self) -> String {
        let mut like = |character: char| match character {
            '0'..='9' => char::from(b'0' + self.below(10) as u8),
            'a'..='z' => char::from(b'a' + self.below(26) as u8),
            'A'..='Z' => char::from(b'A' + self.below(26) as u8),
            other => other,
        };
        TOKEN.chars().map(&mut like).collect()
    }
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Guess {
    Prefixes,
    Windows,
}

/// An answer that echoes guesses made of parts of the forms of `value`; never all of one.
fn answer(value: &str, guess: Guess, dice: &mut Dice) -> Vec<u8> {
    let forms = whole_forms(value);
    let form = &forms[dice.below(8).min(forms.len() - 1)].bytes;
    let length = form.len() / 2 + dice.below(form.len() / 2);
    let from = match guess {
        Guess::Prefixes => 0,
        Guess::Windows => dice.below(form.len() - length),
    };
    let mut text = Vec::with_capacity(2 * ANSWER);
    while text.len() < ANSWER {
        text.extend_from_slice(&form[from..from + length]);
        // What goes on with nothing.
        text.extend_from_slice(b"~~");
    }
    text.truncate(ANSWER);
    text
}

/// The mean of the differences in standard errors.
fn student(mut differences: Vec<f64>) -> f64 {
    differences.sort_by(f64::total_cmp);
    let median = differences[differences.len() / 2];
    differences.sort_by(|one, other| (one - median).abs().total_cmp(&(other - median).abs()));
    differences.truncate(differences.len() * 9 / 10);
    let count = differences.len() as f64;
    let mean = differences.iter().sum::<f64>() / count;
    let variance = differences.iter().map(|difference| (difference - mean).powi(2)).sum::<f64>() / (count - 1.0);
    mean / (variance / count).sqrt()
}

/// The processor time of this thread, in seconds: what else the machine does is no part of it.
fn spent() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

/// t for a matcher that `look` runs over an answer.
fn measure(guess: Guess, seed: u64, mut look: impl FnMut(&[u8])) -> f64 {
    let mut dice = Dice(seed);
    let mut place = Vec::with_capacity(2 * ANSWER);
    // Both stand in the same memory and were written just before: where a text lies, and since when, takes time too.
    let mut timed = |text: &[u8]| {
        place.clear();
        place.extend_from_slice(text);
        let start = spent();
        look(black_box(&place));
        spent() - start
    };
    let differences = (0..guesses() / GUESSES).map(|_| {
        let (other, same) = (dice.token(), dice.0);
        let right = answer(TOKEN, guess, &mut Dice(same));
        let wrong = answer(&other, guess, &mut Dice(same));
        if dice.below(2) == 0 {
            let right = timed(&right);
            right - timed(&wrong)
        } else {
            let wrong = timed(&wrong);
            timed(&right) - wrong
        }
    });
    student(differences.collect())
}

/// The smallest |t| of some attempts, until one is small.
fn smallest(guess: Guess, mut look: impl FnMut(&[u8])) -> f64 {
    let mut smallest = f64::INFINITY;
    for seed in 0..ATTEMPTS as u64 {
        smallest = smallest.min(measure(guess, 0x9e37_79b9_7f4a_7c15 ^ seed, &mut look).abs());
        if smallest < DIFFERENT {
            break;
        }
    }
    smallest
}

fn reflections() -> Reflections {
    Reflections::new([Reflection { value: TOKEN, replacement: "***".to_owned() }])
}

fn run(matcher: &mut Matcher, text: &[u8], out: &mut Vec<u8>) {
    out.clear();
    matcher.write(text, out);
}

/// What not to do: at each place compare with each form until a byte differs.
fn early_exit(forms: &[Vec<u8>], text: &[u8]) -> usize {
    let equal = |form: &[u8], rest: &[u8]| {
        let mut length = 0;
        while length < form.len() && length < rest.len() && form[length] == rest[length] {
            length = black_box(length + 1);
        }
        length == form.len()
    };
    (0..text.len()).filter(|&place| forms.iter().any(|form| equal(form, &text[place..]))).count()
}

/// The search that stops at the first difference first: what it shows is what there is to see on this machine.
#[test]
fn times_of_right_and_wrong_guesses_cannot_be_told_apart_as_those_of_a_hasty_search_can() {
    let forms: Vec<Vec<u8>> = whole_forms(TOKEN).iter().take(8).map(|form| form.bytes.to_vec()).collect();
    let planted = smallest(Guess::Prefixes, |text| {
        black_box(early_exit(&forms, text));
    });
    assert!(planted > DIFFERENT, "planted: |t| = {planted:.1}");
    for guess in [Guess::Prefixes, Guess::Windows] {
        let mut matcher = reflections().matcher();
        let mut out = Vec::new();
        let t = smallest(guess, |text| run(&mut matcher, text, &mut out));
        assert!(t < different(planted), "{guess:?}: |t| = {t:.1}, planted {planted:.1}");
    }
}

#[test]
fn no_guess_changes_when_anything_comes_out() {
    let reflections = reflections();
    let mut dice = Dice(7);
    for number in 0..2000 {
        let guess = if number % 2 == 0 { Guess::Prefixes } else { Guess::Windows };
        let wrong = dice.token();
        let seed = dice.below(usize::MAX) as u64 | 1;
        let [one, other] = [TOKEN, wrong.as_str()].map(|value| {
            let text = answer(value, guess, &mut Dice(seed));
            let (mut matcher, mut out) = (reflections.matcher(), Vec::new());
            let lengths: Vec<usize> = text
                .chunks(97)
                .map(|piece| {
                    matcher.write(piece, &mut out);
                    out.len()
                })
                .collect();
            lengths
        });
        assert_eq!(one, other);
    }
}
