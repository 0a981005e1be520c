//! The bytes that a stream holds back: a queue that wipes what leaves it and what it grows out of.

use zeroize::{Zeroize, Zeroizing};

#[derive(Default)]
pub(super) struct Held {
    bytes: Zeroizing<Vec<u8>>,
    /// Where the queue begins; what was before it is wiped.
    front: usize,
}

impl Held {
    pub(super) fn as_slice(&self) -> &[u8] {
        &self.bytes[self.front..]
    }

    pub(super) fn len(&self) -> usize {
        self.bytes.len() - self.front
    }

    pub(super) fn push(&mut self, bytes: &[u8]) {
        if self.bytes.len() + bytes.len() > self.bytes.capacity() {
            // `Vec` would free its old buffer unwiped.
            let room = (self.len() + bytes.len()) * 2;
            let mut larger = Zeroizing::new(Vec::with_capacity(room));
            larger.extend_from_slice(self.as_slice());
            (self.bytes, self.front) = (larger, 0);
        }
        self.bytes.extend_from_slice(bytes);
    }

    /// Drops `count` bytes at the front.
    pub(super) fn advance(&mut self, count: usize) {
        let front = self.front + count;
        self.bytes[self.front..front].zeroize();
        self.front = front;
        if self.len() == 0 {
            self.bytes.truncate(0);
            self.front = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_leave_in_the_order_they_came_and_are_wiped() {
        let mut held = Held::default();
        let mut expected = Vec::new();
        for round in 0..200_u8 {
            let bytes = vec![round.max(1); usize::from(round % 7)];
            held.push(&bytes);
            expected.extend(bytes);
            let leaving = usize::from(round % 5).min(held.len());
            held.advance(leaving);
            expected.drain(..leaving);
            assert_eq!(held.as_slice(), expected);
            assert!(held.bytes[..held.front].iter().all(|&byte| byte == 0));
        }
    }
}
