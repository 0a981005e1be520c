//! Finds the places shortly before line breaks at which a form may begin that goes on behind them.
//!
//! Nearly no line break is inside a form, and a look or two into a set of windows tell so: a form whose first line break
//! is at most `FAR` bytes behind its beginning has some of these windows across the break, with further line breaks
//! left out.
//!
//! ```text
//! …what stands before⏎   behind a line break…
//!                        ├────┤    6 bytes behind: always, if the form is long enough
//!                   ├┤   ├───┤     1 and 5: as well
//!                 ├─┤    ├─┤       3 and 3: if so many stand before
//!              ├────┤              6 before
//! ```
//!
//! Where one of them may be part of a form, or all that must be, the starts before the break are looked at one by one. A
//! form with more bytes before its first line break is found in the text as it is, since every window that is probed
//! for stands there whole. So is one that goes on behind a border, unless that has marks: then the bytes that the next line
//! begins with say that it is worth looking.

use super::border;
use super::head::Head;
use super::ids::Label;
use super::line_break::{Break, ENOUGH, ENOUGH_OF_LIST, WRAPPED, enough, line_break};
use super::scan::Matcher;
use super::stride::REACH;
use super::windows::{READ, Windows, read};
use crate::forms::encode::Encoded;

/// The most bytes of a form before a line break by which it is not found in the text as it is.
pub(super) const FAR: usize = REACH - 1;
/// The bytes of a window. If it were longer, the shortest forms would have none of these windows.
pub(super) const WINDOW: usize = 6;
/// A line with fewer bytes ends no beginning of a form that goes on behind it: none that counts as a list's, and no run of
/// what encoders write.
const FEWEST: usize = ENOUGH_OF_LIST;
const _: () = assert!(FEWEST <= WRAPPED);
/// The places of windows behind a line break, and one more where that stands for a blank.
const PLACES: usize = FAR + 2;
/// Forms of this length have a window behind any line break that is not far from their beginning.
const LONG: usize = PLACES - 1 + WINDOW;

/// The forms that are found across lines.
pub(crate) struct Across {
    matcher: Matcher,
    /// All that a line break may split.
    windows: Windows,
    has_short: bool,
    /// Some form has a blank, which a line break may stand for.
    has_blanks: bool,
}

impl Default for Across {
    fn default() -> Self {
        Self {
            matcher: Matcher::of_walks(),
            windows: Windows::new(WINDOW, PLACES),
            has_short: false,
            has_blanks: false,
        }
    }
}

impl Across {
    /// Adds a form of 8 bytes or more; shorter ones are not looked for.
    pub(crate) fn insert(&mut self, bytes: Encoded, label: Label) {
        if bytes.len() < READ || !self.matcher.insert(bytes, label) {
            return;
        }
        let Some(form) = self.matcher.forms().next_back() else { return };
        self.has_short |= form.len() < LONG;
        // Nobody folds a list at its blanks alone.
        self.has_blanks |= form.windows(2).any(|pair| pair[0] != b',' && pair[1] == b' ');
        self.windows.insert(form, self.matcher.times(), || self.matcher.forms());
    }

    /// As [`Matcher::expect`].
    pub(crate) fn expect(&mut self, times: usize) {
        self.matcher.expect(times);
    }

    pub(crate) fn matcher(&self) -> &Matcher {
        &self.matcher
    }

    pub(crate) fn has_blanks(&self) -> bool {
        self.has_blanks
    }

    /// The starts shortly before the line breaks of a text at which a form may begin, in order.
    pub(crate) fn starts(&self, text: &[u8], run_before: usize, head: &Head) -> Vec<usize> {
        let mut starts = Vec::new();
        if self.matcher.is_empty() {
            return starts;
        }
        let ends_with_return = text.ends_with(b"\r").then(|| text.len() - 1);
        // Lines often begin as the one before them, and what decided there decides here.
        let mut plain = None;
        for feed in Feeds::of(text).chain(ends_with_return) {
            let behind = behind(text, feed);
            if behind.is_some() && behind == plain {
                continue;
            }
            let is_ruled_out = behind.is_some_and(|behind| self.rules_out(behind));
            let goes_on = !is_ruled_out && behind.is_none_or(|behind| self.may_go_on(text, feed, behind));
            let has_marks = behind.is_none_or(may_begin_with_marks);
            if goes_on | has_marks {
                self.add_near(text, feed, [goes_on, has_marks], (run_before, head), &mut starts);
            } else if is_ruled_out {
                plain = behind;
            }
        }
        let trail = border::last_trail(text, 0);
        if trail < text.len() && self.may_end(text, trail) {
            self.add_starts_before(text, trail, &mut starts);
        }
        starts.dedup();
        starts
    }

