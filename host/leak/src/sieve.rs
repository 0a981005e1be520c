//! Looks for values in a stream that passes on as it is, up to the first that is found.
//!
//! What passes has been seen to belong to no form: the bytes of a value are held back until it is whole, and then nothing
//! comes out any more. So the stream can be broken off with no part of the value gone. Where programs read the stream, forms
//! of doubtful parts pass.

use std::collections::{HashMap, HashSet};

use crate::filter::{Filter, Ready};
use crate::form::Form;
use crate::masks::Finds;
use crate::report::Stream;
use crate::search::ids::Label;
use crate::stream::Redactor;

/// Looks through one stream; made by [`Filter::sieve`]. What ends it is not counted in the filter's report.
pub struct Sieve {
    redactor: Redactor,
    filter: Filter,
    stream: Stream,
    /// What has passed though it may be a secret, and is not counted yet.
    doubtful: HashMap<Label, u64>,
}

/// A form of a value was found, or of a part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The name that it is guarded under.
    pub secret: String,
    /// Where in the value the part stands, if it is not found as a whole.
    pub path: Option<String>,
    /// The encoding that it was found in.
    pub form: Form,
}

impl Filter {
    /// Begins to look for values in what must not hold any.
    pub fn sieve(&self, stream: Stream) -> Sieve {
        let (redactor, filter) = (self.unworded(stream.clone()), self.clone());
        Sieve { redactor, filter, stream, doubtful: HashMap::new() }
    }
}

impl Sieve {
    /// Takes any bytes and appends to `out` those that belong to no form for sure, or to a doubtful one where that passes.
    ///
    /// # Errors
    /// [`Found`], and then nothing is appended; the stream is not to go on.
    pub fn pass(&mut self, ready: Ready<'_>, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Found> {
        let before = out.len();
        let finds = self.redactor.take(ready, bytes, out);
        self.judge(finds, before, out)
    }

    /// Ends the stream and appends what was held.
    ///
    /// # Errors
    /// As [`pass`](Self::pass).
    pub fn finish(&mut self, ready: Ready<'_>, out: &mut Vec<u8>) -> Result<(), Found> {
        let before = out.len();
        let finds = self.redactor.end(ready, out);
        self.judge(finds, before, out)
    }

    /// Counts the doubtful forms that have passed since it was last asked to: what passed has gone out.
    pub fn count(&mut self) {
        if !self.doubtful.is_empty() {
            self.filter.count_doubtful(&self.stream, self.doubtful.drain());
        }
    }

    /// The same of a text that says one thing in several ways: each part counts once, by the first of its forms.
    pub fn count_once(&mut self) {
        let mut labels: Vec<Label> = self.doubtful.drain().map(|(label, _)| label).collect();
        labels.sort_unstable_by_key(|label| label.form);
        let mut parts = HashSet::new();
        let once = labels.into_iter().filter(|label| parts.insert((label.secret, label.part)));
        self.filter.count_doubtful(&self.stream, once.map(|label| (label, 1)));
    }

    /// What it looks for.
    pub fn filter(&self) -> &Filter {
        &self.filter
    }

    /// How many bytes are held back.
    pub fn held(&self) -> usize {
        self.redactor.held()
    }

    fn judge(&mut self, finds: Finds, before: usize, out: &mut Vec<u8>) -> Result<(), Found> {
        finds.doubtful.into_iter().for_each(|label| *self.doubtful.entry(label).or_default() += 1);
        let Some(first) = finds.leaks.first() else { return Ok(()) };
        out.truncate(before);
        Err(self.filter.read(|guarded| {
            let (secret, path) = guarded.owner(*first);
            Found { secret: secret.to_owned(), path: path.map(str::to_owned), form: first.form }
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle::{insert, ready};
    use um_secret::Verdict;

    const VALUE: &str = "k7x!-Zürich-%-token-4f8c";

    fn filter() -> Filter {
        let filter = Filter::new();
        filter.guard("TOKEN", VALUE);
        filter
    }

    /// What passes of a text that comes in pieces, and whether a value is found.
    fn pass(text: &[u8], piece: usize) -> (Vec<u8>, Result<(), Found>) {
        let filter = filter();
        let (mut sieve, mut out) = (filter.sieve(Stream::Error), Vec::new());
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
                assert_eq!(ended, Err(Found { secret: "TOKEN".to_owned(), path: None, form }), "{piece}");
                assert!("before ".as_bytes().starts_with(&passed), "{piece}");
            }
        }
    }

    #[test]
    fn a_value_that_is_guarded_in_the_middle_counts_for_what_is_held() {
        let filter = filter();
        let (mut sieve, mut out) = (filter.sieve(Stream::Error), Vec::new());
        sieve.pass(ready(&filter), b"second-", &mut out).unwrap();
        filter.guard("OTHER", "value-of-the-second");
        sieve.pass(ready(&filter), b"value-of-", &mut out).unwrap();
        assert_eq!((out.as_slice(), sieve.held()), (&b"second-"[..], 9));
        assert_eq!(sieve.pass(ready(&filter), b"the-second", &mut out).unwrap_err().secret, "OTHER");
        assert!(filter.report().is_empty());
    }

    #[test]
    fn a_doubtful_part_passes_to_a_host_and_is_counted_when_it_has_gone_out() {
        let request = Stream::Request("api.example.com".to_owned());
        for (stream, passes) in [(request.clone(), true), (Stream::Stdout, false)] {
            let filter = Filter::new();
            insert(&filter, b"my-project", Verdict::Doubtful);
            insert(&filter, b"k7x!k7x!", Verdict::Certain);
            let (mut sieve, mut out) = (filter.sieve(stream), Vec::new());
            let passed = sieve.pass(ready(&filter), b"to my-project/my-project.", &mut out);
            assert_eq!(
                (passed.is_ok(), &out[..]),
                (passes, if passes { b"to my-project/my-project." } else { b"".as_slice() })
            );
            assert!(filter.doubtful().is_empty());
            sieve.count();
            sieve.count();
            let counted: Vec<_> = filter.doubtful().into_iter().map(|leak| (leak.stream, leak.count)).collect();
            assert_eq!(counted, if passes { vec![(request.clone(), 2)] } else { Vec::new() });
            assert!(sieve.pass(ready(&filter), b"my-k7x!k7x!", &mut out).is_err());
        }
    }

    #[test]
    fn what_is_said_in_several_ways_counts_once() {
        let filter = Filter::new();
        insert(&filter, b"my-project", Verdict::Doubtful);
        let (mut sieve, mut out) = (filter.sieve(Stream::Request("h".to_owned())), Vec::new());
        sieve.pass(ready(&filter), b"my-project\0my-project\0", &mut out).unwrap();
        sieve.count_once();
        assert_eq!(filter.doubtful()[0].count, 1);
    }
}
