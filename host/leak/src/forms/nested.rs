//! What one writer makes of what another wrote: JSON in a log, in the query of a URL, in a token; a command in JSON.
//!
//! Base64 in a URL, in JSON and in HTML is here as well, though there the outer writer changes what base64 left as it is.
//!
//! A text that the inner writer leaves as it is has no such forms. Each of them is called by its outer writer.
//!
//! Deliberately absent: other pairs, three writers, what only some writers do, long texts. JSON in JSON, URLs in URLs
//! and markup in markup have more choices, and modules of their own.

use super::encode::{Encoded, STANDARD, cores};
use super::quote::{JSON, Quoting, REPRS, SHELLS, quoted};
use super::{markup, percent};

/// In debug logs of Python and JavaScript: JSON, XML, commands.
pub(crate) fn in_repr(text: &str, thorough: bool) -> Vec<Encoded> {
    let inner = || [json(text), markup::common(text), commands(text)].concat();
    nested(text, thorough, inner, |inner| REPRS.map(|repr| quoted(inner, repr)).into())
}

/// In a string of JSON: commands (Ansible, descriptions of containers), markup, what a log has from Python's repr.
pub(crate) fn in_json(text: &str, thorough: bool) -> Vec<Encoded> {
    let inner = || [commands(text), markup::common(text), REPRS.map(|repr| quoted(text, repr)).into()].concat();
    nested(text, thorough, inner, json)
}

/// JSON in a URL or a form.
pub(crate) fn in_url(text: &str, thorough: bool) -> Vec<Encoded> {
    nested(text, thorough, || json(text), percent::common)
}

/// JSON in base64: claims of a JWT, keys of service accounts.
pub(crate) fn in_base64(text: &str, thorough: bool, alphabet: &[u8]) -> Vec<Encoded> {
    nested(text, thorough, || json(text), |inner| cores(inner.as_bytes(), alphabet))
}

/// In XML and HTML: JSON in an attribute, the query of a URL.
pub(crate) fn in_markup(text: &str, thorough: bool) -> Vec<Encoded> {
    nested(text, thorough, || [json(text), percent::common(text)].concat(), markup::common)
}

/// Base64 in a URL or a form: by most programs, by .NET's HttpUtility, by Python's quote.
const IN_URL: [Quoting; 3] = [
    Quoting::Replaced(&[(b'+', "%2B"), (b'/', "%2F")]),
    Quoting::Replaced(&[(b'+', "%2b"), (b'/', "%2f")]),
    Quoting::Replaced(&[(b'+', "%2B")]),
];
/// In JSON: by PHP and Foundation, by .NET's System.Text.Json, by Go's html/template.
const IN_JSON: [Quoting; 3] = [
    Quoting::Replaced(&[(b'/', "\\/")]),
    Quoting::Replaced(&[(b'+', "\\u002B")]),
    Quoting::Replaced(&[(b'+', "\\u002b"), (b'/', "\\/")]),
];
/// In HTML: by Go, by .NET's HtmlEncoder, by Mustache.
const IN_MARKUP: [Quoting; 3] = [
    Quoting::Replaced(&[(b'+', "&#43;")]),
    Quoting::Replaced(&[(b'+', "&#x2B;")]),
    Quoting::Replaced(&[(b'/', "&#x2F;")]),
];

pub(crate) fn base64_in_url(text: &str, thorough: bool) -> Vec<Encoded> {
    base64_in(IN_URL, text, thorough)
}

pub(crate) fn base64_in_json(text: &str, thorough: bool) -> Vec<Encoded> {
    base64_in(IN_JSON, text, thorough)
}

pub(crate) fn base64_in_markup(text: &str, thorough: bool) -> Vec<Encoded> {
    base64_in(IN_MARKUP, text, thorough)
}

/// Of what base64 is written with only `+` and `/` mean anything there, and half of all tokens have neither.
fn base64_in(outers: [Quoting; 3], text: &str, thorough: bool) -> Vec<Encoded> {
    let inner = || cores(text.as_bytes(), STANDARD);
    let mut forms = nested(text, thorough, inner, |inner| {
        outers.map(|outer| quoted(inner, outer)).into_iter().filter(|form| form[..] != *inner.as_bytes()).collect()
    });
    forms.sort_by(|one, other| one.cmp(other));
    forms.dedup();
    forms
}

fn json(text: &str) -> Vec<Encoded> {
    JSON.map(|json| quoted(text, json)).into()
}

fn commands(text: &str) -> Vec<Encoded> {
    [SHELLS[0], SHELLS[1]].map(|shell| quoted(text, shell)).into()
}

fn nested(
    text: &str,
    thorough: bool,
    inner: impl Fn() -> Vec<Encoded>,
    outer: impl Fn(&str) -> Vec<Encoded>,
) -> Vec<Encoded> {
    let mut inner = if thorough { inner() } else { Vec::new() };
    inner.sort_by(|one, other| one.cmp(other));
    inner.dedup();
    let changed = inner.iter().filter(|inner| inner[..] != *text.as_bytes());
    changed.flat_map(|inner| outer(std::str::from_utf8(inner).expect("what is written of text is text"))).collect()
}
