//! Files of .netrc, as curl, ftp and Python read them: words, of which each other one says what the next is.

use zeroize::Zeroizing;

use super::path::Path;
use super::quotes::{close, inside};
use super::setting::Setting;

pub(super) fn read(text: &str, at: &Path, found: &mut Vec<Setting>) -> bool {
    let mut words = Words { rest: text };
    let (mut machine, mut machines, mut passwords) = (None, 0, 0);
    while let Some(word) = words.next() {
        match &word[..] {
            "machine" => {
                machine = words.next().map(|name| at.name(machines, &name));
                machines += 1;
            }
            "default" => machine = Some(at.place("default")),
            "login" | "account" | "password" => {
                let (Some(machine), Some(said)) = (&machine, words.next()) else { return false };
                let setting = Setting::new(machine.name(0, &word), &said);
                found.push(if *word == "password" { setting.certain().whole() } else { setting });
                passwords += usize::from(*word == "password");
            }
            // What follows is a list of commands until an empty line.
            "macdef" => words.rest = words.rest.split_once("\n\n").map_or("", |(_, rest)| rest),
            _ => break,
        }
    }
    // Something else begins with the same words.
    let is_whole = words.next().is_none() && passwords > 0;
    if !is_whole && passwords == 0 {
        found.clear();
    }
    is_whole
}

struct Words<'a> {
    rest: &'a str,
}

impl Iterator for Words<'_> {
    type Item = Zeroizing<String>;

    fn next(&mut self) -> Option<Zeroizing<String>> {
        self.rest = self.rest.trim_start();
        while self.rest.starts_with('#') {
            self.rest = self.rest.split_once('\n').map_or("", |(_, rest)| rest).trim_start();
        }
        if self.rest.starts_with('"')
            && let Some(end) = close(self.rest, true)
        {
            let said = inside(&self.rest[..=end]);
            self.rest = &self.rest[end + 1..];
            return said.into_iter().next();
        }
        let end = self.rest.find(char::is_whitespace).unwrap_or(self.rest.len());
        let word = &self.rest[..end];
        self.rest = &self.rest[end..];
        (!word.is_empty()).then(|| Zeroizing::new(word.to_owned()))
    }
}
