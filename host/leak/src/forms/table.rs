//! What a value may look like in a text: the table of forms.
//!
//! Each of the [parts](crate::parts) of a value is looked for as it is and as every row of the table writes it. A form that is the
//! same as another is kept once; none is shorter than 8 bytes, but for values that have 4 to 7 without the white space
//! around them, which are looked for as they are.
//!
//! The rows are what known writers do. Deliberately absent: digits in both cases within one escaped text, encodings
//! that change with every use (encryption, compression), and what nobody does but to get past a filter.

use std::collections::HashMap;
use std::rc::Rc;

use super::encode::{self, BASE32, Encoded, STANDARD, URL_SAFE};
use super::wrapping::{behind_prefix, may_be_wrapped, without_white_space, wrapped};
use super::{json_text, lists, markup, nested, normal, numbers, percent, quote};
use crate::form::Form;
use crate::parts;
use crate::parts::list::{Extent, Part, SHORTEST};
use um_secret::{Masking, Parts, Verdict, masking};

/// What a value looks like in one form.
pub(crate) struct Shape {
    pub form: Form,
    pub bytes: Encoded,
    /// Whether it is also found with line breaks anywhere inside it.
    pub across_lines: bool,
    /// Of the part that it is a form of, as its path.
    pub verdict: Verdict,
    pub path: Option<Rc<str>>,
}

/// All forms of one value, each once.
pub(crate) type Forms = Vec<Shape>;

/// One way to write a text: what the report calls it, whether line breaks may stand in it, and who writes it.
struct Row(Form, Lines, fn(&str, Thorough) -> Vec<Encoded>);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Lines {
    Within,
    Across,
}

/// Whether the rare choices of a writer are tried too. Of long texts they are not: 64 KiB have forms of 13 MiB then, or of
/// 30 if most characters need an escape.
type Thorough = bool;

use Lines::{Across, Within};

const TABLE: &[Row] = &[
    // hosts of URLs (RFC 3986, 6.2.2.1); names of variables; `rev`
    Row(Form::Lowercase, Within, |text, _| encode::lowercase(text)),
    Row(Form::Uppercase, Within, |text, _| encode::uppercase(text)),
    Row(Form::Reversed, Within, |text, _| vec![encode::reversed(text)]),
    // Unicode Standard Annex 15: what file systems and databases keep
    Row(Form::Normalized, Within, |text, _| normal::all(text)),
    Row(Form::Normalized, Across, |text, _| normal::in_base64(text)),
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
    Row(Form::Bytes, Within, lists::rare),
    Row(Form::Bytes, Across, lists::rare_across_lines),
    // CLDR's groups, printf, Python, JavaScript, Java, .NET
    Row(Form::Number, Within, |text, _| numbers::all(text)),
    // RFC 3986, 2.1; ECMA-262, B.2.1.1
    Row(Form::Percent, Within, percent::all),
    Row(Form::Percent, Within, |text, _| percent::by_code(text)),
    Row(Form::PercentTwice, Within, |text, _| percent::twice(text)),
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
    // RFC 2045 and 2047; where lines of mail are long enough to be broken
    Row(Form::Quoted, Within, |text, _| quote::in_mail(text)),
    Row(Form::Quoted, Across, |text, _| wrapped(text, quote::in_mail(text))),
    // strings of several lines, as JSON and Python's pprint write them
    Row(Form::Json, Across, |text, _| wrapped(text, quote::JSON.map(|json| quote::quoted(text, json)).into())),
    Row(Form::Quoted, Across, |text, _| wrapped(text, quote::REPRS.map(|repr| quote::quoted(text, repr)).into())),
    // one in the other
    Row(Form::Quoted, Within, nested::in_repr),
    Row(Form::Json, Within, nested::in_json),
    Row(Form::Percent, Within, nested::in_url),
    Row(Form::Base64, Across, |text, thorough| nested::in_base64(text, thorough, STANDARD)),
    Row(Form::Base64Url, Across, |text, thorough| nested::in_base64(text, thorough, URL_SAFE)),
    Row(Form::Markup, Within, nested::in_markup),
    Row(Form::Percent, Within, nested::base64_in_url),
    Row(Form::Json, Within, nested::base64_in_json),
    Row(Form::Markup, Within, nested::base64_in_markup),
    // RFC 2781: files of Windows; arguments of PowerShell's -EncodedCommand
    Row(Form::Utf16, Within, |text, _| encode::utf16(text).into()),
    Row(Form::Utf16, Across, |text, _| encode::cores(&encode::utf16(text)[0], STANDARD)),
    Row(Form::Utf16, Across, |text, _| encode::cores(&encode::utf16(text)[0], URL_SAFE)),
];

