//! What a value may look like in a text: the table of forms.
//!
//! Each part of a value (the whole, without the white space around it, each of its lines) is looked for in each
//! encoding. A form that is the same as another is kept once; none is shorter than 8 bytes, but for values of 4 to 7
//! bytes, which are looked for as they are.
//!
//! The encodings are rows of what known writers do. Deliberately absent: digits in both cases within one escaped text,
//! and encodings that change with every use (encryption, compression).

use std::collections::HashSet;

use zeroize::Zeroizing;

use super::Form;
use super::encode::{self, Digits, Encoded, STANDARD, URL_SAFE};
use super::escape::{self, QUOTING};
use super::percent;
use crate::secret::{Masking, masking};

/// The shortest part or encoding that is looked for.
pub(super) const SHORTEST: usize = 8;
/// Of longer values the lines are not encoded, rare writers are left out, and JSON inside JSON is looked for only in the
/// same style twice. That bounds the forms of a value of 64 KiB: some 4 MiB, twice that with white space around it, 15
/// MiB if every character needs an escape. A value of this length has some 10 MiB then.
const LONG_VALUE: usize = 4096;

/// RFC 4648, sections 4 and 5. Three bytes become four characters, so a value begins at one of three places.
const BASE64: [(Form, &[u8; 64]); 2] = [(Form::Base64, STANDARD), (Form::Base64Url, URL_SAFE)];
const BASE64_PLACES: [usize; 3] = [0, 1, 2];

/// RFC 4648, section 8, and the same in lower case; also the digits of percent-encoding, where RFC 3986, 2.1 has both.
const DIGITS: [Digits; 2] = [Digits::Lower, Digits::Upper];

/// What a value looks like in one form.
pub(super) struct Shape {
    pub form: Form,
    pub bytes: Encoded,
    /// Whether it is also found with line breaks anywhere inside it.
    pub across_lines: bool,
}

/// All forms of one value, each once.
pub(super) type Forms = Vec<Shape>;

fn shape(form: Form, bytes: Encoded) -> Shape {
    Shape { form, bytes, across_lines: false }
}

/// The forms of a value of which as much can be masked as `extent` says.
pub(super) fn of(value: &str, extent: Masking) -> Forms {
    let mut forms = Forms::new();
    match extent {
        Masking::Nothing(_) => {}
        Masking::RawOnly => add_raw(value, &mut forms),
        Masking::EveryForm => {
            add_raw(value, &mut forms);
            add_every(value, &mut forms);
        }
    }
    drop_repeated(&mut forms);
    forms
}

fn add_raw(value: &str, forms: &mut Forms) {
    forms.push(shape(Form::Raw, encode::raw(value.as_bytes())));
    let trimmed = value.trim();
    // Of a value that somebody insists on, what stands in every log may be left without the white space.
    if trimmed.len() >= SHORTEST || !matches!(masking(value), Masking::Nothing(_)) {
        forms.push(shape(Form::Trimmed, encode::raw(trimmed.as_bytes())));
    }
}

fn add_every(value: &str, forms: &mut Forms) {
    let trimmed = value.trim();
    let parts = [value, trimmed];
    let parts = if trimmed != value && trimmed.len() >= SHORTEST { &parts[..] } else { &parts[..1] };
    forms.extend(lines(value).map(|line| shape(Form::Line, encode::raw(line.as_bytes()))));
    for part in parts {
        // What becomes of a value in the host of a URL (RFC 3986, 6.2.2.1), and in the name of a variable.
        forms.push(shape(Form::Lowercase, encode::raw(Zeroizing::new(part.to_ascii_lowercase()).as_bytes())));
        forms.push(shape(Form::Uppercase, encode::raw(Zeroizing::new(part.to_ascii_uppercase()).as_bytes())));
    }
    parts.iter().for_each(|part| add_encodings(part, forms));
    if value.len() <= LONG_VALUE {
        lines(value).for_each(|line| add_encodings(line, forms));
    }
}

/// Of two forms that are the same the first gives its name to the report.
fn drop_repeated(forms: &mut Forms) {
    let mut seen = HashSet::new();
    let mut first = forms.iter().map(|shape| seen.insert(&shape.bytes[..])).collect::<Vec<_>>().into_iter();
    forms.retain(|_| first.next().unwrap_or(true));
}

/// The lines of a value that has several, without the white space around them, if they are worth a search.
fn lines(value: &str) -> impl Iterator<Item = &str> {
    let whole = value.trim();
    let lines = whole.split(['\r', '\n']).map(str::trim);
    lines.filter(move |line| line.len() >= SHORTEST && *line != whole && masking(line) == Masking::EveryForm)
}

fn add_encodings(part: &str, forms: &mut Forms) {
    let bytes = part.as_bytes();
    let thorough = bytes.len() <= LONG_VALUE;
    for (form, alphabet) in BASE64 {
        forms.extend(BASE64_PLACES.map(|place| shape(form, encode::base64_core(bytes, alphabet, place))));
    }
    forms.extend(DIGITS.map(|digits| shape(Form::Hex, encode::hex(bytes, digits))));
    for style in percent::styles(part, thorough) {
        forms.extend(DIGITS.map(|digits| shape(Form::Percent, percent::encode(part, style, digits))));
    }
    add_json(part, thorough, forms);
    forms.extend(QUOTING.map(|quoting| shape(Form::Quoted, escape::quoted(part, quoting))));
}

fn add_json(part: &str, thorough: bool, forms: &mut Forms) {
    let mut styles = escape::json_styles(part, thorough);
    styles.extend(escape::json_of_escapes_alone());
    let mut twice = Forms::new();
    for style in styles {
        let once = escape::json(part, style);
        let inside = std::str::from_utf8(&once).expect("JSON text is UTF-8");
        let outers =
            if part.len() <= LONG_VALUE { escape::json_styles(inside, false) } else { Vec::from_iter(style.again()) };
        twice.extend(outers.into_iter().map(|outer| shape(Form::JsonTwice, escape::json(inside, outer))));
        forms.push(shape(Form::Json, once));
    }
    forms.append(&mut twice);
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
            let hexadecimal = |shape: Shape| shape.bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            let ours: BTreeSet<String> = of(value, masking(value)).into_iter().map(hexadecimal).collect();
            let apart: Vec<&String> = ours.symmetric_difference(&python).collect();
            assert!(apart.is_empty(), "{value:?}: of these one side knows nothing: {apart:?}");
        }
    }

    fn size(value: &str) -> usize {
        let forms: BTreeSet<Vec<u8>> = of(value, Masking::EveryForm).iter().map(|shape| shape.bytes.to_vec()).collect();
        forms.iter().map(Vec::len).sum()
    }

    #[test]
    fn a_value_of_64_kib_has_forms_of_some_megabytes_at_most() {
        let value = "\"é/<\n".repeat(65_536 / 6);
        let value = &value[..65_532];
        assert!(size(value) < 16 << 20);
        assert!(size(&"0123456789abcde\n".repeat(4096)) < 5 << 20);
        assert!(size(&"\"é/<\n".repeat(4096 / 6)) < 10 << 20);
    }
}
