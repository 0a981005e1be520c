//! The leak filter by itself: against encoders that share no code with it, and against a search that anybody can check.

#![expect(clippy::print_stderr, reason = "children of tests are told of when they are killed")]

mod doubtful;
mod encodings;
mod folded;
mod inspect;
mod json;
mod keys;
#[expect(dead_code, reason = "no value of these tests has doubtful parts")]
mod naive;
mod pending;
mod properties;
mod streams;
mod values;
mod verdicts;

#[path = "."]
mod support {
    #[path = "../it/support/bound.rs"]
    #[expect(dead_code, reason = "some is for other tests")]
    pub mod bound;
}

use std::collections::BTreeMap;
use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use um_base::Work;
use um_leak::{End, Filter, Ready, Redactor, Stream};

use crate::support::bound::Bounded;

/// Values of every kind; the forms of the later ones overlap with each other.
const VALUES: [&str; 31] = [
    "pat-na1-8f14e45f-ceea-467f-9f6b-1c2d3e4f5a6b",
    "k7x!k7x!",
    "k7x!a",
    "hunter22",
    "ter22xyz",
    "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
    "postgres://app:p%40ss/w0rd@db.internal:5432/main?sslmode=require&a=<b>",
    "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY+=",
    "quote\" back\\slash /slash\ttab",
    "pässwörd–λόγος-𝄞-key",
    "{\"user\":\"svc\",\"key\":\"a\\nb\\u00e9\"}",
    "-----BEGIN KEY-----\nMIIBVgIBADANBgkqhkiG9w0B\r\nAQEFAASCAUAwggE8AgEAAkEA\n-----END KEY-----\n",
    "  padded value \n",
    "line one <&>\n  short\n\tline \"three\" \u{7f}\u{1}\u{8}\u{c}\n",
    "sep\u{2028}arated\u{2029} ~lines~ *!()'",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaab",
    "aaaaaaaaaaaaaaaaaaaab",
    "abababababababababababababab!",
    "babababababababababababababa?",
    "abababababababababababababababababababab",
    "sk_live_0000000000000001",
    "sk_live_0000000000000002",
    "sk_live_0000000000000001_and_more",
    "1234567890123",
    "0040718253",
    "amqps://feed:it's%20%24up%3Er_9@queue.internal/x",
    r#"{"id": "svc-7f3a9c", "n": 8841207735, "deep": ["{\"key\": \"x+y/z=0123\"}"]}"#,
    "日本語のパスワード",
    r"-----BEGIN KEY-----\nMIIBVgIBADAN\nAQEFAASC\n-----END KEY-----\n",
    "Server=db;Password=k7x!k7x!;AccountKey=dG9rZW4hdG9rZW4=",
    "https://hooks.example.com/T000/16C7e42F292c6912E771?sig=k7x!k7x!",
];

/// A key of um-host, of no store.
const KEY: &str = "um-host-key-AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8qG-Q";

/// One way that a value may look.
#[derive(Clone)]
struct Shape {
    bytes: Vec<u8>,
    /// Whether line breaks may stand in it.
    across_lines: bool,
}

/// The forms of a value as outside programs list them.
fn shapes(value: &str) -> &'static [Shape] {
    static SHAPES: OnceLock<Vec<Vec<Shape>>> = OnceLock::new();
    let at = VALUES.iter().position(|known| *known == value).expect("one of the values above");
    &SHAPES.get_or_init(|| oracle(&VALUES))[at]
}

/// Asks the oracle, which shares no code with the host, for the forms of values.
fn oracle(values: &[&str]) -> Vec<Vec<Shape>> {
    let mut python = Command::new("python3")
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/leak/oracle"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .start()
        .expect("python3 is installed");
    let parts: Vec<_> = values.iter().map(|value| um_leak::parts(value)).collect();
    python.stdin.take().unwrap().write_all(&serde_json::to_vec(&parts).unwrap()).unwrap();
    let output = python.wait_with_output().unwrap();
    assert!(output.status.success(), "the oracle failed to list the forms");
    let lists: Vec<Vec<(String, String, bool)>> = serde_json::from_slice(&output.stdout).unwrap();
    lists.into_iter().map(unnamed).collect()
}

/// Each form once, across lines if any family has it so.
fn unnamed(list: Vec<(String, String, bool)>) -> Vec<Shape> {
    let mut forms: BTreeMap<Vec<u8>, bool> = BTreeMap::new();
    for (_, form, across_lines) in list {
        *forms.entry(unhex(&form)).or_default() |= across_lines;
    }
    forms.into_iter().map(|(bytes, across_lines)| Shape { bytes, across_lines }).collect()
}

fn unhex(digits: &str) -> Vec<u8> {
    (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap()).collect()
}

/// A filter that looks through texts at once.
trait AtOnce {
    fn at_once(&self) -> Ready<'_>;

    fn text(&self, stream: Stream, text: &str) -> String {
        self.at_once().text(stream, text)
    }

    /// A stream that is written to without further ado.
    fn writer(&self, stream: Stream) -> Writer;
}

impl AtOnce for Filter {
    fn at_once(&self) -> Ready<'_> {
        self.ready_here(&Work::unlimited()).unwrap()
    }

    fn writer(&self, stream: Stream) -> Writer {
        Writer { filter: self.clone(), redactor: self.stream(stream) }
    }
}

struct Writer {
    filter: Filter,
    redactor: Redactor,
}

impl Writer {
    fn write(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        self.redactor.write(self.filter.at_once(), bytes, out);
    }

    fn finish(&mut self, end: End, out: &mut Vec<u8>) {
        self.redactor.close(end, self.filter.at_once(), out);
    }
}

fn redact(filter: &Filter, text: &[u8], cuts: &[usize], end: End) -> Vec<u8> {
    let mut out = Vec::new();
    let mut writer = filter.writer(Stream::Stdout);
    let mut from = 0;
    for &cut in cuts {
        writer.write(&text[from..cut], &mut out);
        from = cut;
    }
    writer.write(&text[from..], &mut out);
    writer.finish(end, &mut out);
    out
}

fn written(writer: &mut Writer, bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    writer.write(bytes, &mut out);
    out
}

fn finished(writer: &mut Writer, end: End) -> Vec<u8> {
    let mut out = Vec::new();
    writer.finish(end, &mut out);
    out
}

fn guarding(values: &[&str]) -> Filter {
    let filter = Filter::new();
    for (number, value) in values.iter().enumerate() {
        filter.guard(&format!("SECRET_{number}"), value);
    }
    filter
}
