//! What was found in a JSON value so far, and what takes its place.

use std::collections::HashMap;

use crate::masks::Finds;
use crate::search::ids::Label;

/// What a value gives way to.
pub(super) const MASK_TEXT: &[u8] = b"\"***\"";
const _: () = assert!(um_secret::MASK.len() + 2 == MASK_TEXT.len());

/// How often each form was found.
pub(super) type Counts = HashMap<Label, u64>;

/// How often in what was masked, and in what passes though it may be a secret.
#[derive(Default)]
pub(super) struct Counted {
    pub(super) leaks: Counts,
    pub(super) doubtful: Counts,
}

impl Counted {
    pub(super) fn add(&mut self, finds: Finds) {
        add(&mut self.leaks, finds.leaks);
        add(&mut self.doubtful, finds.doubtful);
    }
}

#[cfg(test)]
thread_local! {
    /// Bytes that were looked at. Those that are only copied take a small part of that time.
    pub(super) static LOOKED: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// For the tests that bound it.
pub(super) fn looked(_bytes: usize) {
    #[cfg(test)]
    LOOKED.with(|looked| looked.set(looked.get() + _bytes));
}

pub(super) fn add(counts: &mut Counts, found: impl IntoIterator<Item = Label>) {
    found.into_iter().for_each(|label| *counts.entry(label).or_default() += 1);
}
