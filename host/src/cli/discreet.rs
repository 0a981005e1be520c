//! What is said about a text that was given where a host, a name or a number belongs. It is not repeated if it looks like
//! a value that somebody has put in the wrong place.

use std::fmt::Display;

use crate::cli::secrets::token;

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
    fn what_was_meant_as_what_it_is_comes_back() {
        for text in
            ["*.com", "GET,POST https://API.example.com:8443/v1/x", "[fd00::1]:80", "10.0.0.0", "30 s", "a.b?q=1"]
        {
            assert_eq!(message(text, "error", "otherwise"), "error", "{text}");
        }
    }
}
