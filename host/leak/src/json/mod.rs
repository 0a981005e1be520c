//! Redacts JSON text: a mask put into the text itself could swallow a quote or a bracket.
//!
//! First each key and each scalar by itself, while the text is read for the first time ([`leaves`]); keys that are the
//! same then are kept apart ([`names`]). Then what is written is looked through as a whole, and the innermost values
//! that a form stands in still give way ([`spans`]): because it spans several members, or because a value looks like a
//! part of the JSON text of another.
//!
//! Guarantees: no tree and no recursion, memory that is held before it is used, and at most some 8 steps for each byte
//! of the text, whatever stands in it. What was found is counted if the text is JSON, and not before.

mod buffer;
mod leaves;
#[cfg(any(test, fuzzing))]
mod naive;
mod names;
mod number;
mod spans;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

#[cfg(fuzzing)]
pub use naive::fuzz;

use super::scan::Label;
use super::{Filter, Stream};
use um_base::Work;
use um_base::json::{Json, JsonError};

/// What a value gives way to.
const MASK_TEXT: &[u8] = b"\"***\"";
const _: () = assert!(um_secret::MASK.len() + 2 == MASK_TEXT.len());

/// How often each form was found.
type Counts = HashMap<Label, u64>;

#[cfg(test)]
thread_local! {
    /// Bytes that were looked at. Those that are only copied take a small part of that time.
    static LOOKED: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// For the tests that bound it.
fn looked(_bytes: usize) {
    #[cfg(test)]
    LOOKED.with(|looked| looked.set(looked.get() + _bytes));
}

pub(super) fn redact(filter: &Filter, stream: &Stream, text: &str, work: &Work) -> Result<Json, JsonError> {
    let mut counts = Counts::new();
    let draft = leaves::mask(filter, text, work, &mut counts)?;
    let draft = spans::mask(filter, draft, work, &mut counts)?;
    if !counts.is_empty() {
        filter.count(stream, counts);
    }
    Ok(Json::checked(draft.into_vec()))
}

fn add(counts: &mut Counts, found: impl IntoIterator<Item = Label>) {
    found.into_iter().for_each(|label| *counts.entry(label).or_default() += 1);
}
