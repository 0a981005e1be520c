//! Parts of values of which nobody can tell whether they are secrets.

use std::io::{Cursor, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use um_base::Work;
use um_leak::{Budget, End, Filter, Form, InspectError, Stream, Withheld};
use um_secret::{Part, Parts, Verdict, Word};

use super::{AtOnce, finished, redact, written};

const VALUE: &str = r#"{"db": {"password": "k7x-L0ng.pa55-w0rd"}, "region": "frankfurt-blue"}"#;
const PASSWORD: &str = "k7x-L0ng.pa55-w0rd";
const REGION: &str = "frankfurt-blue";

/// The region is doubtful, whatever is judged of it today, unless its owner says something.
fn filter(word: Option<Word>) -> Filter {
    let region = Part { path: "region".to_owned(), verdict: Verdict::Doubtful, word, is_short: false };
    let filter = Filter::new();
    filter.guard_parts("JSON", VALUE, &Parts { rules: 1, list: vec![region] }, Vec::new());
    filter
}

/// What is told: secret and part, way out, form and how often.
fn told(leaks: &[um_leak::Leak]) -> Vec<(String, String, Form, u64)> {
    leaks.iter().map(|leak| (leak.owner(), leak.stream.to_string(), leak.form, leak.count)).collect()
}

fn json(filter: &Filter, text: &str) -> String {
    filter.at_once().json(Stream::Result, text, &Work::unlimited()).unwrap().into_string()
}

#[test]
fn people_are_not_shown_what_is_doubtful_and_are_told_where_it_stands() {
    let filter = filter(None);
    for stream in [Stream::Stdout, Stream::Stderr, Stream::Error, Stream::Trap, Stream::Stdin] {
        assert_eq!(filter.text(stream, &format!("in {REGION}, with {PASSWORD}")), "in ***, with ***");
    }
    let stdout: Vec<_> = told(&filter.report()).into_iter().filter(|(_, stream, ..)| stream == "stdout").collect();
    let part = |path: &str| (format!("JSON ({path})"), "stdout".to_owned(), Form::Part, 1);
    assert_eq!(stdout, [part("db.password"), part("region")]);
    assert!(filter.doubtful().is_empty());
}

#[test]
fn programs_get_what_is_doubtful_byte_for_byte_and_it_is_counted() {
    let filter = filter(None);
    let text = format!(r#"{{"{REGION}":["{REGION}","{PASSWORD}"]}}"#);
    assert_eq!(json(&filter, &text), format!(r#"{{"{REGION}":["{REGION}","***"]}}"#));
    let mut document = filter.writer(Stream::Document("a.csv".to_owned()));
    let mut out = Vec::new();
    document.write(format!("{REGION};{PASSWORD}\n").as_bytes(), &mut out);
    document.finish(End::Chosen, &mut out);
    assert_eq!(String::from_utf8(out).unwrap(), format!("{REGION};***\n"));
    let region = |stream: &str, count| ("JSON (region)".to_owned(), stream.to_owned(), Form::Part, count);
    assert_eq!(told(&filter.doubtful()), [region("result", 2), region("document a.csv", 1)]);
    let masked: Vec<_> = told(&filter.report()).into_iter().map(|(owner, ..)| owner).collect();
    assert_eq!(masked, ["JSON (db.password)", "JSON (db.password)"]);
}

#[test]
fn the_value_as_a_whole_is_certain_whatever_its_parts_are() {
    let filter = filter(None);
    assert_eq!(json(&filter, &format!("[{VALUE:?}]")), r#"["***"]"#);
    assert!(filter.doubtful().is_empty(), "nothing of it has passed");
    assert_eq!(told(&filter.report()).len(), 1);
}

#[test]
fn the_owners_word_decides_either_way() {
    let (guarded, left) = (filter(Some(Word::Guard)), filter(Some(Word::Leave)));
    let text = format!(r#"["{REGION}"]"#);
    assert_eq!([json(&guarded, &text), json(&left, &text)], [r#"["***"]"#, &text]);
    assert_eq!(left.text(Stream::Stdout, REGION), REGION);
    assert!(guarded.doubtful().is_empty() && left.doubtful().is_empty());
}

#[test]
fn a_doubtful_form_is_known_in_all_its_encodings() {
    let filter = filter(None);
    let base64 = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, REGION);
    let hex: String = REGION.bytes().map(|byte| format!("{byte:02x}")).collect();
    let text = format!(r#"["{base64}","{hex}"]"#);
    assert_eq!(json(&filter, &text), text);
    let forms: Vec<_> = filter.doubtful().into_iter().map(|leak| leak.form).collect();
    assert_eq!(forms, [Form::Base64, Form::Hex]);
    let shown = filter.text(Stream::Stdout, &format!("{hex} of {}", REGION.to_uppercase()));
    assert_eq!(shown, "*** of ***");
}

#[test]
fn behind_a_border_a_doubtful_form_passes_to_programs_and_a_certain_one_does_not() {
    let bordered = |text: &str, border: &str| {
        let hex: Vec<String> = text.bytes().map(|byte| format!("{byte:02x}")).collect();
        hex.chunks(6).map(<[String]>::concat).collect::<Vec<_>>().join(border)
    };
    for border in ["\n", "\n> ", " |\n| ", "',\n '"] {
        let filter = filter(None);
        let text = format!("{} and {}.", bordered(REGION, border), bordered(PASSWORD, border));
        let mut document = filter.writer(Stream::Document("a".to_owned()));
        let mut out = written(&mut document, text.as_bytes());
        out.extend(finished(&mut document, End::Chosen));
        let expected = format!("{} and ***.", bordered(REGION, border));
        assert_eq!(String::from_utf8(out).unwrap(), expected, "{border:?}");
        assert_eq!(told(&filter.doubtful()).len(), 1, "{border:?}");
        assert_eq!(filter.text(Stream::Stdout, &text), "*** and ***.", "{border:?}");
    }
}

#[test]
fn a_binary_document_with_a_doubtful_part_is_published_and_one_with_a_certain_is_not() {
    for (text, expected) in [(REGION, None), (PASSWORD, Some("JSON (db.password)"))] {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text.as_bytes()).unwrap();
        let (filter, stream) = (filter(None), Stream::Document("a.gz".to_owned()));
        let mut content = Cursor::new(encoder.finish().unwrap());
        let found = filter.at_once().inspect(&Work::unlimited(), &stream, &mut content, &mut Budget::default());
        match (found, expected) {
            (Ok(()), None) => assert_eq!(filter.doubtful()[0].owner(), "JSON (region)"),
            (Err(InspectError::Withheld(Withheld::Leak { secrets })), Some(owner)) => assert_eq!(secrets, [owner]),
            (found, _) => panic!("{text}: {found:?}"),
        }
    }
}

#[test]
fn what_passes_does_not_depend_on_how_it_was_cut() {
    let text = format!("{REGION}{REGION} {PASSWORD} {REGION}-{PASSWORD} {VALUE}");
    let whole = filter(None);
    let mut out = Vec::new();
    let mut document = whole.writer(Stream::Document("a".to_owned()));
    document.write(text.as_bytes(), &mut out);
    document.finish(End::Chosen, &mut out);
    assert_eq!(String::from_utf8_lossy(&out), format!("{REGION}{REGION} *** {REGION}-*** ***"));
    for piece in 1..20 {
        let (filter, mut cut) = (filter(None), Vec::new());
        let mut document = filter.writer(Stream::Document("a".to_owned()));
        text.as_bytes().chunks(piece).for_each(|bytes| document.write(bytes, &mut cut));
        document.finish(End::Chosen, &mut cut);
        assert_eq!(cut, out, "{piece}");
        assert_eq!((filter.doubtful(), filter.report()), (whole.doubtful(), whole.report()), "{piece}");
    }
    assert_eq!(redact(&whole, b"frankfurt-blu", &[], End::Chosen), b"frankfurt-blu");
}
