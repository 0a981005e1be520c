pub mod command;
pub mod guests;
