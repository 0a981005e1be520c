//! `um:action/secrets`: what a guest may ask of its workspace.
//!
//! A value is decrypted when the guest asks for it, is known to the leak filter before the guest holds it, and is kept
//! by the run until its end, where it is wiped. One that the run was given itself is known from the beginning, asked for or
//! not. Of a sealed secret the guest gets a placeholder. The interface is linked by hand: bindings would hand `String`s to the
//! engine, which drops them unwiped.

use std::collections::BTreeSet;
use std::sync::Arc;

use metrics::Counter;
use tracing::Instrument;
use wasmtime::StoreContextMut;
use wasmtime::component::Linker;
use zeroize::Zeroizing;

use super::bindings::um::action::secrets as wit;
use crate::admission::rates::Rates;
use crate::limits::table::Limit;
use crate::outcome::{SecretRead, Unsent};
use crate::spec::grant::Grant;
use crate::tripwire::{RunOver, Stop, Tripwire};
use um_base::{Held, Over, Work, blocking};
use um_egress::{BindingGuard, Seals};
use um_leak::{Filter, Leak};
use um_secret::{
    Entry, Exposure, MASK, OpenError, Overlay, Reader, SealedUse, SecretName, SecretValue, Snapshot, WorkspaceName,
    closest,
};

/// Shortest and longest value that `guard` takes, in bytes.
const GUARD_BYTES: std::ops::RangeInclusive<usize> = 8..=64 * 1024;
/// Most values that one run may guard, and most bytes of them together.
const MAX_GUARDED: usize = 1_000;
const MAX_GUARDED_BYTES: usize = 1024 * 1024;
/// Most memory for the forms of what one run guards, in bytes: a guest could choose values that have very many.
const MAX_GUARDED_FORMS: u64 = 64 * 1024 * 1024;
/// Most memory that is held for the forms of values before they are made, in bytes: they take some tenth of it.
const MOST_WAITING: u64 = 16 * 1024 * 1024;
/// What a guarded value is called where leaks are counted.
const GUARDED: &str = "guarded value";
/// Most names that `closest` gives.
const CLOSEST: usize = 3;
/// Among more names than this they are looked for on a thread of its own.
const MANY_NAMES: usize = 200;

/// What a run may ask for secrets.
pub(crate) struct Kept {
    pub workspace: WorkspaceName,
    /// The workspace as it is, with what the run was given itself.
    pub snapshot: Option<Arc<dyn Snapshot>>,
    /// What it was given itself.
    pub given: Option<Arc<Overlay>>,
    /// Why there is no more than that: what keeps secrets was never made.
    pub absent: Option<Absent>,
}

/// As [`SnapshotError::Absent`](um_secret::SnapshotError::Absent) says it.
type Absent = Box<dyn std::error::Error + Send + Sync>;

/// The secret that a run asked for where nothing keeps any.
pub(crate) struct Unkept {
    pub name: SecretName,
    /// Names of secrets that it has which resemble that.
    pub closest: Vec<String>,
    pub absent: Absent,
}

/// The secrets of one run.
pub(crate) struct RunSecrets {
    kept: Kept,
    /// The names that the run was narrowed to.
    only: Option<Vec<SecretName>>,
    reader: Reader,
    filter: Filter,
    /// Where values may go that are bound.
    guard: BindingGuard,
    /// Keeps sealed values, and makes what the guest gets for them.
    seals: Seals,
    /// What the guest has been given, in the order of the first time. It lives as long as the run.
    opened: Vec<(SecretName, Given)>,
    /// What is known to the filters without having been asked for.
    known: BTreeSet<SecretName>,
    /// How often the guest may still ask.
    reads: u64,
    /// What its workspace may read in a time.
    rates: Option<Arc<Rates>>,
    /// Counts what is read.
    counter: Counter,
    guarded: usize,
    guarded_bytes: usize,
    /// What may still be used for what guarded values look like.
    guarded_forms: Work,
    /// What the run may still use.
    work: Work,
    tripwire: Tripwire,
    /// The secret that there was no room for.
    unfit: Option<SecretName>,
    /// The secret that nothing keeps.
    unkept: Option<SecretName>,
    /// Whether the store failed to open a value that it has.
    failed: bool,
}

/// A secret that the guest has asked for.
enum Opened {
    Before(Arc<str>),
    Now(Entry, SecretValue),
}

/// What a guest gets for a secret.
enum Given {
    Value(SecretValue),
    Placeholder(Arc<str>),
}

impl Given {
    fn shared(&self) -> Arc<str> {
        match self {
            Self::Value(value) => value.expose_shared(),
            Self::Placeholder(text) => Arc::clone(text),
        }
    }
}

