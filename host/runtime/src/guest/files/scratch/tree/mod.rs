//! A tree of files in memory, as a plain thing of its own: it knows nothing of WASI, and a later version of that stands on
//! it as this one does.
//!
//! Guarantees:
//! - It answers as Linux does, by the same errors; a test asks both.
//! - No path leads out of the directory that it begins at: that is [`PERM`](rustix::io::Errno::PERM).
//! - Nothing is allocated before there is room for it, neither a page of bytes nor a node. What is open and has no name
//!   any more takes its room until it is closed.
//! - Bytes are wiped when their page goes, or when they are cut off.
//!
//! Deliberately absent: links, owners, permissions, and times of reading that change by reading.

mod content;
pub mod handle;
mod nodes;
#[cfg(test)]
mod oracle;
mod path;
pub mod room;
#[cfg(test)]
mod tests;
