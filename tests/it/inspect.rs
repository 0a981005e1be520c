//! Documents that are no text: a value in them keeps them from leaving, however deep in compressed parts it lies.

use std::collections::BTreeMap;
use std::io::{self, Cursor, Read, Seek, SeekFrom, Write};
use std::process::{Command, Stdio};

use base64::prelude::{BASE64_STANDARD, Engine as _};
use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
use proptest::prelude::*;
use um_host::base::{Over, Work};
use um_host::leak::{Budget, End, Filter, InspectError, Packing, Stream, Withheld};

const NAME: &str = "API_KEY";
const VALUE: &str = "pat-na1-7Hq2Lx9vTz";

fn stream() -> Stream {
    Stream::Document("report".to_owned())
}

fn guarding() -> Filter {
    let filter = Filter::new();
    filter.guard(NAME, VALUE);
    filter
}

/// Writes a document as a run does, through a redactor, and inspects what has become of it.
fn inspect_with(filter: &Filter, content: &[u8]) -> Result<(), Withheld> {
    let mut staged = Vec::new();
    let mut redactor = filter.stream(stream());
    redactor.write(content, &mut staged);
    redactor.finish(End::Chosen, &mut staged);
    withheld(filter.inspect(&Work::unlimited(), &stream(), &mut Cursor::new(staged), &mut Budget::default()))
}

fn inspect(content: &[u8]) -> Result<(), Withheld> {
    inspect_with(&guarding(), content)
}

fn withheld(inspected: Result<(), InspectError>) -> Result<(), Withheld> {
    inspected.map_err(|error| match error {
        InspectError::Withheld(withheld) => withheld,
        error => panic!("{error}"),
    })
}

fn leak() -> Result<(), Withheld> {
    Err(Withheld::Leak { secrets: vec![NAME.to_owned()] })
}

