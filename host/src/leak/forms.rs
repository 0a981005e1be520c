//! What a value may look like in a text: the table of forms.
//!
//! Each part of a value (the whole, without the white space around it, each of its lines) is looked for in each
//! encoding. A form that is the same as another is kept once; none is shorter than 8 bytes, but for values of 4 to 7
//! bytes, which are looked for as they are.
//!
//! Deliberately absent: encodings that change with every use (encryption, compression), and those of issue 4.

use super::Form;
use super::encode::{self, Digits, Encoded, Json, Percent, STANDARD, URL_SAFE, Unicode};
use crate::secret::{Masking, masking};

/// The shortest part or encoding that is looked for.
const SHORTEST: usize = 8;
/// Of longer values the lines are not encoded, and JSON inside JSON is looked for only in the same style twice. That
/// bounds the forms of a value of 64 KiB: some 2 MiB, twice that with white space around it, 20 MiB if every character
/// needs an escape.
const LONG_VALUE: usize = 4096;

/// RFC 4648, sections 4 and 5. Three bytes become four characters, so a value begins at one of three places.
const BASE64: [(Form, &[u8; 64]); 2] = [(Form::Base64, STANDARD), (Form::Base64Url, URL_SAFE)];
const BASE64_PLACES: [usize; 3] = [0, 1, 2];

/// RFC 4648, section 8, and the same in lower case; also the digits of percent-encoding, where RFC 3986, 2.1 has both.
const DIGITS: [Digits; 2] = [Digits::Lower, Digits::Upper];

/// Percent-encoding by who does it.
const PERCENT: [Percent; 9] = [
    // ECMA-262, 19.2.6.4: encodeURIComponent
    Percent { alphanumeric: true, kept: b"-_.!~*'()", plus: false },
    // ECMA-262, 19.2.6.3: encodeURI
    Percent { alphanumeric: true, kept: b"-_.!~*'();/?:@&=+$,#", plus: false },
    // RFC 3986, 2.3: the unreserved characters; Python's quote(safe="")
    Percent { alphanumeric: true, kept: b"-_.~", plus: false },
    // Python's urllib.parse.quote
    Percent { alphanumeric: true, kept: b"-_.~/", plus: false },
    // Python's quote_plus and urlencode, Go's url.QueryEscape
    Percent { alphanumeric: true, kept: b"-_.~", plus: true },
    // WHATWG URL, 5.2: application/x-www-form-urlencoded; Java's URLEncoder
    Percent { alphanumeric: true, kept: b"-_.*", plus: true },
    // PHP's urlencode
    Percent { alphanumeric: true, kept: b"-_.", plus: true },
    // .NET's HttpUtility.UrlEncode
    Percent { alphanumeric: true, kept: b"-_.!*()", plus: true },
    // every byte
    Percent { alphanumeric: false, kept: b"", plus: false },
];

/// JSON strings (RFC 8259, 7), by what a writer escapes besides what it must; writers combine these freely.
/// `/`: PHP, Foundation. `<`, `>`, `&`: Go, Rails.
const JSON_CHOICES: [bool; 2] = [false, true];
/// Characters beyond ASCII: JavaScript and serde_json leave them; Python and PHP escape them in lower case, Jackson and
/// .NET in upper.
const JSON_UNICODE: [Unicode; 3] = [Unicode::AsIs, Unicode::Escaped(Digits::Lower), Unicode::Escaped(Digits::Upper)];

/// All forms of one value, of which some may be the same.
pub(super) type Forms = Vec<(Form, Encoded)>;

/// The forms of a value of which as much can be masked as `extent` says.
pub(super) fn of(value: &str, extent: Masking) -> Forms {
    let trimmed = value.trim();
    let mut forms = vec![(Form::Raw, encode::raw(value.as_bytes())), (Form::Trimmed, encode::raw(trimmed.as_bytes()))];
    match extent {
        Masking::Nothing(_) => forms.clear(),
        Masking::RawOnly => {}
        Masking::EveryForm => {
            forms.extend(lines(value).map(|line| (Form::Line, encode::raw(line.as_bytes()))));
            // What becomes of a value in the host of a URL (RFC 3986, 6.2.2.1).
            forms.extend(
                [value, trimmed].map(|part| (Form::Lowercase, encode::raw(&part.as_bytes().to_ascii_lowercase()))),
            );
            add_encodings(value, &mut forms);
            if trimmed != value {
                add_encodings(trimmed, &mut forms);
            }
            if value.len() <= LONG_VALUE {
                lines(value).for_each(|line| add_encodings(line, &mut forms));
            }
        }
    }
    forms
}

