//! The forms of sealed values, laid out so that looking for them takes the same steps in any text.
//!
//! A window of 8 bytes leads to one slot of each layer, and the slot says which form could end how far from there.
//! Whether it does is told by one polynomial hash of as many bytes as the form has, modulo 2^61 - 1 at a random point
//! (Karp and Rabin, 1987): two texts of n bytes have the same with a probability of n / 2^61. Free slots hold a form that
//! never is. So every place of a text costs one window and, for each layer, one slot and one hash, whatever stands there;
//! and whether a slot is free, or its form has the text's window or anything else in common with the text, makes no
//! difference but to the addresses that are read, which a random key scatters.

use zeroize::Zeroizing;

use um_leak::{Form, whole_forms};
use um_secret::MIN_SEALED_BYTES;

/// Length of a window, in bytes.
pub(crate) const WINDOW: usize = 8;
/// A form is found by one of its windows that begin so far before its end, or nearer. More to choose from means fewer
/// layers; each adds a byte to what is held back.
const REACH: usize = 32;
/// What is masked on each side of a form in base64, as far as it is base64: characters that hold some bits of the value.
pub(crate) const MARGIN: usize = 2;
/// A prime; sums of two products fit 128 bits, of two residues 64.
const MODULUS: u64 = (1 << 61) - 1;
/// What no bytes come to, even where sums are not reduced ([`joins`]).
const FREE: u64 = 4 * MODULUS;

/// One form of one value.
pub(crate) struct Needle {
    pub bytes: Zeroizing<Box<[u8]>>,
    /// Which value.
    pub owner: usize,
    /// How many characters next to it may hold some of its bits.
    pub margin: usize,
}

pub(crate) struct Table {
    pub needles: Vec<Needle>,
    layers: Vec<Layer>,
    /// Odd and random.
    key: u64,
    /// Where the polynomials are evaluated, random; to the powers of 1 to 4.
    points: [u64; 4],
    /// Bytes before a window that a form and its margin may have.
    pub reach: usize,
    /// As many and more.
    pub before: usize,
    /// Bytes from the beginning of a window on that they may have.
    pub behind: usize,
}

struct Layer {
    shift: u32,
    slots: Vec<Slot>,
}

/// Says that a form may stand around a window.
#[derive(Clone, Copy)]
struct Slot {
    /// What its bytes come to. Free slots: [`FREE`].
    hash: u64,
    /// The point to the power of its length.
    power: u64,
    /// How many of its bytes stand before the window.
    before: u32,
    length: u32,
    needle: u32,
}

/// A form that stands in a text.
#[derive(Clone, Copy)]
pub(crate) struct Sighting {
    pub start: usize,
    pub end: usize,
    pub needle: usize,
}

impl Table {
    /// All forms of the values, or only those in which line breaks may stand.
    pub(crate) fn new(values: &[&str], across_lines: bool) -> Self {
        let mut needles = Vec::new();
        for (owner, value) in values.iter().enumerate() {
            let forms = whole_forms(value).into_iter().filter(|form| !across_lines || form.across_lines);
            needles.extend(forms.map(|whole| {
                let margin = margin(whole.form, &whole.bytes);
                Needle { bytes: whole.bytes, owner, margin }
            }));
        }
        let longest = needles.iter().map(|needle| needle.bytes.len()).max().unwrap_or(WINDOW);
        debug_assert!(needles.iter().all(|needle| needle.bytes.len() >= MIN_SEALED_BYTES));
        let point = random() % (MODULUS - 1) + 1;
        let square = multiply(point, point);
        let mut table = Self {
            layers: Vec::new(),
            key: random() | 1,
            points: [point, square, multiply(square, point), multiply(square, square)],
            reach: longest - WINDOW + MARGIN,
            // What is held back shows in the pieces of an answer that arrive: so rounded, it says little of a value's
            // length.
            before: longest.next_power_of_two() - WINDOW + MARGIN,
            behind: REACH.min(longest) + MARGIN,
            needles,
        };
        table.lay_out();
        table
    }

