//! One pass over a text: all of it, or all but its line breaks.

use std::ops::Range;

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::table::{Needle, Sighting, Table};

/// So many bytes are looked at in one go, and wiped together.
pub(crate) const BLOCK: usize = 1024;
/// A longer run of line breaks is no line break of an encoder.
const LONGEST_BREAK: u32 = 64;

/// A form at a place of the whole text.
pub(crate) struct Hit {
    pub start: u64,
    pub end: u64,
    /// Whose value it is.
    pub owner: usize,
}

/// What of a text is still to be looked at, and as much before that as a form may reach back.
pub(crate) struct Lane {
    text: Zeroizing<Vec<u8>>,
    /// How many bytes of it are none: they stand before the beginning.
    none: usize,
    /// Of all before each byte, from where windows are looked at and as far as they were. Only their differences count.
    hashes: Vec<u64>,
    /// Where in the whole text each byte stands.
    places: Vec<u64>,
    /// The window that is looked at next.
    next: usize,
    breaks: Option<Breaks>,
    seen: Vec<Sighting>,
}

/// Where a lane without line breaks is.
#[derive(Default)]
struct Breaks {
    /// Windows of forms that a line break may stand in. The other lane sees what has none.
    near: Range<usize>,
    /// Bytes passed over since the last that was not.
    run: u32,
    /// Where a backslash stands that may begin `\n` or `\r`, the line breaks of a text in JSON.
    backslash: Option<u64>,
}

impl Lane {
    /// As long as the text has not begun, what stands before it is no byte.
    pub(crate) fn new(table: &Table, without_breaks: bool) -> Self {
        let most = 2 * table.before + 3 * table.behind + 2 * BLOCK + 1;
        let mut text = Zeroizing::new(Vec::with_capacity(most));
        text.resize(table.before, 0);
        Self {
            text,
            none: table.before,
            hashes: vec![0],
            places: vec![0; table.before],
            next: table.before,
            breaks: without_breaks.then(Breaks::default),
            seen: Vec::new(),
        }
    }

    /// Takes a block that begins at `place` of the whole text.
    pub(crate) fn feed(&mut self, table: &Table, block: &[u8], place: u64, hits: &mut Vec<Hit>) {
        let (mut rest, mut place) = (block, place);
        while !rest.is_empty() {
            let plain = match &self.breaks {
                None => rest.len(),
                Some(Breaks { run: 0, backslash: None, .. }) => {
                    memchr::memchr3(b'\n', b'\r', b'\\', rest).unwrap_or(rest.len())
                }
                Some(_) => 0,
            };
            self.text.extend_from_slice(&rest[..plain]);
            self.places.extend(place..place + plain as u64);
            place += plain as u64;
            rest = &rest[plain..];
            if let Some((&byte, after)) = rest.split_first() {
                self.pass(table, byte, place);
                place += 1;
                rest = after;
            }
        }
        self.look(table, self.text.len(), hits);
    }

    /// Looks at what is left.
    pub(crate) fn finish(&mut self, table: &Table, end: u64, hits: &mut Vec<Hit>) {
        if let Some(place) = self.breaks.as_mut().and_then(|breaks| breaks.backslash.take()) {
            self.push(b'\\', place);
        }
        let last = self.text.len();
        (0..table.behind).for_each(|_| self.push(0, end));
        self.look(table, last, hits);
    }

    /// From where on a form may still be found.
    pub(crate) fn settled(&self, table: &Table, end: u64) -> u64 {
        let backslash = self.breaks.as_ref().and_then(|breaks| breaks.backslash);
        self.places.get(self.next - table.before).copied().or(backslash).unwrap_or(end)
    }

    fn push(&mut self, byte: u8, place: u64) {
        self.text.push(byte);
        self.places.push(place);
    }

