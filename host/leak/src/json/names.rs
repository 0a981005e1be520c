//! Keeps the keys of an object apart that are the same once they are masked.
//!
//! Keys that no form stands in keep their name; the others give way to them and to each other, as `***`, `***#2`,
//! `***#3`. What was the same key before it was masked, too: no member is lost.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use super::buffer::Buffer;
use super::counts::looked;
use um_base::{Held, Over, Work};
use um_secret::MASK;

/// What a key takes in the tables, about, in bytes.
const KEY_BYTES: u64 = 128;

/// The keys of the objects that are open, and how those of the others are told apart.
pub(super) struct Names {
    open: Vec<Vec<Name>>,
    numbers: Buffer<(usize, u64)>,
    held: Held,
}

/// A key that is masked, or looks like one that is.
struct Name {
    /// Where it stands, without its quotes.
    inside: Range<usize>,
    is_masked: bool,
}

impl Names {
    pub(super) fn new(work: &Work) -> Result<Self, Over> {
        Ok(Self { open: Vec::new(), numbers: Buffer::new(work)?, held: work.hold(0)? })
    }

    pub(super) fn open(&mut self) {
        self.open.push(Vec::new());
    }

    /// A key of the innermost object.
    pub(super) fn add(&mut self, out: &[u8], inside: Range<usize>, is_masked: bool) -> Result<(), Over> {
        if let Some(names) = self.open.last_mut()
            && (is_masked || looks_masked(&out[inside.clone()]))
        {
            self.held.grow(KEY_BYTES)?;
            names.push(Name { inside, is_masked });
        }
        Ok(())
    }

    /// The innermost object is complete.
    pub(super) fn close(&mut self, out: &[u8]) -> Result<(), Over> {
        let names = self.open.pop().unwrap_or_default();
        if names.iter().any(|name| name.is_masked) {
            number(out, &names, &mut self.numbers)?;
        }
        self.held.shrink(KEY_BYTES * names.len() as u64);
        Ok(())
    }

    /// Writes the numbers into the text.
    pub(super) fn tell_apart(self, out: Buffer<u8>, work: &Work) -> Result<Buffer<u8>, Over> {
        if self.numbers.is_empty() {
            return Ok(out);
        }
        let _held = work.hold(size_of_val(&*self.numbers) as u64)?;
        let mut numbers = self.numbers.to_vec();
        // Those of an inner object came before the later ones of the object around it.
        numbers.sort_unstable();
        let mut apart = Buffer::with_room(out.len() + 8 * numbers.len(), work)?;
        let mut from = 0;
        for (at, number) in numbers {
            apart.push(&out[from..at])?;
            apart.push(format!("#{number}").as_bytes())?;
            from = at;
        }
        apart.push(&out[from..])?;
        Ok(apart)
    }
}

/// Finds a number for each key that needs one.
fn number(out: &[u8], names: &[Name], numbers: &mut Buffer<(usize, u64)>) -> Result<(), Over> {
    let text = |name: &Name| &out[name.inside.clone()];
    let kept: HashSet<&[u8]> = names.iter().filter(|name| !name.is_masked).map(text).collect();
    // What a key was masked to, and the last number that was tried for it.
    let mut last = HashMap::<&[u8], u64>::new();
    let mut named = Vec::new();
    for name in names.iter().filter(|name| name.is_masked) {
        let text = text(name);
        looked(text.len());
        if !kept.contains(text) && !last.contains_key(text) && !is_numbered(text, &last) {
            last.insert(text, 1);
            continue;
        }
        let mut number = last.get(text).copied().unwrap_or(1);
        loop {
            number += 1;
            named.clear();
            named.extend_from_slice(text);
            named.extend_from_slice(format!("#{number}").as_bytes());
            looked(named.len());
            if !kept.contains(&named[..]) && !last.contains_key(&named[..]) {
                break;
            }
        }
        last.insert(text, number);
        numbers.push(&[(name.inside.end, number)])?;
    }
    Ok(())
}

/// Whether another key has got this name with its number.
fn is_numbered(name: &[u8], last: &HashMap<&[u8], u64>) -> bool {
    let Some(at) = name.iter().rposition(|&byte| byte == b'#') else { return false };
    let (before, digits) = (&name[..at], &name[at + 1..]);
    let number = std::str::from_utf8(digits).ok().filter(|digits| !digits.starts_with(['0', '+']));
    let number = number.and_then(|digits| digits.parse::<u64>().ok()).filter(|&number| number > 1);
    number.is_some_and(|number| last.get(before).is_some_and(|&last| number <= last))
}

/// Whether a name could be one that a key gets.
fn looks_masked(name: &[u8]) -> bool {
    memchr::memmem::find(name, MASK.as_bytes()).is_some()
}
