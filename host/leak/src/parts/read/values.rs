//! Several values in one: `a,b`, `a;b`, `a|b`, `a b`, `eu:a,us:b`. A list only if most of them could be secrets: sentences
//! and passwords have commas too.

use super::path::Path;
use super::setting::{Role, Setting};
use crate::parts::list::SHORTEST;
use crate::parts::verdict::judge;
use um_secret::Verdict;

const SEPARATORS: [char; 4] = [',', ';', '|', ' '];
/// What stands before a value with a colon is no longer.
const LONGEST_LABEL: usize = 32;

pub(super) fn read(text: &str, at: &Path, found: &mut Vec<Setting>) {
    // In PEM a space separates nothing, and what is plain as a whole is no list of secrets.
    if text.contains("-----BEGIN ") || Setting::new(at.clone(), text).verdict() == Verdict::Plain {
        return;
    }
    for separator in SEPARATORS.into_iter().filter(|separator| text.contains(*separator)) {
        let values: Vec<&str> = text.split(separator).map(str::trim).filter(|value| !value.is_empty()).collect();
        if values.len() < 2 || values.iter().any(|value| value.contains(char::is_whitespace)) {
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
