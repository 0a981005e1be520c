//! Prints a secret in every encoding that um-host must know, labelled, to stdout, to stderr and into a document.

use std::fmt::Write;

use base64::prelude::{BASE64_STANDARD, BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE, BASE64_URL_SAFE_NO_PAD, Engine as _};

fn main() {
    let name = std::env::args().nth(1).unwrap_or_else(|| "HUBSPOT_API_KEY".to_owned());
    let value = um_action::secrets::get(&name).unwrap();
    let mut text = String::new();
    for (label, form) in forms(&value) {
        writeln!(text, "{label}: {form}").unwrap();
    }
    print!("{text}");
    eprint!("{text}");
    um_action::documents::write("forms.txt", &text).unwrap();
}

fn forms(value: &str) -> Vec<(String, String)> {
    let mut forms = vec![("raw".to_owned(), value.to_owned())];
    for (number, line) in value.lines().enumerate() {
        forms.push((format!("line {number}"), line.to_owned()));
    }
    // What stands before a value decides where it falls among base64's groups of three.
    for before in ["", "u", "u:"] {
        let bytes = format!("{before}{value}@");
        let at = before.len();
        forms.push((format!("base64 at {at}"), BASE64_STANDARD.encode(&bytes)));
        forms.push((format!("base64 at {at}, no padding"), BASE64_STANDARD_NO_PAD.encode(&bytes)));
        forms.push((format!("base64url at {at}"), BASE64_URL_SAFE.encode(&bytes)));
        forms.push((format!("base64url at {at}, no padding"), BASE64_URL_SAFE_NO_PAD.encode(&bytes)));
    }
    forms.push(("base64 alone".to_owned(), BASE64_STANDARD.encode(value)));
    forms.push(("base64url alone".to_owned(), BASE64_URL_SAFE_NO_PAD.encode(value)));
    let hex = |upper: bool| -> String {
        value.bytes().map(|byte| if upper { format!("{byte:02X}") } else { format!("{byte:02x}") }).collect()
    };
    forms.push(("hex lower".to_owned(), hex(false)));
    forms.push(("hex upper".to_owned(), hex(true)));
    forms.push(("percent upper".to_owned(), percent(value, true, "%20")));
    forms.push(("percent lower".to_owned(), percent(value, false, "%20")));
    forms.push(("percent of a form".to_owned(), percent(value, true, "+")));
    forms.push(("JSON".to_owned(), serde_json::to_string(value).unwrap()));
    forms.push(("JSON with slashes".to_owned(), serde_json::to_string(value).unwrap().replace('/', "\\/")));
    forms.push(("JSON in ASCII".to_owned(), ascii_json(value)));
    forms
}

fn percent(value: &str, upper: bool, space: &str) -> String {
    let escape = |byte: u8| if upper { format!("%{byte:02X}") } else { format!("%{byte:02x}") };
    let encode = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        b' ' => space.to_owned(),
        _ => escape(byte),
    };
    value.bytes().map(encode).collect()
}

/// As Python's `json.dumps` writes it.
fn ascii_json(value: &str) -> String {
    let mut out = String::new();
    for c in serde_json::to_string(value).unwrap().chars() {
        match c.is_ascii() {
            true => out.push(c),
            false => c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| write!(out, "\\u{unit:04x}").unwrap()),
        }
    }
    out
}
