//! Tells where in a text a form may begin, in large steps.
//!
//! If every form has `window + stride - 1` bytes or more and the text is probed every `stride` bytes, each form that
//! stands in the text has a whole probed window among its first bytes, at one of `stride` places. All those windows
//! are in a bitmap: where a probe is not in it, none of the `stride` starts before it is the start of a form, nor of
//! what may become one with more text. Where it is, a second bitmap tells by the first bytes of the forms which of
//! them may be. The speed follows the stride and so the shortest form, which is why short forms are probed for in
//! passes of their own.
//!
//! Deliberately absent: an opinion on where a form does begin.

use std::ops::Range;

use super::trie::Trie;
use super::windows::{READ, Windows, read, read_padded};

/// Forms from each of these lengths on are looked for together.
const CLASSES: [usize; 3] = [4, 8, 20];
/// The window of forms that are shorter than a look.
const SHORT_WINDOW: usize = 4;
/// Larger ones would cost more in the bitmap than they save in probes.
const STRIDES: [usize; 5] = [1, 3, 5, 9, 13];
const LONGEST_STRIDE: usize = STRIDES[STRIDES.len() - 1];
/// Of so many bytes of a form all windows that are ever probed are part.
pub(crate) const REACH: usize = LONGEST_STRIDE - 1 + READ;
/// Probes between two branches.
const UNROLLED: usize = 8;
const _: () = assert!(UNROLLED * LONGEST_STRIDE + READ <= Candidates::BITS as usize);

/// One pass for each class of lengths.
#[derive(Default)]
pub(crate) struct Strides {
    passes: [Pass; CLASSES.len()],
    /// Nobody asks for starts, only how forms begin.
    without_starts: bool,
}

impl Strides {
    /// Of forms whose starts are known from elsewhere: [`starts`](Self::starts) are none.
    pub(crate) fn of_beginnings() -> Self {
        Self { without_starts: true, ..Self::default() }
    }

    /// Adds the form that came last; in the end there are about so many times as many.
    pub(crate) fn insert(&mut self, form: &[u8], times: usize, trie: &Trie) {
        let class = CLASSES.partition_point(|&from| from <= form.len()) - 1;
        let lengths = CLASSES[class]..CLASSES.get(class + 1).copied().unwrap_or(usize::MAX);
        let all = || trie.iter().filter(|form| lengths.contains(&form.len()));
        self.passes[class].insert_beginning(form, times, all);
        if !self.without_starts {
            self.passes[class].insert(form, times, all);
        }
    }

    pub(crate) fn starts<'a>(&'a self, text: &'a [u8]) -> Starts<'a> {
        Starts { text, sought: self.passes.each_ref().map(Sought::new) }
    }

    /// Whether a form may begin as a text does, of one byte at least.
    pub(crate) fn may_begin(&self, text: &[u8]) -> bool {
        self.passes.iter().any(|pass| pass.beginnings.may_be(text))
    }
}

/// The starts of a text at which a form may begin.
pub(crate) struct Starts<'a> {
    text: &'a [u8],
    sought: [Sought<'a>; CLASSES.len()],
}

impl Starts<'_> {
    /// The first such start from `start` on, or the end of the text. Never goes back.
    pub(crate) fn next(&mut self, start: usize) -> usize {
        let text = self.text;
        self.sought.iter_mut().map(|sought| sought.next(text, start)).min().unwrap_or(text.len())
    }
}

/// Starts in a row: one bit for each at which a form may begin, the first the lowest.
type Candidates = u128;

/// How far one pass has come.
struct Sought<'a> {
    pass: &'a Pass,
    candidates: Candidates,
    /// Of these starts.
    from: usize,
    to: usize,
}

impl<'a> Sought<'a> {
    fn new(pass: &'a Pass) -> Self {
        Self { pass, candidates: 0, from: 0, to: 0 }
    }

    #[inline]
    fn next(&mut self, text: &[u8], start: usize) -> usize {
        loop {
            let passed = start.saturating_sub(self.from);
            let left = if start < self.to { self.candidates >> passed << passed } else { 0 };
            if left != 0 {
                return self.from + left.trailing_zeros() as usize;
            }
            if self.to == text.len() {
                return self.to;
            }
            (self.candidates, self.from, self.to) = self.pass.next(text, self.to.max(start));
        }
    }
}

