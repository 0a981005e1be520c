//! Values that stand nowhere else, and every shape in which one might come to light.

use base64::alphabet::{Alphabet, STANDARD, URL_SAFE};
use base64::engine::general_purpose::{GeneralPurpose, NO_PAD};
use base64::prelude::Engine as _;

/// Short enough to find what is left of a value, long enough to stand nowhere by chance.
const PIECE: usize = 16;
/// As much as a register holds at least.
const SCRAP: usize = 8;
/// Lines shorter than this are no secret by themselves.
const SHORTEST_LINE: usize = 8;

/// One shape of a value.
pub struct Form {
    pub name: String,
    pub bytes: Vec<u8>,
}

/// A token, a text with everything that encodings change, and one of several lines.
pub fn values() -> [String; 3] {
    let r = random;
    [
        format!("cnry-{}/{}+{}&", r(16), r(16), r(16)),
        format!("{} \"{}\" Zü\\{}' <{}>&€/{}%🦜{}", r(8), r(8), r(8), r(12), r(8), r(8)),
        format!(
            "-----BEGIN {}-----\n{}\n{}\t\"{}\"\r\nü{}\n-----END {}-----\n",
            r(12),
            r(48),
            r(24),
            r(8),
            r(20),
            r(12)
        ),
    ]
}

/// Letters and digits that nobody has seen before.
fn random(length: usize) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789ZQ";
    let mut bytes = vec![0; length];
    getrandom::fill(&mut bytes).unwrap();
    bytes.iter().map(|byte| char::from(LETTERS[usize::from(byte % 64)])).collect()
}

/// Every shape of a value.
pub fn forms(value: &str) -> Vec<Form> {
    let mut forms = Vec::new();
    let mut add = |name: String, bytes: Vec<u8>| forms.push(Form { name, bytes });
    add("raw".to_owned(), value.into());
    add("trimmed".to_owned(), value.trim().into());
    for (number, piece) in value.as_bytes().chunks_exact(PIECE).enumerate() {
        add(format!("piece {number}"), piece.into());
    }
    for (number, line) in value.lines().filter(|line| line.len() >= SHORTEST_LINE).enumerate() {
        add(format!("line {number}"), line.into());
    }
    for (name, alphabet) in [("base64", &STANDARD), ("base64url", &URL_SAFE)] {
        for before in 0..3 {
            add(format!("{name} after {before}"), base64(value, alphabet, before));
        }
    }
    for (name, encode) in ENCODINGS {
        add((*name).to_owned(), encode(value));
    }
    forms
}

/// What may be left of a value when most of it was overwritten. Only in memory: in a text, so little may stand by chance.
pub fn scraps(value: &str) -> Vec<Form> {
    let scraps = value.as_bytes().chunks_exact(SCRAP).enumerate();
    let random =
        scraps.filter(|(_, scrap)| scrap.iter().filter(|byte| byte.is_ascii_alphanumeric()).count() > SCRAP / 2);
    random.map(|(number, scrap)| Form { name: format!("scrap {number}"), bytes: scrap.into() }).collect()
}

type Encode = fn(&str) -> Vec<u8>;

