//! The leak filter against encoders that share no code with it, and against a search that anybody can check.

use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::json;
use um_host::leak::{End, Filter, Form, Leak, Redactor, Stream};

/// Values of every kind; the forms of the later ones overlap with each other.
const VALUES: [&str; 24] = [
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
];

/// The forms of a value as Python lists them.
fn forms(value: &str) -> &'static [Vec<u8>] {
    static FORMS: OnceLock<Vec<Vec<Vec<u8>>>> = OnceLock::new();
    let at = VALUES.iter().position(|known| *known == value).expect("one of the values above");
    &FORMS.get_or_init(list_forms)[at]
}

fn list_forms() -> Vec<Vec<Vec<u8>>> {
    let mut python = Command::new("python3")
        .args(["-c", include_str!("leak_forms.py")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3, whose encoders the leak filter is checked against, is installed");
    let values = serde_json::to_vec(&VALUES).unwrap();
    python.stdin.take().unwrap().write_all(&values).unwrap();
    let output = python.wait_with_output().unwrap();
    assert!(output.status.success(), "python3 failed to list the forms");
    let lists: Vec<Vec<String>> = serde_json::from_slice(&output.stdout).unwrap();
    lists.iter().map(|forms| forms.iter().map(|form| unhex(form)).collect()).collect()
}

fn unhex(digits: &str) -> Vec<u8> {
    digits
        .as_bytes()
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

/// What is to come out, by trying every form at every place.
struct Naive<'a> {
    text: &'a [u8],
    masked: Vec<bool>,
    /// A mask begins here, whether or not what is before it is masked too.
    forms: &'a [Vec<u8>],
}

impl<'a> Naive<'a> {
    fn new(text: &'a [u8], forms: &'a [Vec<u8>]) -> Self {
        let mut masked = vec![false; text.len()];
        for form in forms {
            for start in 0..text.len() {
                if text[start..].starts_with(form) {
                    masked[start..start + form.len()].fill(true);
                }
            }
        }
        Self { text, masked, forms }
    }

    /// Where the longest suffix begins that is a proper prefix of a form.
    fn held_from(&self) -> usize {
        let held = |start: &usize| {
            let suffix = &self.text[*start..];
            self.forms.iter().any(|form| form.len() > suffix.len() && form.starts_with(suffix))
        };
        (0..self.text.len()).find(held).unwrap_or(self.text.len())
    }

    /// The output for the input up to `end`.
    fn up_to(&self, end: usize) -> Vec<u8> {
        let mut out = Vec::new();
        for at in 0..end {
            if !self.masked[at] {
                out.push(self.text[at]);
            } else if at == 0 || !self.masked[at - 1] {
                out.extend(b"***");
            }
        }
        out
    }
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

#[derive(Debug)]
struct Case {
    values: Vec<&'static str>,
    forms: Vec<Vec<u8>>,
    text: Vec<u8>,
    cuts: Vec<usize>,
}

/// A few values, and a text of pieces of their forms and of other bytes, cut anywhere.
fn cases() -> impl Strategy<Value = Case> {
    let piece = (any::<Index>(), any::<Index>(), any::<Index>(), 0..4_u8, prop::collection::vec(any::<u8>(), 0..6));
    let pieces = prop::collection::vec(piece, 0..24);
    let values = prop::collection::vec(select(&VALUES), 1..5);
    (values, pieces, prop::collection::vec(any::<Index>(), 0..12)).prop_map(|(values, pieces, cuts)| {
        let forms: Vec<Vec<u8>> = values.iter().flat_map(|value| forms(value).to_vec()).collect();
        let mut text = Vec::new();
        for (form, from, to, kind, noise) in pieces.iter().filter(|_| !forms.is_empty()) {
            let form = form.get(&forms);
            let (from, to) = (from.index(form.len()), to.index(form.len()) + 1);
            text.extend_from_slice(match kind {
                0 => form,
                1 => &form[..to],
                2 => &form[from..],
                _ => noise,
            });
        }
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(text.len() + 1)).collect();
        cuts.sort_unstable();
        Case { values, forms, text, cuts }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_comes_out_is_what_a_naive_search_says_however_it_was_cut(case in cases()) {
        let expected = Naive::new(&case.text, &case.forms).up_to(case.text.len());
        let filter = guarding(&case.values);
        let bytewise: Vec<usize> = (0..case.text.len()).collect();
        prop_assert_eq!(&redact(&filter, &case.text, &[], End::Chosen), &expected);
        let counted = filter.report();
        for cuts in [&case.cuts, &bytewise] {
            let filter = guarding(&case.values);
            prop_assert_eq!(&redact(&filter, &case.text, cuts, End::Chosen), &expected);
            prop_assert_eq!(&filter.report(), &counted, "the counts must not depend on the cuts either");
        }
    }

    #[test]
    fn no_form_stands_between_the_masks(case in cases()) {
        let out = redact(&guarding(&case.values), &case.text, &case.cuts, End::Chosen);
        let mut rest = &out[..];
        while !rest.is_empty() {
            let mask = rest.windows(3).position(|window| window == b"***");
            let between = &rest[..mask.unwrap_or(rest.len())];
            let is_there = |form: &&Vec<u8>| between.windows(form.len()).any(|window| window == **form);
            prop_assert_eq!(case.forms.iter().find(is_there), None);
            rest = mask.map_or(&[], |mask| &rest[mask + 3..]);
        }
    }

    #[test]
    fn after_each_write_exactly_the_longest_open_suffix_is_held(case in cases()) {
        let filter = guarding(&case.values);
        let mut redactor = filter.stream(Stream::Stdout);
        let mut out = Vec::new();
        let mut from = 0;
        for &cut in &case.cuts {
            redactor.write(&case.text[from..cut], &mut out);
            from = cut;
            let naive = Naive::new(&case.text[..cut], &case.forms);
            prop_assert_eq!(&out, &naive.up_to(naive.held_from()));
        }
    }

    #[test]
    fn at_an_end_that_was_not_chosen_an_open_suffix_of_four_bytes_is_masked(case in cases()) {
        let mut naive = Naive::new(&case.text, &case.forms);
        let held = naive.held_from();
        if case.text.len() - held >= 4 {
            naive.masked[held..].fill(true);
        }
        let expected = naive.up_to(case.text.len());
        prop_assert_eq!(redact(&guarding(&case.values), &case.text, &case.cuts, End::Cut), expected);
    }
}

#[test]
fn every_form_that_python_writes_is_masked_and_nothing_around_it() {
    for value in VALUES {
        let filter = guarding(&[value]);
        for form in forms(value) {
            let text = [b"\x00<", &form[..], b">\xff"].concat();
            let shown = String::from_utf8_lossy(form);
            assert_eq!(redact(&filter, &text, &[], End::Chosen), b"\x00<***>\xff", "{shown}");
        }
    }
}

#[test]
fn a_text_that_lacks_one_byte_of_each_form_passes_unchanged() {
    for value in VALUES {
        let filter = guarding(&[value]);
        let forms = forms(value);
        for form in forms {
            for text in [&form[1..], &form[..form.len() - 1]] {
                let holds_another = forms.iter().any(|other| text.windows(other.len()).any(|window| window == other));
                let out = redact(&filter, text, &[], End::Chosen);
                assert_eq!(out == text, !holds_another, "{}", String::from_utf8_lossy(text));
            }
        }
    }
}

#[test]
fn bytes_that_are_no_text_pass_unchanged() {
    let all: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    for chunk in [1, 7, 64, 65_536] {
        let cuts: Vec<usize> = (0..all.len()).step_by(chunk).collect();
        assert_eq!(redact(&guarding(&["k7x!k7x!k7x!"]), &all, &cuts, End::Cut), all);
    }
}

#[test]
fn a_filter_that_guards_nothing_holds_nothing() {
    let mut redactor = Filter::new().stream(Stream::Stderr);
    assert_eq!(written(&mut redactor, b"anything"), b"anything");
    assert_eq!(finished(&mut redactor, End::Cut), b"");
}

#[test]
fn touching_and_overlapping_values_become_one_mask_even_byte_by_byte() {
    let filter = guarding(&["hunter22", "ter22xyz"]);
    for (text, expected) in [
        ("hunter22hunter22", "***"),
        ("hunter22xyz", "***"),
        ("hunter22xyzhunter22!", "***!"),
        ("hunter22 hunter22", "*** ***"),
        ("hunter2hunter22", "hunter2***"),
    ] {
        for step in [1, 2, 3, 100] {
            let cuts: Vec<usize> = (0..text.len()).step_by(step).collect();
            assert_eq!(redact(&filter, text.as_bytes(), &cuts, End::Chosen), expected.as_bytes(), "{text} by {step}");
        }
    }
}

#[test]
fn a_whole_value_is_masked_at_once_unless_it_may_go_on() {
    let mut redactor = guarding(&["hunter22"]).stream(Stream::Stdout);
    assert_eq!(written(&mut redactor, b"a hunter2"), b"a ");
    assert_eq!(written(&mut redactor, b"2"), b"***");
    assert_eq!(written(&mut redactor, b"hunter22"), b"", "it touches the mask that is out already");
    assert_eq!(written(&mut redactor, b"h!"), b"h!");
    assert_eq!(finished(&mut redactor, End::Chosen), b"");
}

#[test]
fn a_value_guarded_in_mid_stream_guards_what_all_streams_hold() {
    let filter = guarding(&["hunter22-and-more"]);
    let mut stdout = filter.stream(Stream::Stdout);
    let mut stderr = filter.stream(Stream::Stderr);
    assert_eq!(written(&mut stdout, b"a hunter22"), b"a ");
    assert_eq!(written(&mut stderr, b"b hunter22 "), b"b hunter22 ");
    let other = filter.clone();
    std::thread::spawn(move || other.guard("LATE", "hunter22")).join().unwrap();
    assert_eq!(written(&mut stdout, b"!"), b"***!");
    assert_eq!(written(&mut stderr, b"hunter2"), b"");
    assert_eq!(finished(&mut stderr, End::Cut), b"***");
    let late = Leak { secret: "LATE".to_owned(), stream: Stream::Stdout, form: Form::Raw, count: 1 };
    assert_eq!(filter.report(), [late]);
}

#[test]
fn a_value_guarded_while_held_bytes_hold_all_of_it_is_masked_at_the_end() {
    for end in [End::Chosen, End::Cut] {
        let filter = guarding(&["hunter22-and-more"]);
        let mut redactor = filter.stream(Stream::Stdout);
        assert_eq!(written(&mut redactor, b"(hunter22-an"), b"(");
        filter.guard("LATE", "unter22-");
        let expected: &[u8] = if end == End::Chosen { b"h***an" } else { b"***" };
        assert_eq!(finished(&mut redactor, end), expected);
    }
}

#[test]
fn the_end_of_a_stream_lets_out_what_it_held_unless_it_was_cut() {
    for (held, end, expected) in [
        ("hunter2", End::Chosen, "hunter2"),
        ("hunter2", End::Cut, "***"),
        ("hunt", End::Cut, "***"),
        ("hun", End::Cut, "hun"),
        ("hunter22 hun", End::Cut, "*** hun"),
        ("hunter22hunt", End::Cut, "***"),
    ] {
        assert_eq!(redact(&guarding(&["hunter22"]), held.as_bytes(), &[], end), expected.as_bytes(), "{held} {end:?}");
    }
}

#[test]
fn a_redactor_is_as_new_after_its_end() {
    let mut redactor = guarding(&["hunter22"]).stream(Stream::Stdout);
    written(&mut redactor, b"hunter22");
    finished(&mut redactor, End::Chosen);
    assert_eq!(written(&mut redactor, b"hunter22"), b"***", "another text, another mask");
}

#[test]
fn what_cannot_be_masked_is_named_and_passes() {
    let filter = Filter::new();
    for (name, value) in [("SHORT", "abc"), ("WORD", "Admin"), ("GOOD", "hunter22"), ("SHORT", "abc"), ("RAW", "k7x!")]
    {
        filter.guard(name, value);
    }
    assert_eq!(filter.unguarded(), ["SHORT", "WORD"]);
    assert_eq!(filter.text(Stream::Stdout, "abc Admin hunter22 k7x! 6b377821"), "abc Admin *** *** 6b377821");
}

#[test]
fn what_known_writers_make_of_a_value_is_masked() {
    for (value, written) in [
        // Rust: NON_ALPHANUMERIC, CONTROLS
        ("sk-live_Ab3.dEf7-Gh1_jK9.mN2p", "sk%2Dlive%5FAb3%2EdEf7%2DGh1%5FjK9%2EmN2p"),
        ("tok~en k#é;xY7", "tok~en k#%C3%A9;xY7"),
        // a tilde that is encoded, a space that is no plus
        ("tok~en k-x_Y.7", "tok%7Een%20k-x_Y.7"),
        // ECMAScript's escape, Ruby's DEFAULT_PARSER, Go's PathEscape
        ("a+b/c@d*e=f&g:h;i", "a+b/c@d*e%3Df%26g%3Ah%3Bi"),
        ("a+b/c[d]e=f&g#h^i", "a+b/c[d]e=f&g%23h%5Ei"),
        ("a+b/c@d*e=f&g:h;i", "a+b%2Fc@d%2Ae=f&g:h%3Bi"),
        // nobody in particular
        ("wJal/UtnF+MI=", "wJal%2fUtnF%2BMI%3d"),
        ("a+b/c@d!e0123456", "a%2bb/c%40d!e0123456"),
        // .NET's System.Text.Json, Gson
        ("k+7&<'\"`x\u{e9}012", "k\\u002B7\\u0026\\u003C\\u0027\\u0022\\u0060x\\u00E9012"),
        ("k=7&<>'x\"012", "k\\u003d7\\u0026\\u003c\\u003e\\u0027x\\\"012"),
        ("line one\nline 2", "line one\\u000aline 2"),
        ("line one\nline 2", "line one\\u000Aline 2"),
        ("hunter2+", "\\u0068\\u0075\\u006e\\u0074\\u0065\\u0072\\u0032\\u002b"),
        ("hunter2+", "\\\\u0068\\\\u0075\\\\u006E\\\\u0074\\\\u0065\\\\u0072\\\\u0032\\\\u002B"),
        ("Ab3.dEf7-Gh1", "AB3.DEF7-GH1"),
        // Rust's {:?} and escape_debug, Python's repr of bytes
        ("it's\u{1b}[1m\0 \"x\"", "it's\\u{1b}[1m\\0 \\\"x\\\""),
        ("it's\u{1b}[1m\0 \"x\"", "it\\'s\\u{1b}[1m\\0 \\\"x\\\""),
        ("it\u{1b}[1m\u{e9}2345", "it\\x1b[1m\\xc3\\xa92345"),
    ] {
        let out = guarding(&[value]).text(Stream::Stdout, &format!("<{written}>"));
        assert_eq!(out, "<***>", "{written}");
    }
    let value = "it's\u{1b}[1m\0 \u{e9} \"x\"\n";
    for quoted in
        [format!("{value:?}"), format!("\"{}\"", value.escape_debug()), format!("\"{}\"", value.escape_default())]
    {
        assert_eq!(guarding(&[value]).text(Stream::Stdout, &quoted), "\"***\"", "{quoted}");
    }
}

#[test]
fn a_program_that_guards_a_common_value_itself_is_obeyed_from_eight_bytes_on() {
    let filter = Filter::new();
    filter.guard("PASSWORD", "password");
    assert_eq!(filter.text(Stream::Stdout, "a password, aaaaaaaa"), "a password, aaaaaaaa");
    for value in ["password", "aaaaaaaa", "true    "] {
        assert!(filter.guard_within("guarded value", value, usize::MAX).unwrap() > 0, "{value}");
    }
    let text = "a password, aaaaaaaa, 70617373776f7264, PASSWORD, true, true    ";
    assert_eq!(filter.text(Stream::Stdout, text), "a ***, ***, ***, ***, true, ***");
    assert_eq!(filter.guard_within("guarded value", "secret", usize::MAX), Some(0));
    assert_eq!(filter.guard_within("guarded value", "administrator", 8), None, "too little memory, so unguarded");
}

#[test]
fn no_part_or_form_shorter_than_eight_bytes_is_looked_for() {
    let filter = guarding(&["{\n  \"a\": 1\n}\nlong enough line"]);
    assert_eq!(filter.text(Stream::Stdout, "{ \"a\": 1 }"), "{ \"a\": 1 }");
    assert_eq!(filter.text(Stream::Stdout, "> long enough line"), "> ***");
}

#[test]
fn leaks_are_counted_by_secret_stream_and_form() {
    let filter = Filter::new();
    filter.guard("KEY", "k7x!k7x!k7x?");
    filter.guard("KEY", "k7x!k7x!k7x?");
    filter.guard("PEM", "first line of it\nsecond line");
    filter.text(Stream::Stdout, "k7x!k7x!k7x? k7x!k7x!k7x?k7x!k7x!k7x? 6b3778216b3778216b37783f");
    filter.text(Stream::Document("a.txt".to_owned()), "first line of it\nsecond line and second line");
    filter.text(Stream::Error, "azd4IWs3eCFrN3g/ azd4IWs3eCFrN3g_");
    let report = serde_json::to_value(filter.report()).unwrap();
    assert_eq!(
        report,
        json!([
            {"secret": "KEY", "stream": "stdout", "form": "raw", "count": 3},
            {"secret": "KEY", "stream": "stdout", "form": "hex", "count": 1},
            {"secret": "KEY", "stream": "error", "form": "base64", "count": 1},
            {"secret": "KEY", "stream": "error", "form": "base64-url", "count": 1},
            {"secret": "PEM", "stream": "document a.txt", "form": "raw", "count": 1},
            {"secret": "PEM", "stream": "document a.txt", "form": "line", "count": 1},
        ])
    );
}

#[test]
fn guarding_the_same_again_changes_nothing() {
    let filter = Filter::new();
    (0..3).for_each(|_| filter.guard("KEY", "hunter22"));
    assert_eq!(format!("{filter:?}"), "Filter { secrets: 1, .. }");
}

#[test]
fn a_line_of_a_long_value_that_is_guarded_as_a_value_is_guarded_in_every_form() {
    let filter = Filter::new();
    let line = "ghp_16C7e42F292c6912E771";
    filter.guard("KEY", &format!("{}\n{line}", "another line, with nothing in it\n".repeat(200)));
    filter.guard("KEY", line);
    let hex: String = line.bytes().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(filter.text(Stream::Stdout, &hex), "***");
}

#[test]
fn filter_and_redactor_may_cross_threads() {
    fn crosses<T: Send + 'static>(_: &T) {}
    fn is_shared<T: Sync + 'static>(_: &T) {}
    let filter = Filter::new();
    is_shared(&filter);
    crosses(&filter);
    crosses(&filter.stream(Stream::Stdout));
}

#[test]
fn streams_that_are_written_while_another_thread_guards_come_out_masked() {
    let filter = guarding(&["hunter22"]);
    let guards = filter.clone();
    let guarding =
        std::thread::spawn(move || (0..500).for_each(|n| guards.guard("MADE", &format!("token-{n:06}-end"))));
    let mut redactor = filter.stream(Stream::Stdout);
    let mut out = Vec::new();
    (0..20_000).for_each(|_| redactor.write(b"hunter22 tok hunt", &mut out));
    guarding.join().unwrap();
    redactor.write(b"token-000499-end", &mut out);
    redactor.finish(End::Chosen, &mut out);
    let expected = format!("{}***", "*** tok hunt".repeat(20_000));
    assert!(out == expected.as_bytes(), "{} bytes came out, not {}", out.len(), expected.len());
}

#[test]
fn json_is_masked_in_keys_values_and_numbers() {
    let filter = guarding(&["hunter22", "12345678"]);
    let value = json!({
        "plain": ["hunter22", {"x": "a hunter22 b"}],
        "hunter22": 1, "a hunter22": true, "***": null,
        "numbers": [12_345_678, -12_345_678, 1.5, 912_345_678, 1_234_567],
    });
    let expected = json!({
        "plain": ["***", {"x": "a *** b"}],
        "***#2": 1, "a ***": true, "***": null,
        "numbers": ["***", "***", 1.5, "***", 1_234_567],
    });
    assert_eq!(filter.json(Stream::Result, value), expected);
}

#[test]
fn keys_of_json_that_become_the_same_stay_apart_in_their_order() {
    let filter = guarding(&["hunter22", "correct horse"]);
    let value = json!({"hunter22": 1, "***#2": 2, "correct horse": 3, "hunter22hunter22": 4});
    let text = filter.json(Stream::Result, value).to_string();
    assert_eq!(text, r##"{"***":1,"***#2":2,"***#3":3,"***#4":4}"##);
}

#[test]
fn a_value_that_is_json_is_masked_when_it_comes_back_parsed() {
    let secret = r#"{"user":"svc","ids":[1,2,3,4]}"#;
    let filter = guarding(&[secret]);
    let parsed: serde_json::Value = serde_json::from_str(secret).unwrap();
    assert_eq!(filter.json(Stream::Result, json!({"a": [parsed], "b": 1})), json!({"a": ["***"], "b": 1}));
    assert_eq!(filter.report()[0].count, 1);
}

#[test]
fn a_value_of_64_kib_is_guarded_in_every_form() {
    let value: String = (0..4096).map(|line| format!("{:015x}\n", line * 0x0123_4567_89ab_u64)).collect();
    assert_eq!(value.len(), 65_536);
    let filter = guarding(&[&value]);
    let hex: String = value.bytes().map(|byte| format!("{byte:02x}")).collect();
    let json = serde_json::to_string(&value).unwrap();
    assert_eq!(filter.text(Stream::Stdout, &format!("<{value}>")), "<***>");
    assert_eq!(filter.text(Stream::Stdout, &format!("<{hex}>")), "<***>");
    assert_eq!(filter.text(Stream::Stdout, &json), "\"***\"");
    let bytewise: Vec<usize> = (0..hex.len()).collect();
    assert_eq!(redact(&filter, hex.as_bytes(), &bytewise, End::Chosen), b"***");
}

#[test]
fn ten_thousand_values_and_a_thousand_more_in_mid_stream_are_guarded() {
    let filter = Filter::new();
    for number in 0..10_000 {
        filter.guard("STORED", &format!("sk_live_{number:08}"));
    }
    filter.guard("MADE", "token_from_before");
    let mut redactor = filter.stream(Stream::Stdout);
    for number in 0..1_000 {
        assert_eq!(written(&mut redactor, b"; token_"), b"; ");
        filter.guard("MADE", &format!("token_{number:08}_more"));
        let text = format!("{number:08}_more, sk_live_{number:08}, token_{:08}_more", number + 1);
        let later = format!("***, ***, token_{:08}_more", number + 1);
        assert_eq!(written(&mut redactor, text.as_bytes()), later.as_bytes());
    }
}
