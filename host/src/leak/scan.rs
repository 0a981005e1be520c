//! Finds every form at every place of a text, in time that grows with the text and not with what stands in it.
//!
//! A bitmap of the beginnings of all forms passes over most places. At the others the text is compared with the trie of
//! all forms. Where a text repeats itself, so that long beginnings of forms overlap, what was compared already is not
//! compared again ([`Overlaps`]): `aaaa…` costs the same for every `a`.
//!
//! Deliberately absent: approximate matching. The bitmap only ever says where nothing is.

use super::encode::Encoded;
use super::trie::{FormId, Step, Trie, Walk};

pub(super) use super::trie::Label;

/// Forms of this length or more are found by their first 8 bytes, shorter ones by their first 4.
const LONG: usize = 8;
const SHORT: usize = 4;
/// From this length on, a comparison is worth remembering.
const WORTH_KEEPING: usize = 16;

/// All forms of all guarded values.
#[derive(Default)]
pub(super) struct Matcher {
    trie: Trie,
    long: Beginnings<LONG>,
    short: Beginnings<SHORT>,
}

impl Matcher {
    /// Adds a form of 4 bytes or more; shorter ones are not looked for. Of two that are the same the first keeps its
    /// label.
    pub(super) fn insert(&mut self, bytes: Encoded, label: Label) {
        let length = bytes.len();
        if length < SHORT || !self.trie.insert(bytes, label) {
            return;
        }
        if length < LONG {
            self.short.insert(&self.trie);
        } else {
            self.long.insert(&self.trie);
        }
    }

    /// Whose form these bytes are.
    pub(super) fn label_of(&self, bytes: &[u8]) -> Option<Label> {
        self.trie.find(bytes).map(|form| self.trie.label(form))
    }

    /// Settles one start after the other: `found` gets each start where a form stands, with the length and label of
    /// the longest. Stops at the first start from which the rest of the text is a proper prefix of some form, unless
    /// the text is `complete`. Returns how many starts are settled.
    ///
    /// `text` begins at position `origin` of the stream that `overlaps` belongs to.
    pub(super) fn scan(
        &self,
        text: &[u8],
        origin: usize,
        complete: bool,
        overlaps: &mut Overlaps,
        mut found: impl FnMut(usize, usize, Label),
    ) -> usize {
        let mut start = self.next_candidate(text, 0);
        while start < text.len() {
            let Some(walk) = self.walk(&text[start..], origin + start, overlaps) else {
                start = self.next_candidate(text, start + 1);
                continue;
            };
            overlaps.note(origin + start, walk);
            if walk.open && !complete {
                return start;
            }
            if let Some(form) = walk.longest {
                found(start, self.trie.bytes(form).len(), self.trie.label(form));
            }
            start = self.next_candidate(text, start + 1);
        }
        text.len()
    }

    /// Compares a text, which stands at a position of the stream, with all forms. `None`: no form begins as it does.
    fn walk(&self, text: &[u8], position: usize, overlaps: &mut Overlaps) -> Option<Walk> {
        match overlaps.known(position, &self.trie) {
            Some((step, known)) => Some(self.trie.walk_from(text, step, known)),
            None if self.short.is_empty() && text.len() >= LONG => self.trie.enter(text),
            None => Some(self.trie.walk(text)),
        }
    }

    /// The first place from `start` on where a form may begin. At the end, where the bitmap sees too few bytes, all may.
    fn next_candidate(&self, text: &[u8], start: usize) -> usize {
        if self.trie.len() == 0 {
            return text.len();
        }
        let rest = &text[start..];
        let mut windows = rest.array_windows::<LONG>();
        let place = if self.short.is_empty() {
            windows.position(|window| self.long.may_begin(window))
        } else {
            windows.position(|window| self.long.may_begin(window) || self.short.may_begin(&first_four(window)))
        };
        start + place.unwrap_or(rest.len().saturating_sub(LONG - 1))
    }
}

fn first_four(window: &[u8; LONG]) -> [u8; SHORT] {
    [window[0], window[1], window[2], window[3]]
}

/// A bitmap of the first `N` bytes of forms. It may say yes to others, never no to one of them.
struct Beginnings<const N: usize> {
    /// A power of two of words, or none.
    bits: Vec<u64>,
    /// What is left of a hash after this shift numbers a bit.
    shift: u32,
    forms: usize,
}

