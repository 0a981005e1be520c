//! The ground floor: what every other part may name, and that names none of them.

mod display;
mod work;

pub use display::{drives_a_display, is_unseen, joins};
pub use work::{Held, Over, Work, blocking};
