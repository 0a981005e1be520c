//! Finds values of secrets in what a run puts out, in every form they are known in, and masks them.
//!
//! Guaranteed: every occurrence of every form is found, overlapping ones too; what they cover becomes one `***` per
//! contiguous span; everything else passes byte for byte. How the text was cut into writes makes no difference.
//!
//! Deliberately absent: defence against a program that transforms a value on purpose, and limits on output, which the
//! caller counts before the filter.
//!
//! `forms` says what each of the `parts` of a value looks like, and `encode`, `lists`, `numbers`, `percent`,
//! `json_text`, `markup`, `quote` and `nested` write it; `scan` finds it with the `trie` of all forms (kept in
//! `blocks`, with a `fan` where many branch off), its `entrances` and the `prefixes` that they share, where `stride`
//! and its `windows` leave something to look at; across lines `joined` does, where `seams` finds that a `line_break`
//! may be inside a form; `stream` masks it and keeps in `held` what is not decided; `sieve` stops at it; `json` does so
//! inside a JSON value; `inspect` looks into files that cannot be masked; `report` counts.

mod blocks;
mod cost;
mod encode;
mod entrances;
mod fan;
mod forms;
mod held;
mod inspect;
mod joined;
mod json;
mod json_text;
mod line_break;
mod lists;
mod markup;
mod nested;
mod numbers;
#[cfg(any(test, fuzzing))]
mod oracle;
mod parts;
mod percent;
mod prefixes;
mod quote;
mod report;
mod scan;
mod seams;
mod sieve;
mod stream;
mod stride;
mod trie;
mod windows;

use std::collections::BTreeSet;
use std::fmt;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use um_base::Work;
use um_base::json::{Json, JsonError};
use um_secret::{Masking, masking};

pub use cost::BASE;
pub use cost::guarding_cost;
pub use inspect::{Budget, InspectError, Packing, Withheld};
#[cfg(fuzzing)]
pub use json::fuzz as fuzz_json;
#[cfg(fuzzing)]
pub use oracle::fuzz;
use report::Tally;
pub use report::{Form, Leak, Stream};
use scan::{Label, Matcher, Overlaps};
use seams::Across;
pub use sieve::{Found, Sieve};
pub use stream::{End, Redactor};

/// All that [`Filter::guard`] looks for. For the bench, which gives other matchers the same.
#[doc(hidden)]
pub fn shapes(value: &str) -> Vec<Vec<u8>> {
    forms::of(value, masking(value)).iter().map(|shape| shape.bytes.to_vec()).collect()
}

/// What a value looks like as a whole, in every form.
pub struct Whole {
    pub form: Form,
    pub bytes: zeroize::Zeroizing<Box<[u8]>>,
    /// Whether line breaks may stand in it.
    pub across_lines: bool,
}

/// All forms of the whole value and none of its parts, for the matcher of sealed values.
pub fn whole_forms(value: &str) -> Vec<Whole> {
    let forms = forms::of_whole(value).into_iter();
    forms.map(|forms::Shape { form, bytes, across_lines }| Whole { form, bytes, across_lines }).collect()
}

/// What a form takes in the matcher besides its bytes, about.
const FORM_OVERHEAD: usize = 256;

/// The leak filter of one run: the values that it got, and what was masked so far. Clones share both.
///
/// ```
/// use um_host::leak::{Filter, Stream};
///
/// let filter = Filter::new();
/// filter.guard("API_KEY", "k7x!k7x!k7x!");
/// assert_eq!(filter.text(Stream::Stdout, "got k7x!k7x!k7x! (azd4IWs3eCFrN3gh)"), "got *** (***)");
/// assert_eq!(filter.report().len(), 2);
/// ```
#[derive(Clone, Default)]
pub struct Filter(Arc<Shared>);

#[derive(Default)]
struct Shared {
    guarded: RwLock<Guarded>,
    tally: Mutex<Tally>,
}

#[derive(Default)]
struct Guarded {
    matcher: Matcher,
    /// Of the forms that are found across lines.
    across: Across,
    names: Vec<String>,
    unguarded: BTreeSet<String>,
}

impl Filter {
    pub fn new() -> Self {
        Self::default()
    }

    /// Masks `value`, in all its forms, from now on in all streams of this filter, in bytes that they hold back too.
    /// `name` is what the report calls it. Guarding the same again changes nothing.
    ///
    /// A value that stands in every log (see [`masking`]) is not masked: [`unguarded`](Self::unguarded) names it.
    /// The cost depends on the length of the value alone, not on how much is guarded already: for 40 bytes 15 to
    /// 80 KiB in memory and 100 to 500 microseconds, the more kinds of punctuation the more.
    pub fn guard(&self, name: &str, value: &str) {
        self.guard_counted(name, value);
    }

    /// As [`guard`](Self::guard). Returns about how many bytes of memory that takes: at most its [`guarding_cost`], 0 for a
    /// value that is guarded already under this name, or cannot be masked.
    pub fn guard_counted(&self, name: &str, value: &str) -> usize {
        self.guard_extent(name, value, masking(value))
    }

    /// As [`guard`](Self::guard), if that [costs](guarding_cost) at most so many bytes of memory; otherwise nothing is
    /// done. Returns how many it takes: 0 for a value that is guarded already, under any name, or cannot be masked.
    ///
    /// A program that asks for this by itself knows what it does: a value of 8 bytes or more is masked in all its forms
    /// even if it stands in every log.
    #[must_use = "a value that was not guarded is not masked"]
    pub fn guard_within(&self, name: &str, value: &str, most: usize) -> Option<usize> {
        if self.knows_value(value) {
            return Some(0);
        }
        let extent = if value.len() >= forms::SHORTEST { Masking::EveryForm } else { masking(value) };
        (guarding_cost(value) <= most).then(|| self.guard_extent(name, value, extent))
    }

