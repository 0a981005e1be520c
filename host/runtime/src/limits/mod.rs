//! How much a run may use. Every limit has a default, a name and a number; hitting one ends that run and no other, but
//! for the number of connections: there one waits.

pub(crate) mod table;
pub(crate) mod text;
pub(crate) mod wishes;