impl RunSecrets {
    pub fn new(
        kept: Kept,
        grant: &Grant,
        reader: Reader,
        filter: Filter,
        guard: BindingGuard,
        seals: Seals,
        tripwire: Tripwire,
    ) -> Self {
        Self {
            kept,
            only: grant.secrets().map(<[_]>::to_vec),
            reads: grant.limits().secret_reads,
            rates: None,
            counter: Counter::noop(),
            reader,
            filter,
            guard,
            seals,
            opened: Vec::new(),
            known: BTreeSet::new(),
            guarded: 0,
            guarded_bytes: 0,
            guarded_forms: Work::new(MAX_GUARDED_FORMS),
            work: tripwire.work().clone(),
            tripwire,
            unfit: None,
            unkept: None,
            failed: false,
        }
    }

    /// Held to what its workspace may read in a time, and counted.
    pub fn counted(self, rates: Option<Arc<Rates>>, counter: Counter) -> Self {
        Self { rates, counter, ..self }
    }

    /// What the guest has got, each once.
    pub fn read(&self) -> Vec<SecretRead> {
        let version =
            |name: &SecretName| self.visible().find(|entry| entry.name == *name).map_or(1, |entry| entry.version);
        self.opened.iter().map(|(name, _)| SecretRead { name: name.clone(), version: version(name) }).collect()
    }

    /// The requests that sealed values went out in.
    pub fn sealed(&self) -> Vec<SealedUse> {
        self.seals.uses()
    }

    /// Whether the run was handed any value, or a placeholder for one.
    pub fn has_opened(&self) -> bool {
        !self.opened.is_empty()
    }

    /// The sealed secrets that no request took along, in the order in which they were read.
    pub fn unsent(&self) -> Vec<Unsent> {
        let sent = self.sealed();
        let unsent = self.opened.iter().filter(|(name, given)| {
            matches!(given, Given::Placeholder(_)) && sent.iter().all(|used| used.secret != *name)
        });
        let bindings = |name: &SecretName| {
            self.visible().find(|entry| entry.name == *name).map_or_else(Vec::new, |entry| entry.bindings.clone())
        };
        unsent.map(|(name, _)| Unsent { secret: name.clone(), bindings: bindings(name) }).collect()
    }

    /// What was let through to hosts that it is not bound to, though it may be a secret.
    pub fn doubtful(&self) -> Vec<Leak> {
        self.guard.doubtful()
    }

    /// The secret that the run asked for when there was no room left to know its value by.
    pub fn unfit(&self) -> Option<SecretName> {
        self.unfit.clone()
    }

    /// The secret that ended the run, since nothing keeps it. To be asked for once.
    pub fn unkept(&mut self) -> Option<Unkept> {
        let (name, absent) = (self.unkept.take()?, self.kept.absent.take()?);
        let known = self.visible().map(|entry| entry.name.as_str());
        Some(Unkept { closest: closest(name.as_str(), known, CLOSEST), name, absent })
    }

    pub fn host_failed(&self) -> bool {
        self.failed || self.seals.has_failed()
    }

    /// What the run may ask for, if it was narrowed to some by name.
    pub(super) fn narrowed(&self) -> Option<Vec<SecretName>> {
        self.only.as_ref().map(|_| self.visible().map(|entry| entry.name.clone()).collect())
    }

