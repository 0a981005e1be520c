//! The text without its line breaks, as far as that is looked at: some forms are found with line breaks inside them.
//!
//! Which ones are passed over `line_break` says, and where it is worth looking `seams`. What is looked at is compared
//! in a copy of the text, which is made then.

use zeroize::Zeroizing;

use super::line_break::{Break, enough, line_break};
use super::scan::{Found, Matcher, Overlaps};
use super::seams::Across;
use um_secret::Verdict;

/// A text and what of it was joined.
pub(crate) struct Joined<'a> {
    matcher: &'a Matcher,
    text: &'a [u8],
    /// Bytes before the text that encoders may have written.
    run_before: usize,
    /// The first LF or CR at or behind the last place that was asked about.
    feed: usize,
    /// Few texts need one.
    copy: Option<Copy>,
}

/// What stands at a start.
pub(crate) struct Sight<'a> {
    /// The text up to its end is a proper prefix of some form.
    pub(crate) open: bool,
    /// Where in the text the longest form ends, and which it is.
    pub(crate) longest: Option<(usize, Found<'a>)>,
    /// The same of the longest that is certain.
    pub(crate) certain: Option<(usize, Found<'a>)>,
}

impl<'a> Sight<'a> {
    /// With what stands at the same start and ends behind it.
    pub(crate) fn or_longer(self, other: Self) -> Self {
        let longer = |one: Option<(usize, Found<'a>)>, other: Option<(usize, Found<'a>)>| {
            other.filter(|(end, _)| one.is_none_or(|(one, _)| *end > one)).or(one)
        };
        Sight {
            open: self.open || other.open,
            longest: longer(self.longest, other.longest),
            certain: longer(self.certain, other.certain),
        }
    }

    /// What is masked where forms of this verdict or a higher one are, and what passes beyond it.
    pub(crate) fn parted(self, least: Verdict) -> [Option<(usize, Found<'a>)>; 2] {
        match least {
            Verdict::Certain => {
                let masked_to = self.certain.map_or(0, |(end, _)| end);
                [self.certain, self.longest.filter(|(end, _)| *end > masked_to)]
            }
            _ => [self.longest, None],
        }
    }
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
    overlaps: Overlaps,
}

/// A line break: where it would be in the copy, and its beginning and end in the text.
struct Gap {
    index: usize,
    from: usize,
    to: usize,
}

impl<'a> Joined<'a> {
    pub(crate) fn new(across: &'a Across, text: &'a [u8], run_before: usize) -> Self {
        Self { matcher: across.matcher(), text, run_before, feed: 0, copy: None }
    }

    /// Whether a line break stands between two places; the first never goes back.
    pub(crate) fn is_broken(&mut self, from: usize, to: usize) -> bool {
        if self.matcher.is_empty() {
            return false;
        }
        if self.feed < from || self.feed == 0 {
            let rest = &self.text[from..];
            self.feed = memchr::memchr2(b'\n', b'\r', rest).map_or(usize::MAX, |feed| from + feed);
        }
        self.feed < to
    }

    /// Looks at one start, before which the text is masked up to `masked_to`; each is behind the one before.
    pub(crate) fn look(&mut self, start: usize, masked_to: usize) -> Sight<'a> {
        let nothing = Sight { open: false, longest: None, certain: None };
        if self.matcher.is_empty() || b"\n\r".contains(&self.text[start]) {
            return nothing;
        }
        let Self { matcher, text, run_before, .. } = *self;
        let copy = self.copy.get_or_insert_default();
        let at = copy.bring(text, start, matcher.longest());
        let goes_on = copy.first_break(start).is_none_or(|from| {
            let ends_mask = start < masked_to && masked_to <= from;
            from - start >= enough(&text[..from], (!ends_mask).then_some(run_before))
        });
        let position = copy.origin + at;
        if !goes_on {
            return nothing;
        }
        let Some(walk) = matcher.walk(&copy.bytes[at..], position, &mut copy.overlaps) else { return nothing };
        let longest = walk.longest.map(|form| matcher.found(form));
        let ending = |form: Found<'a>| (copy.end_of(at + form.length()), form);
        let certain = longest.and_then(Found::certain).map(ending);
        Sight { open: walk.open && copy.to_end, longest: longest.map(ending), certain }
    }
}

impl Copy {
    /// The index in the copy of a start, behind which as much is copied as the longest form takes.
    fn bring(&mut self, text: &[u8], start: usize, longest: usize) -> usize {
        let at = self.index_of(start);
        if let Some(at) = at.filter(|at| !self.is_full || self.bytes.len() - at >= longest) {
            return at;
        }
        let origin = self.origin + at.unwrap_or(self.bytes.len());
        self.fill(text, start, 2 * longest, origin);
        0
    }

    fn fill(&mut self, text: &[u8], from: usize, most: usize, origin: usize) {
        (self.from, self.origin) = (from, origin);
        (self.to_end, self.is_full) = (false, false);
        self.breaks.clear();
        self.bytes.clear();
        self.bytes.reserve_exact(most.min(text.len() - from));
        let mut at = from;
        while self.bytes.len() < most {
            match line_break(text, at) {
                Break::To(to) => {
                    self.breaks.push(Gap { index: self.bytes.len(), from: at, to });
                    at = to;
                }
                Break::None if at < text.len() => {
                    let rest = &text[at..text.len().min(at + most - self.bytes.len())];
                    // A CR that begins no line break is a byte like others.
                    let line = memchr::memchr2(b'\n', b'\r', &rest[1..]).map_or(rest.len(), |feed| feed + 1);
                    self.bytes.extend_from_slice(&rest[..line]);
                    at += line;
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

    /// Where the first line break behind a place of the text begins.
    fn first_break(&self, place: usize) -> Option<usize> {
        self.breaks.get(self.breaks.partition_point(|gap| gap.from <= place)).map(|gap| gap.from)
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
        let word = prop::collection::vec(select(&b"aabcdefghijkl,"[..]), 1..9);
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
            let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(text.len() + 1)).collect();
            cuts.sort_unstable();
            for cuts in [cuts, (0..text.len()).collect()] {
                let ends = cuts.iter().copied().chain([text.len()]);
                let begins = [0].into_iter().chain(cuts.iter().copied());
                let pieces: Vec<&[u8]> = begins.zip(ends).map(|(from, to)| &text[from..to]).collect();
                for stream in [Stream::Stdout, Stream::Result] {
                    let [out, naive] = compared(stream, &forms, &pieces);
                    prop_assert_eq!(out, naive);
                }
            }
        }
    }
}
