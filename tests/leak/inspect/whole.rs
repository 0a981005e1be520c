//! Parts that cannot be looked through whole: cut, damaged, with a dictionary; and what only looks like one.

use std::io::{self, Cursor, Read, Seek, SeekFrom, Write};

use flate2::Compression;
use flate2::write::DeflateEncoder;
use um_base::{Over, Work};
use um_leak::{Budget, InspectError, Packing, Withheld};

use crate::AtOnce;

use super::{VALUE, dictionary, guarding, gzip, inspect, leak, made_by_python, stream, zip_member, zlib};

fn cut(packing: Packing) -> Result<(), Withheld> {
    Err(Withheld::Cut { packing })
}

fn damaged(packing: Packing) -> Result<(), Withheld> {
    Err(Withheld::Damaged { packing })
}

/// What no compression makes smaller.
fn noise(bytes: usize, mut seed: u32) -> Vec<u8> {
    let mut next = || {
        seed ^= seed << 13;
        seed ^= seed >> 17;
        seed ^= seed << 5;
        seed.to_le_bytes()[1]
    };
    (0..bytes).map(|_| next()).collect()
}

/// A text that takes many blocks, in which the value stands near the end.
fn report(text: &str) -> Vec<u8> {
    let mut report: Vec<u8> = (0..6000_u32)
        .flat_map(|row| format!("{row};{};row of a table\n", row.wrapping_mul(2_654_435_761)).into_bytes())
        .collect();
    report.extend_from_slice(text.as_bytes());
    report
}

#[test]
fn what_is_cut_off_is_not_let_out() {
    // Once the file was looked into as far as it went, and let out with what nobody had seen behind it.
    let padding = vec![b'.'; 4096];
    let whole = gzip(&[VALUE.as_bytes(), &padding].concat());
    let archive = made_by_python(&[VALUE]).remove(0).remove("zip, deflated").unwrap();
    for (file, packing, header) in [(&whole, Packing::Gzip, 10), (&archive, Packing::Zip, 30)] {
        for length in 0..file.len() {
            let found = inspect(&file[..length]);
            let expected = [Ok(()), leak(), cut(packing)];
            assert!(expected.contains(&found), "{length}: {found:?}");
            assert!(length > header || found == Ok(()), "{length}: {found:?}");
        }
        assert_eq!(inspect(file), leak());
    }
    let report = report("no value");
    for (file, packing, tail) in [(gzip(&report), Packing::Gzip, 8), (zlib(&report), Packing::Zlib, 4)] {
        for length in [file.len() / 4, file.len() / 2, file.len() - tail - 1] {
            assert_eq!(inspect(&file[..length]), cut(packing), "{length}");
            assert_eq!(inspect(&gzip(&file[..length])), cut(packing), "{length}, in a whole one");
        }
        // What is behind the end only sums up what was seen.
        assert_eq!(inspect(&file[..file.len() - tail]), Ok(()));
        assert_eq!(inspect(&file), Ok(()));
    }
    let words = inspect(&gzip(&report)[..2000]).unwrap_err().to_string();
    assert!(words.contains("(gzip)") && words.contains("close what writes it"), "{words}");
}

/// Deflate of two halves, damaged or not where the second begins: there is no block of the kind that stands there then.
fn deflated(content: &[u8], is_damaged: bool) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    let (first, second) = content.split_at(content.len() / 2);
    encoder.write_all(first).unwrap();
    encoder.flush().unwrap();
    let boundary = encoder.get_ref().len();
    encoder.write_all(second).unwrap();
    let mut deflated = encoder.finish().unwrap();
    deflated[boundary] |= if is_damaged { 0b110 } else { 0 };
    deflated
}

