//! Documents that are no text: a value in them keeps them from leaving, however deep in compressed parts it lies.

use std::collections::BTreeMap;
use std::io::{self, Cursor, Read, Seek, SeekFrom, Write};
use std::process::{Command, Stdio};

use base64::prelude::{BASE64_STANDARD, Engine as _};
use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
use proptest::prelude::*;
use um_base::Work;
use um_leak::{Budget, End, Filter, InspectError, Packing, Stream, Withheld};

mod whole;

use crate::AtOnce;
use crate::support::bound::Bounded;

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
    let mut redactor = filter.writer(stream());
    redactor.write(content, &mut staged);
    redactor.finish(End::Chosen, &mut staged);
    withheld(filter.at_once().inspect(&Work::unlimited(), &stream(), &mut Cursor::new(staged), &mut Budget::default()))
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

fn dictionary() -> Result<(), Withheld> {
    Err(Withheld::Dictionary { packing: Packing::Zlib })
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
    let mut python = python.start().expect("python3, which makes the files, is installed");
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
        "it holds API_KEY, OTHER_KEY, and a binary document cannot be masked without damage"
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
    let large = zeros(120);
    assert_eq!(inspect(&large), Err(Withheld::TooLarge));
    // Twice the same, one in the other.
    assert_eq!(inspect(&gzip(&large)), Err(Withheld::TooLarge));
    // A larger document may inflate to more.
    let noise: Vec<u8> = (0..1_u32 << 18).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
    assert_eq!(inspect(&[large, noise].concat()), Ok(()));
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
            withheld(guarding().at_once().inspect(&Work::unlimited(), &stream(), &mut slow, &mut Budget::default()))
        };
        let at_once = inspect_by(usize::MAX);
        for step in [1, 2, 3, 29, 30, 31, 511, 513] {
            assert_eq!(inspect_by(step), at_once, "{name} by {step}");
        }
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
