//! Room that is held before it is used.

use std::ops::{Deref, DerefMut};

use um_base::{Held, Over, Work};

pub(super) struct Buffer<T> {
    items: Vec<T>,
    held: Held,
}

impl<T: Copy> Buffer<T> {
    pub(super) fn new(work: &Work) -> Result<Self, Over> {
        Self::with_room(0, work)
    }

    pub(super) fn with_room(room: usize, work: &Work) -> Result<Self, Over> {
        let held = work.hold(bytes::<T>(room))?;
        Ok(Self { items: Vec::with_capacity(room), held })
    }

    pub(super) fn push(&mut self, items: &[T]) -> Result<(), Over> {
        let (length, before) = (self.items.len() + items.len(), self.items.capacity());
        if length > before {
            let room = length.max(before + before / 2).max(64);
            // While it moves there are both.
            self.held.grow(bytes::<T>(room))?;
            self.items.reserve_exact(room - self.items.len());
            self.held.shrink(bytes::<T>(before));
        }
        self.items.extend_from_slice(items);
        Ok(())
    }

    pub(super) fn into_vec(self) -> Vec<T> {
        self.items
    }
}

fn bytes<T>(items: usize) -> u64 {
    (items * size_of::<T>()) as u64
}

impl<T> Deref for Buffer<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.items
    }
}

impl<T> DerefMut for Buffer<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.items
    }
}
