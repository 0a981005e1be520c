//! The log of reads: who was given which value when, in files that are only ever appended to.
//!
//! A record is written before the value is handed out and synced at the end of the run. Each process appends to a
//! segment of its own; a segment whose process is gone is taken over. Every change of the store writes down where the
//! segments end, so that what an audit row vouches for cannot be cut off unseen, by that change or a later one.

mod folder;
pub(crate) mod journal;
#[cfg(test)]
mod tests;
pub(crate) mod usage;
