//! Whether somebody who sends guesses and has a clock learns from the filter of answers: a test for leaks by time as
//! dudect does it (Reparaz, Balasch, Verbauwhede, 2017), and proof that it sees one.
//!
//! An answer of many guesses is timed: in one class all begin with, or are, a part of a form of the value; in the other
//! with as much of a form of a random value. Classes are drawn at random, so whatever else the machine does meets both.
//! The slowest tenth is dropped. Welch's t between the rest must stay under 4.5, which chance alone exceeds once in 10^5
//! times; as something else may, a class that differs must do so three times on end.

use std::hint::black_box;
use std::time::Instant;

use super::matcher::Reflection;
use super::{Matcher, Reflections};
use crate::leak::whole_forms;
use crate::secret::SecretName;

const TOKEN: &str = "ghp_16C7e42F292c-6912E7710c838347Ae178B4a";
/// Guesses in each answer that is timed.
const GUESSES: usize = 100;
/// From here on the classes differ.
const DIFFERENT: f64 = 4.5;
const ATTEMPTS: usize = 3;

/// How many guesses each test makes; the deep tests ask for more.
fn guesses() -> usize {
    std::env::var("UM_HOST_ORACLE_GUESSES").ok().and_then(|count| count.parse().ok()).unwrap_or(200_000)
}

/// Numbers that look random, the same in each run of a test (xorshift64*).
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % end
    }

    /// As the token in length and kinds of characters.
    fn token(&mut self) -> String {
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
enum Guess {
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
    let mut text = Vec::new();
    for _ in 0..GUESSES {
        text.extend_from_slice(&form[from..from + length]);
        // What goes on with nothing.
        text.extend_from_slice(b"~~");
    }
    text
}

/// Welch's t between the times of the two classes.
fn welch(mut samples: Vec<(bool, f64)>) -> f64 {
    samples.sort_by(|one, other| one.1.total_cmp(&other.1));
    samples.truncate(samples.len() * 9 / 10);
    let [hits, misses] = [true, false].map(|class| {
        let times: Vec<f64> = samples.iter().filter(|sample| sample.0 == class).map(|sample| sample.1).collect();
        let count = times.len() as f64;
        let mean = times.iter().sum::<f64>() / count;
        let variance = times.iter().map(|time| (time - mean).powi(2)).sum::<f64>() / (count - 1.0);
        (mean, variance / count)
    });
    (hits.0 - misses.0) / (hits.1 + misses.1).sqrt()
}

/// t for a matcher that `look` runs over an answer.
fn measure(guess: Guess, seed: u64, mut look: impl FnMut(&[u8])) -> f64 {
    let mut dice = Dice(seed);
    let samples = (0..guesses() / GUESSES).map(|_| {
        let hit = dice.below(2) == 0;
        // Both are made, so that the work before the clock starts is the same.
        let other = dice.token();
        let texts = [answer(&other, guess, &mut Dice(seed ^ dice.0)), answer(TOKEN, guess, &mut Dice(seed ^ dice.0))];
        let text = texts[usize::from(hit)].clone();
        let start = Instant::now();
        look(black_box(&text));
        (hit, start.elapsed().as_secs_f64())
    });
    welch(samples.collect())
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
    Reflections::new([Reflection { name: SecretName::parse("TOKEN").unwrap(), value: TOKEN, placeholder: None }])
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

#[test]
fn times_of_right_and_wrong_guesses_cannot_be_told_apart() {
    for guess in [Guess::Prefixes, Guess::Windows] {
        let mut matcher = reflections().matcher();
        let mut out = Vec::new();
        let t = smallest(guess, |text| run(&mut matcher, text, &mut out));
        assert!(t < DIFFERENT, "{guess:?}: |t| = {t:.1}");
    }
}

#[test]
fn those_of_a_search_that_stops_at_the_first_difference_can() {
    let forms: Vec<Vec<u8>> = whole_forms(TOKEN).iter().take(8).map(|form| form.bytes.to_vec()).collect();
    let t = smallest(Guess::Prefixes, |text| drop(black_box(early_exit(&forms, text))));
    assert!(t > DIFFERENT, "|t| = {t:.1}");
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
            let lengths: Vec<usize> = text.chunks(97).map(|piece| {
                matcher.write(piece, &mut out);
                out.len()
            }).collect();
            lengths
        });
        assert_eq!(one, other);
    }
}
