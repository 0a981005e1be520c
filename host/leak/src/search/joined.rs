//! The text without its line breaks, as far as that is looked at: some forms are found with line breaks inside them.
//!
//! Which ones are passed over `line_break` says, with a `border` around them too, and where it is worth looking `seams`.
//! What is looked at is compared in a copy of the text, which is made then.

use zeroize::Zeroizing;

use super::border::{self, End, Seam};
use super::head::Head;
use super::line_break::{Break, ENOUGH, enough, line_break};
use super::scan::{Matcher, Overlaps};
use super::seams::{Across, FAR};
use super::sight::Sight;

/// A text and what of it was joined.
pub(crate) struct Joined<'a> {
    matcher: &'a Matcher,
    text: &'a [u8],
    around: Around<'a>,
    /// The first line break at or behind the last place that was asked about, and the first that may have marks.
    next: Option<usize>,
    next_marked: Option<usize>,
    /// With nothing in place of line breaks, and with a blank if some form has any. Few texts need one.
    copies: [Option<Copy>; 2],
    has_blanks: bool,
}

/// What line breaks may have around them.
#[derive(Clone, Copy)]
pub(crate) enum Around<'a> {
    /// Nothing but what indents the next line. So many bytes before the text encoders may have written.
    Nothing(usize),
    /// A border, or a prefix as on the line that the text goes on with.
    Border(&'a Head),
}

/// A piece of the text without its line breaks.
#[derive(Default)]
struct Copy {
    /// Where it begins in the text, and in all that was copied.
    from: usize,
    origin: usize,
    bytes: Zeroizing<Vec<u8>>,
    gaps: Vec<Gap>,
    /// It ends with the text, not by its length nor at what nothing goes on behind.
    to_end: bool,
    /// So many blanks stand for each line break.
    width: usize,
    /// It is as long as any form.
    is_full: bool,
    overlaps: Overlaps,
}

/// A line break: where it is in the copy, with so many bytes for it, and its beginning and end in the text.
struct Gap {
    index: usize,
    width: usize,
    from: usize,
    to: usize,
    /// Fewer bytes before it are enough.
    is_marked: bool,
}

impl Around<'_> {
    /// The first line break from a place on.
    fn next(&self, text: &[u8], from: usize) -> Option<Seam> {
        match self {
            Self::Nothing(_) => next_line_break(text, from),
            Self::Border(head) => border::next(text, from, head),
        }
    }

    /// How many bytes of a form are enough before its first line break, if the text is masked up to a place.
    fn enough(&self, text: &[u8], start: usize, gap: &Gap, masked_to: usize) -> usize {
        match self {
            Self::Nothing(_) if gap.width > 0 => ENOUGH,
            Self::Nothing(run_before) => {
                let ends_mask = start < masked_to && masked_to <= gap.from;
                enough(&text[..gap.from], (!ends_mask).then_some(*run_before))
            }
            Self::Border(_) if gap.is_marked => ENOUGH,
            Self::Border(_) => FAR + 1,
        }
    }
}

fn next_line_break(text: &[u8], from: usize) -> Option<Seam> {
    let mut at = from;
    loop {
        at += memchr::memchr2(b'\n', b'\r', &text[at..])?;
        let end = match line_break(text, at) {
            Break::To(to) => End::To(to),
            Break::Open => End::Open,
            Break::TooLong => End::TooLong,
            // A CR that begins no line break is a byte like others.
            Break::None => {
                at += 1;
                continue;
            }
        };
        return Some(Seam { from: at, end, is_marked: false });
    }
}

impl<'a> Joined<'a> {
    pub(crate) fn new(across: &'a Across, text: &'a [u8], around: Around<'a>) -> Self {
        let (matcher, has_blanks) = (across.matcher(), across.has_blanks());
        Self { matcher, text, around, next: None, next_marked: None, copies: [None, None], has_blanks }
    }

    /// Whether a form may be broken of which so many bytes at most stand at a start; that never goes back.
    pub(crate) fn may_be_broken(&mut self, start: usize, matched: usize) -> bool {
        if self.matcher.is_empty() {
            return false;
        }
        let next = match self.around {
            Around::Nothing(_) => self.next(start),
            Around::Border(_) if matched < ENOUGH => return false,
            // Those that are enough only before marks.
            Around::Border(_) if matched <= FAR => self.next_marked(start),
            Around::Border(_) => self.next(start),
        };
        next <= start + matched
    }

    fn next(&mut self, from: usize) -> usize {
        let known = self.next.filter(|next| *next >= from);
        let next = known.or_else(|| self.around.next(self.text, from).map(|seam| seam.from)).unwrap_or(usize::MAX);
        *self.next.insert(next)
    }

    fn next_marked(&mut self, from: usize) -> usize {
        let known = self.next_marked.filter(|next| *next >= from);
        *self.next_marked.insert(known.unwrap_or_else(|| border::next_trail(self.text, from)))
    }

