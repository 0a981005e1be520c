//! Masks the innermost values in whose text a form stands still.
//!
//! One pass over the text finds all forms. Of the values that hold one, those go that hold no other such value; what is
//! left then is looked at again, since a mask may have changed it, and at last all of it goes.

use std::collections::{HashMap, HashSet};
use std::ops::ControlFlow;

use super::buffer::Buffer;
use super::counts::{Counts, MASK_TEXT, add, looked};
use crate::filter::Ready;
use crate::search::ids::FormId;
use crate::search::scan::{Matcher, Overlaps};
use um_base::json::{JsonError, Kind, tokens};
use um_base::{Over, Work};
use um_secret::Verdict;

/// So often values are masked before all of the text is.
const ROUNDS: usize = 4;
/// So many bytes go by between two looks at the work.
pub(super) const BYTES: usize = 64 * 1024;

/// Where a value stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Value {
    start: usize,
    end: usize,
}

/// Masks what forms of this verdict, or a higher one, stand in.
pub(super) fn mask(
    ready: Ready<'_>,
    least: Verdict,
    mut text: Buffer<u8>,
    work: &Work,
    counts: &mut Counts,
) -> Result<Buffer<u8>, JsonError> {
    let mut values = None;
    for _ in 0..ROUNDS {
        let found = find((ready, least), &text, &mut values, work, counts)?;
        let Some(known) = values.take().filter(|_| !found.is_empty()) else { return Ok(text) };
        text = without(&text, &found, work)?;
        values = Some(moved(&known, &found, work)?);
    }
    if !find((ready, least), &text, &mut values, work, counts)?.is_empty() {
        text = Buffer::with_room(MASK_TEXT.len(), work)?;
        text.push(MASK_TEXT)?;
    }
    Ok(text)
}

/// The values to be masked, in their order, none in another. `values` are looked up when the first form is found.
fn find(
    (ready, least): (Ready<'_>, Verdict),
    text: &[u8],
    values: &mut Option<Buffer<Value>>,
    work: &Work,
    counts: &mut Counts,
) -> Result<Buffer<Value>, JsonError> {
    looked(text.len());
    let looks: Vec<usize> = (1..text.len().div_ceil(BYTES)).map(|number| number * BYTES).collect();
    ready.read_guarded(|guarded| {
        let matcher = &guarded.matcher;
        let mut search = Search::new(matcher, least, counts, work)?;
        let mut ended = Ok(());
        matcher.scan(text, 0, &looks, &mut Overlaps::default(), |start, walk| {
            if start.is_multiple_of(BYTES) {
                ended = work.step().map_err(JsonError::from);
            }
            if let Some(form) = walk.and_then(|walk| walk.longest).filter(|_| ended.is_ok()) {
                let values = &mut *values;
                ended = search.see(start, form, move || known(text, values, work));
            }
            if ended.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        ended?;
        Ok(search.finish()?)
    })
}

fn known<'a>(text: &[u8], values: &'a mut Option<Buffer<Value>>, work: &Work) -> Result<&'a [Value], JsonError> {
    match values {
        Some(values) => Ok(values),
        none => Ok(none.insert(values_of(text, work)?)),
    }
}

/// All values of the text, in the order of their beginnings.
fn values_of(text: &[u8], work: &Work) -> Result<Buffer<Value>, JsonError> {
    looked(text.len());
    let mut values: Buffer<Value> = Buffer::new(work)?;
    let mut open = Vec::new();
    for token in tokens(std::str::from_utf8(text).unwrap_or_default(), work) {
        let token = token?;
        match token.kind {
            Kind::Key => {}
            Kind::List | Kind::Object => {
                open.push(values.len());
                values.push(&[Value { start: token.span.start, end: text.len() }])?;
            }
            Kind::ListEnd | Kind::ObjectEnd => {
                if let Some(value) = open.pop() {
                    values[value].end = token.span.end;
                }
            }
            _ => values.push(&[Value { start: token.span.start, end: token.span.end }])?,
        }
    }
    Ok(values)
}

/// A pass over the text from left to right.
struct Search<'a> {
    matcher: &'a Matcher,
    least: Verdict,
    counts: &'a mut Counts,
    /// The values around the place that the search has come to, the outermost first.
    around: Vec<Value>,
    /// Of all values, the first behind it.
    next: usize,
    /// Of the forms that count, the shortest and the longest that each form begins with.
    beginnings: HashMap<FormId, Option<[FormId; 2]>>,
    candidate: Option<Candidate>,
    found: Buffer<Value>,
}

/// A value that holds a form, as long as no value in it is found to hold one.
struct Candidate {
    value: Value,
    counts: Counts,
    /// What its text alone would be masked to: up to where, and the secrets that are counted in that mask.
    masked_to: usize,
    counted: HashSet<u32>,
}

impl<'a> Search<'a> {
    fn new(matcher: &'a Matcher, least: Verdict, counts: &'a mut Counts, work: &Work) -> Result<Self, Over> {
        let found = Buffer::new(work)?;
        let (around, beginnings) = (Vec::new(), HashMap::new());
        Ok(Self { matcher, least, counts, around, next: 0, beginnings, candidate: None, found })
    }

