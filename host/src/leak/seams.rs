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
//! Where one of them may be part of a form, the starts before the break are looked at one by one. A form with more
//! bytes before its first line break is found in the text as it is, since every window that is probed for stands
//! there whole.

use super::encode::Encoded;
use super::line_break::{Break, enough, line_break};
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
            if self.has_short || self.may_go_on(text, feed) {
                self.add_starts(&Seam::at(text, feed), run_before, &mut starts);
            }
        }
        starts
    }

    /// Whether a long form may go on behind a line break: a first look that decides nearly always, and alike.
    #[inline]
    fn may_go_on(&self, text: &[u8], feed: usize) -> bool {
        let Some(line) = read(text, feed + 1) else { return true };
        // Most often some spaces are all that still belongs to it.
        let spaces = (line ^ SPACES).trailing_zeros() as usize / 8;
        let Some(behind) = read(text, feed + 1 + spaces) else { return true };
        let [first, ..] = behind.to_le_bytes();
        self.windows.may_be(behind) | has_break(behind) | (first <= b' ')
    }

    /// Whether a form may stand on both sides of a line break.
    fn may_cross(&self, seam: &Seam<'_>) -> bool {
        let before = seam.from.checked_sub(READ).and_then(|at| read(seam.text, at));
        let (Some(before), Some(behind)) = (before, read(seam.text, seam.to)) else { return seam.from > 0 };
        let middle = before >> (8 * (READ - WINDOW / 2)) | behind << (8 * WINDOW / 2);
        let windows = [behind, middle, before >> (8 * (READ - WINDOW))];
        let may_be = windows.iter().fold(false, |any, window| any | self.windows.may_be(*window));
        may_be | has_break(behind)
    }

    fn add_starts(&self, seam: &Seam<'_>, run_before: usize, starts: &mut Vec<usize>) {
        if !self.may_cross(seam) {
            return;
        }
        let before = &seam.text[..seam.from];
        let line = before.iter().rev().take(FAR).take_while(|byte| **byte != b'\n').count();
        let places = (seam.from - line)..(seam.from + 1).saturating_sub(enough(before, Some(run_before)));
        starts.extend(places.filter(|start| seam.may_begin(*start, &self.matcher)));
    }
}

/// A line break, or a part of one.
struct Seam<'a> {
    text: &'a [u8],
    from: usize,
    to: usize,
}

impl<'a> Seam<'a> {
    fn at(text: &'a [u8], feed: usize) -> Self {
        let from = feed - usize::from(feed > 0 && text[feed - 1] == b'\r');
        let to = match line_break(text, from) {
            Break::To(to) => to,
            Break::None | Break::Open | Break::TooLong => text.len(),
        };
        Self { text, from, to }
    }

    /// Whether a form may begin at a start, by its 8 bytes without the line break, or as many as there are before the
    /// text ends or another line break follows.
    fn may_begin(&self, start: usize, matcher: &Matcher) -> bool {
        let behind = self.text[self.to..].iter().take_while(|byte| !b"\n\r".contains(byte));
        let (mut bytes, mut length) = ([0; READ], 0);
        for (to, byte) in bytes.iter_mut().zip(self.text[start..self.from].iter().chain(behind)) {
            *to = *byte;
            length += 1;
        }
        matcher.may_begin(&bytes[..length])
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
