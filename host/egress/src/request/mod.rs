//! The request, from the guest's hand to the wire: where it goes, what it may hold, and what it looks like when it leaves.
//!
//! - `route`: where it goes; `asked`, `overrides`: all that a server may take it for; `head`: what is sent of it
//! - `binding_guard`: values that the run has in its hands and that belong to some hosts only; `readings`: where they are
//!   looked for in a head
//! - `placeholder`, `sealed`: what the run has in the place of sealed values; `plan`: where they stand in a request, and
//!   whether they may; `fill`: how the values get there
//! - `body`: the body as it is sent; `scan`: one that is looked through on its way, for keys of um-host (`key_scan`), for
//!   bound values (`binding_scan`) and for placeholders (`placeholder_scan`); `buffered`: one that is held until a
//!   value is in

pub(crate) mod asked;
pub(crate) mod binding_guard;
pub(crate) mod binding_scan;
pub(crate) mod body;
pub(crate) mod buffered;
pub(crate) mod fill;
pub(crate) mod head;
pub(crate) mod key_scan;
pub(crate) mod overrides;
pub(crate) mod placeholder;
pub(crate) mod placeholder_scan;
pub(crate) mod plan;
pub(crate) mod readings;
pub(crate) mod route;
pub(crate) mod scan;
pub(crate) mod sealed;