    /// Adds the starts near a line break behind which a form may go on at once, or behind marks.
    #[cold]
    fn add_near(
        &self,
        text: &[u8],
        feed: usize,
        [goes_on, has_marks]: [bool; 2],
        (run_before, head): (usize, &Head),
        starts: &mut Vec<usize>,
    ) {
        let known = starts.len();
        if goes_on {
            self.add_starts(&Seam::at(text, feed), run_before, starts);
        }
        if has_marks {
            self.add_bordered(text, feed, head, starts);
            starts[known..].sort_unstable();
        }
    }

    fn add_bordered(&self, text: &[u8], feed: usize, head: &Head, starts: &mut Vec<usize>) {
        let line_end = begin_of(text, feed);
        let trail = border::trail(text, line_end, 0);
        if self.may_end(text, trail) || self.may_end(text, line_end) {
            let seam = border::seam(text, trail, line_end, head);
            if seam.is_marked {
                self.add_starts_before(text, seam.from, starts);
            }
        }
    }

    /// Whether enough bytes of a form may stand before a border.
    fn may_end(&self, text: &[u8], end: usize) -> bool {
        let window = end.checked_sub(READ).and_then(|at| read(text, at));
        window.is_some_and(|window| self.windows.may_be(window >> (8 * (READ - WINDOW))))
    }

    /// Adds the starts in the line before a border.
    fn add_starts_before(&self, text: &[u8], end: usize, starts: &mut Vec<usize>) {
        let line = text[..end].iter().rev().take(FAR).take_while(|byte| **byte != b'\n').count();
        let places = end - line..(end + 1).saturating_sub(ENOUGH).max(end - line);
        starts.extend(places.filter(|start| self.matcher.may_begin(&text[*start..end])));
    }

    /// Whether the bytes behind a line break alone tell that no form goes on there: a first look that decides nearly always,
    /// and alike.
    #[inline]
    fn rules_out(&self, behind: u64) -> bool {
        self.decides(behind) & !self.windows.may_be(behind)
    }

    /// Whether the bytes behind a line break are enough to tell that no form goes on there.
    #[inline]
    fn decides(&self, behind: u64) -> bool {
        let [first, ..] = behind.to_le_bytes();
        !self.has_short & !has_break(behind) & (first > b' ')
    }

    /// Whether a form may go on behind a line break, by the bytes before it as well.
    fn may_go_on(&self, text: &[u8], feed: usize, behind: u64) -> bool {
        let before = begin_of(text, feed).checked_sub(READ).and_then(|at| read(text, at));
        let Some(before) = before else { return true };
        let least = match before.to_le_bytes() {
            // It may be what encoders write.
            _ if !has_blank(before) => 1,
            [.., b','] => ENOUGH_OF_LIST,
            _ => ENOUGH,
        };
        if has_byte(before >> (8 * (READ - least)), b'\n') {
            return false;
        }
        let [first, ..] = behind.to_le_bytes();
        // As much of the next line as a window takes, and the rest of it from before.
        let inside = WINDOW.saturating_sub(line_length(behind));
        if self.has_short && first > b' ' && !has_break(behind) {
            return self.may_cross_short(before, behind);
        }
        self.has_short
            || self.has_blanks
            || inside > least
            || first <= b' '
            || self.windows.may_be(across(before, behind, inside))
    }

    /// Whether a form of which so many bytes stand before a line break may stand on both sides of it.
    fn may_cross(&self, seam: &Seam<'_>, least: usize) -> bool {
        let before = seam.from.checked_sub(READ).and_then(|at| read(seam.text, at));
        let (Some(before), true) = (before, seam.known == READ) else { return true };
        let behind = u64::from_le_bytes(seam.behind);
        let may_be = |inside: usize| self.windows.may_be(across(before, behind, inside));
        match self.has_short {
            // What stands behind a blank, which is not there.
            _ if self.has_blanks && may_be(0) => true,
            true => self.may_cross_short(before, behind),
            false => may_be(least.min(WINDOW / 2)) && may_be(0),
        }
    }

    /// The same if forms may be so short that they have only some of the windows around a line break.
    fn may_cross_short(&self, before: u64, behind: u64) -> bool {
        [0, WINDOW / 2, WINDOW].into_iter().any(|inside| self.windows.may_be(across(before, behind, inside)))
    }

    fn add_starts(&self, seam: &Seam<'_>, run_before: usize, starts: &mut Vec<usize>) {
        let before = &seam.text[..seam.from];
        let least = enough(before, Some(run_before));
        let line = before.iter().rev().take(FAR).take_while(|byte| **byte != b'\n').count();
        if line >= least && self.may_cross(seam, least) {
            let places = seam.from - line..seam.from + 1 - least;
            starts.extend(places.filter(|start| seam.may_begin(*start, &self.matcher)));
        }
    }
}

/// The LFs of a text, without those that so few bytes stand before in their line that no form goes on behind them.
struct Feeds<'a> {
    text: &'a [u8],
    next: usize,
}

