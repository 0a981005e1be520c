//! Why a request was refused or failed: facts. What to do about them is for each door to say, by the code.
//!
//! `egress` has them all; `request`, `response` and `wire` say what is wrong with which.

pub(crate) mod egress;
pub(crate) mod request;
pub(crate) mod response;
pub(crate) mod wire;
