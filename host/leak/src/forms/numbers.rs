//! A number of digits alone, as those write it who take it for a number.
//!
//! Deliberately absent: numbers that are rounded to fewer digits than a floating-point number has, other digits than
//! those of ASCII, other bases than 16, and values that have separators themselves.

use std::io::Write;

use zeroize::Zeroizing;

use super::encode::{BOTH, Digits, Encoded, build, push, push_hex_digit};
use crate::parts::list::SHORTEST;

/// Longer ones are no numbers to anybody.
const LONGEST: usize = 1024;
/// Digits that a number of 64 bits with a point keeps for sure.
const KEPT: usize = 15;
/// Digits that JavaScript writes without an exponent.
const WITHOUT_EXPONENT: usize = 21;
/// Of a number of 32 bits in hexadecimal digits: `{:08x}`.
const PADDED: usize = 8;

/// What stands between groups of three: English, Python and Java, German and Spanish, ISO 80000-1 as people type it and
/// as it is set (no-break space, narrow no-break space, thin space), C++, Swiss.
const THREES: [char; 9] = [',', '_', '.', ' ', '\u{a0}', '\u{202f}', '\u{2009}', '\'', '\u{2019}'];
/// Between groups of four from the left, as on cards.
const FOURS: [char; 2] = [' ', '-'];
/// Rust, JavaScript; C, Python and Go; .NET and old C.
const EXPONENTS: [(&str, usize); 4] = [("", 1), ("+", 1), ("+", 2), ("+", 3)];

/// In groups, in hexadecimal, and with an exponent.
pub(crate) fn all(text: &str) -> Vec<Encoded> {
    let is_number = text.len() <= LONGEST && text.bytes().all(|byte| byte.is_ascii_digit());
    // Who takes it for a number drops them.
    let digits = text.trim_start_matches('0');
    if !is_number || digits.len() < SHORTEST {
        return Vec::new();
    }
    let mut forms = vec![build(digits.len(), |out| out.extend_from_slice(digits.as_bytes()))];
    forms.extend(THREES.map(|between| grouped(digits, between, |left| left % 3 == 0)));
    // Indian: the last three, then two at a time.
    forms.push(grouped(digits, ',', |left| left == 3 || left > 3 && left % 2 == 1));
    // Cards and codes keep the zeros that they begin with.
    forms.extend(FOURS.map(|between| grouped(text, between, |left| (text.len() - left).is_multiple_of(4))));
    forms.extend(hexadecimal(digits));
    forms.extend(with_exponents(digits, digits.len() - 1));
    forms.extend(rounded(digits));
    forms
}

/// With a separator wherever so many digits are left.
fn grouped(digits: &str, between: char, ends_group: impl Fn(usize) -> bool) -> Encoded {
    build(4 * digits.len(), |out| {
        for (place, digit) in digits.chars().enumerate() {
            if place > 0 && ends_group(digits.len() - place) {
                push(out, between);
            }
            push(out, digit);
        }
    })
}

fn hexadecimal(digits: &str) -> Vec<Encoded> {
    // The lowest first; a decimal digit takes less than 4 bits.
    let mut sixteenths = Zeroizing::new(Vec::with_capacity(digits.len()));
    for digit in digits.bytes() {
        let mut carry = u32::from(digit - b'0');
        for sixteenth in sixteenths.iter_mut() {
            carry += u32::from(*sixteenth) * 10;
            (*sixteenth, carry) = ((carry & 15) as u8, carry >> 4);
        }
        while carry > 0 {
            sixteenths.push((carry & 15) as u8);
            carry >>= 4;
        }
    }
    let written = |before: &str, width: usize, digits: Digits| {
        build(before.len() + width.max(sixteenths.len()), |out| {
            out.extend_from_slice(before.as_bytes());
            out.resize(out.len() + width.saturating_sub(sixteenths.len()), b'0');
            sixteenths.iter().rev().for_each(|&sixteenth| push_hex_digit(out, sixteenth, digits));
        })
    };
    BOTH.into_iter()
        .flat_map(|digits| [written("", PADDED, digits), written("0x", 0, digits), written("0X", 0, digits)])
        .collect()
}

/// With the point behind the first digit.
fn with_exponents(digits: &str, exponent: usize) -> Vec<Encoded> {
    let (first, rest) = digits.trim_end_matches('0').split_at(1);
    let point = if rest.is_empty() { "" } else { "." };
    let write = |letter: char, (sign, width): (&str, usize)| {
        build(digits.len() + 16, |out| {
            [first, point, rest].iter().for_each(|part| out.extend_from_slice(part.as_bytes()));
            push(out, letter);
            out.extend_from_slice(sign.as_bytes());
            // No part of the value: how long it is.
            out.extend_from_slice(format!("{exponent:0width$}").as_bytes());
        })
    };
    let mut forms: Vec<Encoded> =
        ['e', 'E'].into_iter().flat_map(|letter| EXPONENTS.map(|exponent| write(letter, exponent))).collect();
    // Zeros may follow, as C writes them.
    forms.push(build(digits.len() + 1, |out| {
        [first, point, rest].iter().for_each(|part| out.extend_from_slice(part.as_bytes()));
    }));
    forms
}

/// What is left of it in a number of 64 bits with a point, as JavaScript and most readers of JSON keep it.
fn rounded(digits: &str) -> Vec<Encoded> {
    let mut text = Zeroizing::new([0; 32]);
    let number = digits.parse::<f64>().ok().filter(|number| number.is_finite() && digits.len() > KEPT);
    if number.and_then(|number| write!(&mut text[..], "{number:e}").ok()).is_none() {
        return Vec::new();
    }
    let text = std::str::from_utf8(&*text).unwrap_or_default().trim_end_matches('\0');
    let Some((mantissa, exponent)) = text.split_once('e') else { return Vec::new() };
    let Ok(exponent) = exponent.parse::<usize>() else { return Vec::new() };
    let kept = build(mantissa.len(), |out| out.extend(mantissa.bytes().filter(|byte| *byte != b'.')));
    let Ok(kept) = std::str::from_utf8(&kept) else { return Vec::new() };
    let mut forms = with_exponents(kept, exponent);
    if exponent < WITHOUT_EXPONENT {
        forms.push(build(exponent + 1, |out| {
            out.extend_from_slice(kept.as_bytes());
            out.resize(exponent + 1, b'0');
        }));
    }
    forms
}
