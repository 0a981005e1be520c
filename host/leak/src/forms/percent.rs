//! Percent-encoding (RFC 3986, 2.1): which characters its writers keep, and what they make of a text.
//!
//! A text with at most four kinds of punctuation is written with each choice of them kept, so whoever encodes it; one
//! with more is written as the table says. ASCII letters and digits are kept, or every byte is encoded.
//!
//! Digits in both cases within one text are looked for if it has at most three kinds, each kind in one case.
//!
//! Deliberately absent: one kind in both cases.

use zeroize::Zeroizing;

use super::encode::{
    ALPHANUMERIC, Ascii, BOTH, Digits, Encoded, LETTERED, PUNCTUATION, ascii, ascii_of, build, has, push_hex, subsets,
};
use um_base::percent::decode_lenient;

/// What stands for itself, whether a space becomes `+`, and whose digits are in the other case.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Percent {
    kept: Ascii,
    plus: bool,
    other_case: Ascii,
}

impl Percent {
    const fn keeping(punctuation: &[u8]) -> Self {
        Self { kept: ALPHANUMERIC | ascii(punctuation), plus: false, other_case: 0 }
    }

    const fn and_plus(self) -> Self {
        Self { plus: true, ..self }
    }
}

/// How many kinds of punctuation a text may have to be written in every way: 16 ways, twice that with a space.
const FEW_KINDS: u32 = 4;
/// How many it may have to be written with the digits of each in either case too: 27 ways, 36 with a space.
const VERY_FEW_KINDS: u32 = 3;
/// So many rows of the table are tried on long texts too.
const COMMON: usize = 10;

const EVERY_BYTE: Percent = Percent { kept: 0, plus: false, other_case: 0 };

/// Percent-encoding by who does it; the common ones first.
const TABLE: [Percent; 32] = [
    // ECMA-262, 19.2.6.4: encodeURIComponent; WHATWG URL, 1.3: component
    Percent::keeping(b"-_.!~*'()"),
    // ECMA-262, 19.2.6.3: encodeURI
    Percent::keeping(b"-_.!~*'();/?:@&=+$,#"),
    // RFC 3986, 2.3: the unreserved characters; Python's quote(safe=""), C#'s EscapeDataString, curl, Perl's URI::Escape
    Percent::keeping(b"-_.~"),
    // Python's urllib.parse.quote
    Percent::keeping(b"-_.~/"),
    // Python's quote_plus and urlencode, Go's url.QueryEscape, Ruby's CGI.escape
    Percent::keeping(b"-_.~").and_plus(),
    // WHATWG URL, 5.2: application/x-www-form-urlencoded; Java's URLEncoder
    Percent::keeping(b"-_.*").and_plus(),
    // PHP's urlencode
    Percent::keeping(b"-_.").and_plus(),
    // .NET's HttpUtility.UrlEncode
    Percent::keeping(b"-_.!*()").and_plus(),
    // Rust's percent_encoding: NON_ALPHANUMERIC
    Percent::keeping(b""),
    EVERY_BYTE,
    Percent::keeping(b"").and_plus(),
    // Python before 3.7, Ruby before 2.5
    Percent::keeping(b"-_."),
    Percent::keeping(b"-_./"),
    // Python's quote_plus(safe="/")
    Percent::keeping(b"-_.~/").and_plus(),
    // Ruby's URI.encode_uri_component; Java's URLEncoder with the plus replaced
    Percent::keeping(b"-_.*"),
    // jQuery's param; then axios
    Percent::keeping(b"-_.!~*'()").and_plus(),
    Percent::keeping(b"-_.!~*'():$,[]").and_plus(),
    // Ruby's URI::DEFAULT_PARSER.escape
    Percent::keeping(b"-_.!~*'();/?:@&=+$,[]"),
    // C#'s EscapeUriString; then Python's requests
    Percent::keeping(b"-_.~:/?#[]@!$&'()*+,;="),
    Percent::keeping(b"-_.~:/?#[]@!$&'()*+,;=%"),
    // Go's url.PathEscape, URL.EscapedPath, fragment and user
    Percent::keeping(b"-_.~$&+=:@"),
    Percent::keeping(b"-_.~$&+,/:;=@"),
    Percent::keeping(b"-_.~$&+,/:;=?@!()*"),
    Percent::keeping(b"-_.~$&+,;="),
    // Foundation: urlQueryAllowed, urlPathAllowed
    Percent::keeping(b"!$&'()*+,-./:;=?@_~"),
    Percent::keeping(b"!$&'()*+,-./:=@_~"),
    // WHATWG URL, 1.3: C0 control, fragment, query, special query, path, userinfo
    Percent::keeping(b" !\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"),
    Percent::keeping(b"!#$%&'()*+,-./:;=?@[\\]^_{|}~"),
    Percent::keeping(b"!$%&'()*+,-./:;=?@[\\]^_`{|}~"),
    Percent::keeping(b"!$%&()*+,-./:;=?@[\\]^_`{|}~"),
    Percent::keeping(b"!$%&'()*+,-./:;=@[\\]_|~"),
    Percent::keeping(b"!$%&'()*+,-._~"),
];

