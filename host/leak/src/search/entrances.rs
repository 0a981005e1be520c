//! Where a walk enters the trie: by the first 8 bytes of a text straight at the first node that is as deep.

use zeroize::Zeroizing;

use super::blocks::Offset;
use super::ids::NodeId;

pub(crate) const WINDOW: usize = 8;

/// The first node that is deep enough, and where the bytes of a form stand that passes through it: both can be fetched at
/// the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entrance {
    pub(crate) node: NodeId,
    pub(crate) form: Offset,
}

/// A hash table with open addressing. Its keys are the windows themselves, scrambled so that they spread and that no
/// piece of a value stands in memory once more.
pub(crate) struct Entrances {
    /// Key, node plus 1 and offset; a power of two of them.
    slots: Zeroizing<Vec<[u64; 2]>>,
    used: usize,
}

impl Default for Entrances {
    fn default() -> Self {
        Self { slots: Zeroizing::new(vec![[0; 2]; 64]), used: 0 }
    }
}

impl Entrances {
    pub(crate) fn find(&self, window: &[u8; WINDOW]) -> Option<Entrance> {
        let [_, entry] = self.slots[self.slot(scramble(window))];
        (entry != 0).then(|| Entrance { node: entry as NodeId - 1, form: (entry >> NodeId::BITS) as Offset })
    }

    pub(crate) fn set(&mut self, window: &[u8; WINDOW], entrance: Entrance) {
        if self.used * 2 >= self.slots.len() {
            self.grow();
        }
        let key = scramble(window);
        let slot = self.slot(key);
        self.used += usize::from(self.slots[slot][1] == 0);
        self.slots[slot] = [key, u64::from(entrance.node + 1) | u64::from(entrance.form) << NodeId::BITS];
    }

    /// The slot that has the key, or the free one that it would have.
    fn slot(&self, key: u64) -> usize {
        let mask = self.slots.len() - 1;
        // The upper bits of a product depend on all bytes, the lower ones only on the first.
        let mut slot = (key >> (u64::BITS - self.slots.len().ilog2())) as usize;
        while self.slots[slot][1] != 0 && self.slots[slot][0] != key {
            slot = (slot + 1) & mask;
        }
        slot
    }

    fn grow(&mut self) {
        let larger = Zeroizing::new(vec![[0; 2]; self.slots.len() * 2]);
        let smaller = std::mem::replace(&mut self.slots, larger);
        for &[key, entry] in smaller.iter().filter(|[_, entry]| *entry != 0) {
            let slot = self.slot(key);
            self.slots[slot] = [key, entry];
        }
    }
}

/// One to one, since the factor is odd: two windows never share a key.
fn scramble(window: &[u8; WINDOW]) -> u64 {
    u64::from_le_bytes(*window).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_window_leads_to_the_node_that_was_set_last() {
        let mut entrances = Entrances::default();
        let window = |number: u32| u64::from(number).to_be_bytes();
        let entrance = |number: u32| Entrance { node: number, form: !number };
        (0..200_000).for_each(|number| entrances.set(&window(number), entrance(number)));
        (0..200_000).step_by(3).for_each(|number| entrances.set(&window(number), entrance(number + 1)));
        for number in 0..200_000 {
            assert_eq!(entrances.find(&window(number)), Some(entrance(number + u32::from(number % 3 == 0))));
        }
        assert_eq!(entrances.find(b"unknown!"), None);
    }
}
