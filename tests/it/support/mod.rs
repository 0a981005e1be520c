#[path = "../../egress/authority.rs"]
#[expect(dead_code, reason = "what the tests of egress need besides")]
pub mod authority;
pub mod bound;
mod bound_tests;
pub mod command;
pub mod guests;
pub mod json;
#[path = "../../egress/peer.rs"]
#[expect(dead_code, reason = "what the tests of egress need besides")]
pub mod peer;
pub mod python;
pub mod run;
pub mod terminal;
pub mod who;
