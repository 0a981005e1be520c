//! The store's work on a thread of its own. A snapshot serves several runs, so it has the permits of none of them.

use std::panic::{AssertUnwindSafe, catch_unwind};

use um_base::detached;

/// A fault of the store itself. What it said could hold anything.
#[derive(Debug, thiserror::Error)]
#[error("um-host failed while it worked on the store")]
pub(crate) struct Stopped;

/// Does it, and makes an error of a panic: one fault ends no run that does not need the store.
pub(crate) async fn work<T: Send + 'static>(task: impl FnOnce() -> T + Send + 'static) -> Result<T, Stopped> {
    detached(|| catch_unwind(AssertUnwindSafe(task))).await.map_err(|_| Stopped)
}
