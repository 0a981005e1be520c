//! The sealed secrets of a run.

use std::fmt;
use std::sync::Arc;

use crate::request::placeholder::Placeholder;
use um_secret::{Binding, SecretName, SecretValue};

/// One sealed secret of a run. The placeholder is the run's own; the value never enters the guest.
pub struct Sealed {
    pub name: SecretName,
    pub placeholder: Placeholder,
    pub value: SecretValue,
    pub bindings: Vec<Binding>,
}

/// The sealed secrets that one run was given placeholders for. Cheap to clone.
#[derive(Clone, Default)]
pub struct SealedSet {
    secrets: Arc<[Arc<Sealed>]>,
}

impl SealedSet {
    #[cfg(test)]
    pub fn new(secrets: impl IntoIterator<Item = Arc<Sealed>>) -> Self {
        Self { secrets: secrets.into_iter().collect() }
    }

    /// With one secret more.
    pub(crate) fn with(&self, sealed: Arc<Sealed>) -> Self {
        Self { secrets: self.iter().cloned().chain([sealed]).collect() }
    }

    pub(crate) fn len(&self) -> usize {
        self.secrets.len()
    }

    pub(crate) fn named(&self, name: &SecretName) -> Option<&Arc<Sealed>> {
        self.iter().find(|sealed| sealed.name == *name)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<Sealed>> {
        self.secrets.iter()
    }

    /// The secret whose placeholder `text` is, byte for byte.
    pub(crate) fn of(&self, text: &[u8]) -> Option<&Arc<Sealed>> {
        self.iter().find(|sealed| sealed.placeholder.as_str().as_bytes() == text)
    }
}

/// Tells which secrets, never what they are.
impl fmt::Debug for SealedSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter().map(|sealed| sealed.name.as_str())).finish()
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sealed").field("name", &self.name.as_str()).finish_non_exhaustive()
    }
}
