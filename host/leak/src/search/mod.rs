//! Finds forms in a text.
//!
//! `scan` finds them with the `trie` of all forms (kept in `blocks`, with a `fan` where many branch off), its `entrances`
//! and the `prefixes` that they share, where `stride` and its `windows` leave something to look at; across lines `joined`
//! does, where `seams` finds that a `line_break` may be inside a form, and without any white space `loose`. `keys` finds those of um-host itself.

mod blocks;
mod border;
mod copy;
mod entrances;
mod fan;
pub(crate) mod head;
pub(crate) mod ids;
pub(crate) mod joined;
pub(crate) mod keys;
pub(crate) mod line_break;
pub(crate) mod loose;
mod prefixes;
pub(crate) mod scan;
pub(crate) mod seams;
pub(crate) mod sight;
mod stride;
pub(crate) mod trie;
mod windows;
