//! Values that a run has in its hands and that belong to some hosts only.
//!
//! Guarantees, for every value that the run was given, or is watched for, and that is bound:
//! - a request with a form of it (8 bytes or more) in its method, URL, header fields or body goes to no other place than
//!   those it is bound to: nothing of it is resolved or sent if the head has it, and it is broken off before the first
//!   byte of the value if the body has it;
//! - a value that the run gets while a body is on its way counts for the rest of that body;
//! - a part of a value counts as the value does, if it is certainly a secret; one of which that is doubtful passes, and is
//!   counted.
//!
//! With [`strict`](BindingGuard::strict) a run that has been given such a value reaches no other hosts at all than those
//! that the secrets which it read are bound to; a body that is on its way to another is broken off.
//!
//! Deliberately absent: defence against an action that transforms a value on purpose. That is what the allow-list, strict
//! egress and sealed secrets are for.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use zeroize::Zeroizing;

use crate::error::egress::EgressError;
use crate::error::request::RequestFault;
use crate::request::asked::Asked;
use um_base::rule::{HostName, Rule};
use um_base::{Held, Over, Work};
use um_leak::{Filter, Found, Leak, Sieve, Stream};
use um_secret::{Binding, Misdirected, Parts as Recorded, SecretName, SecretValue};

/// Shorter values, and so shorter forms, are not looked for: they stand in requests by chance.
const SHORTEST: usize = 8;
/// Most pairs of secret and host that are told apart when refused requests are counted.
const MAX_COUNTED: usize = 100;
/// Most hosts that a message names.
const MAX_NAMED: usize = 3;

/// Keeps the bound values of one run from places that they are not bound to. Clones share them.
#[derive(Clone, Default)]
pub struct BindingGuard(Arc<RwLock<State>>);

#[derive(Default)]
struct State {
    strict: bool,
    /// The bound secret that was handed out first.
    first: Option<SecretName>,
    /// What the secrets that were read are bound to, sealed ones too.
    reachable: Vec<Rule>,
    groups: Vec<Group>,
    refused: BTreeMap<(SecretName, String), u64>,
}

/// Values that are bound to the same places.
struct Group {
    places: Vec<Rule>,
    filter: Filter,
}

impl BindingGuard {
    /// As [`default`](Self::default), but hosts that nothing is bound to are out of reach once a value was handed out.
    #[must_use]
    pub fn strict(strict: bool) -> Self {
        Self(Arc::new(RwLock::new(State { strict, ..State::default() })))
    }

    /// Notes a value that is about to be handed out. One that is bound to nothing may go anywhere.
    pub fn hold(&self, name: &SecretName, value: &SecretValue, bindings: &[Binding]) {
        self.watch(name, value, bindings, &Recorded::default(), Vec::new());
        self.hand_out(name, bindings);
    }

    /// Refuses requests with a value, whether or not the run gets it from here, with what is on record of its parts, and
    /// with memory that is held for it: its [`most`](Self::most).
    pub fn watch(
        &self,
        name: &SecretName,
        value: &SecretValue,
        bindings: &[Binding],
        recorded: &Recorded,
        held: Vec<Held>,
    ) {
        if bindings.is_empty() {
            return;
        }
        let filter = self.group(&rules(bindings));
        if value.expose().len() >= SHORTEST {
            filter.guard_parts_anyway(name.as_str(), value.expose(), recorded, held);
        }
    }

    /// Notes that a value is about to be handed out which is [watched](Self::watch) for: from now on a strict run is strict.
    pub fn hand_out(&self, name: &SecretName, bindings: &[Binding]) {
        if !bindings.is_empty() {
            self.write().first.get_or_insert_with(|| name.clone());
            self.reach(bindings);
        }
    }

    /// At most so many bytes of memory it takes to note a value that is bound like this; nothing, if it is not bound.
    pub fn most(&self, value: &SecretValue, bindings: &[Binding]) -> usize {
        if bindings.is_empty() {
            return 0;
        }
        let (places, state) = (rules(bindings), self.read());
        let known = state.groups.iter().find(|group| group.places == places);
        known.map_or_else(|| Filter::new().most(value.expose()), |group| group.filter.most(value.expose()))
    }

    /// The memory that is held for values of which nothing was made yet, in bytes.
    pub fn waiting(&self) -> u64 {
        self.read().groups.iter().map(|group| group.filter.waiting()).sum()
    }

    /// Makes the forms of all values that are noted by now, so that they take no more memory than they have to.
    ///
    /// # Errors
    /// Why the work is over.
    pub async fn ready(&self, work: &Work) -> Result<(), Over> {
        let filters: Vec<Filter> = self.read().groups.iter().map(|group| group.filter.clone()).collect();
        Filter::all_ready(filters.iter(), work).await
    }

    /// Notes a secret that was read but not handed out: a strict run reaches what it is bound to.
    pub fn reach(&self, bindings: &[Binding]) {
        self.write().reachable.extend(rules(bindings));
    }

