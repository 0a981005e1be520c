//! The text without its line breaks, as far as that is looked at: some forms are found with line breaks inside them.
//!
//! A line break is LF or CRLF with the spaces, tabs and further line breaks behind it, 64 bytes at most. It is passed
//! over if 8 bytes of the form stand before it, or three of which the last is a comma, or if it ends 16 bytes of what
//! encoders wrap and no mask: otherwise the end of nearly every line, and the line break behind every mask, would be
//! held back until the next line.
//!
//! Nearly no line break is inside a form, and two table look-ups tell so: by the bytes on its sides. What begins far
//! before one is told by the search in the text itself, which comes to a stop there; what begins nearer by the 8 bytes
//! before it, and what begins just before it by windows across it ([`Windows`]). Only those starts are compared, in a
//! copy of the text that is made then.

use zeroize::Zeroizing;

use super::encode::Encoded;
use super::scan::{Label, Matcher, Overlaps};
use super::stride::{REACH, READ, Windows};

/// The longest line break, in bytes.
const LONGEST_BREAK: usize = 64;
/// So many bytes of a form before its first line break are enough.
const ENOUGH: usize = READ;
/// Of a list with one number in a line, so many up to its first comma.
const ENOUGH_OF_LIST: usize = 3;
/// So many bytes that encoders write before a line break are enough as well.
const WRAPPED: usize = 16;
/// Starts farther before a line break are found in the text itself, since every window that may be probed stands there.
const FAR: usize = REACH - 1;
/// Starts at most so far before a line break are looked for by windows across it.
const NEAR: usize = ENOUGH - 1;

/// What encoders write in lines: base64, hexadecimal, lists of numbers.
fn is_wrapped(byte: u8) -> bool {
    let is_letter = (byte | 0x20).wrapping_sub(b'a') < 26;
    let is_mark = b"+/=-_,:".iter().fold(false, |any, mark| any | (byte == *mark));
    is_letter | byte.is_ascii_digit() | is_mark
}

/// How many bytes at the end of a text encoders may have written, at most 16; `before` of them stand before the text.
pub(super) fn wrapped_run(text: &[u8], before: usize) -> usize {
    let run = text.iter().rev().take(WRAPPED).take_while(|byte| is_wrapped(**byte)).count();
    if run == text.len() { WRAPPED.min(before + run) } else { run }
}

/// The forms that are found across lines.
pub(super) struct Across {
    matcher: Matcher,
    /// Which bytes stand in the forms.
    bytes: Box<[bool; 256]>,
    /// What may stand before a line break that is not far from the beginning of a form.
    before: Windows,
    /// What may stand behind one that is near it.
    behind: Windows,
    shortest: usize,
}

impl Default for Across {
    fn default() -> Self {
        Self {
            matcher: Matcher::default(),
            bytes: Box::new([false; 256]),
            before: Windows::new(READ, FAR - READ + 1),
            behind: Windows::new(READ, FAR + 1),
            shortest: usize::MAX,
        }
    }
}

impl Across {
    /// Adds a form of 8 bytes or more; shorter ones are not looked for.
    pub(super) fn insert(&mut self, bytes: Encoded, label: Label) {
        if bytes.len() < READ || !self.matcher.insert(bytes, label) {
            return;
        }
        let Some(form) = self.matcher.forms().next_back() else { return };
        self.shortest = self.shortest.min(form.len());
        form.iter().for_each(|byte| self.bytes[usize::from(*byte)] = true);
        self.before.insert(form, || self.matcher.forms());
        self.behind.insert(form, || self.matcher.forms());
    }

    /// Whether a form may go on with these 8 bytes behind a line break that stands `within` so many of its first bytes.
    #[inline]
    fn may_go_on(&self, behind: u64, within: usize) -> bool {
        let is_plain = behind.to_le_bytes().iter().fold(true, |all, byte| all & (*byte > b' '));
        self.behind.may_be(behind) | !is_plain | (self.shortest < within + READ)
    }
}

