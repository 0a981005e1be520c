//! Counts forms of doubtful parts in a JSON value, in which they pass.
//!
//! Those in a leaf were counted there; where anything was masked since, they are counted anew. Those that span several are
//! looked for in the text as it goes out. So none counts twice, and none that a mask took away or broke.

use std::ops::{ControlFlow, Range};

use super::counts::{Counted, Counts, add, looked};
use super::leaves;
use super::spans::BYTES;
use crate::filter::Ready;
use crate::passing::Passing;
use crate::report::Stream;
use crate::search::scan::{Found, Overlaps};
use um_base::Work;
use um_base::json::{JsonError, Kind, Tokens, tokens};

/// Completes what was counted in leaves, in the text with all its masks.
pub(super) fn count(
    ready: Ready<'_>,
    stream: &Stream,
    text: &[u8],
    work: &Work,
    counted: &mut Counted,
) -> Result<(), JsonError> {
    let json = std::str::from_utf8(text).unwrap_or_default();
    if !counted.leaks.is_empty() {
        let mut left = Counted::default();
        leaves::mask(ready, stream, json, work, &mut left)?;
        counted.doubtful = left.doubtful;
    }
    let doubtful = &mut counted.doubtful;
    looked(2 * text.len());
    let looks: Vec<usize> = (1..text.len().div_ceil(BYTES)).map(|number| number * BYTES).collect();
    ready.read_guarded(|guarded| {
        let mut spanning = Spanning::of(tokens(json, work));
        let mut ended = Ok(());
        guarded.matcher.scan(text, 0, &looks, &mut Overlaps::default(), |start, walk| {
            if start.is_multiple_of(BYTES) {
                ended = work.step().map_err(JsonError::from);
            }
            if let Some(form) = walk.and_then(|walk| walk.longest).filter(|_| ended.is_ok()) {
                ended = spanning.see(start, guarded.matcher.found(form), doubtful);
            }
            if ended.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        ended
    })
}

/// A pass over the text from left to right.
struct Spanning<'a> {
    tokens: Tokens<'a>,
    /// The last leaf that begins before the place that the search has come to, or the first behind it.
    leaf: Range<usize>,
    passing: Passing,
}

impl<'a> Spanning<'a> {
    fn of(tokens: Tokens<'a>) -> Self {
        Self { tokens, leaf: 0..0, passing: Passing::default() }
    }

    /// A form stands at `start`, and none that is longer.
    fn see(&mut self, start: usize, form: Found<'_>, counts: &mut Counts) -> Result<(), JsonError> {
        while self.leaf.end <= start
            && let Some(token) = self.tokens.next()
        {
            let token = token?;
            if !matches!(token.kind, Kind::List | Kind::ListEnd | Kind::Object | Kind::ObjectEnd) {
                self.leaf = token.span;
            }
        }
        let end = start + form.length();
        let is_in_leaf = self.leaf.start <= start && end <= self.leaf.end;
        if !is_in_leaf && !form.is_certain() {
            let mut found = Vec::new();
            self.passing.see(start, end, form, 0, &mut found);
            add(counts, found);
        }
        Ok(())
    }
}