    /// What was refused for a value in it, ordered by secret and host: the first 100 pairs of them.
    pub fn misdirected(&self) -> Vec<Misdirected> {
        let misdirected = |((secret, host), count): (&(SecretName, String), &u64)| Misdirected {
            secret: secret.clone(),
            host: host.clone(),
            count: *count,
        };
        self.read().refused.iter().map(misdirected).collect()
    }

    /// What was let through to hosts that it is not bound to, though it may be a secret; ordered by secret, path, host and
    /// form.
    pub fn doubtful(&self) -> Vec<Leak> {
        let state = self.read();
        let mut doubtful: Vec<Leak> = state.groups.iter().flat_map(|group| group.filter.doubtful()).collect();
        doubtful.sort_by(|one, other| one.order().cmp(&other.order()));
        doubtful
    }

    /// Refuses a request with a value in its head, of which these are the readings, that does not belong there.
    pub(crate) async fn check_head(&self, head: &[u8], asked: &Asked, work: &Work) -> Result<(), EgressError> {
        self.check_reach(asked)?;
        let mut sieves = Vec::new();
        self.add_sieves(asked, 0, &mut sieves);
        if sieves.is_empty() {
            return Ok(());
        }
        Filter::all_ready(sieves.iter().map(Sieve::filter), work).await.map_err(over)?;
        for sieve in &mut sieves {
            let filter = sieve.filter().clone();
            let ready = filter.ready_here(work).map_err(over)?;
            if !ready.may_find_in(head) {
                continue;
            }
            let mut passed = Zeroizing::new(Vec::with_capacity(head.len()));
            let sought = sieve.pass(ready, head, &mut passed).and_then(|()| sieve.finish(ready, &mut passed));
            sought.map_err(|found| self.refuse(&found, asked))?;
        }
        // It was read in every way that there is.
        sieves.iter_mut().for_each(Sieve::count_once);
        Ok(())
    }

    /// That a strict run may still send something there.
    pub(crate) fn check_reach(&self, asked: &Asked) -> Result<(), EgressError> {
        let state = self.read();
        match &state.first {
            Some(secret) if state.strict && !asked.is_within_any(&state.reachable) => Err(EgressError::Strict {
                host: asked.origin.host.clone(),
                secret: secret.clone(),
                entry: asked.entry(),
            }),
            _ => Ok(()),
        }
    }

    /// Adds what looks for values that may not go there, of the groups that came after the first `known`; gives how many
    /// there are now.
    pub(crate) fn add_sieves(&self, asked: &Asked, known: usize, sieves: &mut Vec<Sieve>) -> usize {
        let state = self.read();
        let foreign = state.groups[known..].iter().filter(|group| !asked.is_within_any(&group.places));
        let request = || Stream::Request(asked.origin.host.to_string());
        sieves.extend(foreign.map(|group| group.filter.sieve(request())));
        state.groups.len()
    }

    /// Counts a refused request and says why.
    pub(crate) fn refuse(&self, found: &Found, asked: &Asked) -> EgressError {
        let host = asked.origin.host.clone();
        // Anything else is guarded under the name of a secret.
        let Ok(secret) = SecretName::parse(&found.secret) else { return EgressError::Key { host } };
        self.count(&secret, &host);
        let state = self.read();
        let holds = |group: &&Group| group.filter.guards(&found.secret) && !asked.is_within_any(&group.places);
        let bound = state.groups.iter().find(holds).map(|group| named(&group.places)).unwrap_or_default();
        EgressError::Misdirected { secret, path: found.path.clone(), host, bound, entry: asked.entry() }
    }

    /// Counts a refused request with a value, or the placeholder of one, that is bound elsewhere.
    pub(crate) fn count(&self, secret: &SecretName, host: &HostName) {
        let mut state = self.write();
        let key = (secret.clone(), host.to_string());
        if state.refused.len() < MAX_COUNTED || state.refused.contains_key(&key) {
            *state.refused.entry(key).or_default() += 1;
        }
    }

    fn group(&self, places: &[Rule]) -> Filter {
        let mut state = self.write();
        let known = state.groups.iter().position(|group| group.places == places);
        let number = known.unwrap_or_else(|| {
            state.groups.push(Group { places: places.to_vec(), filter: Filter::new() });
            state.groups.len() - 1
        });
        state.groups[number].filter.clone()
    }

    /// Every change is one step, so a poisoned lock is as good as any.
    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tells how much there is, never what.
impl fmt::Debug for BindingGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.read();
        f.debug_struct("BindingGuard")
            .field("strict", &state.strict)
            .field("groups", &state.groups.len())
            .finish_non_exhaustive()
    }
}

/// Where the work is over the run is, and nobody reads why.
pub(crate) fn over(_: Over) -> EgressError {
    RequestFault::BodyAborted.into()
}

fn rules(bindings: &[Binding]) -> Vec<Rule> {
    bindings.iter().map(|binding| binding.rule().clone()).collect()
}

fn named(places: &[Rule]) -> String {
    let names: Vec<String> = places.iter().take(MAX_NAMED).map(ToString::to_string).collect();
    match places.len().checked_sub(MAX_NAMED + 1) {
        Some(more) => format!("{} and {} more", names.join(", "), more + 1),
        None if places.is_empty() => "no host".to_owned(),
        None => names.join(", "),
    }
}
