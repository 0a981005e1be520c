//! Looks for values in a stream that passes on as it is, up to the first that is found.
//!
//! What passes has been seen to belong to no form: the bytes of a value are held back until it is whole, and then nothing
//! comes out any more. So the stream can be broken off with no part of the value gone.

use crate::filter::{Filter, Ready};
use crate::form::Form;
use crate::report::Stream;
use crate::search::ids::Label;
use crate::stream::Redactor;

/// Looks through one stream; made by [`Filter::sieve`]. What it finds is not counted in the filter's report.
pub struct Sieve {
    redactor: Redactor,
    filter: Filter,
}

/// A form of a value was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The name that it is guarded under.
    pub secret: String,
    pub form: Form,
}

impl Filter {
    /// Begins to look for values in what must not hold any.
    pub fn sieve(&self) -> Sieve {
        Sieve::new(self.clone())
    }
}

impl Sieve {
    fn new(filter: Filter) -> Self {
        // The name of the stream is never told: nothing is counted.
        Self { redactor: filter.stream(Stream::Error), filter }
    }

    /// Takes any bytes and appends to `out` those that belong to no form for sure.
    ///
    /// # Errors
    /// [`Found`], and then nothing is appended; the stream is not to go on.
    pub fn pass(&mut self, ready: Ready<'_>, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Found> {
        let before = out.len();
        let found = self.redactor.take(ready, bytes, out);
        self.judge(&found, before, out)
    }

    /// Ends the stream and appends what was held.
    ///
    /// # Errors
    /// As [`pass`](Self::pass).
    pub fn finish(&mut self, ready: Ready<'_>, out: &mut Vec<u8>) -> Result<(), Found> {
        let before = out.len();
        let found = self.redactor.end(ready, out);
        self.judge(&found, before, out)
    }

    /// What it looks for.
    pub fn filter(&self) -> &Filter {
        &self.filter
    }

    /// How many bytes are held back.
    pub fn held(&self) -> usize {
        self.redactor.held()
    }

    fn judge(&self, found: &[Label], before: usize, out: &mut Vec<u8>) -> Result<(), Found> {
        let Some(first) = found.first() else { return Ok(()) };
        out.truncate(before);
        let secret = self.filter.read(|guarded| first.name(&guarded.names).to_owned());
        Err(Found { secret, form: first.form })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle::ready;

    const VALUE: &str = "k7x!-Zürich-%-token-4f8c";

    fn filter() -> Filter {
        let filter = Filter::new();
        filter.guard("TOKEN", VALUE);
        filter
    }

    /// What passes of a text that comes in pieces, and whether a value is found.
    fn pass(text: &[u8], piece: usize) -> (Vec<u8>, Result<(), Found>) {
        let filter = filter();
        let (mut sieve, mut out) = (filter.sieve(), Vec::new());
        let ended = text.chunks(piece).try_for_each(|bytes| sieve.pass(ready(&filter), bytes, &mut out));
        let ended = ended.and_then(|()| sieve.finish(ready(&filter), &mut out));
        (out, ended)
    }

    #[test]
    fn a_text_without_a_value_passes_byte_for_byte_however_it_is_cut() {
        let text = format!("before {} and {} after", &VALUE[..9], &VALUE[4..]);
        for piece in 1..=text.len() {
            assert_eq!(pass(text.as_bytes(), piece), (text.clone().into_bytes(), Ok(())), "{piece}");
        }
    }

    #[test]
    fn no_byte_of_a_value_has_passed_when_it_is_found() {
        let hex: String = VALUE.bytes().map(|byte| format!("{byte:02x}")).collect();
        for (written, form) in [(VALUE, Form::Raw), (&hex, Form::Hex)] {
            let text = format!("before {written} after");
            for piece in 1..=text.len() {
                let (passed, ended) = pass(text.as_bytes(), piece);
                assert_eq!(ended, Err(Found { secret: "TOKEN".to_owned(), form }), "{piece}");
                assert!("before ".as_bytes().starts_with(&passed), "{piece}");
            }
        }
    }

    #[test]
    fn a_value_that_is_guarded_in_the_middle_counts_for_what_is_held() {
        let filter = filter();
        let (mut sieve, mut out) = (filter.sieve(), Vec::new());
        sieve.pass(ready(&filter), b"second-", &mut out).unwrap();
        filter.guard("OTHER", "value-of-the-second");
        sieve.pass(ready(&filter), b"value-of-", &mut out).unwrap();
        assert_eq!((out.as_slice(), sieve.held()), (&b"second-"[..], 9));
        assert_eq!(sieve.pass(ready(&filter), b"the-second", &mut out).unwrap_err().secret, "OTHER");
        assert!(filter.report().is_empty());
    }
}
