//! Documents: what an action publishes, filtered as it is written, inspected, and published together.
//!
//! Text leaves with its masks. What is no text is looked through when it is complete, compressed parts too: a value in
//! it, and none of the run's documents is published.
//!
//! Guarantees: until all documents of a run have passed, none has a name by which anybody could open it; readers see all
//! documents of a run or none; what a run did not publish itself is never overwritten. Where they are kept is the matter
//! of a [`DocumentSink`]; `directory/` is the one for a directory of this machine. `check` looks them through and hands
//! those that passed to the sink, which gives all of them their names in one step.

pub(crate) mod check;
pub(crate) mod destination;
pub(crate) mod directory;
pub(crate) mod document;
pub(crate) mod error;
pub(crate) mod name;
pub(crate) mod sink;