    fn guard_extent(&self, name: &str, value: &str, extent: Masking) -> usize {
        match extent {
            Masking::Nothing(_) => {
                self.write_guarded(|guarded| guarded.unguarded.insert(name.to_owned()));
                0
            }
            _ if self.knows(value, |known| known == name) => 0,
            extent => {
                let forms = forms::of(value, extent);
                let cost = forms.iter().map(|shape| 2 * shape.bytes.len() + FORM_OVERHEAD).sum();
                self.write_guarded(|guarded| guarded.add(name, forms));
                cost
            }
        }
    }

    /// Whether this value is guarded, under any name.
    pub fn knows_value(&self, value: &str) -> bool {
        self.knows(value, |_| true)
    }

    /// Begins to redact one way out. Several redactors may name the same stream; each sees its own text.
    pub fn stream(&self, stream: Stream) -> Redactor {
        Redactor::new(self.clone(), stream)
    }

    /// Begins to look for values in what must not hold any.
    pub fn sieve(&self) -> Sieve {
        Sieve::new(self.clone())
    }

    /// Redacts a whole text.
    pub fn text(&self, stream: Stream, text: &str) -> String {
        let mut out = Vec::with_capacity(text.len());
        let mut redactor = self.stream(stream);
        redactor.write(text.as_bytes(), &mut out);
        redactor.finish(End::Chosen, &mut out);
        // A form begins and ends on character boundaries of UTF-8 text, so this replaces nothing.
        String::from_utf8(out).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
    }

    /// Redacts the keys and values of JSON text, whatever it says, and drops white space.
    ///
    /// A number or boolean in whose text a form stands, or in that of the number without its exponent, becomes the
    /// string `***`. Keys that are the same after masking stay apart as `***`, `***#2`, `***#3`. The innermost array or
    /// object whose compact text still holds a form, because the form spans several of its members, becomes the string
    /// `***`. A key that stands in an object twice stays there twice.
    ///
    /// `work` is asked on the way, and holds the memory that this takes besides `text`.
    ///
    /// # Errors
    /// [`JsonError`]: the text is no JSON, or more of it than is read; the work is over. Then nothing is counted.
    ///
    /// ```
    /// use um_host::base::Work;
    /// use um_host::leak::{Filter, Stream};
    ///
    /// let filter = Filter::new();
    /// filter.guard("PIN", "40718253");
    /// let shown = filter.json(Stream::Result, r#"{"pin": 4.0718253e7, "of": [1.50]}"#, &Work::unlimited())?;
    /// assert_eq!(shown.as_str(), r#"{"pin":"***","of":[1.50]}"#);
    /// # Ok::<(), um_host::base::json::JsonError>(())
    /// ```
    pub fn json(&self, stream: Stream, text: &str, work: &Work) -> Result<Json, JsonError> {
        json::redact(self, &stream, text, work)
    }

    /// What was masked so far, ordered by secret, stream and form. Bytes still held back are not in it.
    pub fn report(&self) -> Vec<Leak> {
        let tally = self.0.tally.lock().unwrap_or_else(PoisonError::into_inner);
        self.read_guarded(|guarded| tally.leaks(&guarded.names))
    }

    /// The names that were guarded with a value that cannot be masked, in order.
    pub fn unguarded(&self) -> Vec<String> {
        self.read_guarded(|guarded| guarded.unguarded.iter().cloned().collect())
    }

    /// Whether a value is guarded under this name.
    pub fn guards(&self, name: &str) -> bool {
        self.read_guarded(|guarded| guarded.names.iter().any(|known| known == name))
    }

    /// Whether this value was guarded before, under such a name.
    fn knows(&self, value: &str, is_name: impl Fn(&str) -> bool) -> bool {
        self.read_guarded(|guarded| {
            forms::pieces(value).all(|piece| {
                let mut labels = guarded.matcher.labels_of(piece.as_bytes());
                labels.any(|label| label.form == Form::Raw && is_name(&guarded.names[label.secret as usize]))
            })
        })
    }

    /// Whether a form stands in these bytes; nothing is counted.
    pub fn finds_in(&self, text: &[u8]) -> bool {
        let mut found = false;
        self.read_guarded(|guarded| {
            guarded.matcher.scan(text, 0, &[], &mut Overlaps::default(), |_, walk| {
                found = walk.is_some_and(|walk| walk.longest.is_some());
                if found { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            });
        });
        found
    }

    fn read_guarded<T>(&self, read: impl FnOnce(&Guarded) -> T) -> T {
        read(&self.0.guarded.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn write_guarded<T>(&self, write: impl FnOnce(&mut Guarded) -> T) -> T {
        write(&mut self.0.guarded.write().unwrap_or_else(PoisonError::into_inner))
    }

    fn count(&self, stream: &Stream, found: impl IntoIterator<Item = (Label, u64)>) {
        self.0.tally.lock().unwrap_or_else(PoisonError::into_inner).add(stream, found);
    }
}

impl Guarded {
    fn add(&mut self, name: &str, forms: forms::Forms) {
        let secret = u32::try_from(self.names.len()).expect("fewer than four billion values are guarded");
        self.names.push(name.to_owned());
        for shape in forms {
            let label = Label { secret, form: shape.form };
            if shape.across_lines {
                self.across.insert(shape.bytes.clone(), label);
            }
            self.matcher.insert(shape.bytes, label);
        }
    }
}

/// Tells how much is guarded, never what.
impl fmt::Debug for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Filter")
            .field("secrets", &self.read_guarded(|guarded| guarded.names.len()))
            .finish_non_exhaustive()
    }
}