    /// Of names that are meant alike the one to ask for: the first that the run can see, or else the last that it may ask for.
    pub(super) fn meant<'a>(&self, names: &'a [SecretName]) -> Option<&'a SecretName> {
        let is_there = |name: &&SecretName| self.visible().any(|entry| entry.name == **name);
        let allowed = || names.iter().rfind(|name| self.allows(name.as_str()));
        names.iter().find(is_there).or_else(allowed).or(names.last())
    }

    /// What the guest got for a secret that it has asked for.
    pub(super) fn got(&self, name: &SecretName) -> Option<Arc<str>> {
        self.opened.iter().find(|(opened, _)| opened == name).map(|(_, given)| given.shared())
    }

    fn allows(&self, name: &str) -> bool {
        self.only.as_ref().is_none_or(|only| only.iter().any(|allowed| allowed.as_str() == name))
    }

    fn visible(&self) -> impl Iterator<Item = &Entry> {
        let entries = self.kept.snapshot.as_ref().map_or(&[][..], |snapshot| snapshot.entries());
        entries.iter().filter(|entry| self.allows(entry.name.as_str()))
    }

    /// Makes the values known to the filters that the run was given itself: the guest may come by one without asking, in its
    /// input or an answer. Not those that it cannot ask for, which are sealed or which the run was narrowed to leave out: it
    /// has no other way to know them, and by what a filter does one could be guessed.
    ///
    /// # Errors
    /// [`Over`]: there is no room for one, which [`unfit`](Self::unfit) names.
    pub async fn guard_given(&mut self) -> Result<(), Over> {
        let Some(given) = self.kept.given.take() else { return Ok(()) };
        for (entry, value) in given.given() {
            if entry.exposure == Exposure::Revealed && self.allows(entry.name.as_str()) {
                self.make_known(entry, value).await?;
                self.known.insert(entry.name.clone());
            }
        }
        Ok(())
    }

    /// Ends the run that asks more often than it may.
    fn count_read(&mut self) -> Result<(), Over> {
        let left = self.reads.checked_sub(1);
        self.reads = left.unwrap_or(0);
        left.map(drop).ok_or_else(|| {
            self.tripwire.trip(Stop::Limit(Limit::SecretReads));
            Over::Stopped
        })
    }

    /// Ends the run that asks for a secret where nothing keeps any: that there is no such secret would not be true, and an
    /// action with a default for it would go on without.
    fn check_kept(&mut self, name: &str) -> Result<(), Over> {
        let is_given = || self.visible().any(|entry| entry.name.as_str() == name);
        if self.kept.absent.is_none() || !self.allows(name) || is_given() {
            return Ok(());
        }
        // What is no name is nobody's, store or not.
        let Ok(name) = SecretName::parse(name) else { return Ok(()) };
        self.unkept = Some(name);
        self.tripwire.trip(Stop::NoStore);
        Err(Over::Stopped)
    }

    /// The value of a secret, or its placeholder; each call counts as a read.
    ///
    /// # Errors
    /// [`Over`]: the run is.
    pub(super) async fn get(&mut self, name: &str) -> Result<Result<Arc<str>, wit::Error>, Over> {
        self.count_read()?;
        self.check_kept(name)?;
        let (entry, value) = match self.open(name).await {
            Ok(Opened::Before(given)) => return Ok(Ok(given)),
            Ok(Opened::Now(entry, value)) => (entry, value),
            Err(error) => return Ok(Err(error)),
        };
        let given = match entry.exposure {
            Exposure::Revealed => self.reveal(&entry, value).await?,
            Exposure::Sealed => match self.seal(&entry, value) {
                Ok(given) => given,
                Err(error) => return Ok(Err(error)),
            },
        };
        let shared = given.shared();
        self.opened.push((entry.name, given));
        Ok(Ok(shared))
    }

    async fn open(&mut self, name: &str) -> Result<Opened, wit::Error> {
        if !self.allows(name) {
            return Err(wit::Error::Denied);
        }
        let name = SecretName::parse(name).map_err(|_| wit::Error::NotFound)?;
        if let Some((_, given)) = self.opened.iter().find(|(opened, _)| *opened == name) {
            return Ok(Opened::Before(given.shared()));
        }
        let snapshot = Arc::clone(self.kept.snapshot.as_ref().ok_or(wit::Error::NotFound)?);
        let entry = snapshot.entries().iter().find(|entry| entry.name == name).ok_or(wit::Error::NotFound)?;
        if let Some(rates) = &self.rates {
            rates.read().await;
        }
        self.counter.increment(1);
        let span = tracing::info_span!("secret", %name, version = entry.version);
        let value = snapshot.open(&name, &self.reader).instrument(span).await.map_err(|error| match error {
            OpenError::NotFound => wit::Error::NotFound,
            OpenError::Expired => wit::Error::Expired,
            _ => {
                self.failed = true;
                wit::Error::Unavailable
            }
        })?;
        Ok(Opened::Now(entry.clone(), value))
    }

    /// Makes the value known to the filters before the guest gets it.
    async fn reveal(&mut self, entry: &Entry, value: SecretValue) -> Result<Given, Over> {
        if !self.known.contains(&entry.name) {
            self.make_known(entry, &value).await?;
        }
        self.guard.hand_out(&entry.name, &entry.bindings);
        Ok(Given::Value(value))
    }

    /// Makes a value known to the filters. Nothing is made of it before somebody looks for it; but the memory that this will
    /// take is held now.
    async fn make_known(&mut self, entry: &Entry, value: &SecretValue) -> Result<(), Over> {
        let mut held = self.try_hold(entry, value);
        if held.is_none() || self.filter.waiting() + self.guard.waiting() > MOST_WAITING {
            // What the values before may take is more than what they do.
            drop(held);
            self.filter.ready(&self.work).await?;
            self.guard.ready(&self.work).await?;
            held = self.try_hold(entry, value);
        }
        let Some([own, bound]) = held else {
            self.unfit = Some(entry.name.clone());
            return Err(self.work.hold(u64::MAX).err().unwrap_or(Over::Memory));
        };
        self.filter.guard_parts(entry.name.as_str(), value.expose(), &entry.parts, vec![own]);
        self.guard.watch(&entry.name, value, &entry.bindings, &entry.parts, vec![bound]);
        Ok(())
    }

    /// The memory that a value takes in the filter, and among those that may not go everywhere.
    fn try_hold(&self, entry: &Entry, value: &SecretValue) -> Option<[Held; 2]> {
        let own = self.work.try_hold(self.filter.most(value.expose()) as u64)?;
        let bound = self.work.try_hold(self.guard.most(value, &entry.bindings) as u64)?;
        Some([own, bound])
    }

    /// The value stays with the egress: it never enters the guest, so the leak filter need not know it.
    fn seal(&mut self, entry: &Entry, value: SecretValue) -> Result<Given, wit::Error> {
        let Some(placeholder) = self.seals.seal(entry, value) else {
            // Only a vault of an embedder's own holds such a value.
            self.failed = true;
            return Err(wit::Error::Unavailable);
        };
        self.guard.reach(&entry.bindings);
        Ok(Given::Placeholder(placeholder.as_str().into()))
    }

    fn entries(&self) -> Vec<wit::Entry> {
        let entry = |entry: &Entry| wit::Entry {
            name: entry.name.as_str().to_owned(),
            description: entry.description.clone(),
            sealed: entry.exposure == Exposure::Sealed,
        };
        self.visible().map(entry).collect()
    }

    async fn closest(&self, name: String) -> Result<Vec<String>, Over> {
        let names: Vec<String> = self.visible().map(|entry| entry.name.as_str().to_owned()).collect();
        let is_large = names.len() > MANY_NAMES;
        let rank = move || closest(&name, names.iter().map(String::as_str), CLOSEST);
        if is_large { blocking(&self.work, rank).await } else { Ok(rank()) }
    }

    pub(crate) fn workspace(&self) -> String {
        self.kept.workspace.as_str().to_owned()
    }

    async fn guard(&mut self, value: Zeroizing<String>) -> Result<Result<(), wit::GuardError>, Over> {
        // No reason of its own in the interface: what is left of it beside the mask is too short to be known by.
        if value.len() < *GUARD_BYTES.start() || value.contains(MASK) {
            return Ok(Err(wit::GuardError::TooShort));
        }
        if value.len() > *GUARD_BYTES.end() {
            return Ok(Err(wit::GuardError::TooLong));
        }
        if self.filter.knows_value(&value) {
            return Ok(Ok(()));
        }
        if self.guarded == MAX_GUARDED || self.guarded_bytes + value.len() > MAX_GUARDED_BYTES {
            return Ok(Err(wit::GuardError::TooMany));
        }
        let mut held = self.try_hold_guarded(&value);
        if held.is_none() || self.filter.waiting() > MOST_WAITING {
            drop(held);
            self.filter.ready(&self.work).await?;
            held = self.try_hold_guarded(&value);
        }
        let Some(held) = held else { return Ok(Err(wit::GuardError::TooMany)) };
        self.filter.guard_anyway(GUARDED, &value, held.into());
        self.guarded += 1;
        self.guarded_bytes += value.len();
        Ok(Ok(()))
    }

    /// The memory that a value takes which the guest guards: of the run's, and of what there is for such values.
    fn try_hold_guarded(&self, value: &str) -> Option<[Held; 2]> {
        let most = self.filter.most(value) as u64;
        Some([self.work.try_hold(most)?, self.guarded_forms.try_hold(most)?])
    }
}