/// JavaScript's encodeURIComponent, the unreserved characters, Python's quote and urlencode.
const PARAMETERS: [usize; 4] = [0, 2, 3, 4];

/// What ECMAScript's `escape` keeps.
const ESCAPE: Ascii = ALPHANUMERIC | ascii(b"@*_+-./");

/// As all of them write it, in both cases.
pub(crate) fn all(text: &str, thorough: bool) -> Vec<Encoded> {
    let styles = styles(text, thorough);
    styles.iter().flat_map(|style| BOTH.map(|digits| encode(text, *style, digits))).collect()
}

/// As most programs write the parameters of a URL.
pub(crate) fn common(text: &str) -> Vec<Encoded> {
    PARAMETERS.map(|row| encode(text, TABLE[row], Digits::Upper)).into()
}

/// Encoded, and encoded again by the same writer, if that is a common one: a URL in a URL.
pub(crate) fn twice(text: &str) -> Vec<Encoded> {
    let common = TABLE[..COMMON].iter().filter(|style| **style != EVERY_BYTE);
    let twice = |style, digits| encode(text_of(&encode(text, style, digits)), style, digits);
    common.flat_map(|style| BOTH.map(|digits| twice(*style, digits))).collect()
}

fn text_of(encoded: &[u8]) -> &str {
    std::str::from_utf8(encoded).expect("what is kept is ASCII")
}

/// As ECMAScript's `escape` does (ECMA-262, B.2.1.1), and every character as `%u0041`, which some servers read.
pub(crate) fn by_code(text: &str) -> Vec<Encoded> {
    [ESCAPE, 0].into_iter().flat_map(|kept| BOTH.map(|digits| encode_units(text, kept, digits))).collect()
}

fn encode_units(text: &str, kept: Ascii, digits: Digits) -> Encoded {
    build(6 * text.len(), |out| {
        for unit in text.encode_utf16() {
            let [upper, lower] = unit.to_be_bytes();
            if upper == 0 && has(kept, lower) {
                out.push(lower);
            } else if upper == 0 && kept != 0 {
                out.push(b'%');
                push_hex(out, lower, digits);
            } else {
                out.extend_from_slice(b"%u");
                [upper, lower].iter().for_each(|&byte| push_hex(out, byte, digits));
            }
        }
    })
}

/// What a percent-encoded text says, if that is text.
pub(crate) fn decode(text: &str) -> Option<Zeroizing<String>> {
    String::from_utf8(std::mem::take(&mut *decode_lenient(text.as_bytes()))).ok().map(Zeroizing::new)
}

/// The ways to write `text` that make a difference.
fn styles(text: &str, thorough: bool) -> Vec<Percent> {
    let present = ascii_of(text);
    let kinds = present & PUNCTUATION;
    let rows = if thorough { TABLE.len() } else { COMMON };
    let mut styles: Vec<Percent> = Vec::new();
    let mut add = |style: Percent| {
        let plus = style.plus && has(present & !style.kept, b' ');
        let style = Percent { kept: style.kept & present, plus, ..style };
        if !styles.contains(&style) {
            styles.push(style);
        }
    };
    TABLE[..rows].iter().copied().for_each(&mut add);
    if thorough && kinds.count_ones() <= FEW_KINDS {
        for kept in subsets(kinds) {
            let lettered = if kinds.count_ones() <= VERY_FEW_KINDS { kinds & !kept & LETTERED } else { 0 };
            for other_case in subsets(lettered) {
                let style = Percent { kept: kept | ALPHANUMERIC, plus: false, other_case };
                add(style);
                add(style.and_plus());
            }
        }
    }
    styles
}

fn encode(text: &str, style: Percent, digits: Digits) -> Encoded {
    build(3 * text.len(), |out| {
        for byte in text.bytes() {
            if has(style.kept, byte) {
                out.push(byte);
            } else if style.plus && byte == b' ' {
                out.push(b'+');
            } else {
                out.push(b'%');
                push_hex(out, byte, if has(style.other_case, byte) { digits.other() } else { digits });
            }
        }
    })
}
