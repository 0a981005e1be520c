//! What is said about a text that was given where a host, a name, a number or a path belongs. It is not repeated if it
//! looks like a value that somebody has put in the wrong place.
//!
//! Guarantees: no failure repeats an argument, or the part of one behind `=`, `@` or `file:`, that looks like a value and
//! names nothing that is there. What is said of it does not have to know.

use std::ffi::OsString;
use std::fmt::Display;
use std::path::Path;
use std::sync::OnceLock;

use um_secret::MASK;
use um_store::{KeySource, KeySourceError};

use crate::cli::secrets::token;

/// What was typed and looks like a value.
static TYPED: OnceLock<Vec<String>> = OnceLock::new();
/// Shorter texts stand in any message.
const TELLING: usize = 8;
/// How files end that a path is given of.
const ENDINGS: [&str; 10] = ["wasm", "py", "json", "toml", "pem", "crt", "txt", "env", "key", "zip"];

/// Notes what of these arguments no failure may repeat.
pub fn remember(arguments: &[OsString]) {
    let typed = arguments.iter().skip(1).map(|argument| argument.to_string_lossy());
    let typed = typed.flat_map(|argument| parts(&argument).into_iter().map(str::to_owned).collect::<Vec<_>>());
    // There is one command line.
    let _ = TYPED.set(typed.filter(|part| is_misplaced(part)).collect());
}

/// What a failure says, without what looks like a value and was typed.
pub fn said(text: impl Display) -> String {
    let typed = TYPED.get().map_or(&[][..], Vec::as_slice);
    typed.iter().fold(text.to_string(), |text, part| text.replace(part, MASK))
}

/// An argument, and what of it could be given by itself: behind `=`, `@` and `:`, and before `::`.
fn parts(argument: &str) -> Vec<&str> {
    let value = argument.split_once('=').map_or(argument, |(_, value)| value);
    let mut parts = vec![argument];
    for text in [argument, value].map(|text| text.strip_prefix('@').unwrap_or(text)) {
        let behind = text.split_once(':').map_or(text, |(_, behind)| behind);
        let before = text.rsplit_once("::").map_or(text, |(before, _)| before);
        parts.extend([text, behind, before]);
    }
    parts
}

/// Whether a text looks like a value, and not like the path of a file that is there or could be.
fn is_misplaced(text: &str) -> bool {
    let path = Path::new(text);
    let beside = path.parent().filter(|parent| !matches!(parent.to_str(), None | Some("" | "/" | ".")));
    let is_place = path.symlink_metadata().is_ok() || beside.is_some_and(Path::is_dir);
    let is_file = path.extension().is_some_and(|ending| ENDINGS.iter().any(|known| ending == *known));
    text.len() >= TELLING && !is_place && (holds_token(text) || !is_file && is_value(text))
}

/// Whether a token of a service, or what is as random, stands in a text.
pub fn holds_token(text: &str) -> bool {
    text.split(|c: char| " /:,@=".contains(c)).any(token::is_token)
}

/// Whether a path that was given holds a key, or the greater part of one.
pub fn is_key(path: &Path) -> bool {
    let source = format!("file:{}", path.display());
    matches!(KeySource::parse(&source), Err(KeySourceError::LooksLikeKey))
}

/// What an error says that quotes `text`, or what is said instead, without it.
pub fn message(text: &str, error: impl Display, otherwise: impl Display) -> String {
    match is_value(text) {
        true => unnamed(otherwise),
        false => error.to_string(),
    }
}

/// What is said in the place of what would quote a text.
pub fn unnamed(otherwise: impl Display) -> String {
    format!("{otherwise} (not repeated here: it could be a secret)")
}

/// Hosts, entries of an allow-list, sizes and names are short words with plain marks between them.
fn is_value(text: &str) -> bool {
    let marks = |c: char| " -_./()*:,[]=?#%\\".contains(c);
    let strange = |c: char| c.is_control() || c.is_ascii_punctuation() && !marks(c);
    text.contains(strange) || text.split(marks).any(|word| token::is_token(word) || token::is_no_name(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_a_value_is_not_repeated() {
        for value in [
            "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
            "https://user:hunter22@api.example.com",
            "https://hooks.example.com/services/T0123456789/x",
            "wall=a b \"c\"",
            "-----BEGIN KEY-----\nMII",
            "correct+horse",
        ] {
            let said = message(value, format!("`{value}` is no host"), "this is no host");
            assert_eq!(said, "this is no host (not repeated here: it could be a secret)", "{value}");
        }
    }

    #[test]
    fn what_was_typed_in_the_place_of_a_path_is_found_in_its_argument() {
        let misplaced = |argument: &str| {
            let parts = parts(argument).into_iter().filter(|part| is_misplaced(part));
            parts.map(str::to_owned).collect::<Vec<_>>()
        };
        for value in ["ghp_16C7e42F292c6912E7710c838347Ae178B4a", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEX=", "c0rrect!horse"]
        {
            for before in ["", "--data-dir=", "@", "--ca=@", "file:", "env:", "--in=header:"] {
                let argument = format!("{before}{value}");
                assert!(misplaced(&argument).contains(&value.to_owned()), "{argument}");
            }
            assert!(misplaced(&format!("{value}::/in")).contains(&value.to_owned()), "{value}");
        }
        for path in [
            "a.wasm",
            "out",
            "report 2026.py",
            "./in::/in",
            "--policy=crm.toml",
            "/nowhere/at/all",
            "hello",
            "/tmp/k7xk7xk7xk",
            "file:/etc/um-host/key",
        ] {
            assert!(misplaced(path).is_empty(), "{path}");
        }
    }

    #[test]
    fn a_path_may_begin_as_a_key_does() {
        assert!(is_key(Path::new(&format!("um-host-key-{}", "A".repeat(20)))));
        assert!(!is_key(Path::new("um-host-key-backup.txt")));
    }

    #[test]
    fn what_was_meant_as_what_it_is_comes_back() {
        for text in
            ["*.com", "GET,POST https://API.example.com:8443/v1/x", "[fd00::1]:80", "10.0.0.0", "30 s", "a.b?q=1"]
        {
            assert_eq!(message(text, "error", "otherwise"), "error", "{text}");
        }
    }
}