    /// Looks at one start, where a form without line breaks ends at `whole_to`, or none does; before it the text is masked up
    /// to `masked_to`. Each start is behind the one before.
    pub(crate) fn look(&mut self, start: usize, whole_to: usize, masked_to: usize) -> Sight<'a> {
        let mut sight = Sight::default();
        // What would begin in the line break or in its border is no form.
        if self.matcher.is_empty() || b"\n\r".contains(&self.text[start]) || self.next(start) == start {
            return sight;
        }
        for width in 0..=usize::from(self.has_blanks) {
            sight = sight.or_longer(self.look_in(width, start, whole_to, masked_to));
        }
        sight
    }

    /// The same in the copy that has so many blanks for each line break.
    fn look_in(&mut self, width: usize, start: usize, whole_to: usize, masked_to: usize) -> Sight<'a> {
        let Self { matcher, text, around, .. } = *self;
        let copy = self.copies[width].get_or_insert_with(|| Copy { width, ..Copy::default() });
        let at = copy.bring(text, start, matcher.longest(), &around);
        let position = copy.origin + at;
        // What a whole form ends with is no border: a line that ends with a value in `=` is not kept for the next one.
        let is_border = |gap: &Gap| matches!(around, Around::Nothing(_)) || gap.from >= whole_to;
        let is_enough = |gap: &Gap| gap.from - start >= around.enough(text, start, gap, masked_to);
        let goes_on = copy.first_gap(start).is_none_or(|gap| is_border(gap) && is_enough(gap));
        let walk = if goes_on { matcher.walk(&copy.bytes[at..], position, &mut copy.overlaps) } else { None };
        let Some(walk) = walk else { return Sight::default() };
        let longest = walk.longest.map(|form| matcher.found(form));
        Sight::of(walk.open && copy.to_end, longest, |length| copy.end_of(at + length))
    }
}

impl Copy {
    /// The index in the copy of a start, behind which as much is copied as the longest form takes.
    fn bring(&mut self, text: &[u8], start: usize, longest: usize, around: &Around<'_>) -> usize {
        let at = self.index_of(start);
        if let Some(at) = at.filter(|at| !self.is_full || self.bytes.len() - at >= longest) {
            return at;
        }
        self.origin += at.unwrap_or(self.bytes.len());
        self.from = start;
        self.fill(text, 2 * longest, around);
        0
    }

    fn fill(&mut self, text: &[u8], most: usize, around: &Around<'_>) {
        (self.to_end, self.is_full) = (false, false);
        self.gaps.clear();
        self.bytes.clear();
        self.bytes.reserve_exact(most.min(text.len() - self.from));
        let mut at = self.from;
        while self.bytes.len() < most {
            let seam = around.next(text, at);
            let until = seam.as_ref().map_or(text.len(), |seam| seam.from);
            let line = &text[at..until.min(at + most - self.bytes.len())];
            self.bytes.extend_from_slice(line);
            at += line.len();
            if at < until || self.bytes.len() == most {
                break;
            }
            let Some(seam) = seam else {
                self.to_end = true;
                return;
            };
            let to = match seam.end {
                End::To(to) => to,
                End::Open => text.len(),
                End::TooLong => return,
            };
            let (index, width) = (self.bytes.len(), self.width);
            self.gaps.push(Gap { index, width, from: at, to, is_marked: seam.is_marked });
            if seam.end == End::Open {
                self.to_end = true;
                return;
            }
            self.bytes.extend_from_slice(&b" "[..width]);
            at = to;
        }
        self.is_full = true;
    }

    /// The first line break behind a place of the text.
    fn first_gap(&self, place: usize) -> Option<&Gap> {
        self.gaps.get(self.gaps.partition_point(|gap| gap.from <= place))
    }

    /// Where in the copy a place of the text is, if it is in it.
    fn index_of(&self, place: usize) -> Option<usize> {
        let before = self.gaps[..self.gaps.partition_point(|gap| gap.from <= place)].last();
        let (index, from) = before.map_or((0, self.from), |gap| (gap.index + gap.width, gap.to));
        let index = index + place.checked_sub(from)?;
        (index < self.bytes.len()).then_some(index)
    }