fn too_deep() -> Result<(), Withheld> {
    Err(Withheld::TooDeep)
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

fn zlib(content: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

/// A member of a zip as it stands in front of the directory.
fn zip_member(name: &str, content: &[u8]) -> Vec<u8> {
    let mut deflated = DeflateEncoder::new(Vec::new(), Compression::default());
    deflated.write_all(content).unwrap();
    let mut member = b"PK\x03\x04\x14\x00\x00\x00\x08\x00".to_vec();
    member.extend([0; 16]);
    member.extend(u16::try_from(name.len()).unwrap().to_le_bytes());
    member.extend([0; 2]);
    member.extend(name.as_bytes());
    member.extend(deflated.finish().unwrap());
    member
}

/// What Python makes of each text, by what it is.
fn made_by_python(texts: &[&str]) -> Vec<BTreeMap<String, Vec<u8>>> {
    let mut python = Command::new("python3");
    python.args(["-c", include_str!("inspect.py")]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut python = python.spawn().expect("python3, which makes the files, is installed");
    python.stdin.take().unwrap().write_all(&serde_json::to_vec(texts).unwrap()).unwrap();
    let output = python.wait_with_output().unwrap();
    assert!(output.status.success());
    let files: Vec<BTreeMap<String, String>> = serde_json::from_slice(&output.stdout).unwrap();
    let decode = |(name, file)| (name, BASE64_STANDARD.decode::<String>(file).unwrap());
    files.into_iter().map(|files| files.into_iter().map(decode).collect()).collect()
}

#[test]
fn a_value_is_found_in_the_files_that_other_programs_make() {
    let hex: String = VALUE.bytes().map(|byte| format!("{byte:02x}")).collect();
    let texts = [VALUE, &BASE64_STANDARD.encode(VALUE), &hex, "pat-na1-7Hq2Lx9vTy"];
    for (text, files) in texts.iter().zip(made_by_python(&texts)) {
        assert!(files.len() > 20);
        for (name, file) in files {
            let expected = match name.as_str() {
                "text" => Ok(()),
                "zip, bzip2" => Err(Withheld::UnknownMethod { method: 12 }),
                "zip, lzma" => Err(Withheld::UnknownMethod { method: 14 }),
                _ if *text == texts[3] && name.contains("dictionary") => dictionary(),
                _ if name.contains("dictionary") => continue,
                _ if *text == texts[3] || name.starts_with("odd: ") => Ok(()),
                _ => leak(),
            };
            assert_eq!(inspect(&file), expected, "{name} with {text}");
        }
    }
}

#[test]
fn what_is_found_is_counted_by_form_for_the_document() {
    let filter = guarding();
    let encoded = BASE64_STANDARD.encode(VALUE);
    // Longer ones, since what is short is stored as it is.
    let compressed = |text: &str| gzip(format!("{}{text}", "more of the same, ".repeat(100)).as_bytes());
    let archive = compressed(&format!("{VALUE} {encoded}"));
    assert_eq!(inspect_with(&filter, &[archive, compressed(VALUE)].concat()), leak());
    let counted: Vec<String> = filter
        .report()
        .iter()
        .map(|leak| format!("{} {} {} {}", leak.secret, leak.stream, leak.form, leak.count))
        .collect();
    assert_eq!(counted, ["API_KEY document report raw 2", "API_KEY document report base64 1"]);
}

#[test]
fn every_secret_that_is_found_is_named_once() {
    let filter = guarding();
    filter.guard("OTHER_KEY", "correct horse");
    let found = inspect_with(&filter, &gzip(format!("{VALUE}\ncorrect horse\n{VALUE}").as_bytes()));
    assert_eq!(found, Err(Withheld::Leak { secrets: vec![NAME.to_owned(), "OTHER_KEY".to_owned()] }));
    assert_eq!(
        found.unwrap_err().to_string(),
        "it holds API_KEY, OTHER_KEY, and what is no text cannot be masked without damage"
    );
}

#[test]
fn text_is_let_out_with_its_masks_and_anything_else_is_not() {
    for text in ["", "plain", "ünï\u{2028}cödé-𝄞", "tab\tbell\u{7}", "not a %PDF"] {
        assert_eq!(inspect(text.as_bytes()), Ok(()), "{text}");
        assert_eq!(inspect(format!("{text}{VALUE}{text}").as_bytes()), Ok(()), "{text}");
    }
    for other in [&b"nul\0"[..], b"caf\xe9", b"cut \xf0\x9d\x84", b"\xff\xfe", b"%PDF-1.7\n", b"\n\n%PDF-1.7\n"] {
        assert_eq!(inspect(other), Ok(()), "{other:?}");
        assert_eq!(inspect(&[other, VALUE.as_bytes()].concat()), leak(), "{other:?}");
    }
}

#[test]
fn a_character_across_two_reads_is_still_text() {
    for before in 65_530..65_540 {
        let text = format!("{}ü𝄞{VALUE}", "x".repeat(before));
        assert_eq!(inspect(text.as_bytes()), Ok(()), "{before}");
        assert_eq!(inspect(&[text.as_bytes(), &[0xff]].concat()), leak(), "{before}");
    }
}

#[test]
fn parts_are_looked_into_four_deep() {
    type Wrap = fn(&[u8]) -> Vec<u8>;
    let wraps: [Wrap; 3] = [gzip, zlib, |content| zip_member("inner", content)];
    for wrap in wraps {
        let (mut hidden, mut harmless) = (VALUE.as_bytes().to_vec(), b"nothing to see".to_vec());
        for deep in 1..=6 {
            (hidden, harmless) = (wrap(&hidden), wrap(&harmless));
            let (found, passed) = if deep <= 4 { (leak(), Ok(())) } else { (too_deep(), too_deep()) };
            assert_eq!((inspect(&hidden), inspect(&harmless)), (found, passed), "{deep}");
        }
    }
}

#[test]
fn what_inflates_to_too_much_is_not_let_out() {
    let zeros = |mebibytes: usize| gzip(&vec![0; mebibytes << 20]);
    assert_eq!(inspect(&zeros(60)), Ok(()));
    assert_eq!(inspect(&zeros(120)), Err(Withheld::TooLarge));
    // Twice the same, one in the other.
    assert_eq!(inspect(&gzip(&zeros(120))), Err(Withheld::TooLarge));
    // A larger document may inflate to more.
    let noise: Vec<u8> = (0..1_u32 << 18).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
    assert_eq!(inspect(&[zeros(120), noise].concat()), Ok(()));
}

#[test]
fn ten_thousand_parts_are_looked_through_and_no_more() {
    let archive = |members: usize| zip_member("n", b"content").repeat(members);
    assert_eq!(inspect(&archive(10_000)), Ok(()));
    assert_eq!(inspect(&[archive(9_999), zip_member("n", VALUE.as_bytes())].concat()), leak());
    assert_eq!(inspect(&archive(10_001)), Err(Withheld::TooManyParts));
}

#[test]
fn parts_that_all_go_on_are_not_inflated_without_end() {
    // Stored blocks of deflate: the headers of the next ones are the content of those before.
    let mut nested = Vec::new();
    for _ in 0..80 {
        nested = [&b"PK\x03\x04\x14\x00\x00\x00\x08\x00"[..], &[0; 20], &[0, 0xff, 0xff, 0, 0], &nested].concat();
    }
    assert_eq!(inspect(&nested), Err(Withheld::TooDeep));
    let side_by_side: Vec<u8> = (0..80)
        .flat_map(|_| [&b"PK\x03\x04\x14\x00\x00\x00\x08\x00"[..], &[0; 16], &[0xff, 0xff, 0, 0]].concat())
        .collect();
    assert_eq!(inspect(&side_by_side), Err(Withheld::TooManyParts));
}

/// Gives a few bytes at a time.
struct Slow<'a> {
    content: Cursor<&'a [u8]>,
    step: usize,
}

impl Read for Slow<'_> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let room_length = room.len().min(self.step);
        self.content.read(&mut room[..room_length])
    }
}

