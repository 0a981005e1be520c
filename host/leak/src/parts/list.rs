//! The parts of a value as they are found, and in how many forms each is looked for.

use std::rc::Rc;

use zeroize::Zeroizing;

use crate::form::Form;
use um_secret::{Masking, Verdict, masking};

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
    /// Whether it is a secret: never plain.
    pub verdict: Verdict,
    /// Where in the value it stands; nowhere, if it is the value itself.
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

/// The value itself, or the pieces that it is looked for in.
pub(crate) fn pieces(value: &str) -> impl Iterator<Item = &str> {
    let whole = if value.len() <= LONG { value } else { value.trim() };
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

/// The parts of one value.
#[derive(Default)]
pub(super) struct Parts {
    list: Vec<Part>,
    /// Parts of parts, of which the extent is not known yet.
    found: Vec<(Form, Zeroizing<String>)>,
}

impl Parts {
    pub(super) fn add(&mut self, form: Form, text: &str, extent: Extent) {
        let text = Zeroizing::new(text.to_owned());
        self.list.push(Part { form, text, extent, verdict: Verdict::Certain, path: None });
    }

    /// A part of a part, if it is worth a search. Returns whether it is.
    pub(super) fn add_part(&mut self, form: Form, text: &str) -> bool {
        let worth = text.len() >= SHORTEST && masking(text) == Masking::EveryForm;
        if worth {
            self.found.push((form, Zeroizing::new(text.to_owned())));
        }
        worth
    }

    /// The short parts are looked for in more forms than the long.
    pub(super) fn finish(mut self) -> Vec<Part> {
        let mut found = std::mem::take(&mut self.found);
        found.sort_by(|(_, one), (_, other)| (one.len(), &**one).cmp(&(other.len(), &**other)));
        found.dedup_by(|(_, one), (_, other)| one == other);
        let mut spent = 0;
        for (number, (form, text)) in found.iter().enumerate() {
            spent += text.len();
            let extent = if spent <= IN_EVERY_FORM {
                Extent::Every
            } else if spent <= IN_COMMON_FORMS || number < FIRST && text.len() <= SHORT {
                Extent::Common
            } else {
                Extent::AsItIs
            };
            pieces(text).for_each(|piece| self.add(*form, piece, extent));
        }
        self.list
    }
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
