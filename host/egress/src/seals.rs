//! The sealed secrets of a run's workspace: what an action sends is a placeholder, and the host puts the value in its
//! place on the way out.
//!
//! Guarantees, for a run that was given placeholders:
//! - a placeholder leaves only as the whole of the one field that its secret is bound to, to the scheme, host, port,
//!   method and path of the binding; anything else that looks like a placeholder, in any form and of any run, is refused
//!   before a name is resolved (`request/plan.rs`);
//! - the value is put in last: whatever the guest or the meter measures was measured before;
//! - from an origin to which any sealed secret of the workspace is bound nothing arrives that holds the whole value in
//!   a known form, compressed or not, in head, body or trailers (`response/filtered.rs`);
//! - neither the time nor the size of what arrives depends on how much of a value a server's answer has in common with
//!   it, unless that is all of it (`response/sealed_search`);
//! - no size that a run can see tells the length of a value: bodies count as the guest writes and gets them, what is
//!   held back is as long for values of many lengths, and fields that measure or hash an answer are dropped, `ETag`
//!   with them;
//! - a value goes out only when that is on record, once for each run, secret and host.
//!
//! Deliberately absent: defence against a server that transforms, cuts or hides the value on purpose. It has the value.
//! Nor does anything hide where heads become too long, by a server's limit or by ours for its answers: who fills them up
//! learns the length of a value.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::error::egress::EgressError;
use crate::request::placeholder::Placeholder;
use crate::request::plan::Plan;
use crate::request::sealed::{Sealed, SealedSet};
use crate::response::sealed_search::matcher::{Reflection, Reflections};
use um_base::rule::{HostName, Origin};
use um_base::{Held, Work, blocking};
use um_secret::{
    Entry, Exposure, MASK, OpenError, Reader, SealedUse, SecretName, SecretValue, Snapshot, apart, check_exposure,
};

/// Memory for each byte of a value while what it may look like is made, and afterwards.
const PER_BYTE: usize = 500;
const KEPT_PER_BYTE: usize = 100;

/// The sealed secrets of one run. Clones share them; the default knows none.
#[derive(Clone, Default)]
pub struct Seals(Option<Arc<Shared>>);

struct Shared {
    snapshot: Arc<dyn Snapshot>,
    reader: Reader,
    /// Whether the workspace has any sealed secret.
    any: bool,
    state: Mutex<State>,
    failed: AtomicBool,
    /// Held while a use is recorded, so that no other request takes it for recorded.
    recording: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct State {
    set: SealedSet,
    /// By origin, with how many placeholders the run had when it was made. There are no more than bindings.
    made: HashMap<Origin, (usize, Reflections)>,
    /// What the run's budget has given for them.
    held: Vec<Held>,
    /// How many requests to a host each value went out in. There are no more hosts than bindings.
    uses: BTreeMap<(SecretName, String), u64>,
}

impl Seals {
    /// Of the workspace that `snapshot` is of, for the run of `reader`.
    pub fn new(snapshot: Arc<dyn Snapshot>, reader: Reader) -> Self {
        let any = snapshot.entries().iter().any(|entry| entry.exposure == Exposure::Sealed);
        let (state, failed, recording) = (Mutex::default(), AtomicBool::new(false), tokio::sync::Mutex::default());
        Self(Some(Arc::new(Shared { snapshot, reader, any, state, failed, recording })))
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

    /// Whether a value could not be opened that an answer had to be held against, or its use not be recorded.
    pub fn has_failed(&self) -> bool {
        self.0.as_ref().is_some_and(|shared| shared.failed.load(Ordering::Relaxed))
    }

    /// How many requests each value went out in, ordered by secret and host.
    pub fn uses(&self) -> Vec<SealedUse> {
        let used = |((secret, host), count): (&(SecretName, String), &u64)| SealedUse {
            secret: secret.clone(),
            host: host.clone(),
            count: *count,
        };
        self.0.as_ref().map_or_else(Vec::new, |shared| shared.lock().uses.iter().map(used).collect())
    }

    /// Whether the workspace has no sealed secret.
    pub fn is_empty(&self) -> bool {
        self.0.as_ref().is_none_or(|shared| !shared.any)
    }

    /// Notes the values that are about to go out to `host`; the first time that one does is on record before.
    ///
    /// # Errors
    /// [`EgressError::Unrecorded`] if it could not be recorded. Nothing may be sent then.
    pub(crate) async fn note(&self, plan: &Plan, host: &HostName) -> Result<(), EgressError> {
        let Some(shared) = &self.0 else { return Ok(()) };
        for sealed in plan.filled() {
            shared.note(&sealed.name, host).await?;
        }
        Ok(())
    }

    /// What the run has been given so far.
    pub(crate) fn set(&self) -> SealedSet {
        self.0.as_ref().map(|shared| shared.lock().set.clone()).unwrap_or_default()
    }

    /// Whether any sealed secret of the workspace is bound to `origin`, read or not.
    pub(crate) fn watches(&self, origin: &Origin) -> bool {
        self.0.as_ref().is_some_and(|shared| shared.bound_to(origin).next().is_some())
    }

    /// What answers of `origin` are held against: the values of all sealed secrets of the workspace that are bound to it.
    /// None if there are none. Values are opened for the first request to it.
    ///
    /// # Errors
    /// [`EgressError::Unopened`] if one of them could not be opened.
    pub(crate) async fn reflections(&self, origin: &Origin, work: &Work) -> Result<Option<Reflections>, EgressError> {
        match &self.0 {
            Some(shared) if self.watches(origin) => shared.reflections(origin, work).await.map(Some),
            _ => Ok(None),
        }
    }
}

/// What answers are held against: values that the run has placeholders for, and others.
fn reflections(own: &[Arc<Sealed>], others: &[SecretValue]) -> Reflections {
    let own = own
        .iter()
        .map(|sealed| Reflection { value: sealed.value.expose(), replacement: sealed.placeholder.to_string() });
    let others = others.iter().map(|value| Reflection { value: value.expose(), replacement: MASK.to_owned() });
    Reflections::new(own.chain(others))
}

impl Shared {
    fn bound_to(&self, origin: &Origin) -> impl Iterator<Item = &Entry> {
        let leads = |entry: &&Entry| entry.bindings.iter().any(|binding| binding.rule().covers(origin));
        self.snapshot.entries().iter().filter(|entry| entry.exposure == Exposure::Sealed).filter(leads)
    }

