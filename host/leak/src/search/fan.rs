//! The children of a node, by their first byte.

use zeroize::Zeroize;

use super::ids::NodeId;

/// As a set of bytes, and the children in its order: one step leads to each, however many there are. Without the set,
/// which does not move, the children say nothing about any value.
#[derive(Default)]
pub(crate) struct Fan {
    bytes: [u64; 4],
    nodes: Vec<NodeId>,
}

impl Fan {
    #[inline]
    pub(crate) fn child(&self, byte: u8) -> Option<NodeId> {
        self.has(byte).then(|| self.nodes[self.rank(byte)])
    }

    pub(crate) fn set(&mut self, byte: u8, node: NodeId) {
        let rank = self.rank(byte);
        if self.has(byte) {
            self.nodes[rank] = node;
        } else {
            self.bytes[usize::from(byte / 64)] |= 1 << (byte % 64);
            self.nodes.insert(rank, node);
        }
    }

    fn has(&self, byte: u8) -> bool {
        self.bytes[usize::from(byte / 64)] >> (byte % 64) & 1 == 1
    }

    /// How many smaller bytes there are.
    fn rank(&self, byte: u8) -> usize {
        let (whole, part) = (usize::from(byte / 64), byte % 64);
        let below = self.bytes[..whole].iter().map(|bytes| bytes.count_ones()).sum::<u32>();
        (below + (self.bytes[whole] & ((1 << part) - 1)).count_ones()) as usize
    }
}

impl Drop for Fan {
    fn drop(&mut self) {
        self.bytes.zeroize();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_leads_to_the_node_that_was_set_last() {
        let mut fan = Fan::default();
        for round in 0..2 {
            for byte in (0..=255_u8).map(|byte| byte.wrapping_mul(77)).filter(|byte| byte % 3 > 0) {
                fan.set(byte, u32::from(byte) + round);
            }
        }
        for byte in 0..=255 {
            assert_eq!(fan.child(byte), (byte % 3 > 0).then_some(u32::from(byte) + 1));
        }
    }
}
