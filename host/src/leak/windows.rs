//! Sets of windows, pieces of 8 bytes or fewer at the first places of many forms: for each piece of a text they tell at
//! once, and without a branch, that it is no window of any form, or that it may be one.
//!
//! Deliberately absent: certainty, and taking a form out again.

/// A look at a text reads so many bytes, though a window may be shorter.
pub(super) const READ: usize = size_of::<u64>();

/// The bytes of a text from a place on, if there are as many.
#[inline]
pub(super) fn read(text: &[u8], at: usize) -> Option<u64> {
    text.get(at..)?.first_chunk().map(|bytes| u64::from_le_bytes(*bytes))
}

/// The first bytes of a text, and zeros if it is shorter.
pub(super) fn read_padded(text: &[u8]) -> u64 {
    let mut bytes = [0; READ];
    bytes.iter_mut().zip(text).for_each(|(byte, from)| *byte = *from);
    u64::from_le_bytes(bytes)
}

/// The windows at the first places of many forms.
#[derive(Default)]
pub(super) struct Windows {
    bitmap: Bitmap,
    /// Of one window, in bytes.
    length: usize,
    /// Its bytes among those that a look reads.
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
            self.count += usize::from(self.bitmap.insert(read_padded(&form[place..]) & self.mask));
        }
    }

    /// Whether a window may stand where these bytes do.
    #[inline]
    pub(super) fn may_be(&self, read: u64) -> bool {
        self.bitmap.has(read & self.mask)
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

    /// Has no branch that is not always taken alike, so that many of these overlap.
    #[inline]
    fn has(&self, key: u64) -> bool {
        let (word, [one, other]) = self.place(key);
        let word = self.words.get(word).copied().unwrap_or_default();
        word >> one & word >> other & 1 != 0
    }

    /// Multiplicative hashing; the halves of the product are folded, so that all bits depend on all bytes.
    fn place(&self, key: u64) -> (usize, [u64; 2]) {
        let product = u128::from(key) * 0x9e37_79b9_7f4a_7c15;
        let hash = (product >> 64) as u64 ^ product as u64;
        ((hash >> 12) as usize & self.words.len().wrapping_sub(1), [hash & 63, hash >> 6 & 63])
    }
}
