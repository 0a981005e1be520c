//! `um:action/secrets`: what a guest may ask of its workspace.
//!
//! A value is decrypted when the guest asks for it, is known to the leak filter before the guest holds it, and is kept
//! by the run until its end, where it is wiped. Of a sealed secret the guest gets a placeholder. The interface is linked by hand: bindings would hand `String`s to the
//! engine, which drops them unwiped.

use std::sync::Arc;

use tracing::Instrument;
use wasmtime::StoreContextMut;
use wasmtime::component::Linker;
use zeroize::Zeroizing;

use super::bindings::um::action::secrets as wit;
use super::state::State;
use crate::outcome::SecretRead;
use crate::tripwire::RunOver;
use um_base::{Held, Over, Work, blocking};
use um_egress::{Bound, Seals};
use um_leak::{Filter, guarding_cost};
use um_secret::{
    Entry, Exposure, MASK, OpenError, Reader, SealedUse, SecretName, SecretValue, Snapshot, apart, closest, wipe_stack,
};

/// Shortest and longest value that `guard` takes, in bytes.
const GUARD_BYTES: std::ops::RangeInclusive<usize> = 8..=64 * 1024;
/// Most values that one run may guard, and most bytes of them together.
const MAX_GUARDED: usize = 1_000;
const MAX_GUARDED_BYTES: usize = 1024 * 1024;
/// Most memory for the forms of what one run guards, in bytes: a guest could choose values that have very many.
const MAX_GUARDED_FORMS: usize = 64 * 1024 * 1024;
/// What a guarded value is called where leaks are counted.
const GUARDED: &str = "guarded value";
/// Most names that `closest` gives.
const CLOSEST: usize = 3;
/// Among more names than this they are looked for on a thread of its own.
const MANY_NAMES: usize = 200;
/// What longer values look like, in bytes, is found out on a thread of its own: that takes milliseconds.
const LARGE_VALUE: usize = 512;
/// How far what finds that out reaches into the stack, and more.
const WIPED_BYTES: usize = 128 * 1024;

