//! The forms of a value in one piece, for the matcher of sealed values.

use zeroize::Zeroizing;

use super::table::{Shape, of_whole};
use crate::form::Form;

/// What a value looks like as a whole, in every form.
pub struct Whole {
    /// The encoding.
    pub form: Form,
    /// What to look for; wiped when it is dropped.
    pub bytes: Zeroizing<Box<[u8]>>,
    /// Whether line breaks may stand in it.
    pub across_lines: bool,
}

/// All forms of the whole value and none of its parts, for the matcher of sealed values.
pub fn whole_forms(value: &str) -> Vec<Whole> {
    let forms = of_whole(value).into_iter();
    forms.map(|Shape { form, bytes, across_lines, .. }| Whole { form, bytes, across_lines }).collect()
}