/// The same in every container.
fn packed(deflated: &[u8]) -> Vec<(&'static str, Packing, Vec<u8>)> {
    let zlib = [b"x\x9c", deflated, &[0; 4]].concat();
    let gzip = [b"\x1f\x8b\x08\0\0\0\0\0\0\xff", deflated, &[0; 8]].concat();
    let first = self::gzip(b"a member that is whole");
    let named = [b"\x1f\x8b\x08\x08\0\0\0\0\x02\x03a.txt\0", deflated, &[0; 8]].concat();
    let zip = [b"PK\x03\x04\x14\0\x08\0\x08\0", &[0; 16][..], b"\x05\0\0\0a.txt", deflated].concat();
    let pdf = [b"%PDF-1.7\n<< /Filter [/FlateDecode] >>\nstream\r\n", &zlib[..], b"\nendstream"].concat();
    let text = [b"\x89PNG\r\n\x1a\n\0\0\x01\0zTXtComment\0\0", &zlib[..], b"crc."].concat();
    vec![
        ("zlib", Packing::Zlib, zlib.clone()),
        ("zlib behind something", Packing::Zlib, [&noise(5000, 3), &zlib[..]].concat()),
        ("gzip", Packing::Gzip, gzip.clone()),
        ("gzip behind something", Packing::Gzip, [&noise(5000, 3), &gzip[..]].concat()),
        ("gzip with a name", Packing::Gzip, named),
        ("second member of a gzip", Packing::Gzip, [first, gzip].concat()),
        ("zip", Packing::Zip, zip.clone()),
        ("second member of a zip", Packing::Zip, [zip_member("first", b"content"), zip].concat()),
        ("PDF", Packing::Zlib, pdf),
        ("text of a PNG", Packing::Zlib, text),
    ]
}

#[test]
fn what_is_damaged_in_its_middle_is_not_let_out() {
    let report = report("no value");
    for (name, packing, file) in packed(&deflated(&report, true)) {
        assert_eq!(inspect(&file), damaged(packing), "{name}");
        assert_eq!(inspect(&gzip(&file)), damaged(packing), "{name}, in a whole one");
    }
    for (name, _, file) in packed(&deflated(&report, false)) {
        assert_eq!(inspect(&file), Ok(()), "{name}");
    }
    let words = inspect(&packed(&deflated(&report, true))[0].2).unwrap_err().to_string();
    assert!(words.contains("(zlib)") && words.contains("write it anew"), "{words}");
    let file = &made_by_python(&["no value"])[0]["PDF, ASCII85"];
    let mut armour = file.clone();
    armour[file.len() / 2] = b'{';
    assert_eq!((inspect(file), inspect(&armour)), (Ok(()), damaged(Packing::Ascii85)));
}

#[test]
fn a_short_part_is_known_by_what_stands_around_it() {
    for (name, file) in made_by_python(&["no value"]).remove(0) {
        let Some(packing) = (match name.as_str() {
            "zip, deflated" | "zip, piped" | "xlsx" => Some(Packing::Zip),
            "gzip" | "gzip with all fields" => Some(Packing::Gzip),
            "PDF, deflated" | "PDF, deflated, other newline" => Some(Packing::Zlib),
            "PDF, ASCII85" => Some(Packing::Ascii85),
            "PNG with a comment" => Some(Packing::Zlib),
            _ => None,
        }) else {
            continue;
        };
        let begins = |beginning: &[u8]| file.windows(beginning.len()).position(|window| window == beginning);
        let at = match name.as_str() {
            "gzip" => 10,
            "gzip with all fields" => begins(b"a comment\0").unwrap() + 12,
            "PNG with a comment" => begins(b"Comment\0\0").unwrap() + 11,
            name if name.starts_with("PDF") => begins(b"stream").unwrap() + 10,
            _ => begins(b"today.txt").or(begins(b"[Content")).unwrap() + 19,
        };
        let mut broken = file.clone();
        // The kind of block that does not exist, or no character of ASCII85.
        broken[at] = if packing == Packing::Ascii85 { b'~' + 1 } else { 0xff };
        let found = inspect(&broken);
        assert!(found == damaged(packing) || found == cut(packing), "{name}: {found:?}");
    }
}

#[test]
fn a_stream_that_needs_a_dictionary_is_not_let_out() {
    let files = made_by_python(&[VALUE]).remove(0);
    // Filler of which the most lies in the dictionary, so that the value was never seen.
    for name in ["zlib with a dictionary", "zlib with a dictionary, behind something", "PDF with a dictionary"] {
        let found = inspect(&files[name]);
        assert!(found == dictionary() || found == leak(), "{name}: {found:?}");
        let harmless = inspect(&made_by_python(&["no value"])[0][name]);
        assert_eq!(harmless, dictionary(), "{name}");
    }
    let words = inspect(&made_by_python(&["no value"])[0]["zlib with a dictionary"]).unwrap_err().to_string();
    assert!(words.contains("preset dictionary") && words.contains("without one"), "{words}");
}

