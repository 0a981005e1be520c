//! Characters that some servers take for another character of a path, or for none.
//!
//! Whether a path lies under a prefix hangs on `/`, `\`, `.`, `;`, `?`, `#` and `%`. A server that normalizes, or that
//! puts a path into an older character set, reads one of them where there was something else. The table is made by rule:
//! - what has one of these seven in its canonical or compatibility form (UnicodeData.txt 14.0: NFC, NFD, NFKC, NFKD);
//! - what has no width of its own and is dropped by some (DerivedCoreProperties.txt, Default_Ignorable_Code_Point);
//! - what Windows and the character sets of East Asia fit to one of the seven for want of a better one (Unicode's
//!   MAPPINGS/VENDORS/MICSFT/WindowsBestFit, JIS X 0201, KS X 1003, code page 864), with the mathematical and big forms of
//!   slash and backslash;
//! - the full stops that host names know as dots (UTS 46).
//!
//! The first rule is held against an implementation of its own in `tests/egress/addresses.rs`.

/// First and last of each range, in order.
const FOLDED: [(char, char); 53] = [
    ('\u{a5}', '\u{a5}'),       // yen: backslash (JIS X 0201)
    ('\u{ad}', '\u{ad}'),       // soft hyphen: nothing
    ('\u{34f}', '\u{34f}'),     // nothing
    ('\u{37e}', '\u{37e}'),     // ;
    ('\u{61c}', '\u{61c}'),     // nothing
    ('\u{66a}', '\u{66a}'),     // % (code page 864)
    ('\u{115f}', '\u{1160}'),   // nothing
    ('\u{17b4}', '\u{17b5}'),   // nothing
    ('\u{180b}', '\u{180f}'),   // nothing
    ('\u{200b}', '\u{200f}'),   // zero width: nothing
    ('\u{2024}', '\u{2026}'),   // leaders, ellipsis: . .. ...
    ('\u{202a}', '\u{202e}'),   // directions: nothing
    ('\u{2044}', '\u{2044}'),   // fraction slash: / (best fit)
    ('\u{2047}', '\u{2049}'),   // ?? ?! !?
    ('\u{2060}', '\u{206f}'),   // nothing
    ('\u{20a9}', '\u{20a9}'),   // won: backslash (KS X 1003)
    ('\u{2100}', '\u{2101}'),   // a/c a/s
    ('\u{2105}', '\u{2106}'),   // c/o c/u
    ('\u{2215}', '\u{2216}'),   // division slash, set minus: / \ (best fit)
    ('\u{2488}', '\u{249b}'),   // 1. to 20.
    ('\u{29f5}', '\u{29f5}'),   // reverse solidus operator: backslash
    ('\u{29f8}', '\u{29f9}'),   // big slash and backslash
    ('\u{3002}', '\u{3002}'),   // ideographic full stop: . (UTS 46)
    ('\u{3164}', '\u{3164}'),   // nothing
    ('\u{33c2}', '\u{33c2}'),   // a.m.
    ('\u{33c7}', '\u{33c7}'),   // Co.
    ('\u{33d8}', '\u{33d8}'),   // p.m.
    ('\u{fe00}', '\u{fe0f}'),   // variation selectors: nothing
    ('\u{fe14}', '\u{fe14}'),   // ;
    ('\u{fe16}', '\u{fe16}'),   // ?
    ('\u{fe19}', '\u{fe19}'),   // ...
    ('\u{fe30}', '\u{fe30}'),   // ..
    ('\u{fe52}', '\u{fe52}'),   // .
    ('\u{fe54}', '\u{fe54}'),   // ;
    ('\u{fe56}', '\u{fe56}'),   // ?
    ('\u{fe5f}', '\u{fe5f}'),   // #
    ('\u{fe68}', '\u{fe68}'),   // backslash
    ('\u{fe6a}', '\u{fe6a}'),   // %
    ('\u{feff}', '\u{feff}'),   // byte order mark: nothing
    ('\u{ff03}', '\u{ff03}'),   // #
    ('\u{ff05}', '\u{ff05}'),   // %
    ('\u{ff0e}', '\u{ff0f}'),   // . /
    ('\u{ff1b}', '\u{ff1b}'),   // ;
    ('\u{ff1f}', '\u{ff1f}'),   // ?
    ('\u{ff3c}', '\u{ff3c}'),   // backslash
    ('\u{ff61}', '\u{ff61}'),   // . (UTS 46)
    ('\u{ffa0}', '\u{ffa0}'),   // nothing
    ('\u{ffe5}', '\u{ffe6}'),   // full-width yen, won: backslash
    ('\u{fff0}', '\u{fff8}'),   // nothing
    ('\u{1bca0}', '\u{1bca3}'), // nothing
    ('\u{1d173}', '\u{1d17a}'), // nothing
    ('\u{1f100}', '\u{1f100}'), // 0.
    ('\u{e0000}', '\u{e0fff}'), // tags and more selectors: nothing
];

/// Whether a server may read another character here, or none.
pub(super) fn is_folded(c: char) -> bool {
    let at = FOLDED.partition_point(|(_, last)| *last < c);
    FOLDED.get(at).is_some_and(|(first, _)| *first <= c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_order_and_knows_its_borders() {
        assert!(FOLDED.windows(2).all(|pair| pair[0].1 < pair[1].0));
        assert!(FOLDED.iter().all(|&(first, last)| first <= last && is_folded(first) && is_folded(last)));
        let plain = "/.;%\\aéßñ中文字あいう한글ü·–—“”€\u{a0}\u{301}\u{2010}\u{2030}\u{ff21}";
        assert!(!plain.chars().any(is_folded));
    }
}
