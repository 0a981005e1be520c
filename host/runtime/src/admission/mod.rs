//! Which runs may start, and when: room on the machine, quotas of workspaces, the queue, and the end of a host.
//!
//! A run asks once, before anything is done for it, and gets a [`Permit`](gate::Permit) that lives as long as it does. The
//! bookkeeping ([`book`]) knows neither tasks nor clocks: it is told what happens and when, and says who starts. Whoever
//! waits does so at the [`gate`].
//!
//! Guarantees:
//! - Never more runs at once, nor more memory promised to them, than the [`Capacity`](capacity::Capacity); never more of one
//!   workspace than its [`Quota`](quota::Quota).
//! - First come first served within a workspace. Between workspaces the turn is that of the one that has held the least: of
//!   places and memory, times how long. A run that has its turn and does not fit is waited for, so that small ones do not
//!   starve it. Where the queue is full, the workspace that fills most of it loses its latest.
//! - A run that waits no longer, for whatever reason, leaves nothing behind.
//!
//! Deliberately absent: priorities, and anything that ends a run for the sake of another.

pub(crate) mod book;
pub(crate) mod bucket;
pub(crate) mod capacity;
pub(crate) mod drain;
pub(crate) mod error;
pub(crate) mod gate;
pub(crate) mod handle;
pub(crate) mod machine;
pub(crate) mod meters;
pub(crate) mod moves;
pub(crate) mod place;
pub(crate) mod quota;
pub(crate) mod rates;
pub(crate) mod share;
