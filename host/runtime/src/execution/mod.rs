//! The execution of a run: from everything that it needs at hand to its outcome, with the order of things at its end.
//!
//! [`Execution`](assembly::Execution) is put together, and then goes through three stages, each of which gives the next
//! what it needs: the action is [called](call), what it left is [settled](settle), and what may leave is
//! [published](publish).
//!
//! A deadline is set in `run`, waited for by the run's budget (`um_base::Work`) and by `tripwire`, and drops the guest in
//! [`call`].

pub(crate) mod assembly;
mod call;
mod course;
pub(crate) mod delivery;
pub(crate) mod ending;
pub(crate) mod given;
mod publish;
mod settle;
mod store;
