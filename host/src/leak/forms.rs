//! What a value may look like in a text: the table of forms.
//!
//! Each of the [`parts`] of a value is looked for as it is and as every row of the table writes it. A form that is the
//! same as another is kept once; none is shorter than 8 bytes, but for values of 4 to 7 bytes, which are looked for as
//! they are.
//!
//! The rows are what known writers do. Deliberately absent: digits in both cases within one escaped text, encodings
//! that change with every use (encryption, compression), and what nobody does but to get past a filter.

use std::collections::HashMap;

use super::Form;
use super::encode::{self, BASE32, Encoded, STANDARD, URL_SAFE};
use super::parts::{self, Extent, Part};
pub(super) use super::parts::{SHORTEST, pieces};
use super::{json_text, markup, percent, quote};
use crate::secret::{Masking, masking};

/// What a value looks like in one form.
pub(super) struct Shape {
    pub form: Form,
    pub bytes: Encoded,
    /// Whether it is also found with line breaks anywhere inside it.
    pub across_lines: bool,
}

/// All forms of one value, each once.
pub(super) type Forms = Vec<Shape>;

/// One way to write a text: what the report calls it, whether line breaks may stand in it, and who writes it.
struct Row(Form, Lines, fn(&str, Thorough) -> Vec<Encoded>);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Lines {
    Within,
    Across,
}

/// Whether the rare choices of a writer are tried too. Of long texts they are not: of 64 KiB, forms of 10 MiB are left.
type Thorough = bool;

use Lines::{Across, Within};

const TABLE: &[Row] = &[
    // hosts of URLs (RFC 3986, 6.2.2.1); names of variables; `rev`
    Row(Form::Lowercase, Within, |text, _| vec![encode::lowercase(text)]),
    Row(Form::Uppercase, Within, |text, _| vec![encode::uppercase(text)]),
    Row(Form::Reversed, Within, |text, _| vec![encode::reversed(text)]),
    // RFC 4648, sections 4, 5 and 6: what is the same whatever stands before and after; wrapped by openssl, coreutils, MIME
    Row(Form::Base64, Across, |text, _| encode::cores(text.as_bytes(), STANDARD)),
    Row(Form::Base64Url, Across, |text, _| encode::cores(text.as_bytes(), URL_SAFE)),
    Row(Form::Base64Twice, Across, |text, _| encode::cores_of_cores(text.as_bytes())),
    Row(Form::Base32, Across, |text, _| encode::cores(text.as_bytes(), BASE32)),
    // RFC 4648, section 8, in both cases: plain (xxd -p), od, openssl, .NET's BitConverter
    Row(Form::Hex, Across, |text, _| encode::hex(text.as_bytes(), "", "")),
    Row(Form::Hex, Within, |text, _| encode::hex(text.as_bytes(), "", " ")),
    Row(Form::Hex, Across, |text, _| encode::hex(text.as_bytes(), "", ":")),
    Row(Form::Hex, Within, |text, _| encode::hex(text.as_bytes(), "", "-")),
    // strings of C, Python, shells
    Row(Form::Hex, Within, |text, _| encode::hex(text.as_bytes(), "\\x", "")),
    Row(Form::Octal, Within, |text, _| vec![encode::octal(text.as_bytes())]),
    // lists in C, Go, Rust, JavaScript, Python, with one element in a line too
    Row(Form::Bytes, Within, |text, _| encode::hex(text.as_bytes(), "0x", ", ")),
    Row(Form::Bytes, Across, |text, _| encode::hex(text.as_bytes(), "0x", ",")),
    Row(Form::Bytes, Within, |text, _| encode::hex(text.as_bytes(), "0x", " ")),
    Row(Form::Bytes, Within, |text, _| vec![encode::decimal(text.as_bytes(), ", ")]),
    Row(Form::Bytes, Across, |text, _| vec![encode::decimal(text.as_bytes(), ",")]),
    Row(Form::Bytes, Within, |text, _| vec![encode::decimal(text.as_bytes(), " ")]),
    // RFC 3986, 2.1; ECMA-262, B.2.1.1
    Row(Form::Percent, Within, percent::all),
    Row(Form::Percent, Within, |text, _| percent::by_code(text)),
    // RFC 8259, 7
    Row(Form::Json, Within, json_text::once),
    Row(Form::JsonTwice, Within, json_text::twice),
    // XML 1.0, 4.1; HTML 13.5
    Row(Form::Markup, Within, |text, _| markup::once(text)),
    Row(Form::Markup, Within, |text, _| markup::by_number(text)),
    Row(Form::MarkupTwice, Within, |text, _| markup::twice(text)),
    // programming languages, SQL, CSV; POSIX shells, PowerShell, cmd, make
    Row(Form::Quoted, Within, |text, _| quote::LANGUAGES.map(|quoting| quote::quoted(text, quoting)).into()),
    Row(Form::Shell, Within, |text, _| quote::SHELLS.map(|quoting| quote::quoted(text, quoting)).into()),
    // RFC 2781: files of Windows; arguments of PowerShell's -EncodedCommand
    Row(Form::Utf16, Within, |text, _| encode::utf16(text).into()),
    Row(Form::Utf16, Across, |text, _| encode::cores(&encode::utf16(text)[0], STANDARD)),
    Row(Form::Utf16, Across, |text, _| encode::cores(&encode::utf16(text)[0], URL_SAFE)),
];