    /// Takes a byte unless it belongs to a line break, with the spaces behind it.
    fn pass(&mut self, table: &Table, byte: u8, place: u64) {
        let Some(breaks) = &mut self.breaks else { return };
        if let Some(before) = breaks.backslash.take() {
            if matches!(byte, b'n' | b'r') {
                breaks.run += 2;
                breaks.pass_over(self.text.len(), self.next, table);
                return;
            }
            breaks.run = 0;
            self.push(b'\\', before);
        }
        let Some(breaks) = &mut self.breaks else { return };
        let skipped = matches!(byte, b'\n' | b'\r') || breaks.run > 0 && matches!(byte, b' ' | b'\t');
        if skipped && breaks.run < LONGEST_BREAK {
            breaks.run += 1;
            breaks.pass_over(self.text.len(), self.next, table);
        } else if byte == b'\\' {
            breaks.backslash = Some(place);
        } else {
            breaks.run = 0;
            self.push(byte, place);
        }
    }

    /// Looks at the windows that are due. Bytes from `last` on are none: they stand behind the end.
    fn look(&mut self, table: &Table, last: usize, hits: &mut Vec<Hit>) {
        let end = (self.text.len() + 1).saturating_sub(table.behind);
        let due = match &self.breaks {
            Some(Breaks { near, .. }) => self.next.max(near.start)..end.min(near.end),
            None => self.next..end,
        };
        if due.start < due.end {
            self.hash(table, due.start - table.before..due.end - 1 + table.behind, last);
            table.look(&self.text, &self.hashes, due, &mut self.seen);
        }
        self.next = self.next.max(end);
        for Sighting { start, end, needle } in std::mem::take(&mut self.seen) {
            let needle = &table.needles[needle];
            // Only a form that stands here as a whole comes so far, but for one chance in 2^46.
            if bool::from(self.text[start..end].ct_eq(&needle.bytes)) {
                let (start, end) = self.widened(needle, start, end);
                let (start, end) = (self.places[start], self.places[end - 1] + 1);
                hits.push(Hit { start, end, owner: needle.owner });
            }
        }
        self.forget(table);
    }

    /// Where nothing was looked at, nothing was hashed: what follows such a place begins anew.
    fn hash(&mut self, table: &Table, reach: Range<usize>, last: usize) {
        let begin = self.none.min(reach.end).max(reach.start);
        if self.hashes.len() <= begin {
            self.hashes.resize(begin + 1, 0);
        }
        let from = self.hashes.len() - 1;
        if from < last.min(reach.end) {
            table.extend_all(&mut self.hashes, &self.text[from..last.min(reach.end)]);
        }
        while self.hashes.len() <= reach.end {
            self.hashes.push(table.extend(self.hashes[self.hashes.len() - 1], None));
        }
    }

    fn widened(&self, needle: &Needle, mut start: usize, mut end: usize) -> (usize, usize) {
        let encoded = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/-_=".contains(byte);
        for _ in 0..needle.margin {
            start -= usize::from(start > 0 && encoded(&self.text[start - 1]));
            end += usize::from(self.text.get(end).is_some_and(encoded));
        }
        (start, end)
    }

    /// Drops what no form reaches any more, when that is enough to be worth it.
    fn forget(&mut self, table: &Table) {
        let old = self.next - table.before;
        if old > table.before + table.behind + BLOCK {
            self.text.drain(..old);
            self.hashes.drain(..old.min(self.hashes.len()));
            if self.hashes.is_empty() {
                self.hashes.push(0);
            }
            self.none = self.none.saturating_sub(old);
            self.places.drain(..old);
            self.next = table.before;
            if let Some(Breaks { near, .. }) = &mut self.breaks {
                *near = near.start.saturating_sub(old)..near.end.saturating_sub(old);
            }
        }
    }
}

impl Breaks {
    /// Notes that a line break stood before the byte at `index`, where windows up to `next` have been looked at.
    fn pass_over(&mut self, index: usize, next: usize, table: &Table) {
        if self.near.end <= next {
            self.near.start = (index + 1).saturating_sub(table.behind);
        }
        self.near.end = index + table.reach;
    }
}
