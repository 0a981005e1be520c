//! The leak filter by itself: against encoders that share no code with it, and against a search that anybody can check.

mod encodings;
mod inspect;
mod json;
mod naive;
mod properties;
mod streams;
mod values;

#[path = "."]
mod support {
    #[path = "../it/support/bound.rs"]
    pub mod bound;
}

use std::collections::BTreeMap;
use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use um_leak::{End, Filter, Redactor, Stream};

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
    python.stdin.take().unwrap().write_all(&serde_json::to_vec(values).unwrap()).unwrap();
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

fn redact(filter: &Filter, text: &[u8], cuts: &[usize], end: End) -> Vec<u8> {
    let mut out = Vec::new();
    let mut redactor = filter.stream(Stream::Stdout);
    let mut from = 0;
    for &cut in cuts {
        redactor.write(&text[from..cut], &mut out);
        from = cut;
    }
    redactor.write(&text[from..], &mut out);
    redactor.finish(end, &mut out);
    out
}

fn written(redactor: &mut Redactor, bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    redactor.write(bytes, &mut out);
    out
}

fn finished(redactor: &mut Redactor, end: End) -> Vec<u8> {
    let mut out = Vec::new();
    redactor.finish(end, &mut out);
    out
}

fn guarding(values: &[&str]) -> Filter {
    let filter = Filter::new();
    for (number, value) in values.iter().enumerate() {
        filter.guard(&format!("SECRET_{number}"), value);
    }
    filter
}
