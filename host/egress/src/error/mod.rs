//! Why a request was refused or failed: facts. What to do about them is for each door to say, by the code.

pub(crate) mod egress;
pub(crate) mod sealed;
