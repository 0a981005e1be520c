//! The ground floor: what every other part may name, and that names none of them.

pub mod json;
mod shortage;
mod work;

pub use shortage::Shortage;
pub use work::{Held, Over, Work, blocking, detached, thread_time};
