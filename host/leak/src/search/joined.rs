//! The text without its line breaks, as far as that is looked at: some forms are found with line breaks inside them.
//!
//! Which ones are passed over `line_break` says, with a `border` around them too, and where it is worth looking `seams`.
//! What is looked at is compared in a copy of the text, which is made then.

use super::border::{self, End, Seam};
use super::copy::{Copy, Gap};
use super::head::Head;
use super::line_break::{Break, ENOUGH, enough, line_break};
use super::scan::Matcher;
use super::seams::{Across, FAR, WINDOW};
use super::sight::Sight;
use super::windows::READ;

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
    /// A form went on behind the first line break, where was looked last.
    has_gone_on: bool,
}

/// What line breaks may have around them.
#[derive(Clone, Copy)]
pub(crate) enum Around<'a> {
    /// Nothing but what indents the next line. So many bytes before the text encoders may have written.
    Nothing(usize),
    /// A border, or a prefix as on the line that the text goes on with.
    Border(&'a Head),
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
                // Encoders end their text with it, and begin none.
                let is_of_encoder = text[start] != b'=' && !ends_mask;
                enough(&text[..gap.from], is_of_encoder.then_some(*run_before))
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
        Self {
            matcher,
            text,
            around,
            next: None,
            next_marked: None,
            copies: [None, None],
            has_blanks,
            has_gone_on: false,
        }
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
        self.has_gone_on = false;
        // What would begin in the line break or in its border is no form.
        if self.matcher.is_empty() || b"\n\r".contains(&self.text[start]) || self.next(start) == start {
            return sight;
        }
        for width in 0..=usize::from(self.has_blanks) {
            sight = sight.or_longer(self.look_in(width, start, whole_to, masked_to));
        }
        sight
    }

    /// Whether a form stood there as far as some bytes behind its first line break, whole or not.
    pub(crate) fn has_gone_on(&self) -> bool {
        self.has_gone_on
    }

    /// The same in the copy that has so many blanks for each line break.
    fn look_in(&mut self, width: usize, start: usize, whole_to: usize, masked_to: usize) -> Sight<'a> {
        let Self { matcher, text, around, .. } = *self;
        let copy = self.copies[width].get_or_insert_with(Copy::default);
        // What a whole form ends with is no border: a line that ends with a value in `=` is not kept for the next one.
        let is_border = |gap: &Gap| matches!(around, Around::Nothing(_)) || gap.from >= whole_to;
        let is_enough = |gap: &Gap| gap.from - start >= around.enough(text, start, gap, masked_to);
        let mut before = None;
        let seen = copy.walk(
            start,
            [matcher.longest(), 0],
            |copy, most| fill(copy, text, most, width, &around),
            |copy, at| {
                let first = copy.first_gap(start);
                before = first.map(|gap| gap.index - at);
                let goes_on = first.is_none_or(|gap| is_border(gap) && is_enough(gap));
                if goes_on { matcher.walk(&copy.bytes[at..], copy.position(at), &mut copy.overlaps) } else { None }
            },
        );
        let Some((at, walk)) = seen else { return Sight::default() };
        self.has_gone_on |= before.is_some_and(|before| walk.matched >= READ.max(before + width + WINDOW));
        let longest = walk.longest.map(|form| matcher.found(form));
        Sight::of(walk.open && copy.to_end, longest, |length| copy.end_of(at + length))
    }
}

