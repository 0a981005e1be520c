//! How often verdicts are right, on settings that were labelled without sight of the rules: `tests/leak/settings`.
//!
//! `cargo test -p um-leak --test leak verdicts -- --nocapture` prints the rates. Half of the settings are held out: the
//! rules were made with the others in view, and of those it tells which are judged otherwise than labelled.

#![expect(clippy::print_stderr, reason = "it prints its figures")]

use std::fs;
use std::path::{Path, PathBuf};

use toml::de::{DeTable, DeValue};

use um_leak::judge;
use um_secret::Verdict;

const FEWEST: usize = 600;

struct Setting {
    names: Vec<String>,
    value: String,
    label: Verdict,
    is_held_out: bool,
}

impl Setting {
    fn read(setting: &DeValue) -> Self {
        let at = |key: &str| setting.get(key).unwrap_or_else(|| panic!("a setting without {key}")).get_ref();
        let said = |value: &DeValue| value.as_str().expect("a string").to_owned();
        let label = match at("verdict").as_str() {
            Some("certain") => Verdict::Certain,
            Some("plain") => Verdict::Plain,
            Some("doubtful") => Verdict::Doubtful,
            other => panic!("no verdict: {other:?}"),
        };
        let names = at("names").as_array().expect("a list of names").iter().map(|name| said(name.get_ref())).collect();
        Self { names, value: said(at("value")), label, is_held_out: at("held_out").as_bool().expect("true or false") }
    }

    fn judged(&self) -> Verdict {
        let names: Vec<&str> = self.names.iter().map(String::as_str).collect();
        judge(&names, &self.value)
    }
}

/// How many settings of each label are judged how: the first index is the label.
struct Rates([[usize; 3]; 3]);

impl Rates {
    fn of<'a>(settings: impl Iterator<Item = &'a Setting>) -> Self {
        let mut counts = [[0; 3]; 3];
        settings.for_each(|setting| counts[setting.label as usize][setting.judged() as usize] += 1);
        Self(counts)
    }

    /// How many of a hundred certain ones are judged otherwise.
    fn missed(&self) -> f64 {
        let [_, _, certain] = self.0;
        share(certain[0] + certain[1], &[certain])
    }

    /// How many of a hundred plain ones are judged certain.
    fn guarded(&self) -> f64 {
        let [plain, ..] = self.0;
        share(plain[2], &[plain])
    }

    /// How many of a hundred plain and certain ones are judged doubtful.
    fn in_doubt(&self) -> f64 {
        let [plain, _, certain] = self.0;
        share(plain[1] + certain[1], &[plain, certain])
    }

    fn assert_right(&self) {
        assert!(self.missed() <= 1.0 && self.guarded() <= 2.0 && self.in_doubt() <= 8.0);
    }

    fn print(&self, of: &str) {
        eprintln!("{of}: judged plain, doubtful, certain");
        for (label, [plain, doubtful, certain]) in ["plain", "doubtful", "certain"].into_iter().zip(self.0) {
            eprintln!("  {label:8} {plain:4} {doubtful:4} {certain:4}");
        }
        let [missed, guarded, in_doubt] = [self.missed(), self.guarded(), self.in_doubt()];
        eprintln!("  certain missed {missed:.1} %, plain guarded {guarded:.1} %, in doubt {in_doubt:.1} %");
    }
}

fn share(some: usize, of: &[[usize; 3]]) -> f64 {
    100.0 * some as f64 / of.iter().flatten().sum::<usize>() as f64
}

/// Those of all sheets of the folder.
fn settings() -> Vec<Setting> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/leak/settings");
    let files = fs::read_dir(folder).expect("the settings are there").map(|entry| entry.unwrap().path());
    let mut sheets: Vec<_> = files.filter(|file| file.extension().is_some_and(|ending| ending == "toml")).collect();
    sheets.sort();
    sheets.iter().flat_map(read).collect()
}

fn read(sheet: &PathBuf) -> Vec<Setting> {
    let text = fs::read_to_string(sheet).unwrap();
    let table = DeTable::parse(&text).unwrap_or_else(|error| panic!("{}: {error}", sheet.display()));
    let list = table.get_ref().get("setting").and_then(|list| list.get_ref().as_array()).expect("settings");
    list.iter().map(|setting| Setting::read(setting.get_ref())).collect()
}

#[test]
fn the_rules_fit_what_they_were_made_with() {
    let mut settings = settings();
    settings.retain(|setting| !setting.is_held_out);
    for setting in settings.iter().filter(|setting| setting.label != Verdict::Doubtful) {
        let (Setting { names, value, label, .. }, judged) = (setting, setting.judged());
        if judged != *label {
            eprintln!("{label:?}, judged {judged:?}: {names:?} = {value:?}");
        }
    }
    let rates = Rates::of(settings.iter());
    rates.print("tuning half");
    rates.assert_right();
}

#[test]
fn verdicts_on_what_was_held_out_are_right() {
    let mut settings = settings();
    assert!(settings.len() >= FEWEST, "{} settings", settings.len());
    settings.retain(|setting| setting.is_held_out);
    let rates = Rates::of(settings.iter());
    rates.print("held out");
    rates.assert_right();
}
