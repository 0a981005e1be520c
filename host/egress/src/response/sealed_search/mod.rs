//! Where a response is searched for sealed values, in every form, and placeholders are put in their place: with the same
//! steps for every byte, so that a guest which has its guesses echoed learns nothing from a clock.
//!
//! `matcher` puts back placeholders, `lane` passes over the text, `table` has the forms and knows them.

pub(crate) mod lane;
pub(crate) mod matcher;
pub(crate) mod table;
