//! Tells where in a text no form can begin, in large steps.
//!
//! If every form has `window + stride - 1` bytes or more and the text is probed every `stride` bytes, each form that
//! stands in the text has a whole probed window among its first bytes, at one of `stride` places. All those windows are in
//! a bitmap: where a probe is not in it, none of the `stride` starts before it is the start of a form, nor of what may
//! become one with more text. The speed follows the stride and so the shortest form, which is why short forms are
//! probed for in passes of their own.
//!
//! Deliberately absent: an opinion on where a form does begin.

use super::trie::Trie;

/// A probe reads so many bytes, though it may look at fewer.
pub(super) const READ: usize = size_of::<u64>();
/// Forms from each of these lengths on are looked for together.
const CLASSES: [usize; 2] = [4, 8];
/// Larger ones would cost more in the bitmap than they save in probes.
const STRIDES: [usize; 5] = [1, 3, 5, 8, 12];
/// Of so many bytes of a form all windows that are ever probed are part.
pub(super) const REACH: usize = STRIDES[STRIDES.len() - 1] - 1 + READ;
/// Probes between two branches.
const UNROLLED: usize = 4;

/// One pass for each class of lengths.
#[derive(Default)]
pub(super) struct Strides([Pass; CLASSES.len()]);

impl Strides {
    /// Adds the form that came last.
    pub(super) fn insert(&mut self, form: &[u8], trie: &Trie) {
        let class = CLASSES.partition_point(|&from| from <= form.len()) - 1;
        let lengths = CLASSES[class]..CLASSES.get(class + 1).copied().unwrap_or(usize::MAX);
        self.0[class].insert(form, || trie.iter().filter(|form| lengths.contains(&form.len())));
    }

    pub(super) fn starts<'a>(&'a self, text: &'a [u8]) -> Starts<'a> {
        let sought = self.0.each_ref().map(|pass| Sought { pass, from: 0, to: 0 });
        Starts { text, sought }
    }
}

/// The starts of a text at which a form may begin.
pub(super) struct Starts<'a> {
    text: &'a [u8],
    sought: [Sought<'a>; CLASSES.len()],
}

/// The next starts that a pass cannot rule out.
struct Sought<'a> {
    pass: &'a Pass,
    from: usize,
    to: usize,
}

impl Starts<'_> {
    /// The first such start from `start` on, or the end of the text. Never goes back.
    #[inline]
    pub(super) fn next(&mut self, start: usize) -> usize {
        let text = self.text;
        self.sought.iter_mut().map(|sought| sought.next(text, start)).min().unwrap_or(text.len())
    }
}

impl Sought<'_> {
    #[inline]
    fn next(&mut self, text: &[u8], start: usize) -> usize {
        if self.to <= start && self.to < text.len() {
            self.go_on(text, start);
        }
        self.from.max(start).min(text.len())
    }

    fn go_on(&mut self, text: &[u8], start: usize) {
        while self.to <= start && self.to < text.len() {
            (self.from, self.to) = self.pass.next(text, self.to);
        }
    }
}

/// The windows at the first places of many forms.
#[derive(Default)]
pub(super) struct Windows {
    bitmap: Bitmap,
    /// Of one window, in bytes.
    length: usize,
    /// Its bytes among those that a probe reads.
    mask: u64,
    /// At so many places, from the first byte on, as far as forms have them.
    places: usize,
    /// About so many different ones.
    count: usize,
}

impl Windows {
    pub(super) fn new(length: usize, places: usize) -> Self {
        Self { bitmap: Bitmap::for_keys(0), length, mask: u64::MAX >> (8 * (READ - length)), places, count: 0 }
    }

    /// Adds a form. If there is no room, this begins anew with `all` forms.
    pub(super) fn insert<'a, I: Iterator<Item = &'a [u8]>>(&mut self, form: &[u8], all: impl FnOnce() -> I) {
        self.add(form);
        if !self.bitmap.has_room(self.count) {
            self.bitmap = Bitmap::for_keys(2 * self.count);
            self.count = 0;
            all().for_each(|form| self.add(form));
        }
    }

    fn add(&mut self, form: &[u8]) {
        for place in 0..self.places.min((form.len() + 1).saturating_sub(self.length)) {
            let mut read = [0; READ];
            let rest = &form[place..];
            let bytes = rest.len().min(READ);
            read[..bytes].copy_from_slice(&rest[..bytes]);
            self.count += usize::from(self.bitmap.insert(u64::from_le_bytes(read) & self.mask));
        }
    }

    /// Whether a window may stand where these bytes do.
    pub(super) fn may_be(&self, read: u64) -> bool {
        self.bitmap.has(read & self.mask)
    }

    fn may_stand(&self, text: &[u8], at: usize) -> bool {
        self.may_be(u64::from_le_bytes(*text[at..].first_chunk().expect("the caller leaves room for it")))
    }
}

/// What looks for the forms of one class.
#[derive(Default)]
struct Pass {
    windows: Windows,
    shortest: usize,
    stride: usize,
}

