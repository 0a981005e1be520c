//! A piece of a text without what stands between its pieces, and which place of the text each byte of it is from.

use zeroize::Zeroizing;

use super::border::{End, Seam};
use super::scan::Overlaps;
use super::trie::Walk;

#[cfg(test)]
thread_local! {
    /// Bytes that copies were made of.
    static COPIED: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// So much of a form is compared at first, and so many times as much if that is not all of it.
const FIRST: usize = 64;
const GROWTH: usize = 4;
/// Where starts follow each other closely, so many times as much is copied ahead: what is compared is copied once then.
const AHEAD: usize = 7;

/// A piece of the text without its gaps.
#[derive(Default)]
pub(super) struct Copy {
    /// Where it begins in the text, and in all that was copied.
    pub(super) from: usize,
    origin: usize,
    pub(super) bytes: Zeroizing<Vec<u8>>,
    gaps: Vec<Gap>,
    /// It ends with the text, not by its length nor at what nothing goes on behind.
    pub(super) to_end: bool,
    /// It is as long as was asked for.
    pub(super) is_full: bool,
    pub(super) overlaps: Overlaps,
}

/// What was left out: where it is in the copy, with so many blanks for it, and its beginning and end in the text.
pub(super) struct Gap {
    pub(super) index: usize,
    pub(super) width: usize,
    pub(super) from: usize,
    to: usize,
    /// Fewer bytes before it are enough.
    pub(super) is_marked: bool,
    /// It is within a line, of blanks alone.
    pub(super) is_blank: bool,
}

impl Copy {
    /// Walks from a start, in as little of a copy as tells how far a form goes on: of some texts much more would be made anew
    /// for each start. What is seen, and the index of the start. Beyond what is walked along the copy has `beyond` bytes.
    pub(super) fn walk(
        &mut self,
        start: usize,
        [longest, beyond]: [usize; 2],
        fill: impl Fn(&mut Self, usize),
        mut walk: impl FnMut(&mut Self, usize) -> Option<Walk>,
    ) -> Option<(usize, Walk)> {
        let mut length = FIRST.min(longest);
        loop {
            let at = self.bring(start, length + beyond, |copy, goes_on| {
                let more = if goes_on { AHEAD * (length + beyond) } else { length };
                fill(copy, length + beyond + more);
            });
            let seen = walk(self, at)?;
            let is_all = !self.is_full || length == longest || seen.matched < self.bytes.len() - at - beyond;
            if is_all {
                return Some((at, seen));
            }
            length = longest.min(GROWTH * length);
        }
    }

    /// The index of a start, behind which as much is copied as is asked for; if that is not so, the copy is made anew from
    /// there.
    fn bring(&mut self, start: usize, least: usize, fill: impl FnOnce(&mut Self, bool)) -> usize {
        let at = self.index_of(start);
        if let Some(at) = at.filter(|at| !self.is_full || self.bytes.len() - at >= least) {
            return at;
        }
        self.origin += at.unwrap_or(self.bytes.len());
        self.from = start;
        (self.to_end, self.is_full) = (false, false);
        self.gaps.clear();
        self.bytes.clear();
        fill(self, at.is_some());
        #[cfg(test)]
        COPIED.with(|copied| copied.set(copied.get() + self.bytes.len()));
        0
    }

    /// Where among all that was copied an index is.
    pub(super) fn position(&self, index: usize) -> usize {
        self.origin + index
    }

    /// Leaves a seam out, with so many blanks for it, and tells where the text goes on; nowhere, if it is open or too long.
    pub(super) fn pass(&mut self, seam: &Seam, text_end: usize, width: usize) -> Option<usize> {
        let (to, is_closed) = match seam.end {
            End::To(to) => (to, true),
            End::Open => (text_end, false),
            End::TooLong => return None,
        };
        let index = self.bytes.len();
        self.gaps.push(Gap { index, width, from: seam.from, to, is_marked: seam.is_marked, is_blank: false });
        self.to_end = !is_closed;
        self.bytes.extend_from_slice(&b" "[..if is_closed { width } else { 0 }]);
        is_closed.then_some(to)
    }

    /// Leaves blanks of a line out.
    pub(super) fn pass_blanks(&mut self, from: usize, to: usize) {
        self.gaps.push(Gap { index: self.bytes.len(), width: 0, from, to, is_marked: false, is_blank: true });
    }

    /// Takes back what was copied from a place of the text on; nothing in it is wider than that.
    pub(super) fn take_back(&mut self, place: usize) {
        self.gaps.truncate(self.gaps.partition_point(|gap| gap.from < place));
        let (index, from) = self.gaps.last().map_or((0, self.from), |gap| (gap.index + gap.width, gap.to));
        self.bytes.truncate(index + place.saturating_sub(from));
    }

    /// The gaps behind a place of the text.
    pub(super) fn gaps_behind(&self, place: usize) -> &[Gap] {
        &self.gaps[self.gaps.partition_point(|gap| gap.from <= place)..]
    }

    /// The first of them.
    pub(super) fn first_gap(&self, place: usize) -> Option<&Gap> {
        self.gaps_behind(place).first()
    }

    /// Whether nothing was copied before the first gap.
    pub(super) fn begins_with_gap(&self) -> bool {
        self.gaps.first().is_some_and(|gap| gap.from == self.from)
    }

    /// Where in the copy a place of the text is, if it is in it.
    fn index_of(&self, place: usize) -> Option<usize> {
        let before = self.gaps[..self.gaps.partition_point(|gap| gap.from <= place)].last();
        let (index, from) = before.map_or((0, self.from), |gap| (gap.index + gap.width, gap.to));
        let index = index + place.checked_sub(from)?;
        (index < self.bytes.len()).then_some(index)
    }

    /// The place in the text where the byte before an index ends.
    pub(super) fn end_of(&self, index: usize) -> usize {
        let before = self.gaps[..self.gaps.partition_point(|gap| gap.index < index)].last();
        before.map_or(self.from + index, |gap| match (index - gap.index).checked_sub(gap.width) {
            Some(behind @ 1..) => gap.to + behind,
            // The first byte of a line break stands for the blank that a form ends with.
            _ => gap.from + 1,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filter::Filter;
    use crate::oracle::ready;
    use crate::report::Stream;

    /// Each line began within what was taken for the prefix of all, so that 8 KiB were copied for each.
    #[test]
    fn of_lines_that_begin_like_a_long_value_little_is_copied() {
        let filter = Filter::new();
        let random: String =
            (0..900_u32).map(|number| format!("{:x}", number.wrapping_mul(0x9e37_79b9) >> 12)).collect();
        let value = format!("{} {}", &random[..22], &random[22..3900]);
        filter.guard("NAME", &value);
        let text = format!("{}\n", &value[..30]).repeat(1_000);
        COPIED.set(0);
        ready(&filter).text(Stream::Stdout, &text);
        assert!(COPIED.get() < 60 * text.len(), "{} for {}", COPIED.get(), text.len());
    }

    /// A text without white space was compared with itself.
    #[test]
    fn of_a_text_without_white_space_nothing_is_copied() {
        let filter = Filter::new();
        let random: String =
            (0..90_u32).map(|number| format!("{:x}", number.wrapping_mul(0x9e37_79b9) >> 12)).collect();
        filter.guard("NAME", &format!("{} {}", &random[..22], &random[22..]));
        let copied = |text: &str| {
            COPIED.set(0);
            ready(&filter).text(Stream::Stdout, text);
            COPIED.get()
        };
        assert_eq!(copied(&format!("{}#", &random[..30]).repeat(1_000)), 0);
        assert!(copied(&format!("{} #", &random[..30]).repeat(1_000)) > 0);
    }
}
