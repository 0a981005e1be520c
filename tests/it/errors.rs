//! The codes of errors: each is explained once, and every door has words for those that a request can be refused with.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use um_host::errors::{self, ErrorKind};

/// Codes that guests know by one of WASI's, which the SDKs have words for. All others come with their words alone, and
/// with this code when they are asked about.
const TOLD_BY_WASI: [&str; 27] = [
    "fields-too-large",
    "host-not-allowed",
    "host-unreachable",
    "host-unresolved",
    "http-limit",
    "http1-required",
    "private-address",
    "proxy-credentials",
    "proxy-malformed",
    "proxy-refused",
    "proxy-timeout",
    "proxy-unreachable",
    "request-body-aborted",
    "request-content-length",
    "request-head-too-large",
    "response-broken-off",
    "response-head-too-large",
    "response-malformed",
    "socket-refused",
    "tls-certificate",
    "tls-clock",
    "tls-handshake",
    "tls-not-spoken",
    "tls-revoked",
    "tls-unknown-issuer",
    "tls-validity",
    "tls-wrong-name",
];

/// Where the SDKs have their words.
const SDKS: [&str; 2] = ["guest-sdk/rust/src/http/refusal.rs", "guest-sdk/python/um_action/http/refusals.py"];

#[test]
fn a_code_belongs_to_one_error_and_is_written_in_kebab_case() {
    let mut seen = BTreeSet::new();
    for (code, _) in all() {
        assert!(seen.insert(code), "{code} is listed twice");
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let words = code.split('-').all(|word| !word.is_empty());
        assert!(words && code.chars().all(plain), "{code}");
    }
    assert!(seen.len() > 200, "{}", seen.len());
}

#[test]
fn the_page_explains_every_code_once_with_its_kind_and_no_other() {
    let page = read("host/docs/errors.md");
    let rows = rows(&page);
    let mut explained = BTreeMap::new();
    for [code, kind, meaning, advice] in &rows {
        assert!(!meaning.is_empty() && !advice.is_empty(), "{code}");
        assert!(explained.insert(code.trim_matches('`'), *kind).is_none(), "{code} stands there twice");
    }
    let codes: BTreeMap<&str, &str> = all().map(|(code, kind)| (code, kind.name())).collect();
    assert_eq!(explained, codes);
    assert!(rows.windows(2).all(|pair| pair[0][0] < pair[1][0]), "they stand in the order of the alphabet");
}

#[test]
fn the_page_explains_every_kind() {
    let page = read("host/docs/errors.md");
    for (_, kind) in all() {
        assert!(page.contains(&format!("| `{}` | ", kind.name())), "{kind:?}");
    }
}

#[test]
fn the_program_has_words_for_every_refusal_of_a_request() {
    let words = read("host/src/cli/run/advice.rs");
    let silent: Vec<_> = errors::of_requests().filter(|(code, _)| !has(&words, code)).collect();
    assert!(silent.is_empty(), "{silent:?}");
}

#[test]
fn both_sdks_have_words_for_every_refusal_that_guests_get_in_words() {
    for sdk in SDKS {
        let words = read(sdk);
        for (code, _) in errors::of_requests() {
            assert_eq!(has(&words, code), !TOLD_BY_WASI.contains(&code), "{sdk}: {code}");
        }
    }
}

#[test]
fn what_wasi_has_codes_for_are_refusals_of_requests() {
    let codes: BTreeSet<&str> = errors::of_requests().map(|(code, _)| code).collect();
    assert!(TOLD_BY_WASI.iter().all(|code| codes.contains(code)));
}

/// Those of the façade, and of the store, which it does not name.
fn all() -> impl Iterator<Item = (&'static str, ErrorKind)> {
    errors::all().chain(um_store::CODES.iter().flat_map(|codes| codes.iter().copied()))
}

fn has(words: &str, code: &str) -> bool {
    words.contains(&format!("\"{code}\""))
}

/// The rows of the table of four columns.
fn rows(page: &str) -> Vec<[&str; 4]> {
    let lines = page.lines().filter(|line| line.starts_with("| `"));
    lines
        .filter_map(|line| {
            let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
            cells.try_into().ok()
        })
        .collect()
}

fn read(path: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    fs::read_to_string(root.join(path)).unwrap()
}
