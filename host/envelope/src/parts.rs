//! What is known of the parts of a value, as an optional field of its record.
//!
//! ```text
//! version of the value 8 · rules 4 · how many 4 · for each: verdict and word 1 · length of its path 4 · path
//! ```
//! The field is critical as soon as the owner guards a part: an um-host that does not know it would let that part pass.
//! One that does not know it and gives the secret another value leaves the field of the former behind: the version tells,
//! and nothing of it counts.

use um_secret::{Part, Parts, Verdict, Word};

use super::wire::{Malformed, Reader, Writer};

/// The number of the field.
pub(crate) const PARTS: u16 = 1;
/// The length of the smallest part.
const SMALLEST: usize = 1 + 4 + 1;

/// Whether an um-host that does not know the field must not go on.
pub(crate) fn are_critical(parts: &Parts) -> bool {
    parts.words().any(|(_, word)| word == Word::Guard)
}

/// What there is to be written; nothing where nothing is known.
pub(crate) fn write(version: u64, parts: &Parts) -> Option<Vec<u8>> {
    if *parts == Parts::default() {
        return None;
    }
    let mut writer = Writer::with_capacity(16 + parts.bytes());
    writer.u64(version).u32(parts.rules).count(parts.list.len());
    for part in &parts.list {
        writer.u8(code(part)).text(&part.path);
    }
    Some(writer.finish().to_vec())
}

/// The parts of the value that has this version.
pub(crate) fn read(version: u64, bytes: &[u8], is_critical: bool) -> Result<Parts, Malformed> {
    let mut reader = Reader::new(bytes);
    let (of, rules) = (reader.u64()?, reader.u32()?);
    let mut list = Vec::new();
    for _ in 0..reader.count(SMALLEST)? {
        let code = reader.u8()?;
        let (verdict, word) = judged(code & !SHORT)?;
        list.push(Part { path: reader.text()?.to_owned(), verdict, word, is_short: code & SHORT != 0 });
    }
    reader.finish()?;
    let parts = Parts { rules, list };
    if of > version || parts == Parts::default() || !parts.are_kept() || are_critical(&parts) != is_critical {
        return Err(Malformed);
    }
    Ok(if of == version { parts } else { Parts::default() })
}

/// A part that is too short to be masked.
const SHORT: u8 = 0x80;

fn code(part: &Part) -> u8 {
    let verdict = match part.verdict {
        Verdict::Plain => 0,
        Verdict::Doubtful => 1,
        Verdict::Certain => 2,
    };
    let word = match part.word {
        None => 0,
        Some(Word::Guard) => 1,
        Some(Word::Leave) => 2,
    };
    verdict | word << 4 | if part.is_short { SHORT } else { 0 }
}

