//! What it costs to know a value by all that it may look like, told by its length and what it is made of, before anything
//! is made. The numbers are bounds, found with a counting allocator on values of ten kinds and eleven lengths.

use super::table::Forms;
use crate::parts::list::LONG;

/// A matcher with anything in it, in bytes.
pub(crate) const BASE: usize = 1_400_000;
/// The forms of the value itself, for each of its bytes: of letters and digits alone, and of others that are not long.
const PER_BYTE: usize = 450;
const PER_BYTE_OF_MARKED: usize = 700;
/// The same for bytes that most encodings write longer: in values that are looked for in every form, and in longer ones.
const PER_MARK: usize = 1_250;
const PER_MARK_OF_LONG: usize = 500;
/// Those of a value with bytes that each writer of JSON, markup and quotes treats in its own way.
const RICH: usize = 1_450_000;
/// Those of its lines, settings, leaves and the like: by its length, and what they never exceed.
const PER_BYTE_OF_PARTS: usize = 9_000;
const MOST_OF_PARTS: usize = 24_000_000;
/// Those of the shortest value.
const LEAST: usize = 64 * 1024;

/// What separates words of tokens. It separates no parts.
const PLAIN_MARKS: &[u8] = b"-_.~";
/// What a form takes in the matcher besides its bytes, about.
const FORM_OVERHEAD: usize = 256;

/// At most so many bytes of memory does it take to [guard](crate::filter::Filter::guard) a value, while its forms are made
/// and afterwards, besides the [`BASE`] of the first.
pub(crate) fn most_of(value: &str) -> usize {
    let (mut marks, mut is_rich) = (0, false);
    for byte in value.bytes().filter(|byte| !byte.is_ascii_alphanumeric()) {
        marks += 1;
        is_rich |= !PLAIN_MARKS.contains(&byte);
    }
    let (per_byte, per_mark) = match value.len() {
        ..=LONG if marks > 0 => (PER_BYTE_OF_MARKED, PER_MARK),
        ..=LONG => (PER_BYTE, 0),
        _ => (PER_BYTE, PER_MARK_OF_LONG),
    };
    let parts = match is_rich || may_be_base64(value) {
        true => MOST_OF_PARTS.min(PER_BYTE_OF_PARTS.saturating_mul(value.len())),
        false => 0,
    };
    let whole = per_byte.saturating_mul(value.len()).saturating_add(per_mark.saturating_mul(marks));
    LEAST + if is_rich { RICH } else { 0 } + whole.saturating_add(parts)
}

/// About what these forms take, and the paths of their parts, each once.
pub(crate) fn cost_of(forms: &Forms) -> usize {
    let bytes = forms.iter().map(|shape| 2 * shape.bytes.len() + FORM_OVERHEAD);
    let paths = forms.chunk_by(|one, other| one.path == other.path).filter_map(|shapes| shapes[0].path.as_ref());
    bytes.sum::<usize>() + paths.map(|path| path.len()).sum::<usize>()
}

/// Whether it begins as text does in base64.
fn may_be_base64(value: &str) -> bool {
    let digit = |byte: u8| match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        _ => byte.wrapping_sub(b'0').wrapping_add(52),
    };
    let beginning = value.as_bytes().chunks_exact(4).take(4);
    beginning
        .map(|four| four.iter().fold(0, |bits, byte| bits << 6 | u32::from(digit(*byte))))
        .all(|bits| bits.to_be_bytes()[1..].iter().all(|byte| *byte >= b' ' || b"\t\r\n".contains(byte)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::forms::table;
    use um_secret::{Masking, Parts, masking};

    fn made(value: &str, extent: Masking) -> usize {
        cost_of(&table::of(value, extent, &Parts::default()))
    }

    proptest! {
        #[test]
        fn no_value_costs_more_than_is_told(
            text in prop_oneof!["[a-zA-Z0-9]{1,300}", "[a-zA-Z0-9._~-]{1,300}", "[._~-]{1,300}", "\\PC{1,200}", "([ -~]{1,20}\n){1,40}", "([a-z]{3,9}=[!-~]{8,30}\n){1,20}"],
            times in 1..6_usize,
        ) {
            let value = text.repeat(times);
            prop_assert!(made(&value, masking(&value)) <= most_of(&value));
        }
    }

    /// It cost more than was told.
    #[test]
    fn marks_of_many_alphabets_cost_no_more_than_is_told() {
        let text = "A\\n&&®¡®￼𞹛🌀<A®𞹇\u{11370}𰀀\u{10a0c} /𑴈꩜ও𑼾A𐌀𑥐 '🌀 𐘀0\u{c55}Σ𑦪\"ⵯ!🌀ଓꟲ⑀*®\"𑍋𐠈᐀Aՙ`";
        for times in 1..6 {
            let value = text.repeat(times);
            let (cost, told) = (made(&value, Masking::EveryForm), most_of(&value));
            assert!(cost <= told, "{times}: {cost} and not {told}");
        }
    }

    #[test]
    fn text_in_base64_may_have_parts_and_random_letters_have_none() {
        assert!(most_of(&"dG9rZW49YWJjZGVmZ2hpamts".repeat(100)) > most_of(&"AAAAxxxxAAAAxxxxAAAAxxxx".repeat(100)));
        assert!(most_of("") >= LEAST && most_of(&"k7x!".repeat(16 * 1024)) < 100 << 20);
    }
}
