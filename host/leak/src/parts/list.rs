//! The parts of a value as they are found, and in how many forms each is looked for.

use std::rc::Rc;

use zeroize::Zeroizing;

use crate::form::Form;
use um_secret::Verdict;

/// The shortest part or encoding that is looked for.
pub(crate) const SHORTEST: usize = 8;
/// A longer text is looked for in pieces, so that what is held back is bounded.
pub(crate) const LONG: usize = 4096;
/// How long they are, and how much of one is in the next: whole values in any encoding lie under touching masks.
const PIECE: usize = 1024;
const OVERLAP: usize = 64;
/// Of so much text in lines, leaves and the like, the shortest first, every form is looked for; of what is beyond, and
/// of the first short ones, the common ones; and what is beyond that only as it is.
const IN_EVERY_FORM: usize = 1024;
const IN_COMMON_FORMS: usize = 8 * 1024;
const SHORT: usize = 256;
pub(super) const FIRST: usize = 128;
pub(crate) struct Part {
    /// What it is called as it is.
    pub form: Form,
    pub text: Zeroizing<String>,
    pub extent: Extent,
    /// Whether it is a secret; it is not plain, or it would be none of these.
    pub verdict: Verdict,
    /// Where it stands; nowhere, if it is the value itself.
    pub path: Option<Rc<str>>,
}

/// In how many forms a part is looked for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extent {
    AsItIs,
    /// As it is, with line breaks anywhere.
    AcrossLines,
    /// Those that are common; a long text has too many of the others.
    Common,
    Every,
}

impl Extent {
    /// For the tests.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::AsItIs => "as it is",
            Self::AcrossLines => "across lines",
            Self::Common => "common",
            Self::Every => "every",
        }
    }
}

/// The value itself, or the pieces that it is looked for in.
pub(crate) fn pieces(value: &str) -> impl Iterator<Item = &str> {
    let whole = if value.len() <= LONG { value } else { bare(value) };
    let mut rest = Some(whole);
    std::iter::from_fn(move || {
        let text = rest?;
        if text.len() <= LONG && whole.len() <= LONG || text.len() <= PIECE {
            rest = None;
            return Some(text);
        }
        rest = Some(&text[text.floor_char_boundary(PIECE - OVERLAP)..]);
        Some(&text[..text.floor_char_boundary(PIECE)])
    })
}

/// Without the white space around it, and without the mark that says how its bytes are ordered.
pub(crate) fn bare(text: &str) -> &str {
    text.trim().trim_start_matches('\u{feff}').trim()
}

/// The parts of one value.
#[derive(Default)]
pub(super) struct List {
    list: Vec<Part>,
    /// Parts of parts, of which the extent is not known yet.
    found: Vec<Part>,
}

impl List {
    /// The value itself, in one of its writings.
    pub(super) fn add(&mut self, form: Form, text: &str, extent: Extent) {
        self.list.push(Part { form, text: own(text), extent, verdict: Verdict::Certain, path: None });
    }

    /// A part of a part. Its extent is told by what else is found.
    pub(super) fn add_part(&mut self, form: Form, text: &str, verdict: Verdict, path: Option<&Rc<str>>) {
        self.found.push(Part { form, text: own(text), extent: Extent::AsItIs, verdict, path: path.cloned() });
    }

    /// The lines of a part with other white space between them.
    pub(super) fn add_joined(&mut self, text: &str, verdict: Verdict, path: Option<&Rc<str>>) {
        let lines: Vec<&str> = text.split(['\r', '\n']).map(str::trim).filter(|line| !line.is_empty()).collect();
        if lines.len() < 2 || text.len() > LONG {
            return;
        }
        // As textwrap makes one line of several; what indents them stays.
        let replaced = Zeroizing::new(text.split(['\r', '\n', '\t']).collect::<Vec<_>>().join(" "));
        let [spaced, closed] = [" ", ""].map(|between| Zeroizing::new(lines.join(between)));
        let replaced = (replaced != spaced).then_some((replaced, Extent::AsItIs));
        // The last is found with any white space that has a line break.
        let joined = [Some((spaced, Extent::AsItIs)), replaced, Some((closed, Extent::AcrossLines))];
        for (text, extent) in joined.into_iter().flatten().filter(|(text, _)| text.len() >= SHORTEST) {
            self.list.push(Part { form: Form::Joined, text, extent, verdict, path: path.cloned() });
        }
    }

    /// The short parts are looked for in more forms than the long.
    pub(super) fn finish(mut self) -> Vec<Part> {
        let mut found = std::mem::take(&mut self.found);
        // Of those that say the same the one that counts most.
        found.sort_by(|one, other| {
            let lengths = one.text.len().cmp(&other.text.len());
            lengths.then_with(|| one.text.cmp(&other.text)).then_with(|| other.verdict.cmp(&one.verdict))
        });
        found.dedup_by(|later, first| later.text == first.text);
        let mut spent = 0;
        for (number, part) in found.iter().enumerate() {
            spent += part.text.len();
            let extent = if spent <= IN_EVERY_FORM {
                Extent::Every
            } else if spent <= IN_COMMON_FORMS || number < FIRST && part.text.len() <= SHORT {
                Extent::Common
            } else {
                Extent::AsItIs
            };
            let Part { form, verdict, .. } = *part;
            let piece = |text| Part { form, text: own(text), extent, verdict, path: part.path.clone() };
            self.list.extend(pieces(&part.text).map(piece));
        }
        self.list
    }
}

fn own(text: &str) -> Zeroizing<String> {
    Zeroizing::new(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_overlap_and_leave_nothing_out() {
        let value = "0123456789é".repeat(900);
        let pieces: Vec<&str> = pieces(&value).collect();
        assert!(pieces.iter().all(|piece| piece.len() <= PIECE));
        let start = |piece: &str| piece.as_ptr() as usize - value.as_ptr() as usize;
        for pair in pieces.windows(2) {
            let overlap = start(pair[0]) + pair[0].len() - start(pair[1]);
            assert!((OVERLAP..OVERLAP + 4).contains(&(overlap + 1)), "{overlap}");
        }
        let last = pieces.last().unwrap();
        assert_eq!((start(pieces[0]), start(last) + last.len()), (0, value.len()));
    }

    #[test]
    fn a_value_of_4_kib_is_one_piece() {
        assert_eq!(pieces(&"x".repeat(LONG)).count(), 1);
        assert_eq!(pieces(&"x".repeat(LONG + 1)).count(), 5);
    }
}