fn judged(code: u8) -> Result<(Verdict, Option<Word>), Malformed> {
    let verdict = match code & 0xf {
        0 => Verdict::Plain,
        1 => Verdict::Doubtful,
        2 => Verdict::Certain,
        _ => return Err(Malformed),
    };
    let word = match code >> 4 {
        0 => None,
        1 => Some(Word::Guard),
        2 => Some(Word::Leave),
        _ => return Err(Malformed),
    };
    Ok((verdict, word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use um_secret::{MAX_PARTS, MAX_PATH_BYTES};

    fn part(path: &str, verdict: Verdict, word: Option<Word>) -> Part {
        Part { path: path.to_owned(), verdict, word, is_short: false }
    }

    fn parts() -> Parts {
        let list = vec![
            part("db.password", Verdict::Certain, None),
            part("[3]", Verdict::Doubtful, Some(Word::Leave)),
            part("é", Verdict::Plain, Some(Word::Guard)),
        ];
        Parts { rules: 7, list }
    }

    /// As `parts` were written once; they must read so for ever.
    const GOLDEN: &[u8] =
        b"\x05\0\0\0\0\0\0\0\x07\0\0\0\x03\0\0\0\x02\x0b\0\0\0db.password\x21\x03\0\0\0[3]\x10\x02\0\0\0\xc3\xa9";

    #[test]
    fn parts_are_written_as_they_were_once() {
        assert_eq!(write(5, &parts()).unwrap(), GOLDEN);
        assert_eq!(read(5, GOLDEN, true), Ok(parts()));
    }

    #[test]
    fn every_verdict_comes_back_with_every_word() {
        let words = [None, Some(Word::Guard), Some(Word::Leave)];
        for (verdict, word) in [Verdict::Plain, Verdict::Doubtful, Verdict::Certain]
            .into_iter()
            .flat_map(|verdict| words.map(|word| (verdict, word)))
        {
            let parts = Parts { rules: 0, list: vec![part("a", verdict, word)] };
            assert_eq!(are_critical(&parts), word == Some(Word::Guard));
            assert_eq!(read(1, &write(1, &parts).unwrap(), are_critical(&parts)), Ok(parts));
        }
        let judged = Parts { rules: 1, list: Vec::new() };
        assert_eq!(read(1, &write(1, &judged).unwrap(), false), Ok(judged), "there are none, and that is known");
        assert_eq!(write(1, &Parts::default()), None);
    }

    #[test]
    fn the_most_that_are_kept_come_back() {
        let path = |number: usize| format!("{number:028}");
        let list = (0..MAX_PARTS).map(|number| part(&path(number), Verdict::Certain, None)).collect();
        let most = Parts { rules: u32::MAX, list }.bounded();
        assert!(most.list.len() > 900);
        assert_eq!(read(u64::MAX, &write(u64::MAX, &most).unwrap(), false), Ok(most));
    }

    #[test]
    fn parts_of_a_former_value_do_not_count_and_of_a_later_one_are_malformed() {
        assert_eq!(read(6, GOLDEN, true), Ok(Parts::default()));
        assert_eq!(read(4, GOLDEN, true), Err(Malformed));
    }

    #[test]
    fn what_is_damaged_is_malformed_and_never_a_word_less() {
        for end in 0..GOLDEN.len() {
            assert_eq!(read(5, &GOLDEN[..end], true), Err(Malformed), "cut at {end}");
        }
        assert_eq!(read(5, &[GOLDEN, b"\0"].concat(), true), Err(Malformed));
        assert_eq!(read(5, GOLDEN, false), Err(Malformed), "whoever does not know it must be stopped");
        let changed = |at: usize, byte: u8| {
            let mut bytes = GOLDEN.to_vec();
            bytes[at] = byte;
            read(5, &bytes, true)
        };
        for byte in [3, 0x0f, 0x30, 0xf0] {
            assert_eq!(changed(16, byte), Err(Malformed), "{byte:#x}");
        }
        assert_eq!(changed(12, 0xff), Err(Malformed), "more than there are");
        assert_eq!(changed(17, 0xff), Err(Malformed), "a path beyond the end");
        assert_eq!(changed(21, 0x1b), Err(Malformed), "what drives a terminal");
    }

    #[test]
    fn what_no_vault_keeps_is_malformed() {
        let of = |list: Vec<Part>| {
            let mut writer = Writer::default();
            writer.u64(1).u32(1).count(list.len());
            list.iter().for_each(|part| _ = writer.u8(code(part)).text(&part.path));
            read(1, &writer.finish(), false)
        };
        let plain = |path: &str| part(path, Verdict::Plain, None);
        assert!(of(vec![plain("a"), plain("b")]).is_ok());
        assert_eq!(of(vec![plain("a"), plain("a")]), Err(Malformed));
        assert_eq!(of(vec![plain("")]), Err(Malformed));
        assert_eq!(of(vec![plain(&"x".repeat(MAX_PATH_BYTES + 1))]), Err(Malformed));
        assert_eq!(of((0..=MAX_PARTS).map(|number| plain(&number.to_string())).collect()), Err(Malformed));
        assert_eq!(read(1, &[&[1, 0, 0, 0, 0, 0, 0, 0][..], &[0; 8]].concat(), false), Err(Malformed), "nothing");
    }
}
