//! What each part of a value looks like in every form it is known in.
//!
//! `table` lists the forms; `encode`, `lists`, `numbers`, `percent`, `json_text`, `markup`, `quote`, `normal` and
//! `nested` write them, and `wrapping` tells which are broken into lines; `whole` has those of a value in one piece;
//! `cost` tells what they take before any is made.

pub(crate) mod cost;
pub(crate) mod encode;
mod json_text;
mod lists;
mod markup;
mod nested;
mod normal;
mod numbers;
pub(crate) mod percent;
mod quote;
pub(crate) mod table;
pub(crate) mod whole;
mod wrapping;
