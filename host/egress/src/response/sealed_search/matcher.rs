//! Puts placeholders back where a server's answer holds sealed values.
//!
//! A guest may send guesses to a server that echoes them, and measure how the echo comes back. So here, unlike in the
//! leak filter:
//! - every byte is held back until a fixed number of bytes has followed it, or the stream is at its end
//!   ([`Reflections::lag`]); in the lane without line breaks those are bytes that belong to none;
//! - every byte takes the same steps (`table`): there is no search that goes on as long as the text does,
//!   no comparison that ends at the first difference, and nothing is looked at twice because it came close;
//! - only whole values are looked for, in every form. A part that is found would tell that a guess of it was right.
//!
//! What is left to see is a guess of a whole value, in one of its forms, which comes back as a placeholder: at least 16
//! bytes (15 in base64, where a character may hold bits of what follows) have to be right at once. Addresses of table
//! and text depend on the answer, which the guest knows, and on a key, which it does not.
//!
//! Overlapping matches become one replacement, that of the first and longest. How the answer was cut makes no difference.

use std::collections::BTreeMap;
use std::sync::Arc;

use zeroize::Zeroizing;

use super::lane::{BLOCK, Hit, Lane};
use super::table::Table;
use um_secret::MIN_SEALED_BYTES;

/// Stands in no form: values are visible ASCII, which has every other byte 0 in UTF-16 and none anywhere else.
const BORDER: &[u8] = b"\0\0";

/// All sealed values of a workspace that are bound to one origin, ready to be looked for in its answers. Cheap to clone;
/// takes some 20 KiB and half a millisecond for each value to make, so make it once a run and origin.
#[derive(Clone)]
pub(crate) struct Reflections(Arc<Shared>);

struct Shared {
    /// What stands for each value.
    replacements: Vec<String>,
    all: Table,
    /// Forms in which line breaks may stand.
    across: Table,
}

/// A sealed value that a server's answer may hold.
pub(crate) struct Reflection<'a> {
    pub(crate) value: &'a str,
    /// What comes in its place: the run's placeholder, or `***` for a value that it has none for.
    pub(crate) replacement: String,
}

/// Replaces what it finds in one stream.
pub(crate) struct Matcher {
    shared: Arc<Shared>,
    lanes: [Lane; 2],
    /// The text that was not let out yet, and where it begins.
    held: Zeroizing<Vec<u8>>,
    released: u64,
    /// Where the last replacement ends.
    covered: u64,
    /// Matches that begin in the held text, by beginning: where they end, and whose they are.
    pending: BTreeMap<u64, (u64, usize)>,
    /// Whether anything was replaced.
    has_found: bool,
    hits: Vec<Hit>,
}

impl Reflections {
    pub(crate) fn new<'a>(values: impl IntoIterator<Item = Reflection<'a>>) -> Self {
        let values: Vec<Reflection<'a>> = values.into_iter().collect();
        let texts: Vec<&str> = values.iter().map(|reflection| reflection.value).collect();
        let [all, across] = [false, true].map(|across| Table::new(&texts, across));
        let replacements = values.into_iter().map(|reflection| reflection.replacement).collect();
        Self(Arc::new(Shared { replacements, all, across }))
    }

    /// How many bytes are held back, at most twice the longest form and a few: a form is known when the window is
    /// looked at that it is found by, up to 34 bytes before its end, and it may begin as far before that as the longest
    /// form is long, rounded up to a power of 2.
    pub(crate) fn lag(&self) -> usize {
        self.0.all.before + self.0.all.behind - 1
    }

    pub(crate) fn matcher(&self) -> Matcher {
        let lanes = [Lane::new(&self.0.all, false), Lane::new(&self.0.across, true)];
        Matcher {
            shared: self.0.clone(),
            lanes,
            held: Zeroizing::new(Vec::with_capacity(4 * BLOCK + 2 * self.lag())),
            released: 0,
            covered: 0,
            pending: BTreeMap::new(),
            has_found: false,
            hits: Vec::new(),
        }
    }

    /// The text with what stands for every value in it, if there is any.
    pub(crate) fn replace(&self, text: &[u8]) -> Option<Vec<u8>> {
        // No form is shorter than the shortest value, and most names and many values of fields are.
        if text.len() < MIN_SEALED_BYTES {
            return None;
        }
        let mut out = Vec::with_capacity(text.len());
        let mut matcher = self.matcher();
        matcher.write(text, &mut out);
        matcher.finish(&mut out);
        matcher.has_found().then_some(out)
    }

    /// Whether [`replace`](Self::replace) would replace anything in any of the texts, at the price of one.
    pub(crate) fn stand_in<'t>(&self, texts: impl IntoIterator<Item = &'t [u8]>) -> bool {
        let (mut joined, mut out) = (Zeroizing::new(Vec::with_capacity(1024)), Vec::new());
        for text in texts {
            joined.extend_from_slice(text);
            joined.extend_from_slice(BORDER);
        }
        let mut matcher = self.matcher();
        matcher.write(&joined, &mut out);
        matcher.finish(&mut out);
        matcher.has_found()
    }
}

