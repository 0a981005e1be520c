//! Power loss, simulated: a disk that remembers every operation, and the states in which it may be found afterwards.
//!
//! Model: a write, a change of length or of a name is certain once its file or directory was synced. Before that any
//! subset of them may have happened, writes also in part, by sectors of 512 bytes. A sync that fails makes the writes
//! before it lost for ever, though they are still read back: that is how Linux treats them.

mod image;
pub(super) mod recorder;
mod tests;
mod witness;
