//! Finds every form at every place of a text, in time that grows with the text and not with what stands in it.
//!
//! `stride` passes over nearly all places. At what is left the text is compared with the trie of all forms. Where a
//! text repeats itself, so that long beginnings of forms overlap, what was compared already is not compared again
//! ([`Overlaps`]): `aaaa…` costs the same for every `a`. Where nothing comes of it, it is passed over altogether
//! ([`repeated`]).
//!
//! Deliberately absent: approximate matching. The bitmaps only ever say where nothing is.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::iter::once;
use std::ops::ControlFlow;

use super::border::may_be_mark;
use super::ids::{FormId, Label};
use super::prefixes::common_prefix;
use super::stride::{REACH, Strides};
use super::trie::{Step, Trie, Walk};
use crate::forms::encode::Encoded;
use um_secret::Verdict;

/// Shorter forms are not looked for.
const SHORTEST: usize = 4;
/// Forms of this length or more are found by their first 8 bytes, shorter ones by their first 4.
const LONG: usize = 8;
/// From this length on, a comparison that is known spares another.
const WORTH_KEEPING: usize = 16;
/// A comparison of so many steps along the trie is worth remembering. To do a shorter one anew costs less than to find
/// out how a form repeats itself.
const LONG_WAY: usize = 10;
/// So many bytes take as long as a step.
const BYTES_OF_STEP: usize = 32;
/// Texts that repeat so many bytes are passed over.
const LONGEST_PERIOD: usize = 64;

/// All forms of all guarded values.
#[derive(Default)]
pub(crate) struct Matcher {
    trie: Trie,
    /// The labels but the first of the few forms that several secrets have.
    more: HashMap<FormId, Vec<Label>>,
    strides: Strides,
    has_short: bool,
    longest: usize,
    /// In the end there are about so many times as many forms; 0 if nobody knows.
    times: usize,
}

/// A form that stands in a text.
#[derive(Clone, Copy)]
pub(crate) struct Found<'a> {
    matcher: &'a Matcher,
    form: FormId,
}

impl<'a> Found<'a> {
    pub(crate) fn length(self) -> usize {
        self.matcher.trie.length(self.form)
    }

    /// Whose form it is: one label for each secret, and all of one verdict.
    pub(crate) fn labels(self) -> impl Iterator<Item = Label> + 'a {
        self.matcher.labels(self.form)
    }

    pub(crate) fn is_certain(self) -> bool {
        self.matcher.trie.label(self.form).is_certain()
    }

    /// The longest certain form that stands at the same place: itself, if it is one.
    pub(crate) fn certain(self) -> Option<Self> {
        match self.is_certain() {
            true => Some(self),
            false => {
                let certain = self.matcher.beginnings(self.form, Verdict::Certain);
                certain.map(|[_, longest]| Self { form: longest, ..self })
            }
        }
    }
}

impl Matcher {
    /// Of forms whose starts are known from elsewhere: it is not scanned with.
    pub(crate) fn of_walks() -> Self {
        Self { strides: Strides::of_beginnings(), ..Self::default() }
    }

    /// In the end there are about so many times as many forms: what grows by the next ones is made large enough.
    pub(crate) fn expect(&mut self, times: usize) {
        self.times = times;
    }

    /// How much larger what grows should be made.
    pub(crate) fn times(&self) -> usize {
        self.times.max(1)
    }

    /// Adds a form of 4 bytes or more; shorter ones are not looked for. Returns whether it is new: if it is not, it is
    /// a form of several secrets.
    pub(crate) fn insert(&mut self, bytes: Encoded, label: Label) -> bool {
        if bytes.len() < SHORTEST {
            return false;
        }
        if let Err(same) = self.trie.insert(bytes, label) {
            self.add_label(same, label);
            return false;
        }
        let times = self.times();
        let Some(form) = self.trie.iter().next_back() else { return false };
        self.longest = self.longest.max(form.len());
        self.strides.insert(form, times, &self.trie);
        self.has_short |= form.len() < LONG;
        true
    }

    /// All forms, in the order in which they came.
    pub(crate) fn forms(&self) -> impl DoubleEndedIterator<Item = &[u8]> {
        self.trie.iter()
    }

    /// Adds a label to a form, if it is not below those that are there; those that are below it go.
    fn add_label(&mut self, form: FormId, label: Label) {
        match label.rank().cmp(&self.trie.label(form).rank()) {
            Ordering::Less => {}
            Ordering::Greater => {
                self.trie.set_label(form, label);
                self.more.remove(&form);
            }
            Ordering::Equal if self.labels(form).any(|other| other.secret == label.secret) => {}
            Ordering::Equal => self.more.entry(form).or_default().push(label),
        }
    }

    fn labels(&self, form: FormId) -> impl Iterator<Item = Label> {
        once(self.trie.label(form)).chain(self.more.get(&form).into_iter().flatten().copied())
    }

    /// Whose form these bytes are.
    pub(crate) fn labels_of(&self, bytes: &[u8]) -> impl Iterator<Item = Label> {
        self.trie.find(bytes).into_iter().flat_map(|form| self.labels(form))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.trie.len() == 0
    }

