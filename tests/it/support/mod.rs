pub mod bound;
pub mod command;
pub mod guests;
pub mod json;
pub mod python;
pub mod run;
pub mod who;