#[test]
fn ordinary_files_that_are_odd_are_let_out() {
    for (name, file) in
        made_by_python(&["no value"]).remove(0).into_iter().filter(|(name, _)| name.starts_with("odd: "))
    {
        assert_eq!(inspect(&file), Ok(()), "{name}");
    }
}

#[test]
fn what_only_looks_like_a_part_is_let_out() {
    let after = noise(5000, 7);
    let headers: [&[u8]; 9] =
        [b"x\x9c", b"x\xda", b"x\x01", b"x^", b"x ", b"x\xbb", b"\x1f\x8b\x08\0\0\0\0\0\0\x03", b"stream\n", b"8\x11"];
    for header in headers {
        for before in [0, 1, 3000] {
            let before = noise(before, 99);
            let found = inspect(&[b"\0\xff", &before[..], header, b"\xff\xff", &after].concat());
            assert_eq!(found, Ok(()), "{}", header.escape_ascii());
            assert_eq!(
                inspect(&[b"\0\xff", &before[..], header].concat()),
                Ok(()),
                "{} at the end",
                header.escape_ascii()
            );
        }
    }
    assert_eq!(inspect(&[headers[0], b"\xff", &after].concat()), Ok(()), "two bytes at the beginning");
    // Text in an archive, of which nothing but its letters look like a header.
    let text = "x = 5; x = x + 1 (hC, XG, 80, x^2)\n".repeat(2000);
    assert_eq!(inspect(&gzip(text.as_bytes())), Ok(()));
}

#[test]
fn noise_of_many_megabytes_is_let_out() {
    assert_eq!(inspect(&noise(8 << 20, 2_463_534_242)), Ok(()));
}

#[test]
fn the_search_keeps_to_the_work_of_its_run() {
    let file = gzip(&report("no value"));
    let inspect_with =
        |work: &Work| guarding().at_once().inspect(work, &stream(), &mut Cursor::new(&file), &mut Budget::default());
    let roomy = Work::new(8 << 20);
    assert!(inspect_with(&roomy).is_ok());
    assert_eq!(roomy.peak(), 8 << 20);
    assert!(roomy.try_hold(8 << 20).is_some(), "it was given back");
    assert!(matches!(inspect_with(&Work::new((8 << 20) - 1)), Err(InspectError::Over(Over::Memory))));
    let stopped = Work::unlimited();
    stopped.stop();
    assert!(matches!(inspect_with(&stopped), Err(InspectError::Over(Over::Stopped))));
}

/// Stops the work when so many bytes of a document were read.
struct Stopping<'a> {
    content: Cursor<&'a [u8]>,
    after: u64,
    work: Work,
}

impl Read for Stopping<'_> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        if self.content.position() >= self.after {
            self.work.stop();
        }
        self.content.read(room)
    }
}

impl Seek for Stopping<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.content.seek(to)
    }
}

#[test]
fn a_search_under_way_ends_with_the_work() {
    let (text, noise) = (vec![b'.'; 1 << 20], noise(1 << 20, 5));
    for content in [&text[..], &noise] {
        let work = Work::unlimited();
        let mut stopping = Stopping { content: Cursor::new(content), after: 300_000, work: work.clone() };
        let inspected = guarding().at_once().inspect(&work, &stream(), &mut stopping, &mut Budget::default());
        assert!(matches!(inspected, Err(InspectError::Over(Over::Stopped))));
        assert!(stopping.content.position() < 600_000);
    }
}

/// Found by random documents: what a short stream had inflated to before its damage was taken for an accident, and let out.
#[test]
fn what_a_short_stream_came_to_before_it_broke_is_looked_through() {
    let whole = zlib(format!("{VALUE} and some text behind it").as_bytes());
    for damage in [0xff, 0x06] {
        let mut broken = whole.clone();
        // The last bytes of what is compressed; four of a check sum follow.
        let end = broken.len() - 4;
        broken[end - 4..end].fill(damage);
        assert_eq!(inspect(&broken), leak(), "{damage}");
    }
}
