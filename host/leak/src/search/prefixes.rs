//! How far two texts begin alike, and where a text has its own beginning once more.

use zeroize::Zeroizing;

/// Bytes that are compared at once.
const WIDE: usize = size_of::<u64>();

/// Of so many bytes from their beginnings on are the two the same.
pub(crate) fn common_prefix(one: &[u8], other: &[u8]) -> usize {
    let length = one.len().min(other.len());
    let (one, other) = (one[..length].as_chunks::<WIDE>(), other[..length].as_chunks::<WIDE>());
    for (at, (one, other)) in one.0.iter().zip(other.0).enumerate() {
        let difference = u64::from_le_bytes(*one) ^ u64::from_le_bytes(*other);
        if difference != 0 {
            return at * WIDE + difference.trailing_zeros() as usize / 8;
        }
    }
    one.0.len() * WIDE + one.1.iter().zip(other.1).take_while(|(one, other)| one == other).count()
}

/// At `i`, how many bytes from there on are the beginning of the text again: the Z function (Gusfield, Algorithms on Strings, Trees and Sequences, 1.4), in linear time.
pub(crate) fn z_function(bytes: &[u8]) -> Zeroizing<Vec<u32>> {
    let mut z = Zeroizing::new(vec![0_u32; bytes.len()]);
    z[0] = bytes.len() as u32;
    let (mut left, mut right) = (0, 0);
    for at in 1..bytes.len() {
        let known = if at < right { (z[at - left] as usize).min(right - at) } else { 0 };
        let length =
            if at + known < right { known } else { known + common_prefix(&bytes[known..], &bytes[at + known..]) };
        z[at] = length as u32;
        if at + length > right {
            (left, right) = (at, at + length);
        }
    }
    z
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_repeats_itself_is_compared_with_its_own_beginning() {
        for text in ["a", "aaaaaaaaaaaaaaaaaaaab", "abaababaabaababaababa", "abcabcabcabcabcabcabdabcabcabc"] {
            let text = text.as_bytes();
            let by_hand = |at: usize| text[at..].iter().zip(text).take_while(|(one, other)| one == other).count();
            for (at, length) in z_function(text).iter().enumerate() {
                assert_eq!(*length as usize, by_hand(at), "{at}");
                assert_eq!(common_prefix(&text[at..], text), by_hand(at), "{at}");
            }
        }
    }
}
