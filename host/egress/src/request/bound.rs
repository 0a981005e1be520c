//! Values that a run has in its hands and that belong to some hosts only.
//!
//! Guarantees, for every value that the run was given and that is bound:
//! - a request with a form of it (8 bytes or more) in its method, URL, header fields or body goes to no other place than
//!   those it is bound to: nothing of it is resolved or sent if the head has it, and it is broken off before the first
//!   byte of the value if the body has it;
//! - a value that the run gets while a body is on its way counts for the rest of that body.
//!
//! With [`strict`](Bound::strict) a run that has been given such a value reaches no other hosts at all than those that the
//! secrets which it read are bound to; a body that is on its way to another is broken off.
//!
//! Deliberately absent: defence against an action that transforms a value on purpose. That is what the allow-list, strict
//! egress and sealed secrets are for.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, Method, Request, Uri};
use http_body::Body;
use zeroize::Zeroizing;

use crate::error::egress::EgressError;
use crate::request::asked::Asked;
use crate::request::bound_scan::Screened;
use um_base::percent::decode_lenient;
use um_base::rule::{HostName, Origin, Rule};
use um_leak::{BASE, Filter, Found, Sieve};
use um_secret::{Binding, Misdirected, SecretName, SecretValue};

/// Shorter values, and so shorter forms, are not looked for: they stand in requests by chance.
const SHORTEST: usize = 8;
/// Most pairs of secret and host that are told apart when refused requests are counted.
const MAX_COUNTED: usize = 100;
/// Most hosts that a message names.
const MAX_NAMED: usize = 3;
/// How often percent-encoding is undone: once by most servers, again behind a proxy that hands a URL on in a URL.
const DECODINGS: usize = 3;

/// The bound values of one run. Clones share them.
#[derive(Clone, Default)]
pub struct Bound(Arc<RwLock<State>>);

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

impl Bound {
    /// As [`default`](Self::default), but hosts that nothing is bound to are out of reach once a value was handed out.
    #[must_use]
    pub fn strict(strict: bool) -> Self {
        Self(Arc::new(RwLock::new(State { strict, ..State::default() })))
    }

    /// Notes a value that is about to be handed out. One that is bound to nothing may go anywhere.
    ///
    /// It takes as long as it does to [guard](Filter::guard) the value. Returns about how many bytes of memory: at most
    /// its [`guarding_cost`](um_leak::guarding_cost).
    pub fn hold(&self, name: &SecretName, value: &SecretValue, bindings: &[Binding]) -> usize {
        if bindings.is_empty() {
            return 0;
        }
        let before = self.read().groups.len();
        let filter = self.group(&rules(bindings));
        let mut cost = if self.read().groups.len() > before { BASE } else { 0 };
        if value.expose().len() >= SHORTEST {
            let guarded = filter.guard_within(name.as_str(), value.expose(), usize::MAX);
            debug_assert!(guarded.is_some(), "there is room for any value");
            cost += guarded.unwrap_or_default();
        }
        self.write().first.get_or_insert_with(|| name.clone());
        self.reach(bindings);
        cost
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

    /// Refuses a request with a value in its head that does not belong there, and has its body looked through as it
    /// goes out.
    pub(crate) fn screen<B>(&self, request: Request<B>, origin: &Origin) -> Result<Request<Screened>, EgressError>
    where
        B: Body<Data = Bytes> + Send + 'static,
    {
        let (parts, body) = request.into_parts();
        let asked = self.check_head(&parts, origin)?;
        Ok(Request::from_parts(parts, Screened::new(body, self.clone(), asked)))
    }

    fn check_head(&self, parts: &Parts, origin: &Origin) -> Result<Asked, EgressError> {
        let asked = Asked::of(parts, origin);
        self.check_reach(&asked)?;
        let mut sieves = Vec::new();
        self.add_sieves(&asked, 0, &mut sieves);
        if sieves.is_empty() {
            return Ok(asked);
        }
        let head = readings(&parts.method, &parts.uri, &parts.headers);
        for mut sieve in sieves {
            let mut passed = Zeroizing::new(Vec::with_capacity(head.len()));
            let sought = sieve.pass(&head, &mut passed).and_then(|()| sieve.finish(&mut passed));
            sought.map_err(|found| self.refuse(&found, &asked))?;
        }
        Ok(asked)
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
        sieves.extend(foreign.map(|group| group.filter.sieve()));
        state.groups.len()
    }

    /// Counts a refused request and says why.
    pub(crate) fn refuse(&self, found: &Found, asked: &Asked) -> EgressError {
        let secret = SecretName::parse(&found.secret).expect("values are guarded under the names of secrets");
        let host = asked.origin.host.clone();
        self.count(&secret, &host);
        let state = self.read();
        let holds = |group: &&Group| group.filter.guards(&found.secret) && !asked.is_within_any(&group.places);
        let bound = state.groups.iter().find(holds).map(|group| named(&group.places)).unwrap_or_default();
        EgressError::Misdirected { secret, host, bound, entry: asked.entry() }
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
impl fmt::Debug for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.read();
        f.debug_struct("Bound")
            .field("strict", &state.strict)
            .field("groups", &state.groups.len())
            .finish_non_exhaustive()
    }
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

/// All that the head of a request says, and what it says when percent-encoding is undone, with a NUL between each two.
/// Host and header names are in lower case by now: they are also read in upper case, as base32 is written.
fn readings(method: &Method, uri: &Uri, headers: &HeaderMap) -> Zeroizing<Vec<u8>> {
    let mut readings = Zeroizing::new(Vec::with_capacity(1024));
    let authority = uri.authority().map_or("", |authority| authority.as_str());
    add(&mut readings, method.as_str().as_bytes());
    add_folded(&mut readings, authority);
    add_decoded(&mut readings, uri.path_and_query().map_or("", |target| target.as_str()).as_bytes());
    for (name, value) in headers {
        add_folded(&mut readings, name.as_str());
        add_decoded(&mut readings, value.as_bytes());
    }
    readings
}

fn add(readings: &mut Zeroizing<Vec<u8>>, text: &[u8]) {
    readings.extend_from_slice(text);
    readings.push(0);
}

fn add_folded(readings: &mut Zeroizing<Vec<u8>>, text: &str) {
    add(readings, text.as_bytes());
    add(readings, text.to_ascii_uppercase().as_bytes());
}

fn add_decoded(readings: &mut Zeroizing<Vec<u8>>, text: &[u8]) {
    add(readings, text);
    let spaced: Zeroizing<Vec<u8>> =
        Zeroizing::new(text.iter().map(|&byte| if byte == b'+' { b' ' } else { byte }).collect());
    if *spaced != text {
        add(readings, &spaced);
    }
    for written in [text, &spaced] {
        let mut current = Zeroizing::new(written.to_vec());
        for _ in 0..DECODINGS {
            let decoded = decode_lenient(&current);
            if *decoded == *current {
                break;
            }
            add(readings, &decoded);
            current = decoded;
        }
    }
}
