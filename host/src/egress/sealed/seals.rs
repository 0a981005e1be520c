//! The sealed secrets of a run's workspace: placeholders for those that it has read, and the values that no answer may
//! hold.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::place::leads_to;
use super::{Placeholder, Reflection, Reflections, Sealed, SealedSet};
use crate::egress::EgressError;
use crate::egress::request::Origin;
use crate::secret::{Entry, Exposure, OpenError, RunId, SecretValue, Snapshot, apart, check_exposure};

/// The sealed secrets of one run. Clones share them; the default knows none.
#[derive(Clone, Default)]
pub struct Seals(Option<Arc<Shared>>);

struct Shared {
    snapshot: Arc<dyn Snapshot>,
    run: RunId,
    state: Mutex<State>,
    failed: AtomicBool,
}

#[derive(Default)]
struct State {
    set: SealedSet,
    /// By origin, with how many placeholders the run had when it was made. There are no more than bindings.
    made: HashMap<Origin, (usize, Reflections)>,
}

impl Seals {
    /// Of the workspace that `snapshot` is of, for `run`.
    pub fn new(snapshot: Arc<dyn Snapshot>, run: RunId) -> Self {
        let (state, failed) = (Mutex::default(), AtomicBool::new(false));
        Self(Some(Arc::new(Shared { snapshot, run, state, failed })))
    }

    /// Keeps the value of a secret that the run has read, and gives what the run gets in its place: one for each secret
    /// of the run. None if the value is not fit to be sealed.
    pub fn seal(&self, entry: &Entry, value: SecretValue) -> Option<Placeholder> {
        let shared = self.0.as_ref()?;
        check_exposure(Exposure::Sealed, &entry.bindings, &value).ok()?;
        let mut state = shared.lock();
        if let Some(known) = state.set.named(&entry.name) {
            return Some(known.placeholder.clone());
        }
        let placeholder = Placeholder::new();
        let (name, bindings) = (entry.name.clone(), entry.bindings.clone());
        let sealed = Sealed { name, placeholder: placeholder.clone(), value, bindings };
        state.set = state.set.with(Arc::new(sealed));
        Some(placeholder)
    }

    /// Whether a value could not be opened that an answer had to be held against.
    pub fn has_failed(&self) -> bool {
        self.0.as_ref().is_some_and(|shared| shared.failed.load(Ordering::Relaxed))
    }

    /// What the run has been given so far.
    pub(in crate::egress) fn set(&self) -> SealedSet {
        self.0.as_ref().map(|shared| shared.lock().set.clone()).unwrap_or_default()
    }

    /// Whether any sealed secret of the workspace is bound to `origin`, read or not.
    pub(in crate::egress) fn watches(&self, origin: &Origin) -> bool {
        self.0.as_ref().is_some_and(|shared| shared.bound_to(origin).next().is_some())
    }

    /// What answers of `origin` are held against: the values of all sealed secrets of the workspace that are bound to it.
    /// None if there are none. Values are opened for the first request to it.
    ///
    /// # Errors
    /// [`EgressError::Unopened`] if one of them could not be opened.
    pub(in crate::egress) async fn reflections(&self, origin: &Origin) -> Result<Option<Reflections>, EgressError> {
        match &self.0 {
            Some(shared) if self.watches(origin) => shared.reflections(origin).await.map(Some),
            _ => Ok(None),
        }
    }
}

impl Shared {
    fn bound_to(&self, origin: &Origin) -> impl Iterator<Item = &Entry> {
        let leads = |entry: &&Entry| entry.bindings.iter().any(|binding| leads_to(binding, origin.destination()));
        self.snapshot.entries().iter().filter(|entry| entry.exposure == Exposure::Sealed).filter(leads)
    }

    async fn reflections(&self, origin: &Origin) -> Result<Reflections, EgressError> {
        let set = {
            let state = self.lock();
            match state.made.get(origin) {
                Some((count, made)) if *count == state.set.len() => return Ok(made.clone()),
                _ => state.set.clone(),
            }
        };
        let mut others = Vec::new();
        for entry in self.bound_to(origin).filter(|entry| set.named(&entry.name).is_none()) {
            let opened = self.open(entry).await;
            let value = opened.inspect_err(|()| self.failed.store(true, Ordering::Relaxed));
            let value = value.map_err(|()| EgressError::Unopened { host: origin.host.clone() })?;
            others.extend(value.map(|value| (entry.name.clone(), value)));
        }
        let own = self.bound_to(origin).filter_map(|entry| set.named(&entry.name)).map(|sealed| Reflection {
            name: sealed.name.clone(),
            value: sealed.value.expose(),
            placeholder: Some(sealed.placeholder.clone()),
        });
        let others = others.iter().map(|(name, value)| Reflection {
            name: name.clone(),
            value: value.expose(),
            placeholder: None,
        });
        let made = apart(|| Reflections::new(own.chain(others)));
        self.lock().made.insert(origin.clone(), (set.len(), made.clone()));
        Ok(made)
    }

    /// Opens a value that is only held against answers. It is handed to nobody and put into no request, so it is no read
    /// of the run's, and the audit has no record of it. None if it has expired in a store that keeps it shut then.
    async fn open(&self, entry: &Entry) -> Result<Option<SecretValue>, ()> {
        match self.snapshot.peek(&entry.name, &self.run).await {
            Ok(value) => check_exposure(Exposure::Sealed, &entry.bindings, &value).map(|()| Some(value)).map_err(drop),
            Err(OpenError::Expired) => Ok(None),
            Err(_) => Err(()),
        }
    }

    /// Every change is one step, so a poisoned lock is as good as any.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tells which secrets, never what they are.
impl fmt::Debug for Seals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Seals").field(&self.set()).finish()
    }
}
