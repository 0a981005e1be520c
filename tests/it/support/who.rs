//! Who acts in the tests.

use um_secret::{Actor, Door, Reader, RunId};

pub fn me() -> Actor {
    Actor::local(Door::Library)
}

/// A new run, started by [`me`].
pub fn reader() -> Reader {
    Reader::new(RunId::new(), me())
}