    /// A form stands at `start`, and none that is longer. The values of the text are asked for if it counts.
    fn see<'b>(
        &mut self,
        start: usize,
        form: FormId,
        values: impl FnOnce() -> Result<&'b [Value], JsonError>,
    ) -> Result<(), JsonError> {
        let (matcher, least) = (self.matcher, self.least);
        let beginnings = self.beginnings.entry(form).or_insert_with(|| matcher.beginnings(form, least));
        let Some([shortest, longest]) = *beginnings else { return Ok(()) };
        self.advance(start, values()?);
        Ok(self.see_counted(start, [shortest, longest])?)
    }

    /// Forms that count stand at `start`: this is the shortest of them, and the longest.
    fn see_counted(&mut self, start: usize, [shortest, longest]: [FormId; 2]) -> Result<(), Over> {
        let matcher = self.matcher;
        let end = start + matcher.found(shortest).length();
        if self.candidate.as_ref().is_some_and(|held| start < held.value.end && end > held.value.end) {
            // It stands in a value around the candidate.
            return Ok(());
        }
        // Each ends before those around it.
        let holding = self.around.partition_point(|value| value.end >= end);
        let Some(&value) = holding.checked_sub(1).and_then(|innermost| self.around.get(innermost)) else {
            return Ok(());
        };
        match &self.candidate {
            Some(held) if held.value == value => {}
            Some(held) if value.start <= held.value.start && held.value.end <= value.end => return Ok(()),
            Some(held) if held.value.start <= value.start && value.end <= held.value.end => {
                self.candidate = Some(Candidate::new(value));
            }
            _ => {
                self.settle()?;
                self.candidate = Some(Candidate::new(value));
            }
        }
        let form = if start + matcher.found(longest).length() <= value.end { longest } else { shortest };
        if let Some(candidate) = &mut self.candidate {
            candidate.count(start, form, matcher);
        }
        Ok(())
    }

    /// Comes to a place of the text.
    fn advance(&mut self, place: usize, values: &[Value]) {
        while let Some(&value) = values.get(self.next).filter(|value| value.start <= place) {
            self.leave(value.start);
            self.around.push(value);
            self.next += 1;
        }
        self.leave(place);
    }

    fn leave(&mut self, place: usize) {
        while self.around.pop_if(|value| value.end <= place).is_some() {}
    }

    /// The candidate is one of those to be masked.
    fn settle(&mut self) -> Result<(), Over> {
        let Some(candidate) = self.candidate.take() else { return Ok(()) };
        candidate.counts.into_iter().for_each(|(label, count)| *self.counts.entry(label).or_default() += count);
        self.found.push(&[candidate.value])
    }

    fn finish(mut self) -> Result<Buffer<Value>, Over> {
        self.settle()?;
        Ok(self.found)
    }
}

impl Candidate {
    fn new(value: Value) -> Self {
        Self { value, counts: Counts::new(), masked_to: 0, counted: HashSet::new() }
    }

    /// As a [`Redactor`](crate::stream::Redactor) counts.
    fn count(&mut self, start: usize, form: FormId, matcher: &Matcher) {
        let found = matcher.found(form);
        let end = start + found.length();
        if start > self.masked_to {
            self.counted.clear();
        }
        if end > self.masked_to {
            add(&mut self.counts, found.labels().filter(|label| self.counted.insert(label.secret)));
            self.masked_to = end;
        }
    }
}

/// The text with masks in place of these values.
fn without(text: &[u8], found: &[Value], work: &Work) -> Result<Buffer<u8>, Over> {
    let mut out = Buffer::with_room(text.len(), work)?;
    let mut from = 0;
    for value in found {
        out.push(&text[from..value.start])?;
        out.push(MASK_TEXT)?;
        from = value.end;
    }
    out.push(&text[from..])?;
    Ok(out)
}

/// Where the values stand in the text with masks; those that were in one are gone.
fn moved(values: &[Value], found: &[Value], work: &Work) -> Result<Buffer<Value>, Over> {
    // How many bytes went with each mask and those before it; a value as short as `1` holds no form.
    let mut gone = Buffer::with_room(found.len() + 1, work)?;
    let mut sum = 0_isize;
    gone.push(&[sum])?;
    for value in found {
        sum += (value.end - value.start) as isize - MASK_TEXT.len() as isize;
        gone.push(&[sum])?;
    }
    let place = |at: usize, masks: usize| at.wrapping_add_signed(-gone[masks]);
    let mut out = Buffer::with_room(values.len(), work)?;
    for value in values {
        let before = found.partition_point(|mask| mask.end <= value.start);
        if found.get(before).is_some_and(|mask| mask.start < value.start) {
            continue;
        }
        let up_to = found.partition_point(|mask| mask.end <= value.end);
        out.push(&[Value { start: place(value.start, before), end: place(value.end, up_to) }])?;
    }
    Ok(out)
}
