//! The sealed secrets of a run.

use std::fmt;
use std::sync::Arc;

use super::guards::Guards;
use super::{Placeholder, SealedValueError};
use crate::secret::{Binding, SecretName, SecretValue};

/// Shortest sealed value, in bytes: shorter ones could be guessed by sending guesses to a server that echoes them.
pub const MIN_SEALED_BYTES: usize = 16;
/// Longest sealed value, in bytes. It bounds what a request grows by, and how much of an answer is held back.
pub const MAX_SEALED_BYTES: usize = 4096;

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
    pub(super) guards: Guards,
}

/// Whether `value` can be sealed.
///
/// # Errors
/// [`SealedValueError`] unless it is 16 bytes to 4 KiB of visible ASCII without spaces.
pub fn check_value(value: &str) -> Result<(), SealedValueError> {
    match value.len() {
        length @ ..MIN_SEALED_BYTES => Err(SealedValueError::TooShort(length)),
        length if length > MAX_SEALED_BYTES => Err(SealedValueError::TooLong(length)),
        _ if !value.bytes().all(|byte| byte.is_ascii_graphic()) => Err(SealedValueError::NotVisible),
        _ => Ok(()),
    }
}

impl SealedSet {
    pub fn new(secrets: impl IntoIterator<Item = Arc<Sealed>>) -> Self {
        Self { secrets: secrets.into_iter().collect(), guards: Guards::default() }
    }

    /// Whether the run holds no placeholder. Its requests are looked at all the same: another run's may be in them.
    pub fn is_empty(&self) -> bool {
        self.secrets.is_empty()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Arc<Sealed>> {
        self.secrets.iter()
    }

    /// The secret whose placeholder `text` is, byte for byte.
    pub(super) fn of(&self, text: &[u8]) -> Option<&Arc<Sealed>> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_value_is_16_bytes_to_4_kib_of_visible_ascii() {
        for value in ["k7x!k7x!k7x!k7x!", "~!\"#%&'()*+,-./:", &"v".repeat(MAX_SEALED_BYTES)] {
            assert_eq!(check_value(value), Ok(()));
        }
        assert_eq!(check_value("k7x!k7x!k7x!k7x"), Err(SealedValueError::TooShort(15)));
        assert_eq!(
            check_value(&"v".repeat(MAX_SEALED_BYTES + 1)),
            Err(SealedValueError::TooLong(MAX_SEALED_BYTES + 1))
        );
        for value in [
            "k7x!k7x! k7x!k7x!",
            "k7x!k7x!k7x!k7x!\n",
            "k7x!k7x!k7x!k7xé",
            "k7x!k7x!k7x!k7x!\0",
            "k7x!k7x!k7x!k7x!\u{7f}",
        ] {
            assert_eq!(check_value(value), Err(SealedValueError::NotVisible));
        }
    }
}
