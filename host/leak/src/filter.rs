//! The leak filter of one run: which values it guards, and what it has masked.

use std::fmt;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use crate::form::Form;
use crate::forms::cost::guarding_cost;
use crate::forms::table;
use crate::guarded::Guarded;
use crate::parts::list::{SHORTEST, pieces};
use crate::report::{Leak, Stream, Tally};
use crate::search::ids::Label;
use crate::search::scan::Overlaps;
use um_secret::{Masking, masking};

/// What a form takes in the matcher besides its bytes, about.
const FORM_OVERHEAD: usize = 256;

/// The leak filter of one run: the values that it got, and what was masked so far. Clones share both.
///
/// ```
/// use um_leak::{Filter, Stream};
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
        let extent = if value.len() >= SHORTEST { Masking::EveryForm } else { masking(value) };
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
                let forms = table::of(value, extent);
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
            pieces(value).all(|piece| {
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

    pub(crate) fn read_guarded<T>(&self, read: impl FnOnce(&Guarded) -> T) -> T {
        read(&self.0.guarded.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn write_guarded<T>(&self, write: impl FnOnce(&mut Guarded) -> T) -> T {
        write(&mut self.0.guarded.write().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn count(&self, stream: &Stream, found: impl IntoIterator<Item = (Label, u64)>) {
        self.0.tally.lock().unwrap_or_else(PoisonError::into_inner).add(stream, found);
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
