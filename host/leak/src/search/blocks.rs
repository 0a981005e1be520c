//! Memory that is never moved: what grows by it leaves no copies behind that nobody wipes, and never stops to copy.

use std::ops::{Index, IndexMut};

use zeroize::Zeroize;

const BLOCK: usize = 1 << 12;

/// A list, in blocks of the same size.
pub(crate) struct Blocks<T>(Vec<Vec<T>>);

impl<T> Default for Blocks<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Blocks<T> {
    pub(crate) fn len(&self) -> usize {
        self.0.last().map_or(0, |last| (self.0.len() - 1) * BLOCK + last.len())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds an item and returns its index.
    ///
    /// # Panics
    /// With the one after 2³² - 1: that index is left to those who mean none.
    pub(crate) fn push(&mut self, item: T) -> u32 {
        let index = u32::try_from(self.len()).ok().filter(|&index| index < u32::MAX).expect("fewer than four billion");
        match self.0.last_mut() {
            Some(last) if last.len() < BLOCK => last.push(item),
            _ => {
                let mut block = Vec::with_capacity(BLOCK);
                block.push(item);
                self.0.push(block);
            }
        }
        index
    }

    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.0.iter().flatten()
    }
}

impl<T> Index<u32> for Blocks<T> {
    type Output = T;

    #[inline]
    fn index(&self, index: u32) -> &T {
        &self.0[index as usize / BLOCK][index as usize % BLOCK]
    }
}

impl<T> IndexMut<u32> for Blocks<T> {
    fn index_mut(&mut self, index: u32) -> &mut T {
        &mut self.0[index as usize / BLOCK][index as usize % BLOCK]
    }
}

/// Strings of bytes, one behind the other in large blocks, and wiped in the end.
#[derive(Default)]
pub(crate) struct Bytes(Vec<Vec<u8>>);

/// Where a string begins: its block, and how far into that, in units of 8 bytes.
pub(crate) type Offset = u32;

const UNIT: usize = 8;
const UNITS: usize = 1 << 15;

impl Bytes {
    /// # Panics
    /// With more than 32 GiB.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> Offset {
        let size = bytes.len().next_multiple_of(UNIT);
        if self.0.last().is_none_or(|last| last.len() + size > UNITS * UNIT) {
            // A longer string has a block to itself.
            self.0.push(Vec::with_capacity(size.max(UNITS * UNIT)));
        }
        let number = self.0.len() - 1;
        let block = &mut self.0[number];
        let offset = number * UNITS + block.len() / UNIT;
        block.extend_from_slice(bytes);
        block.resize(offset % UNITS * UNIT + size, 0);
        Offset::try_from(offset).expect("forms of less than 32 GiB")
    }

    /// The string at an offset, and all behind it.
    #[inline]
    pub(crate) fn from(&self, offset: Offset) -> &[u8] {
        let offset = offset as usize;
        &self.0[offset / UNITS][offset % UNITS * UNIT..]
    }
}

impl Drop for Bytes {
    fn drop(&mut self) {
        self.0.iter_mut().for_each(|block| block.as_mut_slice().zeroize());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_keep_their_index_and_their_order() {
        let mut blocks = Blocks::default();
        let many = 3 * BLOCK as u32;
        (0..many).for_each(|number| assert_eq!(blocks.push(number), number));
        blocks[many - 1] = 7;
        assert_eq!(blocks.len(), many as usize);
        assert_eq!((blocks[0], blocks[BLOCK as u32], blocks[many - 1]), (0, BLOCK as u32, 7));
        assert!(blocks.iter().rev().skip(1).eq((0..many - 1).collect::<Vec<_>>().iter().rev()));
    }

    #[test]
    fn strings_of_any_length_are_kept_and_stay_where_they_are() {
        let lengths = [1, 8, 20, UNIT * UNITS, 3 * UNIT * UNITS + 1, 100_000, 200_000, 7];
        let mut bytes = Bytes::default();
        let kept = lengths.map(|length| (vec![length as u8 | 1; length], bytes.push(&vec![length as u8 | 1; length])));
        let stand: Vec<*const u8> = kept.iter().map(|(_, offset)| bytes.from(*offset).as_ptr()).collect();
        (0..100).for_each(|_| _ = bytes.push(&[9; 10_000]));
        for ((string, offset), stood) in kept.iter().zip(stand) {
            assert!(bytes.from(*offset).starts_with(string));
            assert_eq!(bytes.from(*offset).as_ptr(), stood);
        }
    }
}
