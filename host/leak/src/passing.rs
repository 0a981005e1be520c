//! Counts what passes though it may be a secret: forms of doubtful parts, where programs read.
//!
//! A match counts unless all of it is masked, which may be known only when the mask that it begins in has ended. As with
//! masks, one inside another does not count, and each part counts once for each stretch of matches that touch.

use std::collections::HashSet;

use crate::search::ids::Label;
use crate::search::scan::Found;

/// How far one text is counted. Positions count its bytes.
#[derive(Default)]
pub(crate) struct Passing {
    /// Where the last stretch ends.
    to: Option<usize>,
    /// The parts that were counted in it.
    counted: HashSet<(u32, u16)>,
    /// What begins in the last mask and ends behind it, with where it ends: the mask may still come to cover it.
    waiting: Vec<(usize, Label)>,
}

impl Passing {
    /// Sees the longest form at a start, which is doubtful; the text is masked up to `masked_to` so far. Starts come in
    /// order. Adds what counts to `found`.
    pub(crate) fn see(&mut self, start: usize, end: usize, form: Found<'_>, masked_to: usize, found: &mut Vec<Label>) {
        if self.to.is_some_and(|to| end <= to) {
            return;
        }
        if self.to.is_none_or(|to| start > to) {
            self.counted.clear();
        }
        self.to = Some(end);
        if start < masked_to {
            self.waiting.extend(form.labels().map(|label| (end, label)).filter(|(end, _)| *end > masked_to));
        } else {
            self.count(form.labels(), found);
        }
    }

    /// The last mask goes on up to there.
    pub(crate) fn cover(&mut self, masked_to: usize) {
        self.waiting.retain(|(end, _)| *end > masked_to);
    }

    /// The last mask does not go on.
    pub(crate) fn let_go(&mut self, found: &mut Vec<Label>) {
        if !self.waiting.is_empty() {
            let waiting = std::mem::take(&mut self.waiting);
            self.count(waiting.into_iter().map(|(_, label)| label), found);
        }
    }

    fn count(&mut self, labels: impl Iterator<Item = Label>, found: &mut Vec<Label>) {
        found.extend(labels.filter(|label| self.counted.insert((label.secret, label.part))));
    }
}
