//! `um:action/secrets`: what a guest may ask of its workspace.
//!
//! A value is decrypted when the guest asks for it, is known to the leak filter before the guest holds it, and is kept
//! by the run until its end, where it is wiped. Of a sealed secret the guest gets a placeholder. The interface is linked by hand: bindings would hand `String`s to the
//! engine, which drops them unwiped.

use std::sync::Arc;

use wasmtime::StoreContextMut;
use wasmtime::component::Linker;

use super::bindings::um::action::secrets as wit;
use super::state::State;
use crate::egress::Bound;
use crate::egress::sealed::Seals;
use crate::leak::Filter;
use crate::secret::{Entry, Exposure, MASK, OpenError, RunId, SealedUse, SecretName, SecretValue, Snapshot};

/// Shortest and longest value that `guard` takes, in bytes.
const GUARD_BYTES: std::ops::RangeInclusive<usize> = 8..=64 * 1024;
/// Most values that one run may guard, and most bytes of them together.
const MAX_GUARDED: usize = 1_000;
const MAX_GUARDED_BYTES: usize = 1024 * 1024;
/// Most memory for the forms of what one run guards, in bytes: a guest could choose values that have very many.
const MAX_GUARDED_FORMS: usize = 32 * 1024 * 1024;
/// What a guarded value is called where leaks are counted.
const GUARDED: &str = "guarded value";
/// Most names that `closest` gives.
const CLOSEST: usize = 3;

/// The secrets of one run.
pub(super) struct RunSecrets {
    snapshot: Option<Arc<dyn Snapshot>>,
    /// The names that the run was narrowed to.
    only: Option<Vec<SecretName>>,
    run: RunId,
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
    /// Whether the store failed to open a value that it has.
    failed: bool,
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
        run: RunId,
        filter: Filter,
        bound: Bound,
        seals: Seals,
    ) -> Self {
        Self {
            snapshot,
            only,
            run,
            filter,
            bound,
            seals,
            opened: Vec::new(),
            guarded: 0,
            guarded_bytes: 0,
            guarded_forms: 0,
            failed: false,
        }
    }

    /// The names that the guest has got, each once.
    pub fn names(&self) -> Vec<SecretName> {
        self.opened.iter().map(|(name, _)| name.clone()).collect()
    }

    /// The requests that sealed values went out in.
    pub fn sealed(&self) -> Vec<SealedUse> {
        self.seals.uses()
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

    async fn get(&mut self, name: &str) -> Result<Arc<str>, wit::Error> {
        if !self.allows(name) {
            return Err(wit::Error::Denied);
        }
        let name = SecretName::parse(name).map_err(|_| wit::Error::NotFound)?;
        if let Some((_, given)) = self.opened.iter().find(|(opened, _)| *opened == name) {
            return Ok(given.shared());
        }
        let snapshot = Arc::clone(self.snapshot.as_ref().ok_or(wit::Error::Unavailable)?);
        let entry = snapshot.entries().iter().find(|entry| entry.name == name).ok_or(wit::Error::NotFound)?;
        let value = snapshot.open(&name, &self.run).await.map_err(|error| match error {
            OpenError::NotFound => wit::Error::NotFound,
            OpenError::Expired => wit::Error::Expired,
            OpenError::Unavailable(_) => {
                self.failed = true;
                wit::Error::Unavailable
            }
        })?;
        let given = match entry.exposure {
            Exposure::Revealed => self.reveal(entry, value),
            Exposure::Sealed => self.seal(entry, value)?,
        };
        let shared = given.shared();
        self.opened.push((name, given));
        Ok(shared)
    }

    fn reveal(&self, entry: &Entry, value: SecretValue) -> Given {
        self.filter.guard(entry.name.as_str(), value.expose());
        self.bound.hold(&entry.name, &value, &entry.bindings);
        Given::Value(value)
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

    fn closest(&self, name: &str) -> Vec<String> {
        crate::secret::closest(name, self.visible().map(|entry| entry.name.as_str()), CLOSEST)
    }

    fn workspace(&self) -> String {
        self.snapshot.as_ref().map_or_else(String::new, |snapshot| snapshot.workspace().as_str().to_owned())
    }

    fn guard(&mut self, value: &str) -> Result<(), wit::GuardError> {
        // No reason of its own in the interface: what is left of it beside the mask is too short to be known by.
        if value.len() < *GUARD_BYTES.start() || value.contains(MASK) {
            return Err(wit::GuardError::TooShort);
        }
        if value.len() > *GUARD_BYTES.end() {
            return Err(wit::GuardError::TooLong);
        }
        let is_full = self.guarded == MAX_GUARDED || self.guarded_bytes + value.len() > MAX_GUARDED_BYTES;
        // What is guarded already needs no room.
        let left = if is_full { 0 } else { MAX_GUARDED_FORMS - self.guarded_forms };
        let forms = self.filter.guard_within(GUARDED, value, left).ok_or(wit::GuardError::TooMany)?;
        if forms > 0 {
            self.guarded_forms += forms;
            self.guarded += 1;
            self.guarded_bytes += value.len();
        }
        Ok(())
    }
}

/// Links `um:action/secrets`. What is linked here is held against `wit/action.wit` when a guest is.
pub(super) fn add_to_linker(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    let mut instance = linker.instance("um:action/secrets@0.1.0")?;
    instance.func_wrap_async("get", |mut store: StoreContextMut<'_, State>, (name,): (String,)| {
        Box::new(async move { Ok((store.data_mut().secrets.get(&name).await,)) })
    })?;
    instance.func_wrap("entries", |store: StoreContextMut<'_, State>, (): ()| Ok((store.data().secrets.entries(),)))?;
    instance.func_wrap("closest", |store: StoreContextMut<'_, State>, (name,): (String,)| {
        Ok((store.data().secrets.closest(&name),))
    })?;
    instance
        .func_wrap("workspace", |store: StoreContextMut<'_, State>, (): ()| Ok((store.data().secrets.workspace(),)))?;
    instance.func_wrap("guard", |mut store: StoreContextMut<'_, State>, (value,): (String,)| {
        let value = zeroize::Zeroizing::new(value);
        Ok((store.data_mut().secrets.guard(&value),))
    })?;
    Ok(())
}
