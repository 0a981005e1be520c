//! A secret that an embedder puts into a vault in memory.

use crate::binding::Binding;
use crate::exposure::{Exposure, ExposureError, check_set};
use crate::name::SecretName;
use crate::parts::Parts;
use crate::value::SecretValue;

/// One secret of a [`MapVault`](crate::MapVault): revealed and bound to nothing, unless told otherwise.
pub struct MapSecret {
    pub(super) name: SecretName,
    pub(super) description: String,
    pub(super) exposure: Exposure,
    pub(super) bindings: Vec<Binding>,
    pub(super) value: SecretValue,
    pub(super) parts: Parts,
}

impl MapSecret {
    /// A secret that every run may read, without a description.
    pub fn new(name: SecretName, value: SecretValue) -> Self {
        let (description, bindings, parts) = (String::new(), Vec::new(), Parts::default());
        Self { name, description, exposure: Exposure::Revealed, bindings, value, parts }
    }

    /// Says what it is for.
    #[must_use]
    pub fn description(mut self, text: impl Into<String>) -> Self {
        self.description = text.into();
        self
    }

    /// Says which parts of the value are secrets, words of the owner too. Without it each run judges for itself.
    #[must_use]
    pub fn parts(mut self, parts: Parts) -> Self {
        self.parts = parts.bounded();
        self
    }

    /// Hands the value out, and refuses requests with it to any other place than these.
    ///
    /// # Errors
    /// [`ExposureError`] if a binding is not valid.
    pub fn bound(self, bindings: impl IntoIterator<Item = Binding>) -> Result<Self, ExposureError> {
        self.used(Exposure::Revealed, bindings)
    }

    /// Hands out a placeholder, and puts the value into requests to these places.
    ///
    /// # Errors
    /// [`ExposureError`] if a binding is not valid, there are none, or the value cannot be sealed.
    pub fn sealed(self, bindings: impl IntoIterator<Item = Binding>) -> Result<Self, ExposureError> {
        self.used(Exposure::Sealed, bindings)
    }

    fn used(mut self, exposure: Exposure, bindings: impl IntoIterator<Item = Binding>) -> Result<Self, ExposureError> {
        self.exposure = exposure;
        self.bindings = bindings.into_iter().collect();
        check_set(exposure, &self.bindings, &self.value).map(|()| self)
    }
}

/// A name, a description and a value.
impl From<(SecretName, &str, SecretValue)> for MapSecret {
    fn from((name, description, value): (SecretName, &str, SecretValue)) -> Self {
        Self::new(name, value).description(description)
    }
}
