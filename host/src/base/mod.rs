//! The ground floor: what every other part may name, and that names none of them.

pub mod json;
mod work;

pub use work::{Held, Over, Work, blocking};
