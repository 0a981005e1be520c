//! Sets of windows, pieces of 8 bytes or fewer at the first places of many forms: for each piece of a text they tell at
//! once, and without a branch, that it is no window of any form, or that it may be one.
//!
//! Deliberately absent: certainty, and taking a form out again.

/// A look at a text reads so many bytes, though a window may be shorter.
pub(crate) const READ: usize = size_of::<u64>();

/// The bytes of a text from a place on, if there are as many.
#[inline]
pub(crate) fn read(text: &[u8], at: usize) -> Option<u64> {
    text.get(at..)?.first_chunk().map(|bytes| u64::from_le_bytes(*bytes))
}

/// The first bytes of a text, and zeros if it is shorter.
pub(crate) fn read_padded(text: &[u8]) -> u64 {
    let mut bytes = [0; READ];
    bytes.iter_mut().zip(text).for_each(|(byte, from)| *byte = *from);
    u64::from_le_bytes(bytes)
}

/// The windows at the first places of many forms.
#[derive(Default)]
pub(crate) struct Windows {
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
    pub(crate) fn new(length: usize, places: usize) -> Self {
        Self { bitmap: Bitmap::for_keys(0), length, mask: u64::MAX >> (8 * (READ - length)), places, count: 0 }
    }

    /// Adds a form. If there is no room, this begins anew with `all` forms, and with room for so many times as many.
    pub(crate) fn insert<'a, I: Iterator<Item = &'a [u8]>>(
        &mut self,
        form: &[u8],
        times: usize,
        all: impl FnOnce() -> I,
    ) {
        self.add(form);
        if !self.bitmap.has_room(self.count) {
            self.bitmap = Bitmap::for_keys(self.count * times);
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
    pub(crate) fn may_be(&self, read: u64) -> bool {
        self.bitmap.has(read & self.mask)
    }
}

/// A set of keys that may say yes to others too: three bits in one word for each (Putze, Sanders and Singler, "Cache-,
/// Hash- and Space-Efficient Bloom Filters", 2007).
#[derive(Default)]
struct Bitmap {
    /// A power of two of words, or none.
    words: Vec<u64>,
}

impl Bitmap {
    /// At least so many bits for each key: fewer cost more in second looks than they save in caches.
    const BITS_PER_KEY: usize = 24;
    /// But for what is larger than so many bits, where a smaller one stays in the caches of a core.
    const AMPLE_BITS: usize = 1 << 21;
    const FEW_BITS_PER_KEY: usize = 16;
    const FEWEST_BITS: usize = 1 << 13;
    /// 16 MiB: what 10,000 values need. Their forms take 20 times as much.
    const MOST_BITS: usize = 1 << 27;

    fn for_keys(keys: usize) -> Self {
        Self { words: vec![0; Self::bits(keys) / 64] }
    }

    fn has_room(&self, keys: usize) -> bool {
        Self::bits(keys) <= 64 * self.words.len()
    }

    fn bits(keys: usize) -> usize {
        match (keys * Self::BITS_PER_KEY).next_power_of_two() {
            bits @ ..=Self::AMPLE_BITS => bits.max(Self::FEWEST_BITS),
            _ => (keys * Self::FEW_BITS_PER_KEY).next_power_of_two().clamp(Self::AMPLE_BITS, Self::MOST_BITS),
        }
    }

    /// Whether it was not in it.
    fn insert(&mut self, key: u64) -> bool {
        let is_new = !self.has(key);
        let (word, bits) = self.place(key);
        self.words[word] |= bits.iter().fold(0, |all, bit| all | 1 << bit);
        is_new
    }

    /// Its only branch always goes the same way, so that many of these overlap.
    #[inline]
    fn has(&self, key: u64) -> bool {
        let (word, [one, other, third]) = self.place(key);
        let word = self.words.get(word).copied().unwrap_or_default();
        word >> one & word >> other & word >> third & 1 != 0
    }

    /// Multiplicative hashing; the halves of the product are folded, so that all bits depend on all bytes.
    fn place(&self, key: u64) -> (usize, [u64; 3]) {
        let product = u128::from(key) * 0x9e37_79b9_7f4a_7c15;
        let hash = (product >> 64) as u64 ^ product as u64;
        let bits = [hash & 63, hash >> 6 & 63, hash >> 12 & 63];
        ((hash >> 18) as usize & self.words.len().wrapping_sub(1), bits)
    }
}