impl Matcher {
    /// Takes any bytes and appends to `out` those that enough others have followed.
    pub(crate) fn write(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        for block in bytes.chunks(BLOCK) {
            let place = self.end();
            self.held.extend_from_slice(block);
            let shared = self.shared.clone();
            for (lane, table) in self.lanes.iter_mut().zip([&shared.all, &shared.across]) {
                lane.feed(table, block, place, &mut self.hits);
            }
            self.take_hits();
            let end = self.end();
            let settled =
                self.lanes.iter().zip([&shared.all, &shared.across]).map(|(lane, table)| lane.settled(table, end));
            let settled = settled.min().unwrap_or(end);
            self.release(settled, out);
        }
    }

    /// Whether anything was replaced.
    pub(crate) fn has_found(&self) -> bool {
        self.has_found
    }

    /// Lets out the rest. Nothing may be written afterwards.
    pub(crate) fn finish(&mut self, out: &mut Vec<u8>) {
        let shared = self.shared.clone();
        let end = self.end();
        for (lane, table) in self.lanes.iter_mut().zip([&shared.all, &shared.across]) {
            lane.finish(table, end, &mut self.hits);
        }
        self.take_hits();
        self.release(end, out);
    }

    fn end(&self) -> u64 {
        self.released + self.held.len() as u64
    }

    /// Of matches that begin together the longest counts. The second lane sees again what the first saw.
    fn take_hits(&mut self) {
        for Hit { start, end, owner } in self.hits.drain(..) {
            let longest = self.pending.entry(start).or_insert((end, owner));
            if end > longest.0 {
                *longest = (end, owner);
            }
        }
    }

    /// Lets out the text up to `settled`, before which no match begins that is not known.
    fn release(&mut self, settled: u64, out: &mut Vec<u8>) {
        let mut from = self.released;
        while let Some(entry) = self.pending.first_entry().filter(|entry| *entry.key() < settled) {
            let (start, (end, owner)) = entry.remove_entry();
            if start >= self.covered {
                self.copy(from.max(self.covered), start, out);
                out.extend_from_slice(self.shared.replacements[owner].as_bytes());
                self.has_found = true;
                from = start;
            }
            self.covered = self.covered.max(end);
        }
        self.copy(from.max(self.covered), settled, out);
        let count = self.index(settled);
        self.held.drain(..count);
        self.released = settled;
    }

    fn copy(&self, from: u64, to: u64, out: &mut Vec<u8>) {
        if from < to {
            out.extend_from_slice(&self.held[self.index(from)..self.index(to)]);
        }
    }

    fn index(&self, place: u64) -> usize {
        usize::try_from(place - self.released).expect("held text fits memory")
    }
}

#[cfg(test)]
mod tests;
