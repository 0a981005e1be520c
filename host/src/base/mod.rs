//! The ground floor: what every other part may name, and that names none of them.

mod work;

pub use work::{Held, Over, Work, blocking, detached};
