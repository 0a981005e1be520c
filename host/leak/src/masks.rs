//! What of a stream is masked, and what is counted of it.

use std::collections::HashSet;

use crate::passing::Passing;
use crate::search::ids::Label;
use crate::search::scan::Found;

/// What was found in a piece of a stream.
#[derive(Default)]
pub(crate) struct Finds {
    /// In what was masked.
    pub(crate) leaks: Vec<Label>,
    /// In what passes, though it may be a secret.
    pub(crate) doubtful: Vec<Label>,
}

impl Finds {
    pub(crate) fn append(&mut self, mut other: Self) {
        self.leaks.append(&mut other.leaks);
        self.doubtful.append(&mut other.doubtful);
    }
}

/// The masks of one stream. Positions count the bytes of its input.
#[derive(Default)]
pub(crate) struct Masks {
    /// Where the last mask ends; it may lie beyond what is settled.
    to: Option<usize>,
    /// The secrets that were counted in the last mask: a value that is printed once is one leak, however often its
    /// forms stand in each other.
    counted: HashSet<u32>,
    passing: Passing,
}

impl Masks {
    /// The end of the last one.
    pub(crate) fn to(&self) -> usize {
        self.to.unwrap_or_default()
    }

    /// The first byte from a place on that is not masked.
    pub(crate) fn plain_from(&self, place: usize) -> usize {
        self.to.map_or(place, |to| to.max(place))
    }

    /// Whether a mask at this start does not go on with the last one.
    pub(crate) fn begins_at(&self, start: usize) -> bool {
        self.to.is_none_or(|to| start > to)
    }

    /// Masks a match; starts come in order. Tells whether a mask begins with it.
    pub(crate) fn add(
        &mut self,
        start: usize,
        end: usize,
        labels: impl Iterator<Item = Label>,
        finds: &mut Finds,
    ) -> bool {
        let begins = self.begins_at(start);
        if begins {
            self.passing.let_go(&mut finds.doubtful);
            self.counted.clear();
        }
        if self.to.is_none_or(|to| end > to) {
            finds.leaks.extend(labels.filter(|label| self.counted.insert(label.secret)));
            self.extend(end);
        }
        begins
    }

    /// Lets a match pass that is doubtful. What is masked at its start has been added.
    pub(crate) fn pass(&mut self, start: usize, end: usize, form: Found<'_>, finds: &mut Finds) {
        if start >= self.to() {
            self.passing.let_go(&mut finds.doubtful);
        }
        self.passing.see(start, end, form, self.to(), &mut finds.doubtful);
    }

    /// All starts before this one are settled.
    pub(crate) fn settle(&mut self, start: usize, finds: &mut Finds) {
        if self.begins_at(start) {
            self.passing.let_go(&mut finds.doubtful);
        }
    }

    /// The last mask ends there.
    pub(crate) fn extend(&mut self, end: usize) {
        self.to = Some(end);
        self.passing.cover(end);
    }
}
