//! Keeps text that is JSON as it comes, as documents are, JSON where a number in it is masked.
//!
//! A number with a mask in it, and any word that is masked as a whole, becomes the string `***`. All else stays as it was
//! written: the text may be of any size, and several to a line each.
//!
//! Deliberately absent: to see that the text is JSON. What is none stays none. Where a mask takes a quote or a bracket with it,
//! the text is none any more; [`Ready::json`](crate::filter::Ready::json), for results, mends that, and needs all of it.

use um_secret::MASK;

use super::counts::MASK_TEXT;

/// What the names of files end with that are JSON, or JSON in lines.
const ENDINGS: [&str; 4] = ["json", "jsonl", "ndjson", "geojson"];
/// A longer word is no number, and passes as it is.
const LONGEST: usize = 1024;

/// How far a text has come.
#[derive(Default)]
pub(crate) struct Words {
    place: Place,
    /// The word that it ends with, outside of strings; masked already.
    word: Vec<u8>,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Place {
    #[default]
    Outside,
    /// Behind so many bytes of a word that is too long.
    LongWord,
    String,
    /// Behind a backslash.
    Escape,
}

impl Words {
    /// For a document of this name, if it is JSON.
    pub(crate) fn of_document(name: &str) -> Option<Self> {
        let (_, ending) = name.rsplit_once('.')?;
        ENDINGS.iter().any(|known| known.eq_ignore_ascii_case(ending)).then(Self::default)
    }

    /// Takes masked text, and appends what is known of it by now.
    pub(crate) fn pass(&mut self, text: &[u8], out: &mut Vec<u8>) {
        let mut rest = text;
        while let Some((byte, behind)) = rest.split_first() {
            let length = match self.place {
                Place::Escape => {
                    self.place = Place::String;
                    1
                }
                // No string goes on in the next line: what seems to does not hide all that follows.
                Place::String => match memchr::memchr3(b'"', b'\\', b'\n', rest) {
                    Some(at) => {
                        self.place = if rest[at] == b'\\' { Place::Escape } else { Place::Outside };
                        at + 1
                    }
                    None => rest.len(),
                },
                Place::Outside | Place::LongWord if ends_word(*byte) => {
                    self.end_word(out);
                    self.place = if *byte == b'"' { Place::String } else { Place::Outside };
                    1
                }
                Place::Outside if self.word.len() < LONGEST => {
                    self.word.push(*byte);
                    rest = behind;
                    continue;
                }
                Place::Outside => {
                    out.append(&mut self.word);
                    self.place = Place::LongWord;
                    1
                }
                Place::LongWord => 1,
            };
            out.extend_from_slice(&rest[..length]);
            rest = &rest[length..];
        }
    }

    /// Appends what was left when the text has ended.
    pub(crate) fn finish(&mut self, out: &mut Vec<u8>) {
        self.end_word(out);
        self.place = Place::Outside;
    }

    fn end_word(&mut self, out: &mut Vec<u8>) {
        let has_mask = self.word.windows(MASK.len()).any(|window| window == MASK.as_bytes());
        // Comments may have stars of their own.
        if has_mask && self.word.iter().all(|byte| byte.is_ascii_digit() || b"*+-.eE".contains(byte)) {
            out.extend_from_slice(MASK_TEXT);
            self.word.clear();
        } else {
            out.append(&mut self.word);
        }
    }
}

fn ends_word(byte: u8) -> bool {
    byte.is_ascii_whitespace() || b"\"[]{},:".contains(&byte)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn passed(text: &str, piece: usize) -> String {
        let (mut words, mut out) = (Words::default(), Vec::new());
        text.as_bytes().chunks(piece).for_each(|piece| words.pass(piece, &mut out));
        words.finish(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_masked_number_becomes_a_string_and_all_else_stays() {
        for (text, expected) in [
            ("{\"pin\": ***, \"of\": [1.50, -***]}", "{\"pin\": \"***\", \"of\": [1.50, \"***\"]}"),
            ("{\"pin\":***}\n{\"pin\":1***e5}\n", "{\"pin\":\"***\"}\n{\"pin\":\"***\"}\n"),
            ("***", "\"***\""),
            ("[\"***\", \"a: ***, b\", \"\\\"***\", true]", "[\"***\", \"a: ***, b\", \"\\\"***\", true]"),
            ("/*** why ***/ [***]", "/*** why ***/ [\"***\"]"),
            // no JSON, and what follows is
            ("\"***\n{\"pin\": ***}", "\"***\n{\"pin\": \"***\"}"),
        ] {
            for piece in [1, 2, 3, 1000] {
                assert_eq!(passed(text, piece), expected, "{piece}");
            }
        }
    }

    #[test]
    fn a_word_of_a_kibibyte_is_the_longest_that_counts() {
        for (length, is_masked) in [(LONGEST, true), (LONGEST + 1, false)] {
            let word = format!("{}***", "1".repeat(length - 3));
            let text = format!("[{word}, 1]");
            assert_eq!(passed(&text, 7), if is_masked { "[\"***\", 1]".to_owned() } else { text }, "{length}");
        }
    }

    #[test]
    fn the_name_tells_what_is_json() {
        for (name, is_json) in
            [("a.json", true), ("b/A.JSON", true), ("a.jsonl", true), ("json", false), ("a.json.txt", false)]
        {
            assert_eq!(Words::of_document(name).is_some(), is_json, "{name}");
        }
    }

    proptest! {
        #[test]
        fn what_comes_out_is_the_same_however_the_text_was_cut(text in "[*a\\\\\"\\[\\]{},: \\n19]{0,60}", piece in 1..8_usize) {
            prop_assert_eq!(passed(&text, piece), passed(&text, 1000));
        }

        #[test]
        fn json_with_masked_numbers_is_json(numbers in prop::collection::vec(any::<Option<i32>>(), 0..6), text in "\\PC{0,20}") {
            let numbers: Vec<String> = numbers.iter().map(|number| number.map_or("***".to_owned(), |it| it.to_string())).collect();
            let text = format!("{{{}: [{}]}}", serde_json::to_string(&text).unwrap(), numbers.join(", "));
            prop_assert!(serde_json::from_str::<serde_json::Value>(&passed(&text, 5)).is_ok(), "{}", text);
        }
    }
}
