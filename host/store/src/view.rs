//! The store at one moment, between two changes: the keyring, the keys that it holds, and the rows.
//!
//! Nothing is believed that the keyring does not vouch for: META must be of its generation, each index of its epoch.

use jiff::Timestamp;
use um_envelope::{
    AuditRow, INDEX_FORMAT, Index, Keyring, Keys, Listed, Meta, Mismatch, SegmentHead, Side, Unread, ValueRow,
    WorkspaceEntry,
};
use um_secret::{SecretName, WorkspaceName};

use super::database::rows::Rows;
use super::error::StoreError;
use super::opened::Opened;

/// The store at one moment.
pub(crate) struct View<'a> {
    pub opened: &'a Opened,
    pub keyring: &'a Keyring,
    pub keys: &'a Keys,
    pub rows: &'a Rows<'a>,
}

impl View<'_> {
    /// Which side of the keyring's pending change the rows are on.
    pub fn side(&self) -> Result<Side, StoreError> {
        let meta = Meta::decode(&self.rows.meta()?, self.keys);
        let meta = meta.map_err(|_| self.opened.damaged("the row META was altered"))?;
        meta.side(self.keyring).map_err(|mismatch| self.rolled_back(mismatch, meta.generation))
    }

    fn rolled_back(&self, mismatch: Mismatch, database: u64) -> StoreError {
        let what = match mismatch {
            Mismatch::RowsOlder => "secrets.redb is older than the keyring",
            Mismatch::KeyringOlder => "the keyring is older than secrets.redb",
            Mismatch::Diverged => "keyring and secrets.redb took different ways",
        };
        let path = self.opened.data.clone();
        StoreError::RolledBack { path, what, keyring: self.keyring.generation, database }
    }

    /// The workspace of this name and when it was created. Names are sealed, so all are tried.
    pub fn find(&self, workspace: &WorkspaceName) -> Result<(WorkspaceEntry, Timestamp), StoreError> {
        let mut others = Vec::new();
        for entry in self.keyring.workspaces.values() {
            let (name, created) = self.label(entry)?;
            if name == *workspace {
                return Ok((entry.clone(), created));
            }
            others.push(name);
        }
        let closest = um_secret::closest(workspace.as_str(), others.iter().map(WorkspaceName::as_str), 1);
        Err(StoreError::NoWorkspace { workspace: workspace.clone(), closest })
    }

    /// What a workspace is called and when it was created.
    pub fn label(&self, entry: &WorkspaceEntry) -> Result<(WorkspaceName, Timestamp), StoreError> {
        self.keys.open_label(entry).map_err(|_| self.opened.damaged("the name of a workspace does not open"))
    }

    /// Opens a workspace's index, which must be of the epoch that the keyring names.
    pub fn index(&self, entry: &WorkspaceEntry) -> Result<Index, StoreError> {
        self.check_epoch(entry)?;
        let row = self.rows.index(&entry.id)?.unwrap_or_default();
        self.keys.open_index(entry, &row).map_err(|unread| match unread {
            Unread::Key => self.opened.damaged("a key in the keyring does not open"),
            Unread::Critical(field) => StoreError::UnknownField { path: self.opened.data.clone(), field },
            Unread::Later(format) => StoreError::TooNew { found: format.into(), known: INDEX_FORMAT.into() },
            _ => self.opened.damaged("the index of a workspace was altered"),
        })
    }

    /// Checks that each index is of the epoch that the keyring names.
    pub fn check_epochs(&self) -> Result<(), StoreError> {
        self.keyring.workspaces.values().try_for_each(|entry| self.check_epoch(entry))
    }

    fn check_epoch(&self, entry: &WorkspaceEntry) -> Result<(), StoreError> {
        match self.rows.index_epoch(&entry.id)? {
            Some(epoch) if epoch == entry.epoch => Ok(()),
            Some(_) => Err(self.opened.damaged("the index of a workspace is of another time")),
            None => Err(self.opened.damaged("the index of a workspace is missing")),
        }
    }

    /// Where the current value of a secret lies, and that value, still sealed.
    pub fn value(&self, entry: &WorkspaceEntry, listed: &Listed) -> Result<(ValueRow, Vec<u8>), StoreError> {
        let row = ValueRow { workspace: entry.id, secret: listed.id, version: listed.current.version };
        let sealed = self.value_of(&row)?;
        Ok((row, sealed))
    }

    /// A value, still sealed.
    pub fn value_of(&self, row: &ValueRow) -> Result<Vec<u8>, StoreError> {
        self.rows.value(row)?.ok_or_else(|| self.opened.damaged("a value is missing"))
    }

    /// A row of the audit log, counted from 0.
    pub fn audit_row(&self, number: u64) -> Result<AuditRow, StoreError> {
        let sealed = self.rows.audit_row(number)?.unwrap_or_default();
        let row = AuditRow::open(&self.keys.audit, number, &sealed);
        row.map_err(|_| self.opened.damaged("the audit log was altered"))
    }

    /// What the last row of the audit log says about the segments of read records; nothing if that row does not open.
    pub fn vouched(&self) -> Result<Option<Vec<SegmentHead>>, StoreError> {
        let Some(last) = self.keyring.audit.count.checked_sub(1) else { return Ok(Some(Vec::new())) };
        let sealed = self.rows.audit_row(last)?.unwrap_or_default();
        Ok(AuditRow::open(&self.keys.audit, last, &sealed).ok().map(|row| row.reads))
    }
}

/// What is told who asks for a secret that is not there.
pub(crate) fn missing(workspace: &WorkspaceName, index: &Index, name: &SecretName) -> StoreError {
    let closest = um_secret::closest(name.as_str(), index.secrets.keys().map(SecretName::as_str), 3);
    StoreError::NoSecret { workspace: workspace.clone(), name: name.clone(), closest }
}