    /// The length of the longest form.
    pub(crate) fn longest(&self) -> usize {
        self.longest
    }

    pub(crate) fn found(&self, form: FormId) -> Found<'_> {
        Found { matcher: self, form }
    }

    /// Of the forms that a form begins with, itself among them, the shortest and the longest of this verdict or a higher
    /// one.
    pub(crate) fn beginnings(&self, form: FormId, least: Verdict) -> Option<[FormId; 2]> {
        let beginnings = self.trie.beginnings(form);
        let mut known = beginnings.into_iter().filter(|form| self.trie.label(*form).verdict >= least);
        let shortest = known.next()?;
        Some([shortest, known.next_back().unwrap_or(shortest)])
    }

    /// Visits, one after the other, the starts where the text begins as some form does, and those of `others`, until
    /// `visit` tells to stop. Returns how many starts are settled then.
    ///
    /// `text` begins at position `origin` of the stream that `overlaps` belongs to.
    pub(crate) fn scan(
        &self,
        text: &[u8],
        origin: usize,
        others: &[usize],
        overlaps: &mut Overlaps,
        mut visit: impl FnMut(usize, Option<Walk>) -> ControlFlow<()>,
    ) -> usize {
        let mut others = others.iter().copied().peekable();
        let mut starts = self.strides.starts(text);
        let mut next = starts.next(0);
        let mut before: Option<(usize, Walk)> = None;
        loop {
            let other = others.peek().copied().unwrap_or(text.len());
            let start = next.min(other);
            if start == text.len() {
                return start;
            }
            let walk = if start == next { self.walk(&text[start..], origin + start, overlaps) } else { None };
            if (walk.is_some() || start == other) && visit(start, walk).is_break() {
                return start;
            }
            others.next_if_eq(&start);
            if start == next {
                let repeated = match (before, walk) {
                    (Some(before), Some(walk)) => repeated(text, before, (start, walk)),
                    _ => start,
                };
                let settled = others.peek().map_or(repeated, |other| repeated.min(other.saturating_sub(1)).max(start));
                next = starts.next(settled + 1);
                before = walk.map(|walk| (start, walk));
            }
        }
    }

    /// Compares a text, which stands at a position of the stream, with all forms. `None`: no form begins as it does.
    pub(crate) fn walk(&self, text: &[u8], position: usize, overlaps: &mut Overlaps) -> Option<Walk> {
        let source = overlaps.known(position, &self.trie);
        let steps = &mut overlaps.steps;
        steps.clear();
        let walk = match &source {
            Some(source) => self.trie.walk_from(text, source.step, source.known, steps),
            None if !self.has_short && text.len() >= LONG => self.trie.enter(text, steps)?,
            None => self.trie.walk(text, steps),
        };
        if source.is_some() || steps.len() + walk.matched / BYTES_OF_STEP >= LONG_WAY {
            overlaps.note(position, walk, source, self.trie.len());
        }
        Some(walk)
    }

    /// Whether so much of a form stands there that its white space may have become other; not if it is whole, and no
    /// other goes on behind it.
    pub(crate) fn breaks_off(&self, walk: Walk) -> bool {
        let is_whole = walk.longest.is_some_and(|form| self.trie.length(form) == walk.matched);
        walk.matched >= REACH && (!is_whole || self.trie.goes_on(walk))
    }

    /// Whether a form may begin as a text does, of one byte at least.
    pub(crate) fn may_begin(&self, text: &[u8]) -> bool {
        self.strides.may_begin(text)
    }
}

/// The last start that sees what the two before it saw, since the text repeats itself: nothing whole, and nothing that is
/// open. `start` if there is none behind it. No line break is passed over, nor what may be its border.
fn repeated(text: &[u8], (before, seen): (usize, Walk), (start, walk): (usize, Walk)) -> usize {
    let period = start - before;
    let is_same = walk == seen && walk.longest.is_none() && !walk.open && walk.matched >= WORTH_KEEPING;
    if !is_same || period > LONGEST_PERIOD || text[before..start].iter().any(|byte| may_be_mark(*byte)) {
        return start;
    }
    // Both begin as the same form does, up to here. A walk also depends on the byte behind what it matched.
    let more = common_prefix(&text[before + walk.matched..], &text[start + walk.matched..]);
    start + more.saturating_sub(1) / period * period
}

/// What comparisons at earlier starts of a stream tell about later ones.
///
/// Where a form matched for `n` bytes, the text is known for `n` bytes; how the form repeats itself (its Z function)
/// then says how much of it stands at each start in between. Kept for the latest long comparison and for the one that
/// reached farthest. Facts about the text stay true when forms are added.
#[derive(Default)]
pub(crate) struct Overlaps {
    latest: Seen,
    farthest: Seen,
    /// That the walk at hand took.
    steps: Vec<Step>,
}

/// From `start` to `end` of the stream stand the first bytes of `form`.
#[derive(Default)]
struct Seen {
    form: FormId,
    start: usize,
    end: usize,
    /// The way to `form` as far as it was gone, as it was when the trie had `forms` forms.
    path: Vec<Step>,
    forms: usize,
}

