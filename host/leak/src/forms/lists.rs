//! Lists of the characters of a text, and of its bytes in rows.
//!
//! Deliberately absent: columns that are filled up with blanks, rows of other lengths.

use super::encode::{Digits, Encoded, build, hex_in_lower_case, push, push_hex, raw};
use super::quote::{JSON, Quoting, REPRS, push_quoted};

/// So many bytes `xxd -i` writes in a row, as does who wraps at 80 columns.
const ROW: usize = 12;

/// What is rare enough to be left out for long texts: `6b, 37` (Rust's `{:x?}`), `0x6b', '0x37` (Python's `hex` of each
/// byte), and each character by itself. These are what a `char[]` of Java looks like and what comes of joining a text
/// where a list of texts was meant, `list` of Python, and JSON of Python.
pub(crate) fn rare(text: &str, thorough: bool) -> Vec<Encoded> {
    if !thorough {
        return Vec::new();
    }
    vec![
        hex_in_lower_case(text.as_bytes(), "", ", "),
        hex_in_lower_case(text.as_bytes(), "0x", "', '"),
        apart(text, ", ", push),
        in_quotes(text, ", ", |character| if character == '\'' { '"' } else { '\'' }, REPRS[1]),
        in_quotes(text, ", ", |_| '"', JSON[0]),
    ]
}

/// Likewise, but found with an element in a line too: what JavaScript and jq make of a list of characters, and `xxd -i`
/// of bytes.
pub(crate) fn rare_across_lines(text: &str, thorough: bool) -> Vec<Encoded> {
    if thorough { vec![in_quotes(text, ",", |_| '"', JSON[0]), in_rows(text.as_bytes())] } else { Vec::new() }
}

/// Without the first quote and the last.
fn in_quotes(text: &str, between: &str, quotes_of: fn(char) -> char, quoting: Quoting) -> Encoded {
    let with_quotes = apart(text, between, |out, character| {
        push(out, quotes_of(character));
        push_quoted(out, character, quoting);
        push(out, quotes_of(character));
    });
    raw(&with_quotes[1..with_quotes.len() - 1])
}

fn apart(text: &str, between: &str, push: impl Fn(&mut Vec<u8>, char)) -> Encoded {
    // A comma, a blank, two quotes and an escape of at most 6 bytes.
    build(10 * text.len(), |out| {
        for (place, character) in text.char_indices() {
            out.extend_from_slice(if place > 0 { between.as_bytes() } else { b"" });
            push(out, character);
        }
    })
}

/// `0x6b, 0x37`, with no more than a comma at the end of a row.
fn in_rows(bytes: &[u8]) -> Encoded {
    build(6 * bytes.len(), |out| {
        for (place, &byte) in bytes.iter().enumerate() {
            let between: &[u8] = match place {
                0 => b"",
                _ if place % ROW == 0 => b",",
                _ => b", ",
            };
            out.extend_from_slice(between);
            out.extend_from_slice(b"0x");
            push_hex(out, byte, Digits::Lower);
        }
    })
}