/// The forms of a value of which as much can be masked as `extent` says.
pub(super) fn of(value: &str, extent: Masking) -> Forms {
    let mut forms = Forms::new();
    match extent {
        Masking::Nothing(_) => {}
        Masking::RawOnly => add_as_they_are([value, value.trim()], &mut forms),
        Masking::EveryForm => {
            // Of a value that somebody insists on, what stands in every log may be left without the white space.
            let trimmed = value.trim();
            if trimmed.len() < SHORTEST && !matches!(masking(value), Masking::Nothing(_)) {
                add_as_they_are([value, trimmed], &mut forms);
            }
            parts::of(value).iter().for_each(|part| add_part(part, &mut forms));
        }
    }
    drop_repeated(&mut forms);
    forms
}

fn add_as_they_are([value, trimmed]: [&str; 2], forms: &mut Forms) {
    for (form, text) in [(Form::Raw, value), (Form::Trimmed, trimmed)] {
        forms.push(Shape { form, bytes: encode::raw(text.as_bytes()), across_lines: false });
    }
}

fn add_part(part: &Part, forms: &mut Forms) {
    let across_lines = part.extent == Extent::AcrossLines;
    forms.push(Shape { form: part.form, bytes: encode::raw(part.text.as_bytes()), across_lines });
    let thorough = match part.extent {
        Extent::AsItIs | Extent::AcrossLines => return,
        Extent::Common => false,
        Extent::Every => true,
    };
    for Row(form, lines, write) in TABLE {
        let shape = |bytes| Shape { form: *form, bytes, across_lines: *lines == Across };
        forms.extend(write(&part.text, thorough).into_iter().filter(|bytes| bytes.len() >= SHORTEST).map(shape));
    }
}

/// Of two forms that are the same the first gives its name to the report; it is found across lines if either is.
fn drop_repeated(forms: &mut Forms) {
    let mut across_lines: HashMap<&[u8], bool> = HashMap::new();
    for shape in forms.iter() {
        *across_lines.entry(&shape.bytes).or_default() |= shape.across_lines;
    }
    let firsts: Vec<Option<bool>> = forms.iter().map(|shape| across_lines.remove(&shape.bytes[..])).collect();
    let mut firsts = firsts.into_iter();
    forms.retain_mut(|shape| {
        let first = firsts.next().flatten();
        shape.across_lines = first.unwrap_or_default();
        first.is_some()
    });
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn size(value: &str) -> usize {
        of(value, Masking::EveryForm).iter().map(|shape| shape.bytes.len()).sum()
    }

    fn count(value: &str) -> usize {
        of(value, Masking::EveryForm).len()
    }

    #[test]
    fn figures() {
        for value in [
            "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
            "16C7e42F292c6912E7710c838347Ae178B4a",
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY+=",
            "postgres://app:p%40ssw0rd@db.internal:5432/main?sslmode=require&a=<b>",
            " \"quoted\" \\ / + ~ * ' ( ) ! & = ; : @ $ , # ? [ ] { } | ^ ` % < > ",
        ] {
            let mut by: BTreeMap<Form, usize> = BTreeMap::new();
            of(value, Masking::EveryForm).iter().for_each(|shape| *by.entry(shape.form).or_default() += 1);
            println!("{} {} {by:?}", count(value), size(value));
        }
        let value = "\"é/<\n".repeat(65_536 / 6);
        println!("{}", size(&value[..65_532]));
        println!("{}", size(&"0123456789abcde\n".repeat(4096)));
        println!("{}", size(&"\"é/<\n".repeat(4096 / 6)));
    }
}
