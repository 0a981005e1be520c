//! The text with its accents composed and apart (Unicode Standard Annex 15: NFC, NFD), as file systems, databases and
//! browsers write what they were given, and what the most common writers make of that.
//!
//! Deliberately absent: NFKC and NFKD, which are other texts; what rare writers make of these.

use icu_normalizer::{ComposingNormalizerBorrowed, DecomposingNormalizerBorrowed};
use zeroize::Zeroizing;

use super::encode::{Encoded, STANDARD, cores, raw};
use super::percent;
use super::quote::{JSON, quoted};

/// How many bytes one becomes at most, composed or apart (Annex 15, 12.1 "Stabilization").
const MOST: usize = 3;

/// As they are, in JSON and in a URL.
pub(crate) fn all(text: &str) -> Vec<Encoded> {
    let written = |normal: &str| {
        let json = JSON.map(|json| quoted(normal, json));
        [raw(normal.as_bytes())].into_iter().chain(json).chain(percent::common(normal)).collect::<Vec<_>>()
    };
    others(text).iter().flat_map(|normal| written(normal)).collect()
}

pub(crate) fn in_base64(text: &str) -> Vec<Encoded> {
    others(text).iter().flat_map(|normal| cores(normal.as_bytes(), STANDARD)).collect()
}

/// The normal forms of a text that it is not itself. ASCII is the same in all.
fn others(text: &str) -> Vec<Zeroizing<String>> {
    if text.is_ascii() {
        return Vec::new();
    }
    let room = || Zeroizing::new(String::with_capacity(MOST * text.len()));
    let (mut composed, mut apart) = (room(), room());
    let (nfc, nfd) = (ComposingNormalizerBorrowed::new_nfc(), DecomposingNormalizerBorrowed::new_nfd());
    let written = nfc.normalize_to(text, &mut *composed).and_then(|()| nfd.normalize_to(text, &mut *apart));
    debug_assert!(written.is_ok(), "a string takes all that is written");
    [composed, apart].into_iter().filter(|normal| **normal != text).collect()
}
