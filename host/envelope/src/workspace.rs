//! A workspace: its name, its key and its index, each sealed for it and, but for the name, for one epoch.
//!
//! A row of INDEX is the epoch, 8 bytes, and the index sealed under the workspace's key of that epoch.

use jiff::Timestamp;
use um_secret::WorkspaceName;

use super::context::{Kind, SealContext};
use super::fields::Unread;
use super::id::{Id, StoreId};
use super::index::Index;
use super::key::{Key, Keys};
use super::keyring::change::WorkspaceEntry;
use super::seal;
use super::wire::{Malformed, Reader, Writer};

/// The epoch with which a row of INDEX begins. Not authenticated by itself.
pub fn epoch_of(row: &[u8]) -> Option<u64> {
    row.first_chunk().map(|epoch| u64::from_le_bytes(*epoch))
}

impl Keys {
    /// Seals what a workspace is called and when it was created, to the millisecond.
    pub fn seal_label(&self, workspace: &Id, name: &WorkspaceName, created: Timestamp) -> Vec<u8> {
        let mut writer = Writer::default();
        writer.text(name.as_str()).time(created);
        seal::seal(&self.key, &context(self.store, Kind::WorkspaceLabel, workspace, 0), &writer.finish())
    }

    /// What a workspace is called and when it was created.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn open_label(&self, entry: &WorkspaceEntry) -> Result<(WorkspaceName, Timestamp), Malformed> {
        let context = context(self.store, Kind::WorkspaceLabel, &entry.id, 0);
        let plain = seal::open(&self.key, &context, &entry.label)?;
        let mut reader = Reader::new(&plain);
        let name = WorkspaceName::parse(reader.text()?).map_err(|_| Malformed)?;
        let created = reader.time()?;
        reader.finish().map(|()| (name, created))
    }

    /// Gives a workspace a new key for this epoch: its entry in the keyring, and its row of INDEX.
    ///
    /// # Panics
    /// If the operating system has no random numbers to give.
    pub fn seal_workspace(&self, id: Id, label: Vec<u8>, epoch: u64, index: &Index) -> (WorkspaceEntry, Vec<u8>) {
        let key = Key::random();
        let context = |kind| context(self.store, kind, &id, epoch);
        let wrapped = seal::seal(&self.key, &context(Kind::WorkspaceKey), key.expose());
        let mut row = epoch.to_le_bytes().to_vec();
        row.extend_from_slice(&seal::seal(&key, &context(Kind::Index), &index.encode()));
        (WorkspaceEntry { id, label, epoch, key: wrapped }, row)
    }

    /// The key of a workspace in the epoch of its entry.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn workspace_key(&self, entry: &WorkspaceEntry) -> Result<Key, Malformed> {
        let context = context(self.store, Kind::WorkspaceKey, &entry.id, entry.epoch);
        let key = seal::open(&self.key, &context, &entry.key)?;
        Key::from_slice(&key).ok_or(Malformed)
    }

    /// Opens a workspace's row of INDEX, which must be of the epoch of its entry.
    ///
    /// # Errors
    /// [`Unread`].
    pub fn open_index(&self, entry: &WorkspaceEntry, row: &[u8]) -> Result<Index, Unread> {
        let key = self.workspace_key(entry).map_err(|_| Unread::Key)?;
        Index::open(&key, self.store, entry, row)
    }
}

impl Index {
    /// Opens the row of INDEX of a workspace in the epoch of its entry, under a workspace key that is at hand.
    ///
    /// # Errors
    /// [`Unread`].
    pub fn open(key: &Key, store: StoreId, entry: &WorkspaceEntry, row: &[u8]) -> Result<Self, Unread> {
        let sealed = row.get(8..).unwrap_or_default();
        let plain = seal::open(key, &context(store, Kind::Index, &entry.id, entry.epoch), sealed)?;
        Self::decode(&plain)
    }
}

fn context(store: StoreId, kind: Kind, workspace: &Id, epoch: u64) -> SealContext {
    SealContext { workspace: *workspace, epoch, ..SealContext::new(store, kind) }
}
