//! Panics that are expected, caught and told as errors: those of redb on an altered file.
//!
//! A panic hook runs before anything is caught; [`is_guarded`] tells it to be silent, since the error says it better.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

thread_local! {
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Whether a panic of this thread, now, would be caught by the store and returned as a [`StoreError`](crate::StoreError).
///
/// For panic hooks: such a panic needs no report of its own.
#[must_use]
pub fn is_guarded() -> bool {
    GUARDED.get()
}

/// What `run` gives, or `None` if it panicked.
pub(crate) fn caught<T>(run: impl FnOnce() -> T) -> Option<T> {
    let before = GUARDED.replace(true);
    let outcome = catch_unwind(AssertUnwindSafe(run));
    GUARDED.set(before);
    outcome.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_that_is_caught_is_told_from_others_also_when_nested() {
        assert!(!is_guarded());
        let caught_inside = caught(|| {
            assert_eq!(caught(|| panic!("of redb")), None::<()>);
            is_guarded()
        });
        assert_eq!(caught_inside, Some(true));
        assert!(!is_guarded());
    }
}
