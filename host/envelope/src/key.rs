//! Keys in memory: wiped when they are dropped, never printed.

use std::fmt;

use zeroize::Zeroizing;

use super::derive::{Authenticator, authenticate, expand};
use super::id::StoreId;

/// 256 secret bits, wiped on drop. Boxed, since a move would leave a copy behind.
///
/// ```
/// println!("{}", um_envelope::Key::random().id());
/// ```
/// It has a name to print, and nothing else:
/// ```compile_fail
/// println!("{:?}", um_envelope::Key::random());
/// ```
#[derive(Clone)]
pub struct Key(Box<Zeroizing<[u8; 32]>>);

impl Key {
    /// A new key.
    ///
    /// # Panics
    /// If the operating system has no random numbers to give.
    pub fn random() -> Self {
        let mut key = Self::empty();
        getrandom::fill(&mut key.0[..]).expect("the operating system gives random numbers");
        key
    }

    /// `None` unless there are exactly 32 bytes.
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        let mut key = Self::empty();
        if bytes.len() != key.0.len() {
            return None;
        }
        key.0.copy_from_slice(bytes);
        Some(key)
    }

    fn empty() -> Self {
        Self(Box::new(Zeroizing::new([0; 32])))
    }

    pub(crate) fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    /// What this key is called.
    pub fn id(&self) -> KeyId {
        let mut id = [0; 8];
        expand(&self.0[..], None, b"um-host key id", &mut id);
        KeyId(id)
    }

    /// Authenticates the parts, each with its length, under a key derived for `purpose` alone.
    pub(crate) fn authenticate(&self, purpose: &str, parts: &[&[u8]]) -> Authenticator {
        authenticate(&self.0[..], purpose, parts)
    }
}

/// Tells keys apart without telling anything about them: 64 bits derived from the key.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyId(pub(crate) [u8; 8]);

/// `k_` and 16 lower-case hexadecimal digits.
impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("k_")?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The keys of one store, which a master key opens.
#[derive(Clone)]
pub struct Keys {
    /// Whose they are: what they seal is bound to it.
    pub store: StoreId,
    /// The store key, which wraps all others.
    pub key: Key,
    /// The key of the logs.
    pub audit: AuditKey,
}

/// The key of one store that seals its log of changes and its log of reads, and nothing else.
#[derive(Clone)]
pub struct AuditKey {
    /// Whose it is: what it seals is bound to it.
    pub store: StoreId,
    /// The key itself.
    pub key: Key,
}
