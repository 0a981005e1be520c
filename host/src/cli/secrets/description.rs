//! What may not stand in a description beside values of the workspace, which no vault takes there: what looks like one.

use crate::cli::discreet;
use crate::cli::failure::Failure;

/// A value of fewer bytes stands in any text.
const TELLING: usize = 4;

/// Refuses a description that looks as if it held a token.
pub fn check(text: &str) -> Result<(), Failure> {
    match text.len() >= TELLING && discreet::holds_token(text) {
        true => Err(Failure::usage("the description holds what looks like a token; nothing was stored")
            .hint("leave it out there: a description is shown to everyone")),
        false => Ok(()),
    }
}
