//! What it costs to know a value by all that it may look like, told by its length and what it is made of, before anything
//! is made. The numbers are bounds, found with a counting allocator on values of ten kinds and eleven lengths.

use crate::parts::list::LONG;

/// A matcher with anything in it, in bytes.
pub const BASE: usize = 1_400_000;
/// The forms of the value itself, for each of its bytes.
const PER_BYTE: usize = 450;
/// The same for bytes that most encodings write longer: in values that are looked for in every form, and in longer ones.
const PER_MARK: usize = 1_250;
const PER_MARK_OF_LONG: usize = 500;
/// Those of its lines, settings, leaves and the like: by its length, and what they never exceed.
const PER_BYTE_OF_PARTS: usize = 5_000;
const MOST_OF_PARTS: usize = 24_000_000;
/// Those of the shortest value.
const LEAST: usize = 64 * 1024;

/// At most so many bytes of memory does it take to [guard](crate::filter::Filter::guard) a value, while its forms are made and
/// afterwards, with the matcher that holds the first of them.
pub fn guarding_cost(value: &str) -> usize {
    let marks = value.bytes().filter(|byte| !byte.is_ascii_alphanumeric()).count();
    let per_mark = if value.len() <= LONG { PER_MARK } else { PER_MARK_OF_LONG };
    let parts = match marks > 0 || may_be_base64(value) {
        true => MOST_OF_PARTS.min(PER_BYTE_OF_PARTS.saturating_mul(value.len())),
        false => 0,
    };
    let whole = PER_BYTE.saturating_mul(value.len()).saturating_add(per_mark.saturating_mul(marks));
    BASE + LEAST + whole.saturating_add(parts)
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
    use crate::filter::Filter;

    proptest! {
        #[test]
        fn no_value_costs_more_than_is_told(
            text in prop_oneof!["[a-zA-Z0-9]{1,300}", "\\PC{1,200}", "([ -~]{1,20}\n){1,40}", "([a-z]{3,9}=[!-~]{8,30}\n){1,20}"],
            times in 1..6_usize,
        ) {
            let value = text.repeat(times);
            prop_assert!(Filter::new().guard_counted("SECRET", &value) <= guarding_cost(&value));
        }
    }

    /// It cost more than was told.
    #[test]
    fn marks_of_many_alphabets_cost_no_more_than_is_told() {
        let text = "A\\n&&®¡®￼𞹛🌀<A®𞹇\u{11370}𰀀\u{10a0c} /𑴈꩜ও𑼾A𐌀𑥐 '🌀 𐘀0\u{c55}Σ𑦪\"ⵯ!🌀ଓꟲ⑀*®\"𑍋𐠈᐀Aՙ`";
        for times in 1..6 {
            let value = text.repeat(times);
            let (cost, told) = (Filter::new().guard_counted("SECRET", &value), guarding_cost(&value));
            assert!(cost <= told, "{times}: {cost} and not {told}");
        }
    }

    #[test]
    fn text_in_base64_may_have_parts_and_random_letters_have_none() {
        assert!(
            guarding_cost(&"dG9rZW49YWJjZGVmZ2hpamts".repeat(100))
                > guarding_cost(&"AAAAxxxxAAAAxxxxAAAAxxxx".repeat(100))
        );
        assert!(guarding_cost("") >= BASE && guarding_cost(&"k7x!".repeat(16 * 1024)) < 100 << 20);
    }
}
