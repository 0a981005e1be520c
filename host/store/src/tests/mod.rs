//! Tests that look inside the store. What can be seen from outside is tested in `tests/store`.

pub(crate) mod bench;
mod capacity;
mod hostile;
mod keys;
mod later;
mod locks;
mod mounted;
mod planted;
mod replay;
mod sharing;

use um_secret::{Actor, Door, Reader, RunId};

fn me() -> Actor {
    Actor::local(Door::Library)
}

/// A new run, started by [`me`].
fn reader() -> Reader {
    Reader::new(RunId::new(), me())
}