impl<const N: usize> Default for Beginnings<N> {
    fn default() -> Self {
        Self { bits: Vec::new(), shift: 0, forms: 0 }
    }
}

impl<const N: usize> Beginnings<N> {
    /// So many bits for each form keep nearly every other text out.
    const BITS_PER_FORM: usize = 32;
    const FEWEST_BITS: usize = 1 << 13;
    /// 1 MiB: more would not stay in the cache of a core.
    const MOST_BITS: usize = 1 << 23;

    fn is_empty(&self) -> bool {
        self.forms == 0
    }

    /// Adds the beginning of the form that came last.
    fn insert(&mut self, trie: &Trie) {
        self.forms += 1;
        let bits = (self.forms * Self::BITS_PER_FORM).next_power_of_two().clamp(Self::FEWEST_BITS, Self::MOST_BITS);
        if bits > self.bits.len() * 64 {
            self.bits = vec![0; bits / 64];
            self.shift = u64::BITS - bits.ilog2();
            trie.iter().for_each(|form| self.set(form));
        } else if let Some(form) = trie.iter().next_back() {
            self.set(form);
        }
    }

    /// Forms of the other kind do no harm: they have a bit too many here.
    fn set(&mut self, form: &[u8]) {
        if let Some(window) = form.first_chunk() {
            let (word, bit) = self.place(window);
            self.bits[word] |= bit;
        }
    }

    fn may_begin(&self, window: &[u8; N]) -> bool {
        let (word, bit) = self.place(window);
        self.bits.get(word).is_some_and(|word| word & bit != 0)
    }

    /// Multiplicative hashing: the upper bits of the product depend on all bytes.
    fn place(&self, window: &[u8; N]) -> (usize, u64) {
        let mut bytes = [0; 8];
        bytes[..N].copy_from_slice(window);
        let hash = u64::from_le_bytes(bytes).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        ((hash >> self.shift) as usize >> 6, 1 << (hash >> self.shift & 63))
    }
}

/// What comparisons at earlier starts of a stream tell about later ones.
///
/// Where a form matched for `n` bytes, the text is known for `n` bytes; how the form repeats itself (its Z function)
/// then says how much of it stands at each start in between. Kept for the latest long comparison and for the one that
/// reached farthest. Facts about the text stay true when forms are added.
#[derive(Default)]
pub(super) struct Overlaps {
    latest: Seen,
    farthest: Seen,
}

/// From `start` to `end` of the stream stand the first bytes of `form`.
#[derive(Default)]
struct Seen {
    form: FormId,
    start: usize,
    end: usize,
    /// The way to `form`, as it was when the trie had `forms` forms.
    path: Vec<Step>,
    forms: usize,
}

impl Overlaps {
    /// Where a walk from this position may begin, and how many bytes from the position on are known to match.
    fn known(&mut self, position: usize, trie: &Trie) -> Option<(Step, usize)> {
        let latest = self.latest.known(position, trie);
        let same = self.latest.start == self.farthest.start;
        let farthest = if same { 0 } else { self.farthest.known(position, trie) };
        let (seen, known) =
            if latest >= farthest { (&mut self.latest, latest) } else { (&mut self.farthest, farthest) };
        (known >= WORTH_KEEPING).then(|| (seen.step(known, trie), known))
    }

    fn note(&mut self, position: usize, walk: Walk) {
        if walk.matched < WORTH_KEEPING {
            return;
        }
        self.latest.set(position, walk);
        if position + walk.matched >= self.farthest.end {
            self.farthest.set(position, walk);
        }
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

    /// The last node on the way to the form that is no deeper than `known`.
    fn step(&mut self, known: usize, trie: &Trie) -> Step {
        if self.forms != trie.len() {
            trie.path(self.form, &mut self.path);
            self.forms = trie.len();
        }
        self.path[self.path.partition_point(|step| step.depth() <= known) - 1]
    }

    fn set(&mut self, position: usize, walk: Walk) {
        if self.form != walk.along {
            self.forms = 0;
        }
        self.form = walk.along;
        self.start = position;
        self.end = position + walk.matched;
    }
}