/// A text and what of it was joined.
pub(super) struct Joined<'a> {
    across: &'a Across,
    matcher: &'a Matcher,
    text: &'a [u8],
    /// Bytes before the text that encoders may have written.
    run_before: usize,
    /// The first LF at or behind the last place that was asked about.
    feed: usize,
    copy: Copy,
    overlaps: Overlaps,
}

/// What stands at a start in the joined text.
pub(super) struct Sight {
    /// The text up to its end is a proper prefix of some form.
    pub(super) open: bool,
    /// Where in the text the longest form ends, and its label.
    pub(super) longest: Option<(usize, Label)>,
}

/// A piece of the text without its line breaks.
#[derive(Default)]
struct Copy {
    /// Where it begins in the text, and in all that was copied.
    from: usize,
    origin: usize,
    bytes: Zeroizing<Vec<u8>>,
    breaks: Vec<Gap>,
    /// It ends with the text, not by its length nor at what nothing goes on behind.
    to_end: bool,
    /// It is as long as any form.
    is_full: bool,
}

/// A line break: where it would be in the copy, and its beginning and end in the text.
struct Gap {
    index: usize,
    from: usize,
    to: usize,
}

/// What stands at a place that may begin a line break.
enum Break {
    None,
    /// It ends there.
    To(usize),
    /// The text ends before it does.
    Open,
    TooLong,
}

/// A line break and what is near it.
struct Seam {
    /// The first start from which a window may reach across.
    first: usize,
    from: usize,
    to: usize,
    /// So far no other line break follows.
    plain_to: usize,
}

impl<'a> Joined<'a> {
    pub(super) fn new(across: &'a Across, text: &'a [u8], run_before: usize) -> Self {
        let (copy, overlaps) = (Copy::default(), Overlaps::default());
        Self { across, matcher: &across.matcher, text, run_before, feed: 0, copy, overlaps }
    }

    /// The starts shortly before line breaks at which a form may begin, in order.
    pub(super) fn starts(&self) -> Vec<usize> {
        let mut starts = Vec::new();
        if self.matcher.is_empty() {
            return starts;
        }
        let ends_with_return = self.text.ends_with(b"\r").then(|| self.text.len() - 1);
        for feed in memchr::memchr_iter(b'\n', self.text).chain(ends_with_return) {
            let from = feed - usize::from(feed > 0 && self.text[feed - 1] == b'\r');
            if self.may_join(from, feed) {
                self.add_starts(from, &mut starts);
            }
        }
        starts
    }

    /// Whether what stands on both sides of a line break may belong to some form, with few branches.
    #[inline]
    fn may_join(&self, from: usize, feed: usize) -> bool {
        let before = self.text[..from].last_chunk::<WRAPPED>();
        let (Some(before), Some(behind)) = (before, read(self.text, feed + 1)) else { return from > 0 };
        // Many lines begin alike, and few as forms go on.
        if !self.across.may_go_on(behind, FAR) {
            return false;
        }
        let [.., last] = *before;
        let (_, near) = before.split_last_chunk::<READ>().expect("it is longer");
        let is_wrapped = before.iter().fold(true, |all, byte| all & is_wrapped(*byte));
        let begins_near = (is_wrapped | (last == b',')) & self.across.may_go_on(behind, NEAR);
        let stands = |byte: u8| self.across.bytes[usize::from(byte)];
        // White space may go on.
        let [first, ..] = behind.to_le_bytes();
        let may_stand = stands(last) & ((first <= b' ') | stands(first));
        may_stand & (begins_near | self.across.before.may_be(u64::from_le_bytes(*near)))
    }

    #[cold]
    fn add_starts(&self, from: usize, starts: &mut Vec<usize>) {
        let before = &self.text[..from];
        let line = before.iter().rev().take(FAR).take_while(|byte| **byte != b'\n').count();
        let may_begin = |at: &usize| read(self.text, *at).is_some_and(|first| self.matcher.may_begin(first));
        starts.extend((from - line..(from + 1).saturating_sub(ENOUGH)).filter(may_begin));
        if !before.ends_with(b",") && wrapped_run(before, self.run_before) < WRAPPED {
            return;
        }
        let Some(seam) = self.seam(from) else { return };
        let may_begin = |at: &usize| self.window(&seam, *at).is_none_or(|window| self.matcher.may_begin(window));
        starts.extend((seam.first..seam.from).filter(may_begin));
    }