/// Where a walk may begin by what an earlier one saw.
pub(crate) struct Source {
    step: Step,
    /// So many bytes are known to match.
    known: usize,
    is_farthest: bool,
    /// So many steps of its way are the way of the walk too.
    steps: usize,
}

impl Overlaps {
    fn known(&mut self, position: usize, trie: &Trie) -> Option<Source> {
        let (latest, farthest) = (self.latest.known(position, trie), self.farthest.known(position, trie));
        let is_farthest = farthest >= latest;
        let (seen, known) = if is_farthest { (&mut self.farthest, farthest) } else { (&mut self.latest, latest) };
        if known < WORTH_KEEPING {
            return None;
        }
        let steps = seen.steps_within(known, trie);
        Some(Source { step: seen.path[steps - 1], known, is_farthest, steps })
    }

    /// Keeps what a walk saw. Its way is the one of its source, as far as they are the same, and the steps it took.
    fn note(&mut self, position: usize, walk: Walk, source: Option<Source>, forms: usize) {
        let is_farthest = position + walk.matched >= self.farthest.end;
        if is_farthest && source.as_ref().is_some_and(|source| !source.is_farthest) {
            std::mem::swap(&mut self.latest, &mut self.farthest);
        }
        let (seen, other) = match is_farthest {
            true => (&mut self.farthest, &self.latest),
            false => (&mut self.latest, &self.farthest),
        };
        match source {
            None => {
                seen.path.clear();
                seen.path.push(Step::ROOT);
            }
            Some(source) if is_farthest || !source.is_farthest => seen.path.truncate(source.steps),
            Some(source) => {
                seen.path.clear();
                seen.path.extend_from_slice(&other.path[..source.steps]);
            }
        }
        seen.path.extend_from_slice(&self.steps);
        (seen.form, seen.forms) = (walk.along, forms);
        (seen.start, seen.end) = (position, position + walk.matched);
    }
}

impl Seen {
    fn known(&self, position: usize, trie: &Trie) -> usize {
        if position < self.start || position + WORTH_KEEPING > self.end {
            return 0;
        }
        let left = self.end - position;
        if position == self.start { left } else { left.min(trie.repeats(self.form)[position - self.start] as usize) }
    }

    /// How many steps on the way to the form are no deeper than `known`.
    fn steps_within(&mut self, known: usize, trie: &Trie) -> usize {
        if self.forms != trie.len() {
            trie.path(self.form, &mut self.path);
            self.forms = trie.len();
        }
        // Most often nearly all of them.
        self.path.iter().rposition(|step| step.depth() <= known).expect("the root is the first") + 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::form::Form;
    use crate::forms::encode;
    use crate::search::trie::STEPS;

    /// Steps along the trie for each 100 bytes of text.
    fn steps(forms: &[String], text: &str) -> usize {
        let mut matcher = Matcher::default();
        for form in forms {
            matcher.insert(encode::raw(form.as_bytes()), Label::whole(0, Form::Raw));
        }
        STEPS.set(0);
        matcher.scan(text.as_bytes(), 0, &[], &mut Overlaps::default(), |_, _| ControlFlow::Continue(()));
        STEPS.get() * 100 / text.len()
    }

    #[test]
    fn a_text_that_looks_like_forms_at_every_place_takes_few_steps() {
        let same: Vec<String> = (20..64).map(|length| format!("{}b", "a".repeat(length))).collect();
        let runs: String = (0..1_000).map(|number| format!("{}b", "a".repeat(number * 37 % 100))).collect();
        assert!(steps(&same, &runs) < 300, "{}", steps(&same, &runs));
        assert!(steps(&same, &"a".repeat(100_000)) < 10);
        let long = [format!("{}b", "a".repeat(4_000))];
        let runs = format!("{}c", "a".repeat(3_999)).repeat(10);
        assert!(steps(&long, &runs) < 200, "{}", steps(&long, &runs));
    }

    #[test]
    fn of_those_that_own_a_form_the_highest_do_in_whatever_order_they_come() {
        let doubtful = |secret, form| Label { verdict: Verdict::Doubtful, part: 1, ..Label::whole(secret, form) };
        let [value, line, part] = [Form::Raw, Form::Line, Form::Part];
        let labels = [
            doubtful(0, part),
            Label::whole(1, line),
            Label::whole(2, value),
            Label::whole(3, value),
            doubtful(4, line),
        ];
        let owners = |order: &[usize]| {
            let mut matcher = Matcher::default();
            order.iter().for_each(|at| _ = matcher.insert(encode::raw(b"my-project"), labels[*at]));
            let mut owners: Vec<u32> = matcher.labels_of(b"my-project").map(|label| label.secret).collect();
            owners.sort_unstable();
            owners
        };
        for (order, expected) in [
            (&[0, 4][..], &[0, 4][..]),
            (&[0, 4, 1], &[1]),
            (&[1, 0, 4], &[1]),
            (&[0, 1, 2, 4, 3], &[2, 3]),
            (&[3, 1, 0, 2], &[2, 3]),
        ] {
            assert_eq!(owners(order), expected, "{order:?}");
        }
    }
}