    /// The hash of a text with one more byte. `None` stands for what is no byte and in no form.
    pub(crate) fn extend(&self, hash: u64, byte: Option<u8>) -> u64 {
        reduce(multiply(hash, self.points[0]) + byte.map_or(0, |byte| u64::from(byte) + 1))
    }

    /// Adds the hash of a text with each of `bytes` more, where the last one is that of the text. Four at a time, since
    /// each has to wait for the one before.
    pub(crate) fn extend_all(&self, hashes: &mut Vec<u64>, bytes: &[u8]) {
        let [first, second, third, fourth] = self.points.map(u128::from);
        let mut hash = hashes.last().copied().unwrap_or_default();
        let (fours, rest) = bytes.as_chunks::<4>();
        for four in fours {
            let [a, b, c, d] = four.map(|byte| u128::from(byte) + 1);
            let before = u128::from(hash);
            let next = [
                before * first + a,
                before * second + a * first + b,
                before * third + a * second + b * first + c,
                before * fourth + a * third + b * second + c * first + d,
            ];
            let next = next.map(residue);
            hash = next[3];
            hashes.extend_from_slice(&next);
        }
        for &byte in rest {
            hash = self.extend(hash, Some(byte));
            hashes.push(hash);
        }
    }

    /// Looks at the windows at `places` of a text, where `hashes` has the hash of all before each byte.
    pub(crate) fn look(&self, text: &[u8], hashes: &[u64], places: std::ops::Range<usize>, seen: &mut Vec<Sighting>) {
        for layer in &self.layers {
            for place in places.clone() {
                let window = u64::from_le_bytes(text[place..place + WINDOW].try_into().expect("a window has 8 bytes"));
                let slot = &layer.slots[(window.wrapping_mul(self.key) >> layer.shift) as usize];
                let start = place - slot.before as usize;
                let end = start + slot.length as usize;
                if joins(hashes[start], slot, hashes[end]) {
                    seen.push(Sighting { start, end, needle: slot.needle as usize });
                }
            }
        }
    }

    /// Gives every form a slot of its own: in the first layer in which one of its windows leads to a free one.
    fn lay_out(&mut self) {
        let mut order: Vec<usize> = (0..self.needles.len()).collect();
        order.sort_by_key(|&number| self.needles[number].bytes.len());
        let size = (2 * order.len()).next_power_of_two().max(2);
        for number in order {
            let mut layer = 0;
            while !self.place(number, layer, size) {
                layer += 1;
            }
        }
    }

    fn place(&mut self, number: usize, layer: usize, size: usize) -> bool {
        if layer == self.layers.len() {
            let shift = u64::BITS - size.ilog2();
            let free = Slot { hash: FREE, power: self.power(WINDOW), before: 0, length: WINDOW as u32, needle: 0 };
            self.layers.push(Layer { shift, slots: vec![free; size] });
        }
        let bytes = &self.needles[number].bytes;
        let length = bytes.len();
        let hash = bytes.iter().fold(0, |hash, &byte| self.extend(hash, Some(byte)));
        let power = self.power(length);
        let shift = self.layers[layer].shift;
        for before in length.saturating_sub(REACH)..=length - WINDOW {
            let window = u64::from_le_bytes(bytes[before..before + WINDOW].try_into().expect("a window has 8 bytes"));
            let index = (window.wrapping_mul(self.key) >> shift) as usize;
            let slot = &mut self.layers[layer].slots[index];
            if slot.hash == FREE {
                *slot = Slot { hash, power, before: before as u32, length: length as u32, needle: number as u32 };
                return true;
            }
        }
        false
    }

    fn power(&self, exponent: usize) -> u64 {
        (0..exponent).fold(1, |power, _| multiply(power, self.points[0]))
    }

    #[cfg(test)]
    pub(crate) fn layers(&self) -> usize {
        self.layers.len()
    }
}

/// Where base64 and base32 begin or end inside a character, that character holds up to 5 bits of the value; twice
/// base64 has two.
fn margin(form: Form, bytes: &[u8]) -> usize {
    match form {
        Form::Base64Twice => MARGIN,
        Form::Base64 | Form::Base64Url | Form::Base32 => 1,
        Form::Utf16 if !bytes.contains(&0) => 1,
        _ => 0,
    }
}