    async fn reflections(&self, origin: &Origin, work: &Work) -> Result<Reflections, EgressError> {
        let set = {
            let state = self.lock();
            match state.made.get(origin) {
                Some((count, made)) if *count == state.set.len() => return Ok(made.clone()),
                _ => state.set.clone(),
            }
        };
        let mut others = Vec::new();
        let unread = |entry: &&Entry| set.named(&entry.name).is_none();
        for entry in self.bound_to(origin).filter(unread) {
            let opened = self.open(entry).await;
            let value = opened.inspect_err(|()| self.failed.store(true, Ordering::Relaxed));
            let value = value.map_err(|()| EgressError::Unopened { host: origin.host.clone() })?;
            others.extend(value);
        }
        let own: Vec<_> = self.bound_to(origin).filter_map(|entry| set.named(&entry.name)).cloned().collect();
        let over = |_| EgressError::Unopened { host: origin.host.clone() };
        let bytes: usize =
            own.iter().map(|sealed| &sealed.value).chain(&others).map(|value| value.expose().len()).sum();
        let mut held = work.hold((PER_BYTE * bytes) as u64).map_err(over)?;
        // All forms of all values: seconds, if they are many and long.
        let made = blocking(work, move || apart(|| reflections(&own, &others))).await.map_err(over)?;
        held.shrink(((PER_BYTE - KEPT_PER_BYTE) * bytes) as u64);
        self.lock().held.push(held);
        self.lock().made.insert(origin.clone(), (set.len(), made.clone()));
        Ok(made)
    }

    async fn note(&self, name: &SecretName, host: &HostName) -> Result<(), EgressError> {
        let key = (name.clone(), host.to_string());
        let _turn = self.recording.lock().await;
        if !self.lock().uses.contains_key(&key) {
            let used = SealedUse { secret: name.clone(), host: key.1.clone(), count: 1 };
            let recorded = self.snapshot.record_sealed(&used, &self.reader).await;
            recorded.map_err(|_| {
                self.failed.store(true, Ordering::Relaxed);
                EgressError::Unrecorded { host: host.clone() }
            })?;
        }
        *self.lock().uses.entry(key).or_default() += 1;
        Ok(())
    }

    /// Opens a value that is only held against answers. It is handed to nobody and put into no request, so it is no read
    /// of the run's, and the audit has no record of it. None if it has expired in a store that keeps it shut then.
    async fn open(&self, entry: &Entry) -> Result<Option<SecretValue>, ()> {
        match self.snapshot.peek(&entry.name).await {
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