/// The lines of a value that has several, without the white space around them, if they are worth a search.
fn lines(value: &str) -> impl Iterator<Item = &str> {
    let whole = value.trim();
    let lines = whole.split(['\r', '\n']).map(str::trim);
    lines.filter(move |line| line.len() >= SHORTEST && *line != whole && masking(line) == Masking::EveryForm)
}

fn add_encodings(part: &str, forms: &mut Forms) {
    let bytes = part.as_bytes();
    for (form, alphabet) in BASE64 {
        forms.extend(BASE64_PLACES.map(|place| (form, encode::base64_core(bytes, alphabet, place))));
    }
    forms.extend(DIGITS.map(|digits| (Form::Hex, encode::hex(bytes, digits))));
    for style in PERCENT {
        forms.extend(DIGITS.map(|digits| (Form::Percent, encode::percent(bytes, style, digits))));
    }
    add_json(part, forms);
}

fn add_json(part: &str, forms: &mut Forms) {
    let escaped = |c: char| !matches!(c, ' '..='~') || matches!(c, '"' | '\\' | '/' | '<' | '>' | '&');
    if !part.contains(escaped) {
        return;
    }
    let mut once: Vec<(Json, Encoded)> = Vec::new();
    for style in json_styles() {
        let text = encode::json(part, style);
        if once.iter().all(|(_, known)| *known != text) {
            once.push((style, text));
        }
    }
    let mut twice: Forms = Vec::new();
    for (inner, text) in &once {
        let outers = json_styles().filter(|outer| part.len() <= LONG_VALUE || outer == inner);
        let inside = std::str::from_utf8(text).expect("JSON text is UTF-8");
        twice.extend(outers.map(|outer| (Form::JsonTwice, encode::json(inside, outer))));
    }
    // Of two forms that are the same the first gives its name to the report.
    forms.extend(once.into_iter().map(|(_, text)| (Form::Json, text)));
    forms.append(&mut twice);
}

fn json_styles() -> impl Iterator<Item = Json> {
    let slash_and_html = JSON_CHOICES.into_iter().flat_map(|slash| JSON_CHOICES.map(|html| (slash, html)));
    slash_and_html.flat_map(|(slash, html)| JSON_UNICODE.map(|unicode| Json { slash, html, unicode }))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::io::Write;
    use std::process::{Command, Stdio};

    use super::*;

    /// What Python's own encoders make of the values.
    fn forms_of_python(values: &[&str]) -> Vec<BTreeSet<String>> {
        let mut python = Command::new("python3");
        python
            .args(["-c", include_str!("../../../tests/it/leak_forms.py")])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut python = python.spawn().expect("python3, whose encoders the table is checked against, is installed");
        python.stdin.take().unwrap().write_all(&serde_json::to_vec(values).unwrap()).unwrap();
        let output = python.wait_with_output().unwrap();
        assert!(output.status.success(), "python3 failed to list the forms");
        serde_json::from_slice(&output.stdout).unwrap()
    }

    #[test]
    fn a_form_that_only_one_side_knows_fails_this_test() {
        let values = [
            "plain-token-1234",
            "k7x!a",
            " \"quoted\" \\ / + ~ * ' ( ) ! & = ; : @ $ , # ? [ ] { } | ^ ` % < > ",
            "two lines \"of\" text\r\n\tand/another <one>\nshort\n",
            "8 bytes!\n7 bytes\nlonger than both",
            "ünï\u{2028}cödé-𝄞\u{7f}\u{1}\u{8}\u{c}\u{b}",
            "abcdefgh",
            "abcdefghi",
            "abcdefghij",
        ];
        let python = forms_of_python(&values);
        for (value, python) in values.iter().zip(python) {
            let hexadecimal = |(_, form): (Form, Encoded)| form.iter().map(|byte| format!("{byte:02x}")).collect();
            let ours: BTreeSet<String> = of(value, masking(value)).into_iter().map(hexadecimal).collect();
            assert_eq!(ours, python, "{value:?}");
        }
    }

    fn size(value: &str) -> usize {
        let forms: BTreeSet<Vec<u8>> = of(value, Masking::EveryForm).iter().map(|(_, form)| form.to_vec()).collect();
        forms.iter().map(Vec::len).sum()
    }

    #[test]
    fn a_value_of_64_kib_has_forms_of_some_megabytes_at_most() {
        let value = "\"é/<\n".repeat(65_536 / 6);
        let value = &value[..65_532];
        assert!(size(value) < 20 << 20);
        assert!(size(&"0123456789abcde\n".repeat(4096)) < 4 << 20);
    }
}
