//! Whether somebody who sends guesses and has a clock learns from the search for sealed values: a test for leaks by time
//! in the manner of dudect (Reparaz, Balasch, Verbauwhede, 2017), and proof that it sees one.
//!
//! Two answers of many guesses are timed one after the other, in random order. In one all guesses are a part of a form of
//! the value; in the other the same part of the same form of a random value. Whatever else the machine does meets both,
//! and only the thread's own processor time counts. The tenth of the differences that is farthest from their median is
//! dropped. The rest must have a mean that is no more than 4.5 standard errors from 0 (Student's t for pairs), which
//! chance alone exceeds once in 10^5 times. As something else may, only a difference that is there three times on end
//! counts.
//!
//! Run by `tests/deep`, alone on the machine. The search is built from its sources: it is nobody's to call.

use std::hint::black_box;

use rustix::time::{ClockId, clock_gettime};
use um_leak::whole_forms;

use dice::{ATTEMPTS, DIFFERENT, Dice, Guess, TOKEN, guesses};
use sealed_search::matcher::{Reflection, Reflections};

mod dice;
#[path = "../../host/egress/src/response/sealed_search/mod.rs"]
mod sealed_search;

/// Length of each answer that is timed, in bytes: some 60 guesses.
const ANSWER: usize = 4096;
/// About.
const GUESSES: usize = 60;
/// How many guesses are made, unless others are asked for.
const USUALLY: usize = 200_000;

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
    let mut dice = Dice::new(seed);
    let mut place = Vec::with_capacity(2 * ANSWER);
    // Both stand in the same memory and were written just before: where a text lies, and since when, takes time too.
    let mut timed = |text: &[u8]| {
        place.clear();
        place.extend_from_slice(text);
        let start = spent();
        look(black_box(&place));
        spent() - start
    };
    let differences = (0..guesses(USUALLY) / GUESSES).map(|_| {
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
    for seed in 0..ATTEMPTS {
        smallest = smallest.min(measure(guess, seed, &mut look).abs());
        if smallest < DIFFERENT {
            break;
        }
    }
    smallest
}

fn reflections() -> Reflections {
    Reflections::new([Reflection { value: TOKEN, replacement: "***".to_owned() }])
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

/// What there is to see on this machine.
#[test]
fn a_search_that_stops_at_the_first_difference_is_found_out() {
    let forms: Vec<Vec<u8>> = whole_forms(TOKEN).iter().take(8).map(|form| form.bytes.to_vec()).collect();
    let t = smallest(Guess::Prefixes, |text| _ = black_box(early_exit(&forms, text)));
    assert!(t > DIFFERENT, "|t| = {t:.1}");
}

#[test]
fn times_of_right_and_wrong_guesses_cannot_be_told_apart() {
    for guess in [Guess::Prefixes, Guess::Windows] {
        let (mut matcher, mut out) = (reflections().matcher(), Vec::new());
        let t = smallest(guess, |text| {
            out.clear();
            matcher.write(text, &mut out);
        });
        assert!(t < DIFFERENT, "{guess:?}: |t| = {t:.1}");
    }
}
