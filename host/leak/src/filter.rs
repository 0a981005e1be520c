//! The leak filter of one run: which values it guards, and what it has masked.
//!
//! To guard a value makes nothing. A [`Filter`] cannot look through a text: only what is [`Ready`] can, and to become that
//! makes the forms of all values that are guarded by then. So no way out can forget a value, and a run that writes nothing
//! does not pay for any.

use std::collections::BTreeSet;
use std::fmt;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use um_base::{Held, Over, Work, blocking, detached};
use um_secret::{Masking, Parts, apart, masking, wipe_stack};

use crate::form::Form;
use crate::forms::cost::{BASE, cost_of, most_of};
use crate::forms::table;
use crate::guarded::Guarded;
use crate::parts::list::{SHORTEST, pieces};
use crate::pending::{Pending, Value};
use crate::report::{Leak, Stream, Tally};
use crate::search::ids::Label;
use crate::search::scan::Overlaps;

/// How far what makes forms reaches into the stack, and more.
const WIPED_KIB: usize = 128;

/// The leak filter of one run: the values that it got, and what was masked so far. Clones share both.
///
/// ```
/// use um_base::Work;
/// use um_leak::{Filter, Stream};
///
/// let filter = Filter::new();
/// filter.guard("API_KEY", "k7x!k7x!k7x!");
/// let ready = filter.ready_here(&Work::unlimited())?;
/// assert_eq!(ready.text(Stream::Stdout, "got k7x!k7x!k7x! (azd4IWs3eCFrN3gh)"), "got *** (***)");
/// assert_eq!(filter.report().len(), 2);
/// # Ok::<(), um_base::Over>(())
/// ```
#[derive(Clone, Default)]
pub struct Filter(Arc<Shared>);

#[derive(Default)]
struct Shared {
    pending: Pending,
    guarded: RwLock<Guarded>,
    tally: Mutex<Tally>,
    doubtful: Mutex<Tally>,
    unguarded: Mutex<BTreeSet<String>>,
}

/// A filter of which the forms of all guarded values are made, and which so can look through texts. It is asked for anew
/// for each text, which costs next to nothing while no further value is guarded; one that is guarded while this is in
/// somebody's hands is made at its next use, which then takes as long.
#[derive(Clone, Copy)]
pub struct Ready<'a>(&'a Filter);

impl Filter {
    /// A filter that masks nothing until a value is guarded.
    pub fn new() -> Self {
        Self::default()
    }

    /// Masks `value`, in all its forms, from now on in all streams of this filter, in bytes that they hold back too.
    /// `name` is what the report calls it. Guarding the same again changes nothing.
    ///
    /// A value that stands in every log (see [`masking`]) is not masked: [`unguarded`](Self::unguarded) names it.
    ///
    /// Nothing is made before somebody asks for [`ready`](Self::ready). That takes for each value, by its length alone and
    /// not by how much is guarded already, for 40 bytes 15 to 80 KiB in memory and 100 to 500 microseconds, the more kinds
    /// of punctuation the more.
    pub fn guard(&self, name: &str, value: &str) {
        self.guard_parts(name, value, &Parts::default(), Vec::new());
    }

    /// As [`guard`](Self::guard), with what is on record of its parts, and with memory that is held for it: its
    /// [`most`](Self::most). When the forms are made, what is left of that is given back, and the rest when the filter is
    /// gone.
    ///
    /// A part that is certainly a secret is masked everywhere. A doubtful one is masked where people read: stdout, stderr,
    /// errors, traps. It passes in results, documents and requests, which programs read, and [`doubtful`](Self::doubtful)
    /// counts it there. The value as a whole is always certain.
    pub fn guard_parts(&self, name: &str, value: &str, recorded: &Parts, held: Vec<Held>) {
        match masking(value) {
            Masking::Nothing(_) => _ = self.lock_unguarded().insert(name.to_owned()),
            _ if self.knows(value, |known| known == name) => {}
            extent => self.0.pending.add(Value::new(name, value, extent, recorded), held),
        }
    }

    /// As [`guard`](Self::guard), with memory that is held for it, for a program that asks for this by itself and knows what
    /// it does: a value of 8 bytes or more is masked in all its forms even if it stands in every log. One that is guarded
    /// already, under any name, is nothing new.
    pub fn guard_anyway(&self, name: &str, value: &str, held: Vec<Held>) {
        self.guard_parts_anyway(name, value, &Parts::default(), held);
    }