    /// The place in the text where the byte before an index ends.
    fn end_of(&self, index: usize) -> usize {
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
    use proptest::prelude::*;
    use proptest::sample::{Index, select};

    use crate::filter::Filter;
    use crate::form::Form;
    use crate::forms::encode;
    use crate::forms::table::Shape;
    use crate::oracle::naive::Naive;
    use crate::oracle::ready;
    use crate::report::Stream;
    use um_secret::Verdict;

    fn guard(filter: &Filter, form: &[u8], across_lines: bool, verdict: Verdict) {
        let shape = Shape { form: Form::Part, bytes: encode::raw(form), across_lines, verdict, path: None };
        filter.write(|guarded| guarded.add("NAME", vec![shape]));
    }

    /// Every third is doubtful.
    fn verdict(number: usize) -> Verdict {
        if number % 3 == 1 { Verdict::Doubtful } else { Verdict::Certain }
    }

    fn form() -> impl Strategy<Value = (Vec<u8>, bool)> {
        let word = prop::collection::vec(select(&b"aabcdefghijkl, '"[..]), 1..9);
        (word, 8..50_usize, any::<bool>())
            .prop_map(|(word, length, across)| (word.iter().cycle().take(length).copied().collect(), across))
    }

    /// What the filter lets out of a stream and what the naive search does, after each piece, and how much is doubtful.
    fn compared(stream: Stream, forms: &[(Vec<u8>, bool)], pieces: &[&[u8]]) -> [Vec<String>; 2] {
        let for_programs = stream.least() == Verdict::Certain;
        let (filter, mut naive) = (Filter::new(), if for_programs { Naive::for_programs() } else { Naive::default() });
        for (number, (form, across)) in forms.iter().enumerate() {
            guard(&filter, form, *across, verdict(number));
            naive.add_certain(if verdict(number) == Verdict::Certain { &forms[number..=number] } else { &[] });
        }
        naive.add(forms.iter().cloned());
        let (mut redactor, mut out, mut seen) = (filter.stream(stream), Vec::new(), [Vec::new(), Vec::new()]);
        for piece in pieces {
            redactor.write(ready(&filter), piece, &mut out);
            naive.write(piece);
            seen[0].push(out.escape_ascii().to_string());
            seen[1].push(naive.out().escape_ascii().to_string());
        }
        redactor.finish(ready(&filter), &mut out);
        naive.finish(false);
        seen[0].push(out.escape_ascii().to_string());
        seen[1].push(naive.out().escape_ascii().to_string());
        seen[0].push((!filter.doubtful().is_empty()).to_string());
        seen[1].push((for_programs && naive.passed() > 0).to_string());
        seen
    }

    #[test]
    fn a_return_at_the_end_of_the_longest_line_break_is_open_only_while_its_feed_fits() {
        let form = b"aaaaaaaabbbbbbbbcccccccc";
        for spaces in 58..68 {
            for next in ["\n", "b", " "] {
                let line_break = format!("\n{}", " ".repeat(spaces));
                let pieces = [&form[..8], line_break.as_bytes(), b"\r", next.as_bytes(), &form[8..]];
                let [out, naive] = compared(Stream::Stdout, &[(form.to_vec(), true)], &pieces);
                assert_eq!(out, naive, "{spaces} spaces, then {next:?}");
            }
        }
    }

    /// Of which form, from where to where, and the line breaks in it: where and of which kind.
    type Piece = (Index, Index, Index, Vec<(Index, usize)>);

    /// Pieces of forms with line breaks in and around them.
    fn text(forms: &[(Vec<u8>, bool)], pieces: &[Piece]) -> Vec<u8> {
        const BREAKS: [&[u8]; 29] = [
            b"\n",
            b"\r\n",
            b"\n  ",
            b"\n\t\n ",
            b"\r",
            b" ",
            b"x",
            b" |\n| ",
            b"  \xe2\x94\x82\r\n\xe2\x94\x82 ",
            b"\n> > ",
            b"'\n '",
            b"\",\n  b\"",
            b"' +\n  '",
            b"\\n",
            b"\\\\r\\\\n ",
            b"\\n'\n 'a",
            b"\\\n",
            b"=\r\n",
            b"?=\n =?utf-8?q?",
            b"\nab 12 ",
            b" d\nab 34 ",
            b"\n// ",
            b"\n- ",
            b"\\\\\\n",
            b"   ",
            b"|\n|\n|\n",
            b"\xe2\x95",
            b"\"",
            b"abab\nab 77 ",
        ];
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
                (any::<Index>(), any::<Index>(), any::<Index>(), prop::collection::vec((any::<Index>(), 0..31_usize), 0..4)),
                1..8,
            ),
            cuts in prop::collection::vec(any::<Index>(), 0..6),
        ) {
            let text = text(&forms, &pieces);
            let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(text.len() + 1)).collect();
            cuts.sort_unstable();
            for cuts in [cuts, (0..text.len()).collect()] {
                let ends = cuts.iter().copied().chain([text.len()]);
                let begins = [0].into_iter().chain(cuts.iter().copied());
                let pieces: Vec<&[u8]> = begins.zip(ends).map(|(from, to)| &text[from..to]).collect();
                for stream in [Stream::Stdout, Stream::Result] {
                    let [out, naive] = compared(stream, &forms, &pieces);
                    prop_assert_eq!(out, naive, "{}", text.escape_ascii());
                }
            }
        }
    }
}
