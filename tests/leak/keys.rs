//! Keys of um-host itself, which nobody guards.

use um_base::Work;
use um_leak::{End, Filter, Form, Leak, Stream, holds_key, may_hold_key};

use super::{AtOnce, KEY, finished, guarding, redact, written};

fn leak(secret: &str, count: u64) -> Leak {
    Leak { secret: secret.to_owned(), path: None, stream: Stream::Stdout, form: Form::Raw, count }
}

#[test]
fn a_key_is_masked_wherever_it_stands_and_however_it_is_cut() {
    for (text, expected) in [
        (KEY.to_owned(), "***"),
        (format!("UM_HOST_KEY={KEY}\n"), "UM_HOST_KEY=***\n"),
        (format!("{{\"key\": \"{KEY}\"}}"), "{\"key\": \"***\"}"),
        (format!("x{KEY}y"), "x***y"),
        (format!("{KEY}{KEY}"), "***"),
        (format!("um-host-key-{KEY}"), "um-host-key-***"),
        (format!("{}{KEY}", &KEY[..40]), &*format!("{}***", &KEY[..40])),
        (format!("\u{fc}{KEY}\u{fc}"), "\u{fc}***\u{fc}"),
    ] {
        for step in [1, 2, 7, 58, 59, 1000] {
            let filter = Filter::new();
            let cuts: Vec<usize> = (0..text.len()).step_by(step).collect();
            let out = redact(&filter, text.as_bytes(), &cuts, End::Chosen);
            assert_eq!(String::from_utf8(out).unwrap(), expected, "{text} by {step}");
            assert_eq!(filter.report(), [leak("um-host key", 1)], "{text} by {step}");
        }
    }
}

#[test]
fn what_is_no_key_passes() {
    let mistyped = KEY.replace("AAEC", "AAED");
    for text in [
        "um-host-key-",
        "um-host-key-abcdefgh12",
        &mistyped,
        &KEY[..KEY.len() - 1],
        &KEY[1..],
        &KEY.to_uppercase(),
        "menu um um-ho um-host um-host-keys",
    ] {
        for step in [1, 5, 1000] {
            let filter = Filter::new();
            let cuts: Vec<usize> = (0..text.len()).step_by(step).collect();
            assert_eq!(redact(&filter, text.as_bytes(), &cuts, End::Chosen), text.as_bytes(), "{text} by {step}");
            assert!(filter.report().is_empty());
        }
    }
}

#[test]
fn no_more_is_held_back_than_may_become_a_key() {
    let mut redactor = Filter::new().writer(Stream::Stdout);
    assert_eq!(written(&mut redactor, b"Continue? "), b"Continue? ");
    assert_eq!(written(&mut redactor, b"um-host-key-"), b"");
    assert_eq!(written(&mut redactor, b"AAEC!"), b"um-host-key-AAEC!");
    assert_eq!(written(&mut redactor, b"a um-h"), b"a ");
    assert_eq!(finished(&mut redactor, End::Cut), b"***", "it may be the beginning of one");
}

#[test]
fn a_key_and_a_value_that_overlap_are_one_mask() {
    let around = format!("key: {KEY} of the store");
    for (value, text, expected, secret) in [
        (KEY, KEY.to_owned(), "***", "SECRET_0"),
        (&around, around.clone(), "***", "SECRET_0"),
        ("prefix-um-host", format!("prefix-{KEY}"), "***", "SECRET_0"),
        (&KEY[..20], KEY.to_owned(), "***", "um-host key"),
    ] {
        for step in [1, 13, 1000] {
            let filter = guarding(&[value]);
            let cuts: Vec<usize> = (0..text.len()).step_by(step).collect();
            assert_eq!(redact(&filter, text.as_bytes(), &cuts, End::Chosen), expected.as_bytes(), "{text} by {step}");
            assert_eq!(filter.report()[0].secret, secret, "{text} by {step}");
        }
    }
}

#[test]
fn a_key_in_a_result_is_masked_as_name_and_as_value() {
    let filter = Filter::new();
    let text = format!("{{\"a\":[\"x {KEY}\"],\"{KEY}\":1,\"n\":1.50}}");
    let shown = filter.at_once().json(Stream::Result, &text, &Work::unlimited()).unwrap();
    assert_eq!(shown.as_str(), "{\"a\":[\"x ***\"],\"***\":1,\"n\":1.50}");
    assert_eq!(filter.report()[0].secret, "um-host key");
    assert!(holds_key(KEY.as_bytes()) && !holds_key(&KEY.as_bytes()[1..]));
    assert!(may_hold_key(b"a um-h") && !may_hold_key(b"a um-x"));
}

#[test]
fn what_must_not_hold_values_must_not_hold_keys() {
    let filter = Filter::new();
    let (mut sieve, mut out) = (filter.sieve(Stream::Request("host".to_owned())), Vec::new());
    sieve.pass(filter.at_once(), format!("a {}", &KEY[..30]).as_bytes(), &mut out).unwrap();
    let found = sieve.pass(filter.at_once(), &KEY.as_bytes()[30..], &mut out).unwrap_err();
    assert_eq!((&*found.secret, found.form, &*out), ("um-host key", Form::Raw, &b"a "[..]));
}
