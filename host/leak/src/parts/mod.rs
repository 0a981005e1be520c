//! What of a value is looked for by itself: its lines, the strings in its JSON, the password in its URL, the values in
//! its settings, what it says that is base64.
//!
//! `read` finds the settings of a value, whatever kind of text it is, and tells where each stands; `verdict` judges
//! whether one is a secret; what was recorded when the value was stored, and what its owner says, stands above that.
//!
//! A part is never shorter than 8 bytes. What is plain (words, dates, names of hosts) is none. Keys, names of users that
//! have a password, and the frames of PEM are no parts either. Lines of a text that is no list of settings are parts
//! whatever they say.

pub(crate) mod list;
mod read;
pub(crate) mod verdict;

#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use self::list::{Extent, LONG, List, Part, SHORTEST, bare, pieces};
use self::read::setting::Setting;
use self::read::settings;
use crate::form::Form;
use um_secret::{MAX_PARTS, Masking, Parts, Verdict, Word, masking};

/// The number of the rules by which parts are found and judged. It rises whenever they change.
pub const RULES: u32 = 1;

/// The parts of a value as they are judged now, without what its owner says: plain ones too, each path once, in their
/// order, at most [`MAX_PARTS`]. Where several stand under one path it has the highest of their verdicts.
pub fn parts_of(value: &str) -> Parts {
    let mut parts = Parts { rules: RULES, list: Vec::new() };
    if masking(value) != Masking::EveryForm {
        return parts;
    }
    let mut places: HashMap<Rc<str>, usize> = HashMap::new();
    let mut of_long: HashSet<Rc<str>> = HashSet::new();
    for Judged { setting, path, verdict } in judged(value) {
        let Some(path) = path else { continue };
        let is_short = setting.text().len() < SHORTEST;
        // The line of a short value does not count.
        if !is_short && setting.form == Form::Part {
            of_long.insert(Rc::clone(&path));
        }
        match places.get(&path) {
            Some(&at) => {
                let known: &mut um_secret::Part = &mut parts.list[at];
                known.verdict = known.verdict.max(verdict);
                known.is_short |= is_short;
            }
            None if parts.list.len() < MAX_PARTS => {
                places.insert(Rc::clone(&path), parts.list.len());
                parts.list.push(um_secret::Part { path: path.to_string(), verdict, word: None, is_short });
            }
            None => {}
        }
    }
    parts.list.iter_mut().for_each(|part| part.is_short &= !of_long.contains(&part.path[..]));
    parts
}

/// The parts of a value that are looked for, the value first. What is recorded of a part counts if it is more than is seen
/// now, and the owner's word before all.
pub(crate) fn of(value: &str, recorded: &Parts) -> Vec<Part> {
    let trimmed = bare(value);
    let mut list = List::default();
    if value.len() <= LONG {
        let extent = if trimmed.len() < SHORTEST { Extent::Every } else { Extent::AsItIs };
        list.add(Form::Raw, value, extent);
    }
    // White space around a value is no secret, and each form of the value holds that of what is inside.
    if trimmed.len() >= SHORTEST {
        let (form, extent) =
            if value.len() <= LONG { (Form::Trimmed, Extent::Every) } else { (Form::Raw, Extent::Common) };
        pieces(trimmed).for_each(|piece| list.add(form, piece, extent));
        list.add_joined(trimmed, Verdict::Certain, None);
        add_parts(value, recorded, &mut list);
    }
    list.finish()
}

fn add_parts(value: &str, recorded: &Parts, list: &mut List) {
    let found = judged(value);
    let mut highest: HashMap<&str, Verdict> = HashMap::new();
    for Judged { path, verdict, .. } in &found {
        let known = highest.entry(path.as_deref().unwrap_or_default()).or_insert(*verdict);
        *known = (*known).max(*verdict);
    }
    let recorded: HashMap<&str, &um_secret::Part> = recorded.list.iter().map(|part| (&part.path[..], part)).collect();
    for Judged { setting, path, verdict } in &found {
        let key = path.as_deref().unwrap_or_default();
        let known = recorded.get(key);
        let word = known.and_then(|part| part.word);
        let stands = match (word, known) {
            (Some(Word::Guard), _) => Verdict::Certain,
            (Some(Word::Leave), _) => Verdict::Plain,
            // Which of the texts under this path it was that counted more is not recorded, so all do.
            (None, Some(part)) if part.verdict > highest[key] => part.verdict,
            (None, _) => *verdict,
        };
        if stands == Verdict::Plain {
            continue;
        }
        let is_worth = |text: &str| is_maskable(text) || word == Some(Word::Guard) && text.len() >= SHORTEST;
        for text in setting.texts.iter().filter(|text| is_worth(text)) {
            list.add_part(setting.form, text, stands, path.as_ref());
            list.add_joined(text, stands, path.as_ref());
        }
    }
}

/// A setting with the path that people are told, which the value itself in another writing has none of.
struct Judged {
    setting: Setting,
    path: Option<Rc<str>>,
    verdict: Verdict,
}

/// Those that are long enough to be parts, and those that stand somewhere and would be parts if they were.
fn judged(value: &str) -> Vec<Judged> {
    let is_long = |setting: &Setting| setting.texts.iter().any(|text| text.len() >= SHORTEST);
    let told = settings(value)
        .into_iter()
        .filter(|setting| is_long(setting) || !setting.path.is_root() && !setting.text().is_empty());
    let judged = told.map(|setting| {
        let path = (!setting.path.is_root()).then(|| setting.path.shown().into());
        let verdict = match setting.texts.iter().any(|text| is_maskable(text)) {
            true if path.is_none() => Verdict::Certain,
            true => setting.verdict(),
            false if !is_long(&setting) => setting.verdict(),
            false => Verdict::Plain,
        };
        Judged { setting, path, verdict }
    });
    judged.collect()
}

/// Whether it can be looked for in every form, and nothing else would be masked with it.
fn is_maskable(text: &str) -> bool {
    text.len() >= SHORTEST && masking(text) == Masking::EveryForm
}
