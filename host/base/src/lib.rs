//! The ground floor: what every other part may name, and that names none of them.

#![warn(missing_docs)]

#[doc(hidden)]
pub mod code;
mod display;
mod gone;
pub mod json;
pub mod percent;
pub mod rule;
mod shortage;
mod steps;
mod work;

pub use code::{Coded, ErrorKind};
pub use display::{drives_a_display, is_unseen, joins};
pub use gone::is_gone;
pub use shortage::Shortage;
pub use work::{Held, Over, Work, blocking, detached, thread_time};

pub use steps::step;
