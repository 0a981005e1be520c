//! Tests that look inside the store. What can be seen from outside is tested in `tests/it/store`.

mod bench;
mod capacity;
mod cipher;
mod hostile;
mod keyring;
mod keys;
mod locks;
mod planted;
mod replay;
mod sharing;

use crate::secret::{Actor, Door, Reader, RunId};

/// A new run.
fn reader() -> Reader {
    Reader::new(RunId::new(), Actor::local(Door::Library))
}