/// The secrets of one run.
pub(crate) struct RunSecrets {
    snapshot: Option<Arc<dyn Snapshot>>,
    /// The names that the run was narrowed to.
    only: Option<Vec<SecretName>>,
    reader: Reader,
    filter: Filter,
    /// Where values may go that are bound.
    bound: Bound,
    /// Keeps sealed values, and makes what the guest gets for them.
    seals: Seals,
    /// What the guest has been given, in the order of the first time. It lives as long as the run.
    opened: Vec<(SecretName, Given)>,
    guarded: usize,
    guarded_bytes: usize,
    guarded_forms: usize,
    /// What the run may still use, and what it uses of it for what values look like.
    work: Work,
    held: Vec<Held>,
    /// The secret that there was no room for.
    unfit: Option<SecretName>,
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
        snapshot: Option<Arc<dyn Snapshot>>,
        only: Option<Vec<SecretName>>,
        reader: Reader,
        filter: Filter,
        bound: Bound,
        seals: Seals,
        work: Work,
    ) -> Self {
        Self {
            snapshot,
            only,
            reader,
            filter,
            bound,
            seals,
            opened: Vec::new(),
            guarded: 0,
            guarded_bytes: 0,
            guarded_forms: 0,
            work,
            held: Vec::new(),
            unfit: None,
            failed: false,
        }
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

    /// The secret that the run asked for when there was no room left to know its value by.
    pub fn unfit(&self) -> Option<SecretName> {
        self.unfit.clone()
    }

    pub fn host_failed(&self) -> bool {
        self.failed || self.seals.has_failed()
    }

    fn allows(&self, name: &str) -> bool {
        self.only.as_ref().is_none_or(|only| only.iter().any(|allowed| allowed.as_str() == name))
    }

    fn visible(&self) -> impl Iterator<Item = &Entry> {
        let entries = self.snapshot.as_ref().map_or(&[][..], |snapshot| snapshot.entries());
        entries.iter().filter(|entry| self.allows(entry.name.as_str()))
    }

    /// # Errors
    /// [`Over`]: the run is.
    async fn get(&mut self, name: &str) -> Result<Result<Arc<str>, wit::Error>, Over> {
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
        let snapshot = Arc::clone(self.snapshot.as_ref().ok_or(wit::Error::Unavailable)?);
        let entry = snapshot.entries().iter().find(|entry| entry.name == name).ok_or(wit::Error::NotFound)?;
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
        let filters = if entry.bindings.is_empty() { 1 } else { 2 };
        let most = filters * guarding_cost(value.expose());
        let held = self.work.hold(most as u64);
        let mut held = held.inspect_err(|_| self.unfit = Some(entry.name.clone()))?;
        let (filter, bound, entry) = (self.filter.clone(), self.bound.clone(), entry.clone());
        let is_large = value.expose().len() > LARGE_VALUE;
        let guard = move || {
            let cost = filter.guard_counted(entry.name.as_str(), value.expose());
            let cost = cost + bound.hold(&entry.name, &value, &entry.bindings);
            (value, cost)
        };
        let (value, cost) = self.compute(is_large, guard).await?;
        held.shrink(most.saturating_sub(cost) as u64);
        self.held.push(held);
        Ok(Given::Value(value))
    }

    /// Work that depends on the size of what it is given: where that is large, not on the thread that others wait for.
    async fn compute<T: Send + 'static>(
        &self,
        is_large: bool,
        task: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Over> {
        if !is_large {
            return Ok(task());
        }
        let task = || {
            let done = apart(task);
            wipe_stack::<WIPED_BYTES>();
            done
        };
        blocking(&self.work, task).await
    }

    /// The value stays with the egress: it never enters the guest, so the leak filter need not know it.
    fn seal(&mut self, entry: &Entry, value: SecretValue) -> Result<Given, wit::Error> {
        let Some(placeholder) = self.seals.seal(entry, value) else {
            // Only a vault of an embedder's own holds such a value.
            self.failed = true;
            return Err(wit::Error::Unavailable);
        };
        self.bound.reach(&entry.bindings);
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
        self.compute(is_large, rank).await
    }

    pub(crate) fn workspace(&self) -> String {
        self.snapshot.as_ref().map_or_else(String::new, |snapshot| snapshot.workspace().as_str().to_owned())
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
        let (length, most) = (value.len(), guarding_cost(&value));
        let is_full = self.guarded == MAX_GUARDED
            || self.guarded_bytes + length > MAX_GUARDED_BYTES
            || self.guarded_forms + most > MAX_GUARDED_FORMS;
        // Before any of it is made: a guest may ask as often as it likes.
        let Some(mut held) = self.work.try_hold(most as u64).filter(|_| !is_full) else {
            return Ok(Err(wit::GuardError::TooMany));
        };
        let filter = self.filter.clone();
        let cost =
            self.compute(length > LARGE_VALUE, move || filter.guard_within(GUARDED, &value, most)).await?.unwrap_or(0);
        held.shrink(most.saturating_sub(cost) as u64);
        self.held.push(held);
        self.guarded_forms += cost;
        self.guarded += 1;
        self.guarded_bytes += length;
        Ok(Ok(()))
    }
}

/// Links `um:action/secrets`. What is linked here is held against `wit/action.wit` when a guest is.
pub(crate) fn add_to_linker(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    let mut instance = linker.instance("um:action/secrets@0.1.0")?;
    instance.func_wrap_async("get", |mut store: StoreContextMut<'_, State>, (name,): (String,)| {
        Box::new(async move { Ok((store.data_mut().secrets.get(&name).await.map_err(|_| RunOver)?,)) })
    })?;
    instance.func_wrap("entries", |store: StoreContextMut<'_, State>, (): ()| Ok((store.data().secrets.entries(),)))?;
    instance.func_wrap_async("closest", |mut store: StoreContextMut<'_, State>, (name,): (String,)| {
        Box::new(async move { Ok((store.data_mut().secrets.closest(name).await.map_err(|_| RunOver)?,)) })
    })?;
    instance
        .func_wrap("workspace", |store: StoreContextMut<'_, State>, (): ()| Ok((store.data().secrets.workspace(),)))?;
    instance.func_wrap_async("guard", |mut store: StoreContextMut<'_, State>, (value,): (String,)| {
        let value = Zeroizing::new(value);
        Box::new(async move { Ok((store.data_mut().secrets.guard(value).await.map_err(|_| RunOver)?,)) })
    })?;
    Ok(())
}