impl Seek for Slow<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.content.seek(to)
    }
}

#[test]
fn how_it_is_read_makes_no_difference() {
    for (name, file) in made_by_python(&[VALUE]).remove(0).into_iter().filter(|(_, file)| file.len() < 8000) {
        let inspect_by = |step| {
            let mut slow = Slow { content: Cursor::new(&file), step };
            withheld(guarding().inspect(&Work::unlimited(), &stream(), &mut slow, &mut Budget::default()))
        };
        let at_once = inspect_by(usize::MAX);
        for step in [1, 2, 3, 29, 30, 31, 511, 513] {
            assert_eq!(inspect_by(step), at_once, "{name} by {step}");
        }
    }
}

fn cut(packing: Packing) -> Result<(), Withheld> {
    Err(Withheld::Cut { packing })
}

fn damaged(packing: Packing) -> Result<(), Withheld> {
    Err(Withheld::Damaged { packing })
}

fn dictionary() -> Result<(), Withheld> {
    Err(Withheld::Dictionary { packing: Packing::Zlib })
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
    assert_eq!(inspect(&[&headers[0][..], b"\xff", &after].concat()), Ok(()), "two bytes at the beginning");
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
        |work: &Work| guarding().inspect(work, &stream(), &mut Cursor::new(&file), &mut Budget::default());
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
        let inspected = guarding().inspect(&work, &stream(), &mut stopping, &mut Budget::default());
        assert!(matches!(inspected, Err(InspectError::Over(Over::Stopped))));
        assert!(stopping.content.position() < 600_000);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn noise_is_let_out(noise in proptest::collection::vec(any::<u8>(), 0..20_000)) {
        prop_assert_eq!(inspect(&noise), Ok(()));
    }

    #[test]
    fn a_part_is_found_wherever_it_stands(
        before in proptest::collection::vec(any::<u8>(), 0..2000),
        after in proptest::collection::vec(any::<u8>(), 0..2000),
        kind in 0..3,
    ) {
        let part = [gzip, zlib, |content: &[u8]| zip_member("inner", content)][kind as usize](VALUE.as_bytes());
        // Otherwise it may be text, to which compression is a matter of its own.
        let content = [&before[..], &part, &[0xff], &after].concat();
        prop_assert_eq!(inspect(&content), leak());
    }

    #[test]
    fn a_damaged_file_is_no_fault(
        file in 0_usize..20,
        damage in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..20),
    ) {
        thread_local!(static FILES: Vec<Vec<u8>> = made_by_python(&[VALUE]).remove(0).into_values().collect());
        let mut content = FILES.with(|files| files[file % files.len()].clone());
        for (at, byte) in damage {
            let at = at.index(content.len());
            content[at] = byte;
        }
        // Whatever it says, it comes to an end.
        let _ = inspect(&content);
    }
}
