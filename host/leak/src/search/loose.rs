//! The text without its white space and line breaks: what was broken in several ways at once.
//!
//! A value with blanks and line breaks of its own that goes through `textwrap` or `fold` has some of them in other places,
//! some in another kind and some not at all. Its letters are the same. So where enough of a form stands to tell that it is
//! one, which [`Joined`](super::joined) and the search in the text as it is do, it is compared once more in a copy of the
//! text that has nothing but letters; the forms of such values are looked for without white space too.
//!
//! What is left out is what `joined` leaves out, and blanks; within borders also what stands between two strings of a list
//! in one line.

use super::border::{self, End, Seam, is_quote, may_be_mark};
use super::copy::Copy;
use super::head::Head;
use super::line_break::{self, Break, line_break};
use super::scan::Matcher;
use super::seams::Across;
use super::sight::Sight;

/// A text and what of it was copied.
pub(crate) struct Loose<'a> {
    matcher: &'a Matcher,
    text: &'a [u8],
    /// The line that the text goes on with, if line breaks may have a border.
    head: Option<&'a Head>,
    copy: Copy,
}

impl<'a> Loose<'a> {
    pub(crate) fn new(across: &'a Across, text: &'a [u8], head: Option<&'a Head>) -> Self {
        Self { matcher: across.matcher(), text, head, copy: Copy::default() }
    }

    /// Looks at one start, where a form ends at `whole_to` that stands there as it is, or none does. Each start is behind
    /// the one before.
    pub(crate) fn look(&mut self, start: usize, whole_to: usize) -> Sight<'a> {
        let Self { matcher, text, head, .. } = *self;
        // What may belong to a border is not known to begin a form before more of the text is there.
        if matcher.is_empty() || is_white(text[start]) || head.is_some() && may_begin_border(text[start]) {
            return Sight::default();
        }
        let seen = self.copy.walk(
            start,
            // The last bytes of a copy may be those before a line break that is not seen yet.
            [matcher.longest(), border::LONGEST],
            |copy, most| Filling { copy, text, head, piece: start, string: start }.fill(most),
            |copy, at| {
                let is_begun = at > 0 || !copy.begins_with_gap();
                // What a whole form ends with is no border.
                let mut gaps = copy.gaps_behind(start).iter().take_while(|gap| gap.from < whole_to);
                let is_cut = head.is_some() && gaps.any(|gap| !gap.is_blank);
                let goes_on = is_begun && !is_cut;
                if goes_on { matcher.walk(&copy.bytes[at..], copy.position(at), &mut copy.overlaps) } else { None }
            },
        );
        let Some((at, walk)) = seen else { return Sight::default() };
        let longest = walk.longest.map(|form| matcher.found(form));
        Sight::of(walk.open && self.copy.to_end, longest, |length| self.copy.end_of(at + length))
    }
}

/// A copy that is made.
struct Filling<'a> {
    copy: &'a mut Copy,
    text: &'a [u8],
    head: Option<&'a Head>,
    /// Behind the last line break.
    piece: usize,
    /// The same, or behind what stands between two strings.
    string: usize,
}

