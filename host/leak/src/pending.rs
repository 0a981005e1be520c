//! Values that are guarded and of which no form has been made yet.
//!
//! What a value looks like takes a hundred times its memory and time, and a run that writes nothing has no use for it. So
//! a value waits here, as it is, until somebody is to look through a text; then the forms of all are made, in the order in
//! which the values came.
//!
//! Guarantees: a value leaves only when its forms are in place, so whoever finds this empty misses none; it is wiped then.

use std::collections::hash_map::RandomState;
use std::collections::{HashSet, VecDeque};
use std::hash::BuildHasher;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use zeroize::Zeroizing;

use um_base::Held;
use um_secret::{Masking, Parts};

/// What is made at once: so many values, of so many bytes together. That takes less than a millisecond.
const LITTLE_VALUES: usize = 4;
const LITTLE_BYTES: usize = 256;

/// The values of one filter.
#[derive(Default)]
pub(crate) struct Pending {
    /// How many there are, for those who look through a text: they take no lock when there is none.
    count: AtomicUsize,
    queue: Mutex<Queue>,
    /// Whoever makes forms has this, so that they are made once and in order.
    maker: Mutex<()>,
}

#[derive(Default)]
struct Queue {
    values: VecDeque<(Arc<Value>, Vec<Held>)>,
    /// Of the values, so that one is looked for among thousands only if it is there.
    hashes: HashSet<u64>,
    keys: RandomState,
    held: u64,
}

/// A value that waits.
pub(crate) struct Value {
    pub(crate) name: String,
    pub(crate) text: Zeroizing<Box<str>>,
    pub(crate) extent: Masking,
    /// What is on record of its parts.
    pub(crate) recorded: Parts,
    /// Whether it is nothing new if the same value is guarded under another name.
    pub(crate) under_any_name: bool,
}

impl Value {
    pub(crate) fn new(name: &str, text: &str, extent: Masking, recorded: &Parts) -> Self {
        let (name, text, recorded) = (name.to_owned(), Zeroizing::new(text.into()), recorded.clone());
        Self { name, text, extent, recorded, under_any_name: false }
    }
}

impl Pending {
    pub(crate) fn is_empty(&self) -> bool {
        self.count.load(Ordering::Acquire) == 0
    }

    /// Whether it takes less to make all of it than to have another thread do so: a few values, as short as keys are.
    pub(crate) fn is_little(&self) -> bool {
        self.len() <= LITTLE_VALUES
            && self.queue().values.iter().map(|(value, _)| value.text.len()).sum::<usize>() <= LITTLE_BYTES
    }

    pub(crate) fn len(&self) -> usize {
        self.count.load(Ordering::Acquire)
    }

    /// What is held for the forms of all, in bytes.
    pub(crate) fn held(&self) -> u64 {
        match self.is_empty() {
            true => 0,
            false => self.queue().held,
        }
    }

    /// Adds a value, with the memory that is held for its forms.
    pub(crate) fn add(&self, value: Value, held: Vec<Held>) {
        let mut queue = self.queue();
        let hash = queue.keys.hash_one(&**value.text);
        queue.hashes.insert(hash);
        queue.held += held_bytes(&held);
        queue.values.push_back((Arc::new(value), held));
        self.count.fetch_add(1, Ordering::Release);
    }

    /// Whether this value waits, under such a name.
    pub(crate) fn has(&self, text: &str, is_name: impl Fn(&str) -> bool) -> bool {
        if self.is_empty() {
            return false;
        }
        let queue = self.queue();
        queue.hashes.contains(&queue.keys.hash_one(text))
            && queue.values.iter().any(|(value, _)| &**value.text == text && is_name(&value.name))
    }

    /// Whether a value waits under this name.
    pub(crate) fn has_name(&self, name: &str) -> bool {
        !self.is_empty() && self.queue().values.iter().any(|(value, _)| value.name == name)
    }

    /// The right to make forms, which one has at a time.
    pub(crate) fn maker(&self) -> MutexGuard<'_, ()> {
        self.maker.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The value that came first. It stays until it is [`done`](Self::done).
    pub(crate) fn first(&self) -> Option<Arc<Value>> {
        self.queue().values.front().map(|(value, _)| Arc::clone(value))
    }

    /// The forms of the first value are in place. Gives what was held for them.
    pub(crate) fn done(&self) -> Vec<Held> {
        let mut queue = self.queue();
        let Some((_, held)) = queue.values.pop_front() else { return Vec::new() };
        queue.held -= held_bytes(&held);
        if queue.values.is_empty() {
            queue.hashes.clear();
        }
        self.count.fetch_sub(1, Ordering::Release);
        held
    }

    /// Every change is one step, so a poisoned lock is as good as any.
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn held_bytes(held: &[Held]) -> u64 {
    held.iter().map(Held::bytes).sum()
}