/// What looks for the forms of one class.
#[derive(Default)]
struct Pass {
    /// At as many places as the stride is long.
    windows: Windows,
    beginnings: Beginnings,
    has_any: bool,
    shortest: usize,
    stride: usize,
}

impl Pass {
    fn insert_beginning<'a, I: Iterator<Item = &'a [u8]>>(&mut self, form: &[u8], times: usize, all: impl Fn() -> I) {
        if !std::mem::replace(&mut self.has_any, true) {
            self.beginnings = Beginnings::new(if form.len() < READ { SHORT_WINDOW } else { READ });
        }
        self.beginnings.insert(form, times, all);
    }

    /// Adds a form. One that is shorter than `all` before makes this begin anew.
    fn insert<'a, I: Iterator<Item = &'a [u8]>>(&mut self, form: &[u8], times: usize, all: impl Fn() -> I) {
        if self.stride > 0 && form.len() >= self.shortest {
            return self.windows.insert(form, times, all);
        }
        let window = match form.len() {
            ..8 => SHORT_WINDOW,
            8..12 => 6,
            _ => 8,
        };
        let stride = STRIDES[STRIDES.partition_point(|stride| stride + window <= form.len() + 1) - 1];
        self.shortest = form.len();
        (self.stride, self.windows) = (stride, Windows::new(window, stride));
        all().for_each(|form| self.windows.insert(form, times, &all));
    }

    /// The first starts from `from` on that are not ruled out together: which of them are candidates, and where they
    /// begin and end.
    fn next(&self, text: &[u8], from: usize) -> (Candidates, usize, usize) {
        match self.stride {
            0 => (0, text.len(), text.len()),
            1 => self.next_by::<1>(text, from),
            3 => self.next_by::<3>(text, from),
            5 => self.next_by::<5>(text, from),
            9 => self.next_by::<9>(text, from),
            _ => self.next_by::<LONGEST_STRIDE>(text, from),
        }
    }

    fn next_by<const STRIDE: usize>(&self, text: &[u8], mut from: usize) -> (Candidates, usize, usize) {
        while let Some(block) = text.get(from..from + UNROLLED * STRIDE + READ) {
            let to = from + UNROLLED * STRIDE;
            if (0..UNROLLED).fold(false, |any, probe| any | self.hits::<STRIDE>(block, probe)) {
                let candidates = self.candidates::<STRIDE>(block, UNROLLED);
                if candidates != 0 {
                    return (candidates, from, to);
                }
            }
            from = to;
        }
        (self.last_candidates::<STRIDE>(&text[from..]), from, text.len())
    }

    /// Whether the starts of a probe cannot be ruled out.
    fn hits<const STRIDE: usize>(&self, block: &[u8], probe: usize) -> bool {
        self.windows.may_be(read(block, (probe + 1) * STRIDE - 1).expect("a block has room for all its probes"))
    }

    /// Which starts of the first probes may begin a form.
    #[cold]
    fn candidates<const STRIDE: usize>(&self, text: &[u8], probes: usize) -> Candidates {
        let hits = (0..probes).filter(|probe| self.hits::<STRIDE>(text, *probe));
        hits.fold(0, |candidates, probe| candidates | self.may_begin(text, probe * STRIDE..(probe + 1) * STRIDE))
    }

    /// The candidates at the end of a text.
    fn last_candidates<const STRIDE: usize>(&self, text: &[u8]) -> Candidates {
        // So many starts have 8 bytes behind them.
        let whole = (text.len() + 1).saturating_sub(READ);
        let probes = whole / STRIDE;
        let probed = self.candidates::<STRIDE>(text, probes);
        let rest = self.may_begin(text, probes * STRIDE..whole);
        let last = text.last_chunk().map_or_else(|| read_cut(text), |bytes| u64::from_le_bytes(*bytes));
        (whole..text.len()).fold(probed | rest, |candidates, start| {
            let length = text.len() - start;
            let may_be = self.beginnings.may_be_cut(last >> padding(length), length);
            candidates | Candidates::from(may_be) << start
        })
    }