fn random() -> u64 {
    getrandom::u64().expect("the operating system gives random numbers")
}

fn multiply(a: u64, b: u64) -> u64 {
    residue(u128::from(a) * u128::from(b))
}

/// Of what is less than 2^124.
fn residue(number: u128) -> u64 {
    reduce((number as u64 & MODULUS) + (number >> 61) as u64)
}

/// Without a branch.
fn reduce(number: u64) -> u64 {
    let folded = (number & MODULUS) + (number >> 61);
    let less = folded.wrapping_sub(MODULUS);
    let borrowed = (less >> 63).wrapping_neg();
    (folded & borrowed) | (less & !borrowed)
}

/// Whether the bytes between have the slot's hash, where `before` is the hash of all before them and `after` with them.
///
/// The sum is congruent to 0 if so, and between 0 and 4 times the modulus: it need not be reduced to tell.
fn joins(before: u64, slot: &Slot, after: u64) -> bool {
    let product = u128::from(before) * u128::from(slot.power);
    let folded = (product as u64 & MODULUS) + (product >> 61) as u64;
    let sum = folded + slot.hash + (MODULUS - after);
    (sum == MODULUS) | (sum == 2 * MODULUS) | (sum == 3 * MODULUS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arithmetic_is_that_of_the_residues() {
        let slow = |number: u128| (number % u128::from(MODULUS)) as u64;
        for a in [0, 1, 2, 1 << 60, MODULUS - 1, 0x0123_4567_89ab_cdef % MODULUS] {
            for b in [0, 1, 3, (1 << 60) + 1, MODULUS - 1, 0x0fed_cba9_8765_4321 % MODULUS] {
                assert_eq!(multiply(a, b), slow(u128::from(a) * u128::from(b)));
                assert_eq!(reduce(a + b), slow(u128::from(a) + u128::from(b)));
            }
        }
    }

    #[test]
    fn a_slot_is_met_by_the_hash_of_its_form_and_no_other_and_a_free_one_by_none() {
        let edges = [0, 1, 2, 1 << 60, MODULUS - 2, MODULUS - 1, 0x0123_4567_89ab_cdef % MODULUS];
        for (before, power, hash) in
            edges.into_iter().flat_map(|a| edges.into_iter().flat_map(move |b| edges.map(|c| (a, b, c))))
        {
            let slot = |hash| Slot { hash, power, before: 0, length: 8, needle: 0 };
            let due = reduce(multiply(before, power) + hash);
            for after in edges.into_iter().chain([due]) {
                assert_eq!(joins(before, &slot(hash), after), after == due, "{before} {power} {hash} {after}");
                assert!(!joins(before, &slot(FREE), after));
            }
        }
    }

    #[test]
    fn four_bytes_at_a_time_have_the_hashes_that_each_has() {
        let table = Table::new(&["k7x!k7x!k7x!k7x!"], false);
        let text: Vec<u8> = (0..=255).cycle().take(1003).collect();
        let (mut all, mut each) = (vec![0], vec![0]);
        table.extend_all(&mut all, &text);
        text.iter().for_each(|&byte| each.push(table.extend(each[each.len() - 1], Some(byte))));
        assert_eq!(all, each);
    }

    #[test]
    fn ordinary_values_take_one_layer_and_monotonous_ones_some_more() {
        let token = |number: u64| {
            format!(
                "ghp_{:016x}-{:016x}",
                number.wrapping_mul(0x9e37_79b9_7f4a_7c15),
                number.wrapping_mul(0x0fed_cba9_8765_4321)
            )
        };
        let tokens: Vec<String> = (1..11).map(|number: u64| token(number)).collect();
        let tokens: Vec<&str> = tokens.iter().map(String::as_str).collect();
        assert_eq!(Table::new(&tokens[..1], false).layers(), 1);
        assert!(Table::new(&tokens, false).layers() <= 2);
        assert!(Table::new(&["aaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaaaa"], false).layers() < 30);
    }
}