impl Pass {
    /// Adds a form. One that is shorter than `all` before makes this begin anew.
    fn insert<'a, I: Iterator<Item = &'a [u8]>>(&mut self, form: &[u8], all: impl Fn() -> I) {
        if self.stride > 0 && form.len() >= self.shortest {
            return self.windows.insert(form, all);
        }
        let window = match form.len() {
            ..8 => 4,
            8..12 => 6,
            _ => 8,
        };
        let stride = STRIDES[STRIDES.partition_point(|stride| stride + window <= form.len() + 1) - 1];
        self.shortest = form.len();
        if (window, stride) == (self.windows.length, self.stride) {
            return self.windows.insert(form, all);
        }
        self.stride = stride;
        self.windows = Windows::new(window, stride);
        all().for_each(|form| self.windows.insert(form, &all));
    }

    /// The first starts from `from` on that cannot be ruled out, as a range.
    fn next(&self, text: &[u8], from: usize) -> (usize, usize) {
        match self.stride {
            0 => (text.len(), text.len()),
            1 => self.next_by::<1>(text, from),
            3 => self.next_by::<3>(text, from),
            5 => self.next_by::<5>(text, from),
            8 => self.next_by::<8>(text, from),
            _ => self.next_by::<12>(text, from),
        }
    }

    fn next_by<const STRIDE: usize>(&self, text: &[u8], mut from: usize) -> (usize, usize) {
        while let Some(near) = text.get(from..from + UNROLLED * STRIDE + READ) {
            let may_stand = |probe: usize| self.windows.may_stand(near, (probe + 1) * STRIDE - 1);
            if (0..UNROLLED).fold(false, |any, probe| any | may_stand(probe)) {
                let probe = (0..UNROLLED).position(may_stand).expect("one of them may");
                return (from + probe * STRIDE, from + (probe + 1) * STRIDE);
            }
            from += UNROLLED * STRIDE;
        }
        while from + STRIDE - 1 + READ <= text.len() {
            if self.windows.may_stand(text, from + STRIDE - 1) {
                return (from, from + STRIDE);
            }
            from += STRIDE;
        }
        (from, text.len())
    }
}

/// A set of keys that may say yes to others too: two bits in one word for each (Putze, Sanders and Singler, "Cache-,
/// Hash- and Space-Efficient Bloom Filters", 2007).
#[derive(Default)]
struct Bitmap {
    /// A power of two of words, or none.
    words: Vec<u64>,
}

impl Bitmap {
    /// So many bits for each key keep nearly every other one out.
    const BITS_PER_KEY: usize = 12;
    const FEWEST_BITS: usize = 1 << 13;
    /// 4 MiB: more would leave too little of the caches to others.
    const MOST_BITS: usize = 1 << 25;

    fn for_keys(keys: usize) -> Self {
        Self { words: vec![0; Self::bits(keys) / 64] }
    }

    fn has_room(&self, keys: usize) -> bool {
        Self::bits(keys) <= 64 * self.words.len()
    }

    fn bits(keys: usize) -> usize {
        (keys * Self::BITS_PER_KEY).next_power_of_two().clamp(Self::FEWEST_BITS, Self::MOST_BITS)
    }

    /// Whether it was not in it.
    fn insert(&mut self, key: u64) -> bool {
        let is_new = !self.has(key);
        let (word, [one, other]) = self.place(key);
        self.words[word] |= 1 << one | 1 << other;
        is_new
    }

    /// Has no branch, so that many of these overlap.
    fn has(&self, key: u64) -> bool {
        if self.words.is_empty() {
            return false;
        }
        let (word, [one, other]) = self.place(key);
        let word = self.words[word];
        word >> one & word >> other & 1 != 0
    }

    /// Multiplicative hashing; the halves of the product are folded, so that all bits depend on all bytes.
    fn place(&self, key: u64) -> (usize, [u64; 2]) {
        let product = u128::from(key) * 0x9e37_79b9_7f4a_7c15;
        let hash = (product >> 64) as u64 ^ product as u64;
        ((hash >> 12) as usize & (self.words.len() - 1), [hash & 63, hash >> 6 & 63])
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::sample::{Index, select};

    use super::super::encode;
    use super::super::{Form, scan::Label};
    use super::*;

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
                if trie.insert(encode::raw(form), Label { secret: 0, form: Form::Raw }) {
                    strides.insert(form, &trie);
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
            trie.insert(encode::raw(form.as_bytes()), Label { secret: number, form: Form::Raw });
            strides.insert(form.as_bytes(), &trie);
        }
        let text: Vec<u8> =
            (0..100_000_u32).map(|at| (at.wrapping_mul(at).wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        let mut starts = strides.starts(&text);
        let looked_at = (0..text.len()).filter(|&start| starts.next(start) == start).count();
        assert!(looked_at < text.len() / 20, "{looked_at} of {} starts are left to the search", text.len());
    }
}
