//! ASCII85 as PDF has it (ISO 32000-1, 7.4.3): five characters for four bytes.

use super::step::{Step, Then};

/// Decodes piece by piece.
#[derive(Default)]
pub(super) struct Ascii85 {
    /// The digits of a group that is not complete.
    group: Vec<u8>,
    /// Whether a group was complete, or the mark of the beginning has come.
    has_begun: bool,
}

impl Ascii85 {
    /// Uses as much of the input as there is room for.
    pub fn step(&mut self, bytes: &[u8], room: &mut [u8]) -> Step {
        let mut made = 0;
        for (used, &byte) in bytes.iter().enumerate() {
            if room.len() - made < 4 {
                return Step { used, made, then: Then::GoesOn };
            }
            let decoded = match byte {
                b'z' if self.group.is_empty() => Some(0),
                b'!'..=b'u' => self.digit(byte - b'!'),
                // Some writers mark the beginning, as outside of PDF.
                b'~' if !self.has_begun && self.group == [b'<' - b'!'] => {
                    self.group.clear();
                    self.has_begun = true;
                    None
                }
                b'~' => {
                    let made = made + self.last(&mut room[made..]);
                    return Step { used: used + 1, made, then: Then::Ended };
                }
                0 | b'\t' | b'\n' | 0x0c | b'\r' | b' ' => None,
                _ => return Step { used, made, then: Then::Broken },
            };
            if let Some(word) = decoded {
                room[made..made + 4].copy_from_slice(&word.to_be_bytes());
                made += 4;
                self.has_begun = true;
            }
        }
        Step { used: bytes.len(), made, then: Then::GoesOn }
    }

    fn digit(&mut self, digit: u8) -> Option<u32> {
        self.group.push(digit);
        (self.group.len() == 5).then(|| value(&std::mem::take(&mut self.group)))
    }

    /// A last group of two to four digits has one byte less.
    fn last(&mut self, room: &mut [u8]) -> usize {
        let bytes = self.group.len().saturating_sub(1);
        self.group.resize(5, 84);
        room[..bytes].copy_from_slice(&value(&self.group).to_be_bytes()[..bytes]);
        bytes
    }
}

/// Groups that are too large are no valid data; what is made of them does no harm.
fn value(digits: &[u8]) -> u32 {
    digits.iter().fold(0, |value: u32, &digit| value.wrapping_mul(85).wrapping_add(digit.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What comes of a text that is read at once, and by single bytes.
    fn decoded(text: &str) -> Option<Vec<u8>> {
        let [at_once, by_bytes] = [text.len(), 1].map(|piece| {
            let (mut codec, mut out) = (Ascii85::default(), Vec::new());
            for piece in text.as_bytes().chunks(piece) {
                let mut room = [0; 64];
                let Step { made, then, .. } = codec.step(piece, &mut room);
                out.extend_from_slice(&room[..made]);
                match then {
                    Then::GoesOn => {}
                    Then::Ended => return Some(out),
                    Then::Broken => return None,
                }
            }
            Some(out)
        });
        assert_eq!(at_once, by_bytes, "{text}");
        at_once
    }

    #[test]
    fn five_digits_are_four_bytes_and_a_last_group_has_one_byte_less() {
        for (text, bytes) in [
            ("9jqo^~>", Some(&b"Man "[..])),
            ("<~9jqo^Bla~>", Some(b"Man is")),
            ("9j qo\n^z9`~>", Some(b"Man \0\0\0\0M")),
            ("9jn~>", Some(b"Ma")),
            ("9`~>", Some(b"M")),
            ("9~>", Some(b"")),
            ("~>", Some(b"")),
            // `z` is four bytes of nothing, so a whole group.
            ("9z", None),
            ("9jqv", None),
        ] {
            assert_eq!(decoded(text).as_deref(), bytes, "{text}");
        }
    }
}
