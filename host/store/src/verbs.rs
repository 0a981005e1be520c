//! What can be asked of a store: the verbs that look and the verbs that change.

use std::collections::HashSet;

use super::audit::{self, AuditRow, extend};
use super::database::Row;
use super::edit::Edit;
use super::error::StoreError;
use super::id::Id;
use super::index::Index;
use super::keyring::{AuditHead, Member};
use super::opened::{Opened, Store};
use super::read::{open_label, read};
use super::reads;
use super::seal::{Key, Kind, Place};
use super::session::Session;
use super::view::{Checked, Deleted};
use um_secret::{
    Actor, LastUse, Precondition, SecretName, SecretSummary, SecretValue, SetOptions, Stored, WorkspaceName,
    WorkspaceSummary, closest,
};

impl Store {
    /// All workspaces, by name.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    pub fn workspaces(&self) -> Result<Vec<WorkspaceSummary>, StoreError> {
        let mut workspaces = read(&self.opened, self.deadline(), |view| {
            let summary = |member: &Member| {
                let (name, created) = open_label(view.opened, view.keys, member)?;
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
    pub fn create_workspace(&self, by: &Actor, workspace: &WorkspaceName) -> Result<(), StoreError> {
        Edit::create(self.begin("workspaces create")?, workspace)?.commit(by)
    }

    /// Stores a value under a name. The value that was there is destroyed; runs that began before keep it.
    ///
    /// # Errors
    /// [`StoreError::Unmaskable`], [`StoreError::Exposure`], [`StoreError::NoWorkspace`],
    /// [`StoreError::TooManySecrets`], [`StoreError::WorkspaceFull`], or why the store cannot be changed.
    pub fn set(
        &self,
        by: &Actor,
        workspace: &WorkspaceName,
        name: &SecretName,
        value: &SecretValue,
        options: SetOptions,
    ) -> Result<Stored, StoreError> {
        self.set_if(by, workspace, name, value, options, &Precondition::any())
    }

    /// Stores a value as [`set`](Self::set) does, but only if what is there is as expected.
    ///
    /// # Errors
    /// [`StoreError::VersionConflict`], and those of [`set`](Self::set).
    pub fn set_if(
        &self,
        by: &Actor,
        workspace: &WorkspaceName,
        name: &SecretName,
        value: &SecretValue,
        options: SetOptions,
        only: &Precondition,
    ) -> Result<Stored, StoreError> {
        let mut edit = self.edit("secrets set", workspace)?;
        edit.check(only)?;
        let stored = edit.set(name, value, &options)?;
        edit.commit(by)?;
        Ok(stored)
    }

    /// Describes a secret anew; its value and version stay.
    ///
    /// # Errors
    /// [`StoreError::NoSecret`], [`StoreError::Description`], or why the store cannot be changed.
    pub fn describe(
        &self,
        by: &Actor,
        workspace: &WorkspaceName,
        name: &SecretName,
        text: &str,
    ) -> Result<(), StoreError> {
        let mut edit = self.edit("secrets describe", workspace)?;
        edit.describe(name, text)?;
        edit.commit(by)
    }

    /// Deletes a secret and destroys its value; runs that began before keep it.
    ///
    /// # Errors
    /// [`StoreError::NoSecret`], or why the store cannot be changed.
    pub fn delete(&self, by: &Actor, workspace: &WorkspaceName, name: &SecretName) -> Result<Deleted, StoreError> {
        self.delete_if(by, workspace, name, &Precondition::any())
    }

    /// Deletes a secret as [`delete`](Self::delete) does, but only if what is there is as expected.
    ///
    /// # Errors
    /// [`StoreError::VersionConflict`], and those of [`delete`](Self::delete).
    pub fn delete_if(
        &self,
        by: &Actor,
        workspace: &WorkspaceName,
        name: &SecretName,
        only: &Precondition,
    ) -> Result<Deleted, StoreError> {
        let mut edit = self.edit("secrets delete", workspace)?;
        edit.check(only)?;
        let listed = edit.delete(name)?;
        let (session, key) = (&edit.session, edit.session.keys.audit.clone());
        let vouched = session.read(|rows| audit::vouched(rows, self.opened.store, &key, &session.keyring.audit))?;
        edit.commit(by)?;
        // Nobody has to wait for this: the secret is gone, and its records are not.
        let (last_use, reads_damaged) = self.last_use(&key, &listed.id, vouched);
        Ok(Deleted { version: listed.current.version, last_use, reads_damaged })
    }

    /// The secrets of a workspace, by name. Never values.
    ///
    /// # Errors
    /// [`StoreError::NoWorkspace`], or why the store cannot be read.
    pub fn list(&self, workspace: &WorkspaceName) -> Result<Vec<SecretSummary>, StoreError> {
        read(&self.opened, self.deadline(), |view| {
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
        let (summary, id, key, vouched) = read(&self.opened, self.deadline(), |view| {
            let index = view.index(&view.find(workspace)?.0)?;
            let listed = index.secrets.get(name).ok_or_else(|| missing(workspace, &index, name))?;
            let vouched = audit::vouched(view.rows, self.opened.store, &view.keys.audit, &view.keyring.audit)?;
            Ok((listed.summary(name), listed.id, view.keys.audit.clone(), vouched))
        })?;
        let (last_use, reads_damaged) = self.last_use(&key, &id, vouched);
        Ok((summary, last_use, reads_damaged))
    }

    /// The reads of a secret, and whether more may be missing than what is vouched for can tell.
    fn last_use(&self, key: &Key, secret: &Id, vouched: Option<Vec<reads::SegmentHead>>) -> (Option<LastUse>, bool) {
        let told = vouched.is_some();
        let vouched = vouched.unwrap_or_default();
        let (last_use, damaged) = reads::last_use(&self.opened.reads(), self.opened.store, key, secret, &vouched);
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
            open_label(&self.opened, &session.keys, member)?;
            session.index(member)?;
        }
        let vouched = verify_audit(&self.opened, &session)?;
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
        let reads_damaged = !reads::vouched_for(&self.opened.reads(), self.opened.store, &audit_key, &vouched);
        Ok(Checked { reads_damaged, ..checked })
    }

    pub(super) fn begin(&self, verb: &'static str) -> Result<Session<'_>, StoreError> {
        Session::begin(&self.opened, verb, self.deadline())
    }

    pub(super) fn edit(&self, verb: &'static str, workspace: &WorkspaceName) -> Result<Edit<'_>, StoreError> {
        Edit::open(self.begin(verb)?, workspace)
    }
}

/// Where a value belongs. Values outlive epochs: their keys do not.
pub(super) fn value_place(opened: &Opened, row: &Row) -> Place {
    let Row { workspace, secret, version } = *row;
    Place { workspace, secret, version, ..Place::new(opened.store, Kind::Value) }
}

pub(super) fn missing(workspace: &WorkspaceName, index: &Index, name: &SecretName) -> StoreError {
    let closest = closest(name.as_str(), index.secrets.keys().map(SecretName::as_str), 3);
    StoreError::NoSecret { workspace: workspace.clone(), name: name.clone(), closest }
}

/// Follows the chain of audit rows; gives every head of a segment of read records that they vouch for.
fn verify_audit(opened: &Opened, session: &Session) -> Result<Vec<reads::SegmentHead>, StoreError> {
    let (store, key) = (opened.store, &session.keys.audit);
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
        return Err(opened.damaged("the audit log was altered"));
    }
    Ok(Vec::from_iter(vouched))
}
