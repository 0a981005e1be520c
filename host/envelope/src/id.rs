//! Random names of things that keep their identity while everything else about them changes.

use std::fmt;

/// 128 random bits.
pub type Id = [u8; 16];

/// Identifies one store for ever; the default key file is named after it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct StoreId(Id);

impl StoreId {
    /// A new store's.
    ///
    /// # Panics
    /// As [`random`].
    pub fn random() -> Self {
        Self(random())
    }

    /// The store that is known by these bytes.
    pub const fn from_bytes(bytes: Id) -> Self {
        Self(bytes)
    }

    /// Its 16 bytes.
    pub fn as_bytes(&self) -> &Id {
        &self.0
    }
}

/// 32 lower-case hexadecimal digits.
impl fmt::Display for StoreId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for StoreId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// An array of random bytes.
///
/// # Panics
/// If the operating system has no random numbers to give: nothing here may go on without.
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system gives random numbers");
    bytes
}