    /// Which of some starts, each with 8 bytes behind it, may begin a form.
    fn may_begin(&self, text: &[u8], starts: Range<usize>) -> Candidates {
        let first = starts.start;
        let may_begin = |start: usize| read(text, start).is_some_and(|window| self.beginnings.whole.may_be(window));
        let found = starts.fold(0, |found, start| found | u32::from(may_begin(start)) << (start - first));
        Candidates::from(found) << first
    }
}

/// The last bytes of a text that is shorter than a look, as if others stood before them.
fn read_cut(text: &[u8]) -> u64 {
    read_padded(text).checked_shl(padding(text.len())).unwrap_or_default()
}

/// The bits of a look that so many bytes leave over.
fn padding(length: usize) -> u32 {
    8 * (READ - length) as u32
}

/// How the forms of one class begin.
#[derive(Default)]
struct Beginnings {
    whole: Windows,
    /// By so many bytes and one, for where the text ends.
    cut: [Windows; 4],
}

impl Beginnings {
    fn new(length: usize) -> Self {
        Self { whole: Windows::new(length, 1), cut: [1, 2, 3, 4].map(|length| Windows::new(length, 1)) }
    }

    fn insert<'a, I: Iterator<Item = &'a [u8]>>(&mut self, form: &[u8], times: usize, all: impl Fn() -> I) {
        self.cut.iter_mut().chain([&mut self.whole]).for_each(|windows| windows.insert(form, times, &all));
    }

    /// Whether a form may begin as a text does, of one byte at least.
    fn may_be(&self, text: &[u8]) -> bool {
        match read(text, 0) {
            Some(first) => self.whole.may_be(first),
            None => self.may_be_cut(read_padded(text), text.len()),
        }
    }

    /// The same of so many bytes, less than a look reads.
    fn may_be_cut(&self, bytes: u64, length: usize) -> bool {
        self.cut[length.min(self.cut.len()) - 1].may_be(bytes)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::sample::{Index, select};

    use super::*;
    use crate::form::Form;
    use crate::forms::encode;
    use crate::search::ids::Label;

    fn form() -> impl Strategy<Value = Vec<u8>> {
        prop::collection::vec(select(&b"ab"[..]), 4..40)
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_start_is_passed_over_whatever_the_order_of_the_forms(
            forms in prop::collection::vec(form(), 1..12),
            pieces in prop::collection::vec((any::<Index>(), any::<Index>(), any::<[u8; 3]>()), 0..12),
        ) {
            let (mut trie, mut strides) = (Trie::default(), Strides::default());
            for form in &forms {
                if trie.insert(encode::raw(form), Label::whole(0, Form::Raw)).is_ok() {
                    strides.insert(form, 1, &trie);
                }
            }
            let mut text = Vec::new();
            for (form, to, noise) in pieces {
                let form = form.get(&forms);
                text.extend_from_slice(&form[..to.index(form.len()) + 1]);
                text.extend_from_slice(&noise[..usize::from(noise[0] % 4).min(3)]);
            }
            let mut starts = strides.starts(&text);
            for start in 0..text.len() {
                let begins = |form: &Vec<u8>| text[start..].starts_with(form) || form.starts_with(&text[start..]);
                let next = starts.next(start);
                prop_assert!(next >= start);
                prop_assert!(next == start || !forms.iter().any(begins), "{start} is passed over");
            }
        }
    }

    #[test]
    fn what_looks_like_no_form_is_passed_over() {
        let (mut trie, mut strides) = (Trie::default(), Strides::default());
        for number in 0..1_000_u32 {
            let form = format!("{number:08x}-secret-{number:x}");
            trie.insert(encode::raw(form.as_bytes()), Label::whole(number, Form::Raw)).unwrap();
            strides.insert(form.as_bytes(), 1, &trie);
        }
        let text: Vec<u8> =
            (0..100_000_u32).map(|at| (at.wrapping_mul(at).wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        let mut starts = strides.starts(&text);
        let looked_at = (0..text.len()).filter(|&start| starts.next(start) == start).count();
        assert!(looked_at < text.len() / 20, "{looked_at} of {} starts are left to the search", text.len());
    }
}