/// Links `um:action/secrets`. What is linked here is held against `wit/action.wit` when a guest is.
pub(crate) fn add_to_linker<T: Send + 'static>(
    linker: &mut Linker<T>,
    of: fn(&mut T) -> &mut RunSecrets,
) -> wasmtime::Result<()> {
    let mut instance = linker.instance("um:action/secrets@0.1.0")?;
    instance.func_wrap_async("get", move |mut store: StoreContextMut<'_, T>, (name,): (String,)| {
        Box::new(async move { Ok((of(store.data_mut()).get(&name).await.map_err(|_| RunOver)?,)) })
    })?;
    instance
        .func_wrap("entries", move |mut store: StoreContextMut<'_, T>, (): ()| Ok((of(store.data_mut()).entries(),)))?;
    instance.func_wrap_async("closest", move |mut store: StoreContextMut<'_, T>, (name,): (String,)| {
        Box::new(async move { Ok((of(store.data_mut()).closest(name).await.map_err(|_| RunOver)?,)) })
    })?;
    instance.func_wrap("workspace", move |mut store: StoreContextMut<'_, T>, (): ()| {
        Ok((of(store.data_mut()).workspace(),))
    })?;
    instance.func_wrap_async("guard", move |mut store: StoreContextMut<'_, T>, (value,): (String,)| {
        let value = Zeroizing::new(value);
        Box::new(async move { Ok((of(store.data_mut()).guard(value).await.map_err(|_| RunOver)?,)) })
    })?;
    Ok(())
}
