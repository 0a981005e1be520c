//! The layers of a document: itself, and what its compressed parts inflate to, one in the other.

use zeroize::{Zeroize, Zeroizing};

use super::compressed::{Part, Probe, Seen};
use super::{Budget, Withheld};
use crate::leak::{End, Filter, Redactor, Stream};

/// Compressed parts are looked into so many deep: a picture in a report in an archive in an archive.
pub(super) const MOST_DEEP: usize = 4;
/// Compressed parts of one document.
pub(super) const MOST_PARTS: u32 = 10_000;
/// Parts, real or not, that are inflated side by side.
pub(super) const MOST_AT_ONCE: u32 = 64;
/// Bytes inflated for one document, whatever its size, and times its size.
const MOST_INFLATED: u64 = 64 << 20;
const MOST_TIMES: u64 = 100;
/// What it costs to try a place where no part begins, in bytes inflated.
pub(super) const ACCIDENT: usize = 128;

/// What the search of one document shares between its layers.
pub(super) struct Work<'a> {
    filter: &'a Filter,
    stream: &'a Stream,
    budget: &'a mut Budget,
    /// Bytes that may still be inflated for this document.
    left: u64,
    /// Parts so far that turned out to be some.
    parts: u32,
    at_once: u32,
    probe: Probe,
    /// What leaves the redactors goes nowhere.
    masked: Zeroizing<Vec<u8>>,
}

impl<'a> Work<'a> {
    pub fn new(filter: &'a Filter, stream: &'a Stream, size: u64, budget: &'a mut Budget) -> Self {
        let left = MOST_INFLATED.saturating_add(size.saturating_mul(MOST_TIMES));
        let (probe, masked) = (Probe::default(), Zeroizing::default());
        Self { filter, stream, budget, left, parts: 0, at_once: 0, probe, masked }
    }

    /// Accounts for bytes that go into or come out of a compressed part.
    pub fn charge(&mut self, bytes: usize) -> Result<(), Withheld> {
        let bytes = bytes as u64;
        self.left = self.left.checked_sub(bytes).ok_or(Withheld::TooLarge)?;
        self.budget.left = self.budget.left.checked_sub(bytes).ok_or(Withheld::TooLarge)?;
        Ok(())
    }

    /// Accounts for a part that is one beyond doubt.
    pub fn believe(&mut self, depth: usize) -> Result<(), Withheld> {
        self.parts += 1;
        match () {
            () if depth > MOST_DEEP => Err(Withheld::TooDeep),
            () if self.parts > MOST_PARTS => Err(Withheld::TooManyParts),
            () => Ok(()),
        }
    }

    fn begin(&mut self) -> Result<(), Withheld> {
        self.at_once += 1;
        if self.at_once > MOST_AT_ONCE { Err(Withheld::TooManyParts) } else { Ok(()) }
    }
}

/// A document, or what one compressed part inflates to.
pub(super) struct Layer {
    /// Compressed parts that it lies in; 0 for the document.
    depth: usize,
    redactor: Redactor,
    /// The end of what came, in which a part may have begun.
    recent: Zeroizing<Vec<u8>>,
    /// Parts that have begun and not ended.
    parts: Vec<Part>,
}

impl Layer {
    pub fn new(depth: usize, work: &Work) -> Self {
        let redactor = work.filter.stream(work.stream.clone());
        Self { depth, redactor, recent: Zeroizing::default(), parts: Vec::new() }
    }

    pub fn depth(&self) -> usize {
        self.depth
    }

    pub fn write(&mut self, bytes: &[u8], work: &mut Work) -> Result<(), Withheld> {
        self.redactor.write(bytes, &mut work.masked);
        work.masked.zeroize();
        for mut part in std::mem::take(&mut self.parts) {
            self.inflate(&mut part, bytes, work)?.then(|| self.parts.push(part));
        }
        self.recent.extend_from_slice(bytes);
        self.search(self.recent.len().saturating_sub(Part::DECIDED_BY), work)
    }

    pub fn finish(&mut self, work: &mut Work) -> Result<(), Withheld> {
        self.search(self.recent.len(), work)?;
        for mut part in std::mem::take(&mut self.parts) {
            part.finish(work)?;
            work.at_once -= 1;
        }
        self.redactor.finish(End::Chosen, &mut work.masked);
        work.masked.zeroize();
        Ok(())
    }

    /// Looks for parts that begin in the first `end` of the recent bytes, and drops these.
    fn search(&mut self, end: usize, work: &mut Work) -> Result<(), Withheld> {
        let mut recent = std::mem::take(&mut self.recent);
        // One layer more than is looked through, to know that there is one.
        if self.depth <= MOST_DEEP {
            for at in 0..end {
                let mut part = match work.probe.look(&recent[at..]) {
                    Seen::Nothing => continue,
                    Seen::Accident => {
                        work.charge(ACCIDENT)?;
                        continue;
                    }
                    Seen::Unknown(method) => return Err(Withheld::UnknownMethod { method }),
                    Seen::Part(beginning) => Part::new(beginning, Self::new(self.depth + 1, work)),
                };
                work.begin()?;
                self.inflate(&mut part, &recent[at..], work)?.then(|| self.parts.push(part));
            }
        }
        let left = recent.len() - end;
        recent.copy_within(end.., 0);
        recent[left..].zeroize();
        recent.truncate(left);
        self.recent = recent;
        Ok(())
    }

    /// Whether the part goes on after these bytes.
    fn inflate(&mut self, part: &mut Part, bytes: &[u8], work: &mut Work) -> Result<bool, Withheld> {
        let goes_on = part.write(bytes, work)?;
        work.at_once -= u32::from(!goes_on);
        Ok(goes_on)
    }
}
