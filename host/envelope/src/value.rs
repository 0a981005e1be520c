//! Values of secrets, each sealed under a data key of its own.

use um_secret::SecretValue;

use super::context::{Kind, SealContext};
use super::id::{Id, StoreId};
use super::key::Key;
use super::seal;
use super::wire::Malformed;

/// Where the value of one version of one secret lies. Values outlive epochs: their keys do not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ValueRow {
    /// The workspace, by its id.
    pub workspace: Id,
    /// The secret, by its id.
    pub secret: Id,
    /// The version of the secret that has this value.
    pub version: u64,
}

impl ValueRow {
    /// What the row is called: in their order, those of one secret stand together, by version.
    pub fn to_bytes(&self) -> [u8; 40] {
        let mut key = [0; 40];
        key[..16].copy_from_slice(&self.workspace);
        key[16..32].copy_from_slice(&self.secret);
        key[32..].copy_from_slice(&self.version.to_be_bytes());
        key
    }

    /// Seals the value that belongs here.
    pub fn seal(&self, store: StoreId, key: &Key, value: &SecretValue) -> Vec<u8> {
        seal::seal(key, &self.context(store), value.expose().as_bytes())
    }

    /// Opens the value that was sealed for this row under this key.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn open(&self, store: StoreId, key: &Key, sealed: &[u8]) -> Result<SecretValue, Malformed> {
        let mut plain = seal::open(key, &self.context(store), sealed)?;
        SecretValue::kept(std::mem::take(&mut plain)).map_err(|_| Malformed)
    }

    fn context(&self, store: StoreId) -> SealContext {
        let Self { workspace, secret, version } = *self;
        SealContext { workspace, secret, version, ..SealContext::new(store, Kind::Value) }
    }
}