impl Filling<'_> {
    /// Copies so many bytes.
    fn fill(&mut self, most: usize) {
        self.copy.bytes.reserve_exact(most.min(self.text.len() - self.copy.from));
        let mut at = self.copy.from;
        while self.copy.bytes.len() < most {
            match self.next(at, most) {
                Some(next) => at = next,
                None => return,
            }
        }
        self.copy.is_full = true;
    }

    /// Copies or leaves out what stands at a place, up to so many bytes in all, and tells where the text goes on; nowhere, if
    /// nothing goes on behind it.
    fn next(&mut self, at: usize, most: usize) -> Option<usize> {
        let Some(&byte) = self.text.get(at) else {
            self.end();
            return None;
        };
        let seam = match byte {
            b' ' | b'\t' => return self.blanks(at),
            b'\n' | b'\r' | b'\\' => self.seam(at),
            byte if is_quote(byte) => self.between_strings(at),
            _ => None,
        };
        let Some(seam) = seam else { return Some(self.copy(at, most)) };
        self.copy.take_back(seam.from);
        let to = self.copy.pass(&seam, self.text.len(), 0)?;
        // A line may end with what is between strings, unless a letter stands in it.
        if !is_quote(byte) || self.text[seam.from..to].iter().any(u8::is_ascii_alphabetic) {
            self.piece = to;
        }
        self.string = to;
        Some(to)
    }

    /// Copies a byte and those behind it that mean nothing, or a row of backslashes, as far as there is room: what grew would
    /// leave bytes behind unwiped.
    fn copy(&mut self, at: usize, most: usize) -> usize {
        let is_written = self.head.is_some() && self.text[at] == b'\\';
        let rest = &self.text[at + 1..];
        let more = match is_written {
            true => {
                let room = self.copy.bytes.capacity() - self.copy.bytes.len();
                rest.iter().take(room.saturating_sub(1)).take_while(|byte| **byte == b'\\').count()
            }
            false => rest
                .iter()
                .take((most - self.copy.bytes.len()).saturating_sub(1))
                .take_while(|byte| is_plain(**byte))
                .count(),
        };
        let to = at + 1 + more;
        self.copy.bytes.extend_from_slice(&self.text[at..to]);
        to
    }

    fn blanks(&mut self, at: usize) -> Option<usize> {
        let most = if self.head.is_some() { border::LONGEST } else { line_break::LONGEST };
        let blanks = self.text[at..].iter().take(most + 1).take_while(|byte| matches!(**byte, b' ' | b'\t')).count();
        if blanks > most {
            return None;
        }
        self.copy.pass_blanks(at, at + blanks);
        Some(at + blanks)
    }

    /// The line break at a place, with what it has around it.
    fn seam(&mut self, at: usize) -> Option<Seam> {
        if let Some(head) = self.head {
            return border::seam_at(self.text, self.piece, at, head);
        }
        let end = match line_break(self.text, at) {
            Break::To(to) => End::To(to),
            Break::Open => End::Open,
            Break::TooLong => End::TooLong,
            Break::None => return None,
        };
        Some(Seam { from: at, end, is_marked: false })
    }

    /// What ends one string of a list and begins the next, at the quote that it ends with.
    fn between_strings(&self, at: usize) -> Option<Seam> {
        let length = self.between_begun(at);
        (length > 0).then_some(Seam { from: at - length, end: End::To(at + 1), is_marked: false })
    }

    /// How much of that stands before a place.
    fn between_begun(&self, at: usize) -> usize {
        let before = match &self.text[self.string..at] {
            [before @ .., byte] if b"bBfFrRuU".contains(byte) => before,
            before => before,
        };
        let length = match (self.head, before) {
            (Some(_), [.., b'\'' | b'"', b',']) => 2,
            (Some(_), [.., b'\'' | b'"', b',', b' ']) => 3,
            _ => return 0,
        };
        length + at - self.string - before.len()
    }

    /// At the end of the text, what may begin a border is left out.
    fn end(&mut self) {
        let text_end = self.text.len();
        let from = match self.head {
            Some(_) => border::last_trail(self.text, self.piece).min(text_end - self.between_begun(text_end)),
            None => text_end,
        };
        self.copy.take_back(from);
        self.copy.to_end = from == text_end;
        if from < text_end {
            let end = if text_end - from > border::LONGEST { End::TooLong } else { End::Open };
            self.copy.pass(&Seam { from, end, is_marked: false }, text_end, 0);
        }
    }
}

/// Whether what is left out may begin with this byte.
pub(crate) fn may_be_left_out(byte: u8) -> bool {
    is_white(byte) || may_be_mark(byte)
}

/// Whether nothing is left out where this byte stands.
fn is_plain(byte: u8) -> bool {
    !is_white(byte) && byte != b'\\' && !is_quote(byte)
}

fn is_white(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

/// Behind a quote alone others do.
fn may_begin_border(byte: u8) -> bool {
    may_be_mark(byte) && !b",+".contains(&byte)
}
