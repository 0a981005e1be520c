//! References to characters in XML (1.0, 4.1 and 4.6) and HTML (WHATWG, 13.5).
//!
//! Deliberately absent: names but for the five of XML, digits in both cases within one text, leading zeros.

use super::encode::{Digits, Encoded, build, push};

/// Which ASCII characters become which references.
type Named = &'static [(char, &'static str)];

/// By who writes them; all write `&amp;`, `&lt;` and `&gt;`.
const TABLE: [Named; 12] = [
    // XML and HTML text: Python's html.escape(quote=False), saxutils.escape, PHP's ENT_NOQUOTES
    &[],
    // attributes in double quotes: DOM; saxutils.quoteattr
    &[('"', "&quot;")],
    &[('"', "&quot;"), ('\n', "&#10;"), ('\r', "&#13;"), ('\t', "&#9;")],
    // XML: .NET's SecurityElement, Java's escapeXml
    &[('"', "&quot;"), ('\'', "&apos;")],
    // Python's html.escape, Underscore; jq's @html, lodash, .NET's WebUtility, Rails; PHP's htmlspecialchars
    &[('"', "&quot;"), ('\'', "&#x27;")],
    &[('"', "&quot;"), ('\'', "&#39;")],
    &[('"', "&quot;"), ('\'', "&#039;")],
    // Go: html.EscapeString, encoding/xml, html/template
    &[('"', "&#34;"), ('\'', "&#39;")],
    &[('"', "&#34;"), ('\'', "&#39;"), ('\n', "&#xA;"), ('\r', "&#xD;"), ('\t', "&#x9;")],
    &[('"', "&#34;"), ('\'', "&#39;"), ('+', "&#43;")],
    // Handlebars; Mustache
    &[('"', "&quot;"), ('\'', "&#x27;"), ('`', "&#x60;"), ('=', "&#x3D;")],
    &[('"', "&quot;"), ('\'', "&#39;"), ('`', "&#x60;"), ('=', "&#x3D;"), ('/', "&#x2F;")],
];

/// Text, attributes, Java and jq, Python's html.escape, most others, Go.
const COMMON: [usize; 6] = [0, 1, 3, 4, 5, 7];

/// How a character is written by its number.
#[derive(Clone, Copy)]
enum Number {
    Decimal,
    Hex(Digits),
}

const NUMBERS: [Number; 3] = [Number::Decimal, Number::Hex(Digits::Lower), Number::Hex(Digits::Upper)];

/// As all of them write it, with characters beyond ASCII as they are or by number.
pub(crate) fn once(text: &str) -> Vec<Encoded> {
    let beyond = [None].into_iter().chain(NUMBERS.map(Some));
    beyond.flat_map(|beyond| TABLE.map(|named| write(text, |character| reference(character, named, beyond)))).collect()
}

/// As the most common of them do.
pub(crate) fn common(text: &str) -> Vec<Encoded> {
    COMMON.map(|row| write(text, |character| reference(character, TABLE[row], None))).into()
}

/// Escaped, and escaped again by the same writer.
pub(crate) fn twice(text: &str) -> Vec<Encoded> {
    let again = |once: Encoded| {
        let once = std::str::from_utf8(&once).expect("what is written of text is text");
        write(once, |character| reference(character, &[], None))
    };
    once(text).into_iter().map(again).collect()
}

/// Every character by its number.
pub(crate) fn by_number(text: &str) -> Vec<Encoded> {
    NUMBERS.map(|number| write(text, |character| Some(Reference::Numbered(character, number)))).into()
}

enum Reference {
    Named(&'static str),
    Numbered(char, Number),
}

fn reference(character: char, named: Named, beyond: Option<Number>) -> Option<Reference> {
    match character {
        '&' => Some(Reference::Named("&amp;")),
        '<' => Some(Reference::Named("&lt;")),
        '>' => Some(Reference::Named("&gt;")),
        ..='\x7f' => named.iter().find(|(one, _)| *one == character).map(|(_, name)| Reference::Named(name)),
        _ => beyond.map(|number| Reference::Numbered(character, number)),
    }
}

fn write(text: &str, reference: impl Fn(char) -> Option<Reference>) -> Encoded {
    // `&quot;`, `&#x3d;` and `&#127;` are the longest for one byte.
    build(6 * text.len(), |out| {
        for character in text.chars() {
            match reference(character) {
                None => push(out, character),
                Some(Reference::Named(name)) => out.extend_from_slice(name.as_bytes()),
                Some(Reference::Numbered(character, number)) => push_number(out, u32::from(character), number),
            }
        }
    })
}

fn push_number(out: &mut Vec<u8>, code: u32, number: Number) {
    let (before, base, letter) = match number {
        Number::Decimal => (&b"&#"[..], 10, b'a'),
        Number::Hex(Digits::Lower) => (&b"&#x"[..], 16, b'a'),
        Number::Hex(Digits::Upper) => (&b"&#x"[..], 16, b'A'),
    };
    out.extend_from_slice(before);
    let length = code.checked_ilog(base).unwrap_or(0);
    for place in (0..=length).rev() {
        let digit = (code / base.pow(place) % base) as u8;
        out.push(if digit < 10 { b'0' + digit } else { letter + digit - 10 });
    }
    out.push(b';');
}
