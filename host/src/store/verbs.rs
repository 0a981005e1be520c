//! What can be asked of a store: the verbs that look and the verbs that change.

use std::collections::HashSet;

use super::audit::{self, AuditRow, extend};
use super::database::{Batch, Row};
use super::edit::Edit;
use super::error::StoreError;
use super::id::{Id, random};
use super::index::Index;
use super::keyring::{AuditHead, Member};
use super::read::{find, open_label, read, seal_label, workspace_place};
use super::reads;
use super::seal::{Key, Kind, Place};
use super::session::{Change, Session, Touch};
use super::vault::{Store, Vault};
use super::view::{Checked, Deleted, LastUse, SecretSummary, SetOptions, Stored, WorkspaceSummary};
use super::wire::now;
use crate::secret::{Masking, SecretName, SecretValue, WorkspaceName, check_description, closest, masking};

impl Store {
    /// All workspaces, by name.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    pub fn workspaces(&self) -> Result<Vec<WorkspaceSummary>, StoreError> {
        let mut workspaces = read(&self.vault, self.deadline(), |view| {
            let summary = |member: &Member| {
                let (name, created) = open_label(view.vault, view.keys, member)?;
                Ok(WorkspaceSummary { name, created, secrets: view.index(member)?.secrets.len() })
            };
            view.keyring.workspaces.values().map(summary).collect::<Result<Vec<_>, StoreError>>()
        })?;
        workspaces.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(workspaces)
    }

    /// Makes an empty workspace.
    ///
    /// # Errors
    /// [`StoreError::WorkspaceExists`], [`StoreError::TooManyWorkspaces`], or why the store cannot be changed.
    pub fn create_workspace(&self, workspace: &WorkspaceName) -> Result<(), StoreError> {
        let session = self.begin("workspaces create")?;
        match find(&self.vault, &session.keyring, &session.keys, workspace) {
            Ok(_) => return Err(StoreError::WorkspaceExists { workspace: workspace.clone() }),
            Err(StoreError::NoWorkspace { .. }) => {}
            Err(error) => return Err(error),
        }
        let id = random();
        let place = workspace_place(&self.vault, Kind::WorkspaceLabel, id, 0);
        let label = seal_label(&session.keys, place, workspace, now());
        session.commit(Change {
            touched: vec![Touch { id, label, index: Index::default() }],
            rows: Batch::default(),
            workspace: Some((workspace.to_string(), id)),
            secret: None,
            details: String::new(),
        })
    }

    /// Stores a value under a name. The value that was there is destroyed; runs that began before keep it.
    ///
    /// # Errors
    /// [`StoreError::Unmaskable`], [`StoreError::Exposure`], [`StoreError::VersionConflict`],
    /// [`StoreError::NoWorkspace`], [`StoreError::TooManySecrets`], [`StoreError::WorkspaceFull`], or why the store
    /// cannot be changed.
    pub fn set(
        &self,
        workspace: &WorkspaceName,
        name: &SecretName,
        value: &SecretValue,
        options: SetOptions,
    ) -> Result<Stored, StoreError> {
        let masking = masking(value.expose());
        if let (Masking::Nothing(reason), false) = (masking, options.allow_unmaskable) {
            return Err(StoreError::Unmaskable { name: name.clone(), reason });
        }
        if let Some(description) = &options.description {
            check_description(description)?;
        }
        let mut edit = self.edit("secrets set", workspace)?;
        edit.check_version(name, options.if_version)?;
        let (version, created) = edit.put(name, value, masking, options.description);
        let (exposure, bindings) = edit.expose(name, value, options.exposure, options.bindings)?;
        edit.check_bounds()?;
        edit.commit()?;
        Ok(Stored { version, created, masking, exposure, bindings })
    }

    /// Describes a secret anew; its value and version stay.
    ///
    /// # Errors
    /// [`StoreError::NoSecret`], [`StoreError::Description`], or why the store cannot be changed.
    pub fn describe(&self, workspace: &WorkspaceName, name: &SecretName, text: &str) -> Result<(), StoreError> {
        check_description(text)?;
        let mut edit = self.edit("secrets describe", workspace)?;
        let missing = edit.missing(name);
        let listed = edit.index.secrets.get_mut(name).ok_or(missing)?;
        listed.description = text.to_owned();
        listed.updated = now();
        edit.about(name);
        edit.check_bounds()?;
        edit.commit()
    }

    /// Deletes a secret and destroys its value; runs that began before keep it.
    ///
    /// # Errors
    /// [`StoreError::NoSecret`], or why the store cannot be changed.
    pub fn delete(&self, workspace: &WorkspaceName, name: &SecretName) -> Result<Deleted, StoreError> {
        self.delete_if(workspace, name, None)
    }

    /// Deletes a secret as [`delete`](Self::delete) does, but only if it is at this version now.
    ///
    /// # Errors
    /// [`StoreError::VersionConflict`], and those of [`delete`](Self::delete).
    pub fn delete_if(
        &self,
        workspace: &WorkspaceName,
        name: &SecretName,
        if_version: Option<u64>,
    ) -> Result<Deleted, StoreError> {
        let mut edit = self.edit("secrets delete", workspace)?;
        edit.check_version(name, if_version)?;
        edit.about(name);
        let listed = edit.index.secrets.remove(name).ok_or_else(|| edit.missing(name))?;
        edit.remove_rows(&listed);
        let (session, key) = (&edit.session, edit.session.keys.audit.clone());
        let vouched = session.read(|rows| audit::vouched(rows, self.vault.store, &key, &session.keyring.audit))?;
        edit.commit()?;
        // Nobody has to wait for this: the secret is gone, and its records are not.
        let (last_use, reads_damaged) = self.last_use(&key, &listed.id, vouched);
        Ok(Deleted { version: listed.current.version, last_use, reads_damaged })
    }

    /// The secrets of a workspace, by name. Never values.
    ///
    /// # Errors
    /// [`StoreError::NoWorkspace`], or why the store cannot be read.
    pub fn list(&self, workspace: &WorkspaceName) -> Result<Vec<SecretSummary>, StoreError> {
        read(&self.vault, self.deadline(), |view| {
            let index = view.index(&view.find(workspace)?.0)?;
            Ok(index.secrets.iter().map(|(name, listed)| listed.summary(name)).collect())
        })
    }

    /// What is known about one secret, when a run last read it, and whether records of reads are missing or cannot be
    /// trusted, so that the last use may be a later one.
    ///
    /// # Errors
    /// [`StoreError::NoSecret`], or why the store cannot be read.
    pub fn summary(
        &self,
        workspace: &WorkspaceName,
        name: &SecretName,
    ) -> Result<(SecretSummary, Option<LastUse>, bool), StoreError> {
        let (summary, id, key, vouched) = read(&self.vault, self.deadline(), |view| {
            let index = view.index(&view.find(workspace)?.0)?;
            let listed = index.secrets.get(name).ok_or_else(|| missing(workspace, &index, name))?;
            let vouched = audit::vouched(view.rows, self.vault.store, &view.keys.audit, &view.keyring.audit)?;
            Ok((listed.summary(name), listed.id, view.keys.audit.clone(), vouched))
        })?;
        let (last_use, reads_damaged) = self.last_use(&key, &id, vouched);
        Ok((summary, last_use, reads_damaged))
    }

    /// The reads of a secret, and whether more may be missing than what is vouched for can tell.
    fn last_use(&self, key: &Key, secret: &Id, vouched: Option<Vec<reads::SegmentHead>>) -> (Option<LastUse>, bool) {
        let told = vouched.is_some();
        let vouched = vouched.unwrap_or_default();
        let (last_use, damaged) = reads::last_use(&self.vault.reads(), self.vault.store, key, secret, &vouched);
        (last_use, damaged || !told)
    }

    /// Settles what a crash left, and verifies what the store says about itself: the database's integrity, the epoch
    /// and the form of every index, the chain of the audit log, and the records of reads that it vouches for.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] or [`StoreError::RolledBack`] with what does not fit, or why the store cannot be opened.
    pub fn check(&self) -> Result<Checked, StoreError> {
        let session = self.begin("key check")?;
        for member in session.keyring.workspaces.values() {
            open_label(&self.vault, &session.keys, member)?;
            session.index(member)?;
        }
        let vouched = verify_audit(&self.vault, &session)?;
        let audit_key = session.keys.audit.clone();
        let checked = Checked {
            store_id: self.id(),
            key_id: self.key_id(),
            generation: session.keyring.generation,
            workspaces: session.keyring.workspaces.len(),
            audit_rows: session.keyring.audit.count,
            reads_damaged: false,
            settled: session.settled,
        };
        session.end()?;
        // Nobody has to wait for this: the records are only ever added to.
        let reads_damaged = !reads::vouched_for(&self.vault.reads(), self.vault.store, &audit_key, &vouched);
        Ok(Checked { reads_damaged, ..checked })
    }

    fn begin(&self, verb: &'static str) -> Result<Session<'_>, StoreError> {
        Session::begin(&self.vault, verb, self.deadline())
    }

    pub(super) fn edit(&self, verb: &'static str, workspace: &WorkspaceName) -> Result<Edit<'_>, StoreError> {
        let session = self.begin(verb)?;
        let (member, _) = find(&self.vault, &session.keyring, &session.keys, workspace)?;
        let index = session.index(&member)?;
        Ok(Edit::new(session, workspace, member, index))
    }
}

/// Where a value belongs. Values outlive epochs: their keys do not.
pub(super) fn value_place(vault: &Vault, row: &Row) -> Place {
    let Row { workspace, secret, version } = *row;
    Place { workspace, secret, version, ..Place::new(vault.store, Kind::Value) }
}

pub(super) fn missing(workspace: &WorkspaceName, index: &Index, name: &SecretName) -> StoreError {
    let closest = closest(name.as_str(), index.secrets.keys().map(SecretName::as_str), 3);
    StoreError::NoSecret { workspace: workspace.clone(), name: name.clone(), closest }
}

/// Follows the chain of audit rows; gives every head of a segment of read records that they vouch for.
fn verify_audit(vault: &Vault, session: &Session) -> Result<Vec<reads::SegmentHead>, StoreError> {
    let (store, key) = (vault.store, &session.keys.audit);
    let (mut chain, mut vouched, mut whole) = (AuditHead::default(), HashSet::new(), true);
    let rows = session.read(|rows| {
        rows.audit(|sequence, sealed| {
            whole &= sequence == chain.count;
            match AuditRow::open(store, key, sequence, sealed) {
                Ok(row) => vouched.extend(row.reads),
                Err(_) => whole = false,
            }
            chain = extend(key, &chain, sealed);
        })
    })?;
    if !whole || chain != session.keyring.audit || rows != chain.count {
        return Err(vault.damaged("the audit log was altered"));
    }
    Ok(Vec::from_iter(vouched))
}