    /// The line break that begins there, unless it is the rest of another or too long to be passed over.
    fn seam(&self, from: usize) -> Option<Seam> {
        let before = self.text[..from].iter().rev().take(NEAR).take_while(|byte| **byte != b'\n').count();
        let to = match line_break(self.text, from) {
            Break::To(to) if before > 0 => to,
            Break::Open if before > 0 => self.text.len(),
            _ => return None,
        };
        let behind = &self.text[to..self.text.len().min(to + NEAR + READ)];
        let plain_to = to + behind.iter().position(|byte| b"\n\r".contains(byte)).unwrap_or(behind.len());
        Some(Seam { first: from - before, from, to, plain_to })
    }

    /// The window from a place before a line break on, or from as many bytes behind its end, if it is there whole.
    fn window(&self, seam: &Seam, place: usize) -> Option<u64> {
        let read = |at: usize| read(self.text, at);
        let (before, after) = (seam.from.saturating_sub(place), place.saturating_sub(seam.from));
        if seam.to + after + READ - before.min(READ) > seam.plain_to {
            return None;
        }
        match before {
            READ.. => read(place),
            0 => read(seam.to + after),
            _ => {
                // The upper bytes of what ends at the line break are the lower ones of the window.
                let left = read(seam.from.checked_sub(READ)?)? >> (8 * (READ - before));
                Some(left | read(seam.to)? << (8 * before))
            }
        }
    }

    /// Whether a line break stands between two places; the first never goes back.
    pub(super) fn is_broken(&mut self, from: usize, to: usize) -> bool {
        if self.matcher.is_empty() {
            return false;
        }
        if self.feed < from || self.feed == 0 {
            let rest = &self.text[from..];
            self.feed = from + memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
        }
        self.feed < to
    }

    /// Looks at one start, before which the text is masked up to `masked_to`; each is behind the one before.
    pub(super) fn look(&mut self, start: usize, masked_to: usize) -> Sight {
        let nothing = Sight { open: false, longest: None };
        if self.matcher.is_empty() || b"\n\r".contains(&self.text[start]) {
            return nothing;
        }
        let at = self.bring(start);
        if !self.may_go_on(start, masked_to) {
            return nothing;
        }
        let position = self.copy.origin + at;
        let Some(walk) = self.matcher.walk(&self.copy.bytes[at..], position, &mut self.overlaps) else {
            return nothing;
        };
        let longest = walk.longest.map(|form| self.matcher.form(form));
        let longest = longest.map(|(length, label)| (self.copy.end_of(at + length), label));
        Sight { open: walk.open && self.copy.to_end, longest }
    }

    /// The index in the copy of a start, behind which as much is copied as any form takes.
    fn bring(&mut self, start: usize) -> usize {
        let longest = self.matcher.longest();
        let at = self.copy.index_of(start);
        if let Some(at) = at.filter(|at| !self.copy.is_full || self.copy.bytes.len() - at >= longest) {
            return at;
        }
        let origin = self.copy.origin + at.unwrap_or(self.copy.bytes.len());
        self.copy.fill(self.text, start, 2 * longest, origin);
        0
    }

    /// Whether the first line break behind a start is passed over.
    fn may_go_on(&self, start: usize, masked_to: usize) -> bool {
        let breaks = &self.copy.breaks;
        let first = breaks.get(breaks.partition_point(|gap| gap.from <= start));
        first.is_none_or(|gap| {
            let (before, length) = (&self.text[..gap.from], gap.from - start);
            let ends_mask = start < masked_to && masked_to <= gap.from;
            length >= ENOUGH
                || length >= ENOUGH_OF_LIST && before.ends_with(b",")
                || !ends_mask && wrapped_run(before, self.run_before) == WRAPPED
        })
    }
}

