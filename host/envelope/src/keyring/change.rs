//! What a keyring holds, and the one change of it that may be under way.

use std::collections::BTreeMap;

use super::slot::Slot;
use crate::audit::AuditHead;
use crate::context::{Kind, SealContext};
use crate::id::{Id, StoreId};
use crate::key::{AuditKey, Key, Keys};
use crate::seal;

/// All wrapped keys of a store, and what it consists of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keyring {
    /// Whose it is.
    pub store: StoreId,
    /// The number of committed changes; a pending one is not counted.
    pub generation: u64,
    pub(crate) slots: Vec<Slot>,
    pub(super) audit_key: Vec<u8>,
    /// Where the log of changes ends, without a pending one.
    pub audit: AuditHead,
    /// Its workspaces, but for those that a pending change touches.
    pub workspaces: BTreeMap<Id, WorkspaceEntry>,
    /// The change under way.
    pub pending: Option<Pending>,
}

/// One workspace. No two states of a workspace have one entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkspaceEntry {
    /// Its identity, whatever it is called.
    pub id: Id,
    /// Name and time of creation, sealed under the store key.
    pub label: Vec<u8>,
    /// Counts its keys, from 1.
    pub epoch: u64,
    /// The workspace key, wrapped under the store key.
    pub key: Vec<u8>,
}

/// A workspace before and after the pending change; absent where it does not exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Touched {
    /// As it was.
    pub old: Option<WorkspaceEntry>,
    /// As it is to be.
    pub new: Option<WorkspaceEntry>,
}

/// The one change that may be under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pending {
    /// Where the log of changes ends then.
    pub audit: AuditHead,
    /// The workspaces that are different then.
    pub touched: Vec<Touched>,
}

/// Which side of a pending change counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// It was not made.
    Old,
    /// It was made.
    New,
}

impl Keyring {
    /// The keyring of a new store, with new keys that `master` opens: generation 0, no workspace, no row in the log.
    /// `kind` says where the master key comes from, `file` or `env`: a note for people.
    ///
    /// # Panics
    /// If the operating system has no random numbers to give.
    pub fn new(store: StoreId, master: &Key, kind: &str) -> (Self, Keys) {
        let (key, audit) = (Key::random(), Key::random());
        let keyring = Self {
            store,
            generation: 0,
            slots: vec![Slot::new(store, master, kind, &key)],
            audit_key: seal::seal(&key, &SealContext::new(store, Kind::AuditKey), audit.expose()),
            audit: AuditHead::default(),
            workspaces: BTreeMap::new(),
            pending: None,
        };
        (keyring, Keys { store, key, audit: AuditKey { store, key: audit } })
    }

    /// Begins a change: the workspaces that it touches leave the list until it is settled.
    pub fn begin(&mut self, audit: AuditHead, new: Vec<WorkspaceEntry>) {
        let touched =
            new.into_iter().map(|entry| Touched { old: self.workspaces.remove(&entry.id), new: Some(entry) }).collect();
        self.pending = Some(Pending { audit, touched });
    }

    /// Ends the pending change, if there is one, on the given side.
    pub fn settle(&mut self, side: Side) {
        let Some(pending) = self.pending.take() else { return };
        if side == Side::New {
            self.generation += 1;
            self.audit = pending.audit;
        }
        for Touched { old, new } in pending.touched {
            let kept = if side == Side::New { new } else { old };
            if let Some(entry) = kept {
                self.workspaces.insert(entry.id, entry);
            }
        }
    }
}
