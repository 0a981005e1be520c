//! One line with a name and a value: `KEY=VALUE`, `key: value`, `export NAME=value`, `$env:NAME = "value"`, `- token: x`.

use super::path::Path;
use super::quotes::{closing, said};
use super::setting::Setting;

/// The name of a value is no longer.
const LONGEST_NAME: usize = 128;
/// What may stand before a name, in lower case, with a space behind it.
const BEFORE_NAMES: [&str; 24] = [
    "- ",
    "export ",
    "set ",
    "set -x ",
    "set -gx ",
    "set -ux ",
    "setx ",
    "setenv ",
    "env ",
    "arg ",
    "declare ",
    "declare -x ",
    "typeset -x ",
    "readonly ",
    "local ",
    "let ",
    "const ",
    "var ",
    "val ",
    "def ",
    "my ",
    "our ",
    "public ",
    "static ",
];
/// Of these, the ones behind which a space may stand for `=`.
const BEFORE_SPACED: [&str; 6] = ["setx ", "setenv ", "set -x ", "set -gx ", "set -ux ", "env "];

/// The name, and the value as it stands there, which may be empty behind a colon.
pub(super) fn pair(text: &str) -> Option<(&str, &str)> {
    let text = text.trim();
    let (text, is_spaced) = without_command(unwrapped(text).unwrap_or(text));
    let text = unwrapped(text).unwrap_or(text);
    separated(text).or_else(|| spaced(text).filter(|_| is_spaced))
}

pub(super) fn read(text: &str, at: &Path, number: usize, found: &mut Vec<Setting>) -> bool {
    let Some((name, value)) = pair(text) else { return false };
    found.push(Setting::said(at.name(number, name), said(value)));
    true
}

/// `NAME=value` or `export NAME=value`, with nothing else in the name.
pub(super) fn is_assignment(text: &str) -> bool {
    let (text, _) = without_command(text.trim());
    let is_word = |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    text.split_once('=').is_some_and(|(name, _)| is_word(name.trim_end()))
}

fn separated(text: &str) -> Option<(&str, &str)> {
    let colon = text.find(": ").or_else(|| text.find(":\t")).or(text.ends_with(':').then(|| text.len() - 1));
    let at = text.find('=').into_iter().chain(colon).min()?;
    let behind = text[at + 1..].strip_prefix('>').unwrap_or(&text[at + 1..]).trim();
    let before = text[..at].trim_end_matches(['+', '?', ':', ' ', '\t']);
    let is_named =
        at <= LONGEST_NAME && before.chars().all(|character| is_name(character) || "/@$\"'[](){}:".contains(character));
    let before = before.trim_end_matches(['"', '\'', ' ', ']', ')', '}']);
    let name = before.rsplit(|character: char| !is_name(character)).next()?.trim().trim_start_matches('-');
    let is_empty = behind.trim_matches('=').is_empty();
    let is_word = name.starts_with(|first: char| first.is_alphabetic() || first == '_');
    (is_named && is_word && (!is_empty || Some(at) == colon)).then_some((name, behind))
}

fn is_name(character: char) -> bool {
    character.is_alphanumeric() || "_. -".contains(character)
}

/// `NAME value`, of commands that have it so.
fn spaced(text: &str) -> Option<(&str, &str)> {
    let (name, value) = text.split_once(char::is_whitespace)?;
    let is_word = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    let is_named = is_word && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    is_named.then_some((name, value.trim()))
}

/// Without what stands before a name, and whether a space may stand behind it.
fn without_command(text: &str) -> (&str, bool) {
    let (mut rest, mut is_spaced) = (text, false);
    let begins = |rest: &str, word: &str| rest.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
    while let Some(word) = BEFORE_NAMES.into_iter().rev().find(|word| begins(rest, word)) {
        is_spaced |= BEFORE_SPACED.contains(&word);
        rest = rest[word.len()..].trim_start();
    }
    (rest, is_spaced)
}

/// What stands in quotes, if all of it does and its name is in them too: `set "NAME=value"`.
fn unwrapped(text: &str) -> Option<&str> {
    let end = closing(text).filter(|_| text.starts_with(['"', '\'']))?;
    (end + 1 == text.len() && end > 1).then(|| &text[1..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_and_a_value_are_told_apart() {
        for (text, due) in [
            ("KEY=value", ("KEY", "value")),
            ("key: value", ("key", "value")),
            ("\"key\": \"value\",", ("key", "\"value\",")),
            ("'key' => 'value',", ("key", "'value',")),
            ("key := value", ("key", "value")),
            ("- token: x", ("token", "x")),
            ("export NAME=value", ("NAME", "value")),
            ("declare -x NAME=\"value\"", ("NAME", "\"value\"")),
            ("setx NAME value", ("NAME", "value")),
            ("setx NAME \"the value\"", ("NAME", "\"the value\"")),
            ("set \"NAME=value\"", ("NAME", "value")),
            ("set -gx NAME value", ("NAME", "value")),
            ("ENV NAME value", ("NAME", "value")),
            ("$env:NAME = \"value\"", ("NAME", "\"value\"")),
            ("$config['db']['password'] = 'value';", ("password", "'value';")),
            ("os.environ[\"NAME\"] = \"value\"", ("NAME", "\"value\"")),
            ("//packages.example.com/:_authToken=value", ("_authToken", "value")),
            ("User Id = value", ("User Id", "value")),
            ("--password=value", ("password", "value")),
            ("key:", ("key", "")),
            ("nested: {}", ("nested", "{}")),
        ] {
            assert_eq!(pair(text), Some(due), "{text}");
        }
        for text in [
            "",
            "=",
            "dG9rZW4=",
            "dG9rZW4==",
            "a sentence",
            "https://example.com/?a=b",
            "12:30",
            "k7x!=k7x!",
            "set up",
            "env x",
        ] {
            assert!(pair(text).is_none_or(|(name, _)| name == "x"), "{text}");
        }
    }
}
