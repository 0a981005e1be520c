//! What is told of the parts of a value when it is stored: where they stand and what is judged of each, never what it says.

use um_secret::{MAX_PATH_BYTES, Part, Parts, Verdict};

use crate::form::Form;
use crate::parts;

/// The number of the rules by which parts are judged. It rises with each change of them that a value can tell.
pub const RULES: u32 = 1;

/// The settings of a value, one a line, with what is judged of each.
pub fn parts_of(value: &str) -> Parts {
    let found: Vec<_> = parts::of(value).into_iter().filter(|part| part.form == Form::Part).collect();
    let settings = value.lines().filter_map(|line| line.split_once('=')).map(|(name, text)| (name.trim(), text.trim()));
    let list = settings.enumerate().map(|(number, (name, text))| {
        let is_certain = found.iter().any(|part| part.text.trim() == text.trim_matches(['"', '\'']));
        let verdict = if is_certain { Verdict::Certain } else { Verdict::Plain };
        let path = if is_plain(name) { name.to_owned() } else { format!("[{number}]") };
        Part { path, verdict, word: None }
    });
    Parts { rules: RULES, list: list.collect() }.bounded()
}

/// Words with underscores between them, as most settings are called.
fn is_plain(name: &str) -> bool {
    let is_word = |word: &str| word.bytes().all(|byte| byte.is_ascii_alphabetic()) && word.len() <= 15;
    !name.is_empty() && name.len() <= MAX_PATH_BYTES && name.split('_').all(is_word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_told_by_their_names_and_other_names_by_their_numbers() {
        let value = "DB_PASSWORD=k7x-L0ng.pa55\nREGION=eu-west-1\nghp_16C7e42F292c6912E7710c838347=x\n";
        let told = parts_of(value);
        let told: Vec<_> = told.list.iter().map(|part| (part.path.as_str(), part.verdict)).collect();
        assert_eq!(told, [("DB_PASSWORD", Verdict::Certain), ("REGION", Verdict::Plain), ("[2]", Verdict::Plain)]);
        assert_eq!(parts_of("pat-na1-7Hq2Lx9vTz"), Parts { rules: RULES, list: Vec::new() });
    }
}