/// Copies so many bytes, with so many blanks for each line break.
fn fill(copy: &mut Copy, text: &[u8], most: usize, width: usize, around: &Around<'_>) {
    copy.bytes.reserve_exact(most.min(text.len() - copy.from));
    let mut at = copy.from;
    while copy.bytes.len() < most {
        let seam = around.next(text, at);
        let until = seam.as_ref().map_or(text.len(), |seam| seam.from);
        let line = &text[at..until.min(at + most - copy.bytes.len())];
        copy.bytes.extend_from_slice(line);
        at += line.len();
        if at < until || copy.bytes.len() == most {
            break;
        }
        let Some(seam) = seam else {
            copy.to_end = true;
            return;
        };
        match copy.pass(&seam, text.len(), width) {
            Some(to) => at = to,
            None => return,
        }
    }
    copy.is_full = true;
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
    use crate::oracle::tests::at_least;
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
        let few = prop::collection::vec(select(&b"aabcdefghijkl, '"[..]), 1..9);
        let many = prop::collection::vec(select(&b"abcdefghijklmnopqrs    ,'=:;*\\"[..]), 20..40);
        (prop_oneof![few, many], 8..60_usize, any::<bool>())
            .prop_map(|(word, length, across)| (word.iter().cycle().take(length).copied().collect(), across))
    }

    /// As the table does: with what is left of them without blanks.
    fn forms() -> impl Strategy<Value = Vec<(Vec<u8>, bool)>> {
        let letters = |form: &[u8]| form.iter().filter(|byte| **byte != b' ').copied().collect::<Vec<u8>>();
        prop::collection::vec(form(), 1..6).prop_map(move |forms| {
            let loose = forms.iter().map(|(form, across)| (letters(form), *across));
            let loose: Vec<(Vec<u8>, bool)> = loose.filter(|(form, _)| form.len() >= 8).collect();
            [forms, loose].concat()
        })
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
        const BREAKS: [&[u8]; 48] = [
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
            b"\t",
            b" \n",
            b"', '",
            b"\",\"",
            b"', '\n'",
            b" | \n | ",
            b"=|\n|",
            b"=",
            b"\\",
            b"\\ |\n| ",
            b"\n* ",
            b"\n;",
            b"\n::: ",
            b"\n*\n *\n*",
            b"', b'",
            b"\", u",
            b"'=\n'",
            b"=\n> ",
            b"\\n\\\n  ",
        ];
        let mut text = Vec::new();
        for (form, from, to, breaks) in pieces {
            let form = &form.get(forms).0;
            let (from, to) =
                if from.index(3) > 0 { (0, form.len()) } else { (from.index(form.len()), to.index(form.len()) + 1) };
            let mut piece = form.get(from..to).unwrap_or(form).to_vec();
            // As many of its blanks as it has line breaks become some, or are gone.
            for (at, kind) in breaks.iter().filter(|(_, kind)| kind % 3 == 0) {
                let blanks: Vec<usize> = (0..piece.len()).filter(|at| piece[*at] == b' ').collect();
                if !blanks.is_empty() {
                    let at = *at.get(&blanks);
                    piece.splice(at..=at, [&b"\n"[..], b"", b"  ", b"\n "][kind / 3 % 4].iter().copied());
                }
            }
            for (at, kind) in breaks {
                let at = at.index(piece.len() + 1);
                let long = [[&b"\n"[..], b""][kind % 2], &[b' '; 59 + 9][kind % 10..]].concat();
                let inserted = BREAKS.get(*kind).copied().unwrap_or(&long);
                piece.splice(at..at, inserted.iter().copied());
            }
            text.extend(piece);
        }
        text
    }

    /// A line that began as another one was passed over with it, though another line end decided there: one with too few
    /// bytes before it.
    #[test]
    fn a_line_break_is_looked_at_whatever_the_line_before_it_began_with() {
        let form = "abcdefghijklmnopqrstuvwxyz0123456789";
        let text = format!("so on\n- -\n{0} a line\n{1}\n{0}", &form[10..], &form[..10]);
        let [out, naive] = compared(Stream::Stdout, &[(form.into(), true)], &[text.as_bytes()]);
        assert_eq!(out, naive);
        assert!(out[1].ends_with("a line\\n***"), "{out:?}");
    }

    proptest! {
        #![proptest_config(at_least(500))]

        #[test]
        fn forms_across_lines_are_found_as_by_hand_however_the_text_was_cut(
            forms in forms(),
            pieces in prop::collection::vec(
                (any::<Index>(), any::<Index>(), any::<Index>(), prop::collection::vec((any::<Index>(), 0..52_usize), 0..6)),
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
                    let apart = out.iter().zip(&naive).find(|(out, naive)| out != naive);
                    prop_assert!(apart.is_none(), "{} {apart:?}", text.escape_ascii());
                }
            }
        }
    }
}