impl Copy {
    fn fill(&mut self, text: &[u8], from: usize, most: usize, origin: usize) {
        (self.from, self.origin) = (from, origin);
        (self.to_end, self.is_full) = (false, false);
        self.breaks.clear();
        self.bytes.clear();
        self.bytes.reserve_exact(most);
        let mut at = from;
        while self.bytes.len() < most {
            match line_break(text, at) {
                Break::To(to) => {
                    self.breaks.push(Gap { index: self.bytes.len(), from: at, to });
                    at = to;
                }
                Break::None if at < text.len() => {
                    self.bytes.push(text[at]);
                    at += 1;
                }
                Break::TooLong => return,
                Break::Open => {
                    self.breaks.push(Gap { index: self.bytes.len(), from: at, to: text.len() });
                    self.to_end = true;
                    return;
                }
                Break::None => {
                    self.to_end = true;
                    return;
                }
            }
        }
        self.is_full = true;
    }

    /// Where in the copy a place of the text is, if it is in it.
    fn index_of(&self, place: usize) -> Option<usize> {
        let before = self.breaks[..self.breaks.partition_point(|gap| gap.from <= place)].last();
        let (index, from) = before.map_or((0, self.from), |gap| (gap.index, gap.to));
        let index = index + place.checked_sub(from)?;
        (index < self.bytes.len()).then_some(index)
    }

    /// The place in the text where the byte before an index ends.
    fn end_of(&self, index: usize) -> usize {
        let before = self.breaks[..self.breaks.partition_point(|gap| gap.index < index)].last();
        before.map_or(self.from + index, |gap| gap.to + (index - gap.index))
    }
}

fn read(text: &[u8], at: usize) -> Option<u64> {
    text.get(at..)?.first_chunk().map(|read| u64::from_le_bytes(*read))
}