impl<'a> Feeds<'a> {
    fn of(text: &'a [u8]) -> Self {
        // What stands before the text may belong to the first line.
        Self { text, next: 0 }
    }
}

impl Iterator for Feeds<'_> {
    type Item = usize;

    #[inline]
    fn next(&mut self) -> Option<usize> {
        let feed = self.next + memchr::memchr(b'\n', self.text.get(self.next..)?)?;
        self.next = feed + 1 + FEWEST;
        Some(feed)
    }
}

/// A line break with what stands around it.
struct Seam<'a> {
    text: &'a [u8],
    from: usize,
    /// The bytes behind it, without further line breaks; so many of them are known.
    behind: [u8; READ],
    known: usize,
}

impl<'a> Seam<'a> {
    fn at(text: &'a [u8], feed: usize) -> Self {
        let from = begin_of(text, feed);
        let (mut behind, mut known, mut at) = ([0; READ], 0, from);
        while known < READ {
            match text.get(at) {
                Some(byte) if !b"\n\r".contains(byte) => {}
                _ => match line_break(text, at) {
                    Break::To(to) => {
                        at = to;
                        continue;
                    }
                    Break::None if at < text.len() => {}
                    _ => break,
                },
            }
            behind[known] = text[at];
            (known, at) = (known + 1, at + 1);
        }
        Self { text, from, behind, known }
    }

    /// Whether a form may begin at a start, by its 8 bytes without line breaks, or as many as are known.
    fn may_begin(&self, start: usize, matcher: &Matcher) -> bool {
        let line = &self.text[start..self.from];
        let (mut bytes, mut length) = ([0; READ], 0);
        for (to, byte) in bytes.iter_mut().zip(line.iter().chain(&self.behind[..self.known])) {
            *to = *byte;
            length += 1;
        }
        matcher.may_begin(&bytes[..length])
    }
}

/// The bytes behind a line break and the spaces that most often are all that still belongs to it.
#[inline]
fn behind(text: &[u8], feed: usize) -> Option<u64> {
    let line = read(text, feed + 1)?;
    let spaces = (line ^ SPACES).trailing_zeros() as usize / 8;
    read(text, feed + 1 + spaces)
}

/// Whether a line may begin with marks, by its first bytes: nearly none does.
#[inline]
fn may_begin_with_marks(behind: u64) -> bool {
    let [first, second, ..] = behind.to_le_bytes();
    (MARKS[usize::from(first)] | MARKS[usize::from(second)] & IS_QUOTE) != 0
}

/// What a line with marks begins with, but for a letter before a quote.
const MARKS: [u8; 256] = {
    let mut marks = [0; 256];
    let kinds: [(&[u8], u8); 2] = [(b"\n\r\t |>#*;!:/-+=\xe2", IS_MARK), (b"'\"", IS_QUOTE)];
    let mut kind = 0;
    while kind < kinds.len() {
        let mut at = 0;
        while at < kinds[kind].0.len() {
            marks[kinds[kind].0[at] as usize] = kinds[kind].1;
            at += 1;
        }
        kind += 1;
    }
    marks
};
const IS_MARK: u8 = 1;
const IS_QUOTE: u8 = 2;

const ONES: u64 = u64::MAX / 0xff;
const SPACES: u64 = ONES * b' ' as u64;

/// Where the line break begins that a LF belongs to.
#[inline]
fn begin_of(text: &[u8], feed: usize) -> usize {
    feed - usize::from(feed > 0 && text[feed - 1] == b'\r')
}

/// Bytes around a line break, of which so many stand before it.
#[inline]
fn across(before: u64, behind: u64, inside: usize) -> u64 {
    // A shift by all bits would do nothing.
    before >> (8 * (READ - 1 - inside)) >> 8 | behind << (8 * inside)
}

/// How many of these bytes stand before the first that may be a line break.
#[inline]
fn line_length(bytes: u64) -> usize {
    (zeros(bytes ^ (ONES * u64::from(b'\n'))) | zeros(bytes ^ (ONES * u64::from(b'\r')))).trailing_zeros() as usize / 8
}

#[inline]
fn has_break(bytes: u64) -> bool {
    has_byte(bytes, b'\n') | has_byte(bytes, b'\r')
}

#[inline]
fn has_byte(bytes: u64, byte: u8) -> bool {
    zeros(bytes ^ (ONES * u64::from(byte))) != 0
}

/// The highest bit of each byte that is zero, and perhaps of some behind the first (Anderson, Bit Twiddling Hacks,
/// "Determine if a word has a zero byte").
#[inline]
fn zeros(bytes: u64) -> u64 {
    bytes.wrapping_sub(ONES) & !bytes & (ONES << 7)
}

/// Whether one of these bytes is a space or a control character (the same, "Determine if a word has a byte less than n").
#[inline]
fn has_blank(bytes: u64) -> bool {
    bytes.wrapping_sub(ONES * u64::from(b' ' + 1)) & !bytes & (ONES << 7) != 0
}
