//! Where a sealed message belongs: put anywhere else, it does not open.

use super::id::{Id, StoreId};

/// The version of the format of sealed messages: their first byte, and part of what they are bound to.
pub(crate) const FORMAT: u8 = 1;

/// What a sealed message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    StoreKey,
    AuditKey,
    WorkspaceLabel,
    WorkspaceKey,
    Index,
    Value,
    AuditRow,
    ReadRecord,
}

impl Kind {
    fn as_str(self) -> &'static str {
        match self {
            Self::StoreKey => "store key",
            Self::AuditKey => "audit key",
            Self::WorkspaceLabel => "workspace label",
            Self::WorkspaceKey => "workspace key",
            Self::Index => "index",
            Self::Value => "value",
            Self::AuditRow => "audit row",
            Self::ReadRecord => "read record",
        }
    }
}

/// What a sealed message is bound to. What does not apply is zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SealContext {
    pub store: StoreId,
    pub kind: Kind,
    pub workspace: Id,
    pub secret: Id,
    pub version: u64,
    pub epoch: u64,
}

impl SealContext {
    /// The context of something that the store has one of.
    pub fn new(store: StoreId, kind: Kind) -> Self {
        Self { store, kind, workspace: [0; 16], secret: [0; 16], version: 0, epoch: 0 }
    }

    /// Every field with its length before it, so that no two contexts give the same bytes.
    pub fn associated(&self) -> Vec<u8> {
        let (version, epoch) = (self.version.to_le_bytes(), self.epoch.to_le_bytes());
        let kind = self.kind.as_str().as_bytes();
        let fields: [&[u8]; 7] =
            [&[FORMAT], self.store.as_bytes(), &self.workspace, &self.secret, &version, &epoch, kind];
        let mut bytes = Vec::with_capacity(128);
        for field in fields {
            bytes.extend_from_slice(&(field.len() as u32).to_le_bytes());
            bytes.extend_from_slice(field);
        }
        bytes
    }
}
