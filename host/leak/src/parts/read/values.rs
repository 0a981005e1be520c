//! Several values in one: `a,b`, `a;b`, `a|b`, `a b`, `eu:a,us:b`. A list only if most of them could be secrets: sentences
//! have commas too. So have passwords that were drawn from all signs: what has several signs beside those of keys is one
//! value. Pieces of it would be short, and a filter that looks for short texts is three times slower.

use std::collections::BTreeSet;

use super::path::Path;
use super::setting::{Role, Setting};
use crate::parts::list::SHORTEST;
use crate::parts::verdict::judge;
use um_secret::Verdict;

const SEPARATORS: [char; 4] = [',', ';', '|', ' '];
/// What stands before a value with a colon is no longer.
const LONGEST_LABEL: usize = 32;

/// Signs that keys, logins and labels have.
const OF_KEYS: &str = "_-.~+/=:@!";
/// So many other kinds may stand in a list.
const MOST_OTHERS: usize = 1;

pub(super) fn read(text: &str, at: &Path, found: &mut Vec<Setting>) {
    // In PEM a space separates nothing, and what is plain as a whole is no list of secrets.
    if text.contains("-----BEGIN ") || Setting::new(at.clone(), text).verdict() == Verdict::Plain {
        return;
    }
    for separator in SEPARATORS.into_iter().filter(|separator| text.contains(*separator)) {
        let values: Vec<&str> = text.split(separator).map(str::trim).filter(|value| !value.is_empty()).collect();
        let has_space = values.iter().any(|value| value.contains(char::is_whitespace));
        if values.len() < 2 || has_space || has_other_signs(text, separator) {
            continue;
        }
        let settings = values.iter().enumerate().map(|(number, value)| setting(number, value, at));
        let settings: Vec<Setting> = settings.collect();
        let is_telling =
            |setting: &&Setting| setting.text().len() >= SHORTEST && judge(&[], setting.text()) > Verdict::Plain;
        if 2 * settings.iter().filter(is_telling).count() > settings.len() {
            found.extend(settings);
            return;
        }
    }
}

fn has_other_signs(text: &str, separator: char) -> bool {
    let is_other = |c: &char| c.is_ascii_punctuation() && *c != separator && !OF_KEYS.contains(*c);
    text.chars().filter(is_other).collect::<BTreeSet<char>>().len() > MOST_OTHERS
}

fn setting(number: usize, value: &str, at: &Path) -> Setting {
    let is_label = |label: &str| {
        let is_word = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
        (1..=LONGEST_LABEL).contains(&label.len()) && label.bytes().all(is_word)
    };
    let labelled = value.split_once([':', '=']).filter(|(label, rest)| is_label(label) && !rest.starts_with('/'));
    let (path, text) = match labelled {
        Some((label, text)) => (at.name(number, label), text),
        None => (at.number(number), value),
    };
    Setting::new(path, text).is(Role::OneOf)
}
