//! How a key looks: its beginning, its letters, its length.

use std::ops::RangeInclusive;

/// What a key may be made of behind its beginning.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Letters {
    Digits,
    Hex,
    /// Small letters and digits.
    Lower,
    /// Capitals and digits.
    Upper,
    Alphanumeric,
    /// With `-` and `_`.
    Url,
    /// With `-`, `_` and `.`.
    Dotted,
    /// With `+`, `/` and `=`.
    Base64,
    /// With `:` and `-`, as parts of numbers and keys.
    Parts,
}

impl Letters {
    pub(super) fn has(self, byte: u8) -> bool {
        match self {
            Self::Digits => byte.is_ascii_digit(),
            Self::Hex => byte.is_ascii_hexdigit(),
            Self::Lower => byte.is_ascii_lowercase() || byte.is_ascii_digit(),
            Self::Upper => byte.is_ascii_uppercase() || byte.is_ascii_digit(),
            Self::Alphanumeric => byte.is_ascii_alphanumeric(),
            Self::Url => byte.is_ascii_alphanumeric() || b"-_".contains(&byte),
            Self::Dotted => byte.is_ascii_alphanumeric() || b"-_.".contains(&byte),
            Self::Base64 => byte.is_ascii_alphanumeric() || b"+/=-_".contains(&byte),
            Self::Parts => byte.is_ascii_alphanumeric() || b":-_".contains(&byte),
        }
    }
}

/// How a key begins, of which letters the rest is, and how many there are.
pub(super) struct Shape(pub(super) &'static str, pub(super) Letters, pub(super) RangeInclusive<usize>);