/// The forms of a value of which as much can be masked as `extent` says, and of whose parts so much is on record.
pub(crate) fn of(value: &str, extent: Masking, recorded: &Parts) -> Forms {
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
            parts::of(value, recorded).iter().for_each(|part| add_part(part, &mut forms));
        }
    }
    add_loose(&mut forms);
    drop_repeated(&mut forms);
    forms
}

/// The forms of a value as a whole: none of a part of it. What is looked for in answers of servers, where a part that is
/// found would tell that a guess of it was right.
pub(crate) fn of_whole(value: &str) -> Forms {
    let mut forms = Forms::new();
    let whole = value.to_owned().into();
    let part = Part { form: Form::Raw, text: whole, extent: Extent::Every, verdict: Verdict::Certain, path: None };
    add_part(&part, &mut forms);
    forms.retain(|shape| shape.form != Form::Raw || shape.bytes.len() == value.len());
    drop_repeated(&mut forms);
    forms
}

fn add_as_they_are([value, trimmed]: [&str; 2], forms: &mut Forms) {
    for (form, text) in [(Form::Raw, value), (Form::Trimmed, trimmed)] {
        let bytes = encode::raw(text.as_bytes());
        forms.push(Shape { form, bytes, across_lines: false, verdict: Verdict::Certain, path: None });
    }
}

fn add_part(part: &Part, forms: &mut Forms) {
    let shape = |form, bytes, across_lines| {
        let Part { verdict, path, .. } = part;
        Shape { form, bytes, across_lines, verdict: *verdict, path: path.clone() }
    };
    let across_lines = part.extent == Extent::AcrossLines || may_be_wrapped(&part.text);
    let as_it_is = [&part.text[..]].into_iter().chain(behind_prefix(&part.text));
    forms.extend(as_it_is.map(|text| shape(part.form, encode::raw(text.as_bytes()), across_lines)));
    let thorough = match part.extent {
        Extent::AsItIs | Extent::AcrossLines => return,
        Extent::Common => false,
        Extent::Every => true,
    };
    for Row(form, lines, write) in TABLE {
        let long = write(&part.text, thorough).into_iter().filter(|bytes| bytes.len() >= SHORTEST);
        forms.extend(long.map(|bytes| shape(*form, bytes, *lines == Across)));
    }
}

/// Adds what is found across lines without its white space: that may have become other.
fn add_loose(forms: &mut Forms) {
    let loose = |shape: &Shape| {
        let bytes = without_white_space(&shape.bytes).filter(|_| shape.across_lines)?;
        let Shape { verdict, path, .. } = shape;
        Some(Shape { form: Form::Joined, bytes, across_lines: true, verdict: *verdict, path: path.clone() })
    };
    let loose: Vec<Shape> = forms.iter().filter_map(loose).collect();
    forms.extend(loose);
}

