//! The request, from the guest's hand to the wire: where it goes, what it may hold, and what it looks like when it leaves.
//!
//! - `head`: its parts, read once and written anew; `asked`: all that a server may take it for
//! - `bound`: values that the run has in its hands and that belong to some hosts only
//! - `placeholder`, `sealed`: what the run has in the place of sealed values; `plan`: where they stand in a request, and
//!   whether they may; `fill`: how the values get there
//! - `body`: the body as it is sent; `bound_scan`, `placeholder_scan`: what is looked for in it; `buffered`: one that is
//!   held until a value is in

pub(crate) mod asked;
pub(crate) mod body;
pub(crate) mod bound;
pub(crate) mod bound_scan;
pub(crate) mod buffered;
pub(crate) mod fill;
pub(crate) mod head;
pub(crate) mod placeholder;
pub(crate) mod placeholder_scan;
pub(crate) mod plan;
pub(crate) mod sealed;
