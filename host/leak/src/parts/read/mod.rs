//! What settings a text has, of whatever kind it is, and what settings their values have.
//!
//! Nobody says what kind of text a value is, so it is given to every reader, one of which stands in each file, and what
//! any of them finds counts. A reader is lenient: what it does not know it leaves. Where two find the same text, the
//! path is that of the first, which knows more of the structure.
//!
//! Guarantees: all that is read is bounded by a multiple of the length of the value, and by five layers of values in
//! values; what a text says is wiped where it is kept here. What the libraries keep while they read is freed, and the
//! allocator of the program wipes that.
//!
//! Deliberately absent: claims in a JWT, whatever is encrypted or compressed, and what a template would make of it.

mod base64;
mod encoded;
mod json;
mod lines;
mod literal;
mod login;
mod netrc;
mod pair;
mod pairs;
pub(super) mod path;
mod pem;
mod quotes;
pub(super) mod setting;
mod siblings;
mod toml;
mod url;
mod values;
mod words;
mod xml;
mod yaml;

#[cfg(test)]
mod others;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

use std::collections::{HashSet, VecDeque};

use zeroize::Zeroizing;

use self::path::Path;
use self::setting::{Setting, add_new};
use crate::parts::list::{SHORTEST, bare};
use crate::parts::verdict::random::is_drawn;
use um_secret::Verdict;

/// Lines of PEM in base64 in JSON in base64 in a line.
const DEEPEST: usize = 5;
/// So many times its length is read of a value, and so much of a short one.
const MOST_TIMES: usize = 32;
const AT_LEAST: usize = 16 * 1024;

/// Adds what it finds in a text that stands there. Tells whether it knows what all of the text is.
type Read = fn(&str, &Path, &mut Vec<Setting>) -> bool;

/// Where a setting stands among all: its number in each layer.
type Order = [usize; DEEPEST + 2];

/// A text that is to be read.
struct Unread {
    text: Zeroizing<String>,
    path: Path,
    layer: usize,
    order: Order,
    /// Whether it is the likely reading of a setting.
    is_first: bool,
}

/// The settings of a value, in the order in which they stand in it. A list or an object is none: its elements are.
pub(super) fn settings(value: &str) -> Vec<Setting> {
    let mut left = (value.len() * MOST_TIMES).max(AT_LEAST);
    let first = Unread { text: own(value), path: Path::default(), layer: 0, order: Order::default(), is_first: true };
    let mut unread = VecDeque::from([first]);
    let mut found: Vec<(Order, Setting)> = Vec::new();
    let mut containers = HashSet::new();
    // The outer layers first: they are the better known.
    while let Some(next) = unread.pop_front() {
        let Some(rest) = left.checked_sub(next.text.len()) else { continue };
        left = rest;
        let (settings, is_container) = of_text(&next.text, &next.path);
        if is_container && next.is_first {
            containers.insert(next.order);
        }
        for (number, setting) in settings.into_iter().enumerate() {
            let mut order = next.order;
            order[next.layer] = number + 1;
            if next.layer < DEEPEST && !setting.is_whole && !setting.is_for_short() {
                unread.extend(within(&setting, &next.text, next.layer + 1, order));
            }
            found.push((order, setting));
        }
    }
    found.sort_by_key(|(order, _)| *order);
    found.into_iter().filter(|(order, _)| !containers.contains(order)).map(|(_, setting)| setting).collect()
}

/// What a setting says, to be read in its turn. In another writing only if it may be a secret.
fn within(setting: &Setting, text: &str, layer: usize, order: Order) -> impl Iterator<Item = Unread> {
    let readings = if setting.texts.len() > 1 && setting.verdict() > Verdict::Plain { setting.texts.len() } else { 1 };
    let texts = setting.texts.iter().take(readings).enumerate();
    let texts = texts.filter(move |(_, inner)| inner.len() >= SHORTEST && ***inner != *text);
    texts.map(move |(number, inner)| Unread {
        text: inner.clone(),
        path: setting.path.clone(),
        layer,
        order,
        is_first: number == 0,
    })
}

/// What stands in one text, and whether that is all that the text is: a list or an object.
fn of_text(text: &str, at: &Path) -> (Vec<Setting>, bool) {
    // YAML tells by the white space before its first line what stands in what.
    let (indented, text) = (text.trim_end().trim_start_matches(['\n', '\r', '\u{feff}']), bare(text));
    let mut found = Vec::new();
    if text.len() < SHORTEST {
        return (found, false);
    }
    // JSON is nothing else besides.
    if json::read(text, at, &mut found) {
        siblings::name(&mut found);
        return (found, !text.starts_with('"'));
    }
    let is_bracketed = text.starts_with(['{', '[', '(']);
    let mut is_read = false;
    let mut in_part = Vec::new();
    let readers: [Read; 4] = [xml::read, literal::read, netrc::read, toml::read];
    for (read, text) in [(yaml::read as Read, indented)].into_iter().chain(readers.map(|read| (read, text))) {
        let mut more = Vec::new();
        let is_whole = read(text, at, &mut more);
        siblings::name(&mut more);
        is_read |= is_whole;
        // Who knows what all of a text is knows the paths in it better.
        if is_whole { add_new(&mut found, more) } else { in_part.push(more) }
    }
    // Of all signs some stand by chance where they would mean something.
    if is_drawn(text) {
        return (found, is_read && is_bracketed);
    }
    in_part.into_iter().for_each(|more| add_new(&mut found, more));
    let mut more = Vec::new();
    if lines::are_several(text) {
        lines::read(text, at, is_read, &mut more);
        encoded::read(text, at, &mut more);
    } else if !is_read {
        of_line(text, at, &mut more);
    } else if !is_bracketed {
        pair::read(text, at, 0, &mut more);
    }
    add_new(&mut found, more);
    if at.is_root() && pair::is_assignment(text) {
        found = pasted(found);
    }
    (found, is_read && is_bracketed)
}

/// A secret that is nothing but one assignment was pasted with the name that it had, and is what that says.
fn pasted(found: Vec<Setting>) -> Vec<Setting> {
    let is_one = found.windows(2).all(|two| two[0].path.shown() == two[1].path.shown());
    if is_one { found.into_iter().map(Setting::certain).collect() } else { found }
}

fn of_line(text: &str, at: &Path, found: &mut Vec<Setting>) {
    let is_url = url::read(text, at, found);
    let is_pair = pairs::read(text, at, found) || !is_url && pair::read(text, at, 0, found);
    words::read(text, at, found);
    let before = found.len();
    if !is_pair {
        values::read(text, at, found);
    }
    if found.len() == before {
        login::read(text, at, found);
    }
    if is_pair {
        return;
    }
    if let Some(unescaped) = lines::unescaped(text) {
        found.push(Setting::new(at.clone(), &unescaped));
    }
    if text.starts_with(['\'', '"', '`']) && quotes::closing(text) == Some(text.len() - 1) {
        found.push(Setting::said(at.clone(), quotes::inside(text)));
    }
    pem::read(text, at, found);
    encoded::read(text, at, found);
}

fn own(text: &str) -> Zeroizing<String> {
    Zeroizing::new(text.to_owned())
}
