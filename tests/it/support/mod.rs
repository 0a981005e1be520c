pub mod command;
pub mod guests;
pub mod python;
