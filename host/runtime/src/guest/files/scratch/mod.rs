//! What a run may write: a tree of files in memory, with nothing in it when the run begins, and gone with it.
//!
//! No disk is behind it, and nothing of it is a document. What there is no room for is refused, and the run goes on.

pub(crate) mod node;
mod stream;
mod tree;