    /// As [`guard_anyway`](Self::guard_anyway), with what is on record of the parts of the value.
    pub fn guard_parts_anyway(&self, name: &str, value: &str, recorded: &Parts, held: Vec<Held>) {
        let extent = if value.len() >= SHORTEST { Masking::EveryForm } else { masking(value) };
        match extent {
            _ if self.knows_value(value) => {}
            Masking::Nothing(_) => _ = self.lock_unguarded().insert(name.to_owned()),
            extent => {
                let value = Value { under_any_name: true, ..Value::new(name, value, extent, recorded) };
                self.0.pending.add(value, held);
            }
        }
    }

    /// At most so many bytes of memory it takes to guard a value, while its forms are made and afterwards: told by its
    /// length and what it is made of, in one pass over it.
    pub fn most(&self, value: &str) -> usize {
        let is_first = self.0.pending.is_empty() && self.read(|guarded| guarded.values.is_empty());
        most_of(value) + if is_first { BASE } else { 0 }
    }

    /// The memory that is held for values of which nothing was made yet, in bytes.
    pub fn waiting(&self) -> u64 {
        self.0.pending.held()
    }

    /// Makes the forms of all values that are guarded by now, on a thread of its own and with one of the permits of the
    /// work, which is asked before each; on this one, if they are few and short. Costs next to nothing if there is none to
    /// be made.
    ///
    /// # Errors
    /// Why the work is over.
    pub async fn ready(&self, work: &Work) -> Result<Ready<'_>, Over> {
        if self.0.pending.is_little() {
            self.make_apart(|| work.step())?;
        } else {
            let (filter, own) = (self.clone(), work.clone());
            blocking(work, move || filter.make_apart(|| own.step())).await??;
        }
        Ok(Ready(self))
    }

    /// As [`ready`](Self::ready), for several filters in one go: what is asked for afterwards costs next to nothing.
    ///
    /// # Errors
    /// Why the work is over.
    pub async fn all_ready(filters: impl Iterator<Item = &Self>, work: &Work) -> Result<(), Over> {
        let pending: Vec<Self> = filters.filter(|filter| filter.if_ready().is_none()).cloned().collect();
        if pending.is_empty() {
            return Ok(());
        }
        let own = work.clone();
        blocking(work, move || pending.iter().try_for_each(|filter| filter.make_apart(|| own.step()))).await?
    }

    /// As [`ready`](Self::ready), whatever has become of the run: for what is told of it when it is over. What is made then
    /// was held for it before.
    pub async fn ready_anyway(&self) -> Ready<'_> {
        if !self.0.pending.is_empty() {
            let filter = self.clone();
            let made = detached(move || filter.make_apart(|| Ok(()))).await;
            debug_assert!(made.is_ok(), "nothing ends it");
        }
        Ready(self)
    }

    /// As [`ready`](Self::ready), on this thread, which has time: for 10,000 values it may take seconds.
    ///
    /// # Errors
    /// Why the work is over.
    pub fn ready_here(&self, work: &Work) -> Result<Ready<'_>, Over> {
        self.make_apart(|| work.step())?;
        Ok(Ready(self))
    }

    /// The same if there is nothing to be made.
    pub fn if_ready(&self) -> Option<Ready<'_>> {
        self.0.pending.is_empty().then_some(Ready(self))
    }

    /// Whether any value was guarded so far, or masked: keys of um-host are that without having been guarded.
    pub fn has_guarded(&self) -> bool {
        !self.0.pending.is_empty()
            || self.read(|guarded| !guarded.values.is_empty())
            || !self.0.tally.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
            || !self.lock_unguarded().is_empty()
    }

    /// Whether this value is guarded, under any name.
    pub fn knows_value(&self, value: &str) -> bool {
        self.knows(value, |_| true)
    }

    /// What was masked so far, ordered by secret, path, stream and form. Bytes still held back are not in it.
    pub fn report(&self) -> Vec<Leak> {
        let tally = self.0.tally.lock().unwrap_or_else(PoisonError::into_inner);
        self.read(|guarded| tally.leaks(guarded))
    }

    /// What was let through so far where programs read, though it may be a secret; ordered in the same way.
    pub fn doubtful(&self) -> Vec<Leak> {
        let tally = self.0.doubtful.lock().unwrap_or_else(PoisonError::into_inner);
        self.read(|guarded| tally.leaks(guarded))
    }

    /// The names that were guarded with a value that cannot be masked, in order.
    pub fn unguarded(&self) -> Vec<String> {
        self.lock_unguarded().iter().cloned().collect()
    }

    /// Whether a value is guarded under this name.
    pub fn guards(&self, name: &str) -> bool {
        self.0.pending.has_name(name) || self.read(|guarded| guarded.values.iter().any(|known| known.name == name))
    }

    /// Whether this value was guarded before, under such a name. First among those that wait: a value is in both places
    /// when it leaves there.
    fn knows(&self, value: &str, is_name: impl Fn(&str) -> bool) -> bool {
        self.0.pending.has(value, &is_name) || self.has_made(value, is_name)
    }

    fn has_made(&self, value: &str, is_name: impl Fn(&str) -> bool) -> bool {
        self.read(|guarded| {
            pieces(value).all(|piece| {
                let mut labels = guarded.matcher.labels_of(piece.as_bytes());
                labels.any(|label| label.form == Form::Raw && is_name(guarded.owner(label).0))
            })
        })
    }

    /// Makes what is pending, and leaves nothing of it on the stack.
    fn make_apart(&self, step: impl Fn() -> Result<(), Over>) -> Result<(), Over> {
        if self.0.pending.is_empty() {
            return Ok(());
        }
        let made = apart(|| self.make(step));
        wipe_stack::<WIPED_KIB>();
        made
    }

    fn make(&self, step: impl Fn() -> Result<(), Over>) -> Result<(), Over> {
        let _maker = self.0.pending.maker();
        while let Some(value) = self.0.pending.first() {
            step()?;
            let cost = self.make_one(&value);
            drop(value);
            let mut held = self.0.pending.done();
            held.iter_mut().for_each(|held| held.shrink(held.bytes().saturating_sub(cost as u64)));
            self.write(|guarded| guarded.held.append(&mut held));
        }
        Ok(())
    }

    /// Puts the forms of a value in place, and tells what they take. Nothing, if it was guarded before after all.
    fn make_one(&self, value: &Value) -> usize {
        if self.has_made(&value.text, |known| value.under_any_name || known == value.name) {
            return 0;
        }
        let forms = table::of(&value.text, value.extent, &value.recorded);
        let cost = cost_of(&forms);
        self.write(|guarded| {
            let base = if guarded.values.is_empty() { BASE } else { 0 };
            guarded.expect(self.0.pending.len());
            guarded.add(&value.name, forms);
            base + cost
        })
    }

    /// What is known by now; not all of what is guarded.
    pub(crate) fn read<T>(&self, read: impl FnOnce(&Guarded) -> T) -> T {
        read(&self.0.guarded.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn write<T>(&self, write: impl FnOnce(&mut Guarded) -> T) -> T {
        write(&mut self.0.guarded.write().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn count(&self, stream: &Stream, found: impl IntoIterator<Item = (Label, u64)>) {
        self.0.tally.lock().unwrap_or_else(PoisonError::into_inner).add(stream, found);
    }

    pub(crate) fn count_doubtful(&self, stream: &Stream, found: impl IntoIterator<Item = (Label, u64)>) {
        self.0.doubtful.lock().unwrap_or_else(PoisonError::into_inner).add(stream, found);
    }

    pub(crate) fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    fn lock_unguarded(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.0.unguarded.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<'a> Ready<'a> {
    /// Of this filter.
    pub fn filter(self) -> &'a Filter {
        self.0
    }

    /// Whether a form stands in these bytes, a doubtful one too; nothing is counted.
    pub fn finds_in(self, text: &[u8]) -> bool {
        let mut found = false;
        self.read_guarded(|guarded| {
            guarded.matcher.scan(text, 0, &[], &mut Overlaps::default(), |_, walk| {
                found = walk.is_some_and(|walk| walk.longest.is_some());
                if found { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            });
        });
        found
    }

    /// Whether a form may stand in these bytes, in one piece or with line breaks in it. `false` is certain, and had in less
    /// time than anything else tells; keys of um-host are not looked for.
    pub fn may_find_in(self, text: &[u8]) -> bool {
        let may_be_broken = memchr::memchr3(b'\n', b'\r', b'\\', text).is_some();
        may_be_broken || self.finds_in(text)
    }

    /// All that is guarded. What was since this was made is made now.
    pub(crate) fn read_guarded<T>(self, read: impl FnOnce(&Guarded) -> T) -> T {
        let made = self.0.make_apart(|| Ok(()));
        debug_assert!(made.is_ok(), "nothing ends it");
        self.0.read(read)
    }
}

/// Tells how much is guarded, never what.
impl fmt::Debug for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let secrets = self.0.pending.len() + self.read(|guarded| guarded.values.len());
        f.debug_struct("Filter").field("secrets", &secrets).finish_non_exhaustive()
    }
}

/// As its [`Filter`].
impl fmt::Debug for Ready<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Ready").field(self.0).finish()
    }
}