fn line_break(text: &[u8], from: usize) -> Break {
    let mut at = from;
    loop {
        match text.get(at) {
            Some(b'\n') => at += 1,
            Some(b'\r') => match text.get(at + 1) {
                Some(b'\n') => at += 2,
                Some(_) => break,
                None if at + 2 - from > LONGEST_BREAK => return Break::TooLong,
                None => return Break::Open,
            },
            Some(b' ' | b'\t') if at > from => at += 1,
            None if at > from => return Break::Open,
            _ => break,
        }
        if at - from > LONGEST_BREAK {
            return Break::TooLong;
        }
    }
    if at > from { Break::To(at) } else { Break::None }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::sample::{Index, select};

    use super::super::forms::Shape;
    use super::super::{End, Filter, Form, Stream, encode};
    use super::*;

    /// The index of each byte of the text that is left from `start` on without line breaks, as a search by hand has it;
    /// whether the text may go on, and where the first line break was.
    fn joined(text: &[u8], start: usize) -> (Vec<usize>, bool, Option<usize>) {
        let (mut left, mut first, mut at) = (Vec::new(), None, start);
        while at < text.len() {
            let rest = &text[at..];
            let begins = rest.starts_with(b"\n") || rest.starts_with(b"\r\n") || rest == b"\r";
            if !begins {
                left.push(at);
                at += 1;
                continue;
            }
            first = first.or(Some(at));
            let mut end = at;
            while end < text.len()
                && (b"\n \t".contains(&text[end]) || b"\r\n".starts_with(&text[end..text.len().min(end + 2)]))
            {
                end += 1;
            }
            let lacks_feed = usize::from(text.ends_with(b"\r") && end == text.len());
            if end - at + lacks_feed > LONGEST_BREAK {
                return (left, false, first);
            }
            at = end;
        }
        (left, true, first)
    }

    /// What is to come out of a text that may go on, or not, by comparing each form at each place.
    fn naive(text: &[u8], forms: &[(Vec<u8>, bool)], complete: bool) -> Vec<u8> {
        let mut masked = vec![false; text.len()];
        let mut settled = text.len();
        for start in 0..text.len() {
            let (left, goes_on, first) = joined(text, start);
            let passes = first.is_none_or(|first| {
                first - start >= ENOUGH
                    || first - start >= ENOUGH_OF_LIST && text[first - 1] == b','
                    || first >= WRAPPED
                        && text[first - WRAPPED..first].iter().all(|byte| is_wrapped(*byte))
                        && !(masked[start] && !masked[first])
            });
            let begins = passes && left.first() == Some(&start);
            let rest = &text[start..];
            let without: Vec<u8> = left.iter().map(|at| text[*at]).collect();
            let open = |(form, across): &(Vec<u8>, bool)| {
                form.len() > rest.len() && form.starts_with(rest)
                    || *across && begins && goes_on && form.len() > left.len() && form.starts_with(&without)
            };
            if !complete && forms.iter().any(open) {
                settled = start;
                break;
            }
            for (form, across) in forms {
                if rest.starts_with(form) {
                    masked[start..start + form.len()].fill(true);
                }
                if *across && begins && without.starts_with(form) {
                    masked[start..=left[form.len() - 1]].fill(true);
                }
            }
        }
        let mut out = Vec::new();
        for at in 0..text.len().min(settled.max(masked.iter().rposition(|masked| *masked).map_or(0, |last| last + 1))) {
            if !masked[at] {
                out.push(text[at]);
            } else if at == 0 || !masked[at - 1] {
                out.extend(b"***");
            }
        }
        out
    }

    fn guard(filter: &Filter, form: &[u8], across_lines: bool) {
        let shape = Shape { form: Form::Raw, bytes: encode::raw(form), across_lines };
        filter.write_guarded(|guarded| guarded.add("NAME", vec![shape]));
    }

    fn form() -> impl Strategy<Value = (Vec<u8>, bool)> {
        let word = prop::collection::vec(select(&b"aabcdefghijkl,"[..]), 1..9);
        (word, 8..50_usize, any::<bool>())
            .prop_map(|(word, length, across)| (word.iter().cycle().take(length).copied().collect(), across))
    }

    /// Pieces of forms with line breaks in and around them.
    fn text(forms: &[(Vec<u8>, bool)], pieces: &[(Index, Index, Index, Vec<(Index, usize)>)]) -> Vec<u8> {
        const BREAKS: [&[u8]; 7] = [b"\n", b"\r\n", b"\n  ", b"\n\t\n ", b"\r", b" ", b"x"];
        let mut text = Vec::new();
        for (form, from, to, breaks) in pieces {
            let form = &form.get(forms).0;
            let (from, to) =
                if from.index(3) > 0 { (0, form.len()) } else { (from.index(form.len()), to.index(form.len()) + 1) };
            let mut piece = form.get(from..to).unwrap_or(form).to_vec();
            for (at, kind) in breaks {
                let at = at.index(piece.len() + 1);
                let long = [b"\n".to_vec(), vec![b' '; 59 + kind % 10]].concat();
                let inserted = BREAKS.get(*kind).copied().unwrap_or(&long);
                piece.splice(at..at, inserted.iter().copied());
            }
            text.extend(piece);
        }
        text
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn forms_across_lines_are_found_as_by_hand_however_the_text_was_cut(
            forms in prop::collection::vec(form(), 1..6),
            pieces in prop::collection::vec(
                (any::<Index>(), any::<Index>(), any::<Index>(), prop::collection::vec((any::<Index>(), 0..9_usize), 0..4)),
                1..8,
            ),
            cuts in prop::collection::vec(any::<Index>(), 0..6),
        ) {
            let text = text(&forms, &pieces);
            let filter = Filter::new();
            forms.iter().for_each(|(form, across)| guard(&filter, form, *across));
            let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(text.len() + 1)).collect();
            cuts.sort_unstable();
            for cuts in [cuts, (0..text.len()).collect()] {
                let (mut redactor, mut out, mut from) = (filter.stream(Stream::Stdout), Vec::new(), 0);
                for cut in cuts {
                    redactor.write(&text[from..cut], &mut out);
                    from = cut;
                    prop_assert_eq!(out.escape_ascii().to_string(), naive(&text[..cut], &forms, false).escape_ascii().to_string());
                }
                redactor.write(&text[from..], &mut out);
                redactor.finish(End::Chosen, &mut out);
                prop_assert_eq!(out.escape_ascii().to_string(), naive(&text, &forms, true).escape_ascii().to_string());
            }
        }
    }
}
