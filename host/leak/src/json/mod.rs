//! Redacts JSON text: a mask put into the text itself could swallow a quote or a bracket.
//!
//! First each key and each scalar by itself, while the text is read for the first time ([`leaves`]); keys that are the
//! same then are kept apart ([`names`]). Then what is written is looked through as a whole, and the innermost values
//! that a form stands in still give way ([`spans`]): because it spans several members, or because a value looks like a
//! part of the JSON text of another.
//!
//! Forms of doubtful parts pass and are counted: those in a leaf there, those that span several by [`passing`], in what is
//! left when all masks are in.
//!
//! Guarantees: no tree and no recursion, memory that is held before it is used, and at most some 8 steps for each byte
//! of the text, whatever stands in it, and some 4 more where parts of values are doubtful. What was found is counted if
//! the text is JSON, and not before.

mod buffer;
mod counts;
mod leaves;
#[cfg(any(test, fuzzing))]
mod naive;
mod names;
mod number;
mod passing;
mod spans;
#[cfg(test)]
mod tests;
pub(crate) mod words;

#[cfg(fuzzing)]
pub use naive::fuzz;

use counts::Counted;

use crate::filter::Ready;
use crate::report::Stream;
use um_base::Work;
use um_base::json::{Json, JsonError};
use um_secret::Verdict;

impl Ready<'_> {
    /// Redacts the keys and values of JSON text, whatever it says, and drops white space.
    ///
    /// A number or boolean in whose text a form stands, or in that of the number without its exponent, becomes the
    /// string `***`. Keys that are the same after masking stay apart as `***`, `***#2`, `***#3`. The innermost array or
    /// object whose compact text still holds a form, because the form spans several of its members, becomes the string
    /// `***`. A key that stands in an object twice stays there twice. Where the stream is read by programs, as results are,
    /// only certain forms count for that.
    ///
    /// `work` is asked on the way, and holds the memory that this takes besides `text`.
    ///
    /// # Errors
    /// [`JsonError`]: the text is no JSON, or more of it than is read; the work is over. Then nothing is counted.
    ///
    /// ```
    /// use um_base::Work;
    /// use um_leak::{Filter, Stream};
    ///
    /// let filter = Filter::new();
    /// filter.guard("PIN", "40718253");
    /// let shown = filter.ready_here(&Work::unlimited())?.json(Stream::Result, r#"{"pin": 4.0718253e7, "of": [1.50]}"#, &Work::unlimited())?;
    /// assert_eq!(shown.as_str(), r#"{"pin":"***","of":[1.50]}"#);
    /// # Ok::<(), um_base::json::JsonError>(())
    /// ```
    pub fn json(self, stream: Stream, text: &str, work: &Work) -> Result<Json, JsonError> {
        let mut counted = Counted::default();
        let draft = leaves::mask(self, &stream, text, work, &mut counted)?;
        let draft = spans::mask(self, stream.least(), draft, work, &mut counted.leaks)?;
        if stream.least() == Verdict::Certain && self.read_guarded(|guarded| guarded.has_doubtful) {
            passing::count(self, &stream, &draft, work, &mut counted)?;
        }
        if !counted.leaks.is_empty() {
            self.filter().count(&stream, counted.leaks);
        }
        if !counted.doubtful.is_empty() {
            self.filter().count_doubtful(&stream, counted.doubtful);
        }
        Ok(Json::checked(draft.into_vec()))
    }
}
