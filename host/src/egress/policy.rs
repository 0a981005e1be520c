//! What one run may reach.

use std::collections::BTreeSet;

use super::{AllowList, HostName};

/// What one run may reach: nothing, until entries are added.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    allow: AllowList,
    private: BTreeSet<HostName>,
}

impl Policy {
    pub fn new(allow: AllowList) -> Self {
        Self { allow, private: BTreeSet::new() }
    }

    /// Lifts the address check, and only that, for one host: it must be on the allow-list as well.
    #[must_use]
    pub fn allow_private(mut self, host: HostName) -> Self {
        self.private.insert(host);
        self
    }

    pub fn allow(&self) -> &AllowList {
        &self.allow
    }

    /// Whether `host` may be at an inside address.
    pub fn lifts(&self, host: &HostName) -> bool {
        self.private.contains(host)
    }
}