const ENCODINGS: &[(&str, Encode)] = &[
    ("hex", |value| joined(value, |byte| format!("{byte:02x}"), "")),
    ("HEX", |value| joined(value, |byte| format!("{byte:02X}"), "")),
    ("hex with colons", |value| joined(value, |byte| format!("{byte:02x}"), ":")),
    ("bytes", |value| joined(value, |byte| byte.to_string(), ", ")),
    ("tight bytes", |value| joined(value, |byte| byte.to_string(), ",")),
    ("percent", |value| percent(value, b"-._~", "%20", true)),
    ("percent lower", |value| percent(value, b"-._~", "%20", false)),
    ("form", |value| percent(value, b"-._*", "+", true)),
    ("percent of a path", |value| percent(value, b"-._~/:@!$&'()*+,;=", "%20", true)),
    ("percent of all", |value| joined(value, |byte| format!("%{byte:02X}"), "")),
    ("JSON", |value| json(value).into()),
    ("JSON with slashes", |value| json(value).replace('/', "\\/").into()),
    ("JSON in ASCII", |value| ascii(&json(value), false).into()),
    ("JSON in ASCII, upper", |value| ascii(&json(value), true).into()),
    ("JSON in JSON", |value| json(&json(value)).into()),
    ("HTML", |value| {
        value.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").into()
    }),
    ("UTF-16 LE", |value| value.encode_utf16().flat_map(u16::to_le_bytes).collect()),
    ("UTF-16 BE", |value| value.encode_utf16().flat_map(u16::to_be_bytes).collect()),
    ("reversed", |value| value.chars().rev().collect::<String>().into()),
    ("reversed bytes", |value| value.bytes().rev().collect()),
];

fn joined(value: &str, encode: impl Fn(u8) -> String, between: &str) -> Vec<u8> {
    value.bytes().map(encode).collect::<Vec<_>>().join(between).into()
}

/// The characters that the value alone decides, if so many bytes stand before it.
fn base64(value: &str, alphabet: &Alphabet, before: usize) -> Vec<u8> {
    let bytes = [&vec![0; before], value.as_bytes()].concat();
    let text = GeneralPurpose::new(alphabet, NO_PAD).encode(&bytes);
    let shared_first = [0, 2, 3][before];
    let shared_last = usize::from(!bytes.len().is_multiple_of(3));
    text.as_bytes()[shared_first..text.len() - shared_last].to_vec()
}

fn percent(value: &str, kept: &[u8], space: &str, upper: bool) -> Vec<u8> {
    let encode = |byte: u8| match byte {
        b' ' => space.to_owned(),
        _ if byte.is_ascii_alphanumeric() || kept.contains(&byte) => char::from(byte).to_string(),
        _ if upper => format!("%{byte:02X}"),
        _ => format!("%{byte:02x}"),
    };
    joined(value, encode, "")
}

/// The inside of a JSON string.
fn json(value: &str) -> String {
    let quoted = serde_json::to_string(value).unwrap();
    quoted[1..quoted.len() - 1].to_owned()
}

fn ascii(json: &str, upper: bool) -> String {
    let escape = |unit: u16| if upper { format!("\\u{unit:04X}") } else { format!("\\u{unit:04x}") };
    let encode = |c: char| match c.is_ascii() {
        true => c.to_string(),
        false => c.encode_utf16(&mut [0; 2]).iter().map(|unit| escape(*unit)).collect(),
    };
    json.chars().map(encode).collect()
}

#[test]
fn the_canarys_encoders_agree_with_what_others_write() {
    let of = |name: &str, value: &str| {
        let form = forms(value).into_iter().find(|form| form.name == name).unwrap();
        String::from_utf8(form.bytes).unwrap()
    };
    // By Python's base64, urllib.parse and json.
    assert_eq!(of("base64 after 0", "light work."), "bGlnaHQgd29yay");
    assert_eq!(of("base64 after 1", "light work."), "xpZ2h0IHdvcmsu");
    assert_eq!(of("base64 after 2", "light work."), "saWdodCB3b3JrL");
    assert_eq!(of("base64url after 0", "???>>>"), "Pz8_Pj4-");
    assert_eq!(of("percent", "a b/ü~"), "a%20b%2F%C3%BC~");
    assert_eq!(of("percent of a path", "a b/ü~"), "a%20b/%C3%BC~");
    assert_eq!(of("form", "a b/ü~"), "a+b%2F%C3%BC%7E");
    assert_eq!(of("JSON in ASCII", "\"ü🦜\n"), "\\\"\\u00fc\\ud83e\\udd9c\\n");
    assert_eq!(of("JSON in JSON", "\"\n"), "\\\\\\\"\\\\n");
}