/// Of forms that are the same the first gives its name to the report, of the certain ones if there is any; it is found
/// across lines if any is.
fn drop_repeated(forms: &mut Forms) {
    let mut same: HashMap<&[u8], (Verdict, bool)> = HashMap::new();
    for shape in forms.iter() {
        let (verdict, across_lines) = same.entry(&shape.bytes).or_insert((shape.verdict, false));
        *verdict = shape.verdict.max(*verdict);
        *across_lines |= shape.across_lines;
    }
    let first = |shape: &Shape| {
        let (verdict, _) = same.get(&shape.bytes[..])?;
        if *verdict == shape.verdict {
            same.remove(&shape.bytes[..]).map(|(_, across_lines)| across_lines)
        } else {
            None
        }
    };
    let firsts: Vec<Option<bool>> = forms.iter().map(first).collect();
    let mut firsts = firsts.into_iter();
    forms.retain_mut(|shape| {
        let first = firsts.next().flatten();
        shape.across_lines = first.unwrap_or_default();
        first.is_some()
    });
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::io::Write;
    use std::process::{Command, Stdio};

    use super::*;

    /// Family, bytes in hexadecimal, whether they are found across lines.
    type Listed = BTreeSet<(String, String, bool)>;

    /// What outside encoders make of the values.
    fn listed_by_others(values: &[&str]) -> Vec<Listed> {
        let mut python = Command::new("python3");
        python.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/leak/oracle"));
        let mut python = python.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("python3 is installed");
        let parts: Vec<_> = values.iter().map(|value| crate::parts(value)).collect();
        python.stdin.take().unwrap().write_all(&serde_json::to_vec(&parts).unwrap()).unwrap();
        let output = python.wait_with_output().unwrap();
        assert!(output.status.success(), "the oracle failed to list the forms");
        serde_json::from_slice(&output.stdout).unwrap()
    }

    fn listed(value: &str) -> Listed {
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let entry = |shape: Shape| (shape.form.to_string(), hex(&shape.bytes), shape.across_lines);
        of(value, masking(value), &Parts::default()).into_iter().map(entry).collect()
    }

    /// The forms without what they are called. One may be across lines in one family and not in another.
    fn unnamed(listed: &Listed) -> BTreeSet<(&str, bool)> {
        let across: BTreeSet<&str> =
            listed.iter().filter(|(_, _, across)| *across).map(|(_, form, _)| &form[..]).collect();
        listed.iter().map(|(_, form, _)| (&form[..], across.contains(&form[..]))).collect()
    }

    fn text(form: &str) -> String {
        let byte = |at| u8::from_str_radix(&form[at..at + 2], 16).unwrap();
        String::from_utf8_lossy(&(0..form.len()).step_by(2).map(byte).collect::<Vec<_>>()).into_owned()
    }

    #[test]
    fn a_form_that_only_one_side_knows_fails_this_test() {
        let values = [
            "plain-token-1234",
            "k7x!a",
            " \"quoted\" \\ / + ~ * ' ( ) ! & = ; : @ $ , # ? [ ] { } | ^ ` % < > ",
            "two lines \"of\" text\r\n\tand/another <one>\nshort\n",
            "8 bytes!\n7 bytes\nlonger than both",
            "ünï\u{2028}cödé-𝄞\u{7f}\u{1}\u{8}\u{c}\u{b}\u{1b}",
            "日本語のパスワード",
            "€€€",
            "40718253",
            "0012345600",
            "00001234567",
            "9007199254740993",
            "4111111111111111",
            "12345678901234567890",
            "1000000000000000000000000",
            "115792089237316195423570985008687907852837564279074904382605163141518161494336",
            "ab\n\n\ncdef",
            "abcdefgh",
            "abcdefghi",
            "abcdefghij",
            "it's $HOME/`x` 100% \\ \"\"",
            "sk-live_4eC39HqLyjWDarjtT1zdp7dcXq",
            "it''s 'quoted''",
            "cafe\u{301}-\u{212b}ngstr\u{f6}m-\u{1e69}",
            "light???work>>>then",
            "#{a}#$b#@c;d,e=f:g!{h}\t'\"",
            "k\u{e9}7-\"x\\\"-'q'-<&>-0123456789",
            "\"line\" one\nline 'two' & <three>",
            "postgres://app:p%40ss-w0rd@db.internal:5432/main?sslmode=require",
            "https://ghp_16C7e42F292c6912E771@git.internal/x.git",
            "-----BEGIN KEY-----\nMIIBVgIBADANBgkqhkiG9w0B\r\nAQEFAASCAUAwggE8AgEAAkEA\n-----END KEY-----\n",
            r#"{"key": "k7x!k7x!k7x!", "n": [12345678, 1.25, true, null, "short"], "url": "ftp://u:p%20w-0123@h/",
                "pem": "-----BEGIN KEY-----\nMIIBVgIBADAN\nBgkqhkiG9w0B\n-----END KEY-----", "in": "{\"a\": \"\u00e9 in the depth\"}"}"#,
            r"-----BEGIN KEY-----\nMIIBVgIBADANBgkqhkiG9w0B\r\nAQEFAASC\n-----END KEY-----\n",
            "https://hooks.example.com/services/T00000000/XXXXabcdXXXX1234%2Fefgh?sv=2022&sig=abc%3Ddefgh#token=k7x!k7x!",
            "jdbc:mysql://app:correcthorse@db/x?authMechanism=PLAIN-TEXT",
            "Server=db;Database=x;User Id=app;Password='correct horse';AccountKey=dG9rZW4hdG9rZW4=;",
            "app:correct@horse@tcp(db:3306)/x",
            "db:5432:x:app:correcthorse",
            "db:6380,password=correcthorse,ssl=True",
            "Authorization: Basic Ym90OmNvcnJlY3Rob3JzZQ==",
            "Ym90OmNvcnJlY3Rob3JzZTpiYXR0ZXJ5",
            "[default]\nname = My-Own-Key-12\naws_secret_key = wJalrXUtn/bPxRfi\nregion = us-east-1\nid: k7x!\nempty:\nnothing_in_it: {}\n\
                expires: 2026-11-23T10:00:00Z\nhost=db1.example.com:5432\npath: /etc/ssl/cert.pem\nX=ServiceAccount\n\
                Y=SflKxwRJSMeK\nmail=john.doe@example.com\nZ=correct horse battery staple\nserver: 16C7e42F292c6912E7\n",
            r#"{"type": "service_account", "token_uri": "https://oauth2.example.com/token", "id": [1700000000, 123456789012],
                "password": ["correcthorse", 88412077], "db_url": "redis://:k7x!k7x!@cache", "n": "my-project-123456"}"#,
        ];
        for (value, others) in values.iter().zip(listed_by_others(&values)) {
            let ours = listed(value);
            let apart: Vec<_> = unnamed(&ours).symmetric_difference(&unnamed(&others)).copied().collect();
            let shown = |list: &Listed| {
                let here = list.iter().filter(|(_, form, across)| apart.contains(&(&form[..], *across)));
                here.map(|(family, form, across)| format!("\n{family} {across} {}", text(form))).collect::<String>()
            };
            assert!(apart.is_empty(), "{value:?}\nwe alone:{}\nothers alone:{}", shown(&ours), shown(&others));
            let misnamed: Vec<_> = ours
                .iter()
                .filter(|(family, form, _)| !others.iter().any(|other| other.0 == *family && other.1 == *form))
                .collect();
            assert!(misnamed.is_empty(), "{value:?}: these belong to other families: {misnamed:?}");
        }
    }

    #[test]
    fn no_form_of_a_whole_value_is_a_part_of_it() {
        let value = "sk-live_4eC39HqLyjWDarjtT1zdp7dcXq";
        assert!(
            of(value, Masking::EveryForm, &Parts::default())
                .iter()
                .any(|shape| shape.bytes[..] == value.as_bytes()[3..])
        );
        let raw: Vec<_> = of_whole(value).into_iter().filter(|shape| shape.form == Form::Raw).collect();
        assert_eq!(raw.len(), 1);
        assert_eq!(&raw[0].bytes[..], value.as_bytes());
    }

    #[test]
    fn what_is_certain_is_so_whatever_doubtful_part_looks_the_same() {
        let part = |text: &str, verdict, path: &str| Part {
            form: Form::Part,
            text: text.to_owned().into(),
            extent: Extent::Every,
            verdict,
            path: Some(path.into()),
        };
        let parts = [
            part("my-project-1", Verdict::Doubtful, "id"),
            part("my-project-1", Verdict::Certain, "password"),
            part("MY-PROJECT-1", Verdict::Doubtful, "shown"),
            part("my-project-1", Verdict::Certain, "again"),
        ];
        let mut forms = Forms::new();
        parts.iter().for_each(|part| add_part(part, &mut forms));
        drop_repeated(&mut forms);
        let of = |text: &str| {
            let same = forms.iter().filter(|shape| shape.bytes[..] == *text.as_bytes());
            same.map(|shape| (shape.form, shape.verdict, shape.path.as_deref())).collect::<Vec<_>>()
        };
        assert_eq!(of("my-project-1"), [(Form::Part, Verdict::Certain, Some("password"))]);
        assert_eq!(of("MY-PROJECT-1"), [(Form::Uppercase, Verdict::Certain, Some("password"))]);
        assert_eq!(of("1-TCEJORP-YM"), [(Form::Reversed, Verdict::Doubtful, Some("shown"))]);
    }

    fn size(value: &str) -> usize {
        of(value, Masking::EveryForm, &Parts::default()).iter().map(|shape| shape.bytes.len()).sum()
    }

    #[test]
    fn an_ordinary_token_has_some_fifty_forms() {
        for (token, forms) in
            [("16C7e42F292c6912E7710c838347Ae178B4a", 45..55), ("ghp_16C7e42F292c-6912E7710c838347Ae178B4a", 65..90)]
        {
            let count = of(token, Masking::EveryForm, &Parts::default()).len();
            assert!(forms.contains(&count), "{count}");
            assert!(size(token) < 10 << 10);
        }
    }

    #[test]
    fn a_value_of_64_kib_has_forms_of_some_megabytes_at_most() {
        let lines = |line: &dyn Fn(usize) -> String, most: usize| {
            let text: String = (0..).map(line).take(most / 6).collect();
            text[..text.floor_char_boundary(most)].to_owned()
        };
        let punctuated = |number| format!("{number}\"é/<\n");
        let plain = |number| format!("{:015x}\n", number * 0x0123_4567_89ab_usize);
        for (value, most) in [
            (lines(&punctuated, 65_536), 32),
            (lines(&plain, 65_536), 14),
            (lines(&punctuated, 4096), 8),
            (lines(&plain, 4096), 2),
        ] {
            assert!(size(&value) < most << 20);
        }
    }
}
