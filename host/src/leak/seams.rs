//! Finds the places shortly before line breaks at which a form may begin that goes on behind them.
//!
//! Nearly no line break is inside a form, and a look or three into a set of windows tell so, without a branch: a form
//! whose first line break is at most `FAR` bytes behind its beginning has one of these windows across the break.
//!
//! ```text
//! …what stands before⏎   behind a line break…
//!                        ├────┤    6 bytes behind: always, if the form is long enough
//!                 ├─┤    ├─┤       3 and 3
//!              ├────┤              6 before
//! ```
//!
//! Where one of them may be part of a form, the starts before the break are looked at one by one. A form with more bytes
//! before its first line break is found in the text as it is, since every window that is probed for stands there whole.

use super::encode::Encoded;
use super::line_break::{Break, is_enough, line_break};
use super::scan::{Label, Matcher};
use super::stride::REACH;
use super::windows::{READ, Windows, read};

/// The most bytes of a form before a line break by which it is not found in the text as it is.
const FAR: usize = REACH - 1;
/// The bytes of a window. If it were longer, the shortest forms would have none of these windows.
const WINDOW: usize = 6;
/// Forms of this length have a window behind any line break that is not far from their beginning.
const LONG: usize = FAR + WINDOW;

/// The forms that are found across lines.
pub(super) struct Across {
    matcher: Matcher,
    /// All that a line break may split.
    windows: Windows,
    has_short: bool,
}

impl Default for Across {
    fn default() -> Self {
        Self { matcher: Matcher::default(), windows: Windows::new(WINDOW, FAR + 1), has_short: false }
    }
}

impl Across {
    /// Adds a form of 8 bytes or more; shorter ones are not looked for.
    pub(super) fn insert(&mut self, bytes: Encoded, label: Label) {
        if bytes.len() < READ || !self.matcher.insert(bytes, label) {
            return;
        }
        let Some(form) = self.matcher.forms().next_back() else { return };
        self.has_short |= form.len() < LONG;
        self.windows.insert(form, || self.matcher.forms());
    }

    pub(super) fn matcher(&self) -> &Matcher {
        &self.matcher
    }

    /// The starts shortly before the line breaks of a text at which a form may begin, in order.
    pub(super) fn starts(&self, text: &[u8], run_before: usize) -> Vec<usize> {
        let mut starts = Vec::new();
        if self.matcher.is_empty() {
            return starts;
        }
        let ends_with_return = text.ends_with(b"\r").then(|| text.len() - 1);
        for feed in memchr::memchr_iter(b'\n', text).chain(ends_with_return) {
            let seam = Seam::at(text, feed);
            if self.may_cross(&seam) {
                self.add_starts(&seam, run_before, &mut starts);
            }
        }
        starts
    }

    #[inline]
    fn may_cross(&self, seam: &Seam<'_>) -> bool {
        let (Some(before), Some(behind)) = (seam.before(), read(seam.text, seam.to)) else { return seam.from > 0 };
        let is_in_short = || {
            let middle = before >> (8 * (READ - WINDOW / 2)) | behind << (8 * WINDOW / 2);
            self.windows.may_be(middle) | self.windows.may_be(before >> (8 * (READ - WINDOW)))
        };
        self.windows.may_be(behind) | has_break(behind) || self.has_short && is_in_short()
    }

    #[cold]
    fn add_starts(&self, seam: &Seam<'_>, run_before: usize, starts: &mut Vec<usize>) {
        let before = &seam.text[..seam.from];
        let line = before.iter().rev().take(FAR).take_while(|byte| **byte != b'\n').count();
        starts.extend((seam.from - line..seam.from).filter(|start| {
            is_enough(seam.from - start, before, Some(run_before))
                && seam.window(*start).is_none_or(|first| self.matcher.may_begin(first))
        }));
    }
}

/// A line break, or a part of one.
struct Seam<'a> {
    text: &'a [u8],
    from: usize,
    to: usize,
}

impl<'a> Seam<'a> {
    #[inline]
    fn at(text: &'a [u8], feed: usize) -> Self {
        let from = feed - usize::from(feed > 0 && text[feed - 1] == b'\r');
        // Most often some spaces are all that belongs to it.
        let spaces = read(text, feed + 1).map_or(READ, |behind| (behind ^ SPACES).trailing_zeros() as usize / 8);
        let to = feed + 1 + spaces;
        let is_over = text.get(to).is_some_and(|byte| *byte > b' ');
        Self { text, from, to: if is_over { to } else { end(text, from) } }
    }

    /// The 8 bytes before it.
    #[inline]
    fn before(&self) -> Option<u64> {
        read(self.text, self.from.checked_sub(READ)?)
    }

    /// The 8 bytes from a start on without the line break, if they are there and no other is among them.
    fn window(&self, start: usize) -> Option<u64> {
        let before = self.from - start;
        if before >= READ {
            return read(self.text, start);
        }
        let behind = self.text.get(self.to..self.to + READ - before)?;
        if behind.iter().any(|byte| b"\n\r".contains(byte)) {
            return None;
        }
        let mut window = [0; READ];
        window[..before].copy_from_slice(&self.text[start..self.from]);
        window[before..].copy_from_slice(behind);
        Some(u64::from_le_bytes(window))
    }
}

#[cold]
fn end(text: &[u8], from: usize) -> usize {
    match line_break(text, from) {
        Break::To(to) => to,
        Break::None | Break::Open | Break::TooLong => text.len(),
    }
}

const ONES: u64 = u64::MAX / 0xff;
const SPACES: u64 = ONES * b' ' as u64;

#[inline]
fn has_break(bytes: u64) -> bool {
    has_byte(bytes, b'\n') | has_byte(bytes, b'\r')
}

/// Whether one of these bytes is the one (Anderson, Bit Twiddling Hacks, "Determine if a word has a zero byte").
#[inline]
fn has_byte(bytes: u64, byte: u8) -> bool {
    let bytes = bytes ^ (ONES * u64::from(byte));
    bytes.wrapping_sub(ONES) & !bytes & (ONES << 7) != 0
}
