//! What one run may reach.

use std::collections::BTreeSet;

use crate::allow::AllowList;
use crate::request::binding_guard::BindingGuard;
use crate::seals::Seals;
use um_base::rule::HostName;

/// What one run may reach: nothing, until entries are added.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    allow: AllowList,
    private: BTreeSet<HostName>,
    guard: BindingGuard,
    seals: Seals,
}

impl Policy {
    /// Requests that `allow` permits, to addresses on the public internet; nothing is bound or sealed.
    pub fn new(allow: AllowList) -> Self {
        Self { allow, ..Self::default() }
    }

    /// Lifts the address check, and only that, for one host: it must be on the allow-list as well.
    #[must_use]
    pub fn allow_private(mut self, host: HostName) -> Self {
        self.private.insert(host);
        self
    }

    /// Refuses requests with values that the run was given and that belong elsewhere.
    #[must_use]
    pub fn bound(self, guard: BindingGuard) -> Self {
        Self { guard, ..self }
    }

    /// The values that the run was given, and where they may go.
    pub fn values(&self) -> &BindingGuard {
        &self.guard
    }

    /// Puts sealed values where placeholders stand, and keeps them out of answers.
    #[must_use]
    pub fn sealed(self, seals: Seals) -> Self {
        Self { seals, ..self }
    }

    /// The sealed secrets of the run and its workspace.
    pub fn seals(&self) -> &Seals {
        &self.seals
    }

    /// Which requests the run may send at all.
    pub fn allow(&self) -> &AllowList {
        &self.allow
    }

    /// Whether `host` may be at a private address.
    pub fn lifts(&self, host: &HostName) -> bool {
        self.private.contains(host)
    }
}
