//! Finds values of secrets in what a run puts out, in every form they are known in, and masks them.
//!
//! Guaranteed: every occurrence of every form is found, overlapping ones too; what they cover becomes one `***` per
//! contiguous span; everything else passes byte for byte. How the text was cut into writes makes no difference.
//!
//! Deliberately absent: defence against a program that transforms a value on purpose, and limits on output, which the
//! caller counts before the filter.
//!
//! `parts` says what of a value is looked for by itself, and `forms` what each part looks like; `search` finds that;
//! `stream` makes `masks` of it and keeps in `held` what is not decided; what is doubtful is `passing` where programs read;
//! `sieve` stops at it; `json` masks it inside a JSON value;
//! `inspect` looks into files that cannot be masked; `filter` knows the values of a run,
//! of which those that nobody has looked for yet are `pending`, and `report` counts.

#![warn(missing_docs)]

mod filter;
mod form;
mod forms;
mod guarded;
mod held;
mod inspect;
mod json;
mod masks;
#[cfg(any(test, fuzzing))]
mod oracle;
mod parts;
mod passing;
mod pending;
mod report;
mod search;
mod sieve;
mod stream;

pub use filter::{Filter, Ready};
pub use form::Form;
pub use forms::whole::{Whole, whole_forms};
pub use inspect::bounds::Budget;
pub use inspect::error::{InspectError, Packing, Withheld};
#[cfg(fuzzing)]
pub use json::fuzz as fuzz_json;
#[cfg(fuzzing)]
pub use oracle::fuzz;
pub use parts::{RULES, parts_of};
pub use report::{Leak, Stream, owner};
pub use search::keys::{holds_key, may_hold_key};
pub use sieve::{Found, Sieve};
pub use stream::{End, Redactor};

/// The parts of a value, each with what it is called and how far it is looked for. For the tests, which ask others what
/// these look like.
#[doc(hidden)]
pub fn parts(value: &str) -> Vec<(String, String, &'static str)> {
    let parts = parts::of(value, &um_secret::Parts::default()).into_iter();
    parts.map(|part| (part.form.to_string(), part.text.to_string(), part.extent.name())).collect()
}

/// What is to be thought of a value, by the names on the path to it. For the test that counts how often that is right.
#[doc(hidden)]
pub fn judge(names: &[&str], text: &str) -> um_secret::Verdict {
    parts::verdict::judge(names, text)
}

/// All that [`Filter::guard`] looks for. For the bench, which gives other matchers the same.
#[doc(hidden)]
pub fn shapes(value: &str) -> Vec<Vec<u8>> {
    let recorded = um_secret::Parts::default();
    forms::table::of(value, um_secret::masking(value), &recorded).iter().map(|shape| shape.bytes.to_vec()).collect()
}
