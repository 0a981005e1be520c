//! What can be asked of a store: the verbs that look and the verbs that change.

use std::sync::Arc;

use um_envelope::{AuditKey, Id, SegmentHead};
use um_secret::{
    Actor, LastUse, Parts, Precondition, SecretName, SecretSummary, SecretValue, SetOptions, Stored, Word,
    WorkspaceName, WorkspaceSummary,
};

use super::answers::Deleted;
use super::change::edit::Edit;
use super::error::StoreError;
use super::look::read::read;
use super::reads::usage;
use super::store::Store;
use super::view::missing;

impl Store {
    /// All workspaces, by name.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    pub fn workspaces(&self) -> Result<Vec<WorkspaceSummary>, StoreError> {
        let mut workspaces = read(&self.opened, self.deadline(), |view| {
            let summaries = view.keyring.workspaces.values().map(|entry| {
                let (name, created) = view.label(entry)?;
                Ok(WorkspaceSummary { name, created, secrets: view.index(entry)?.secrets.len() })
            });
            summaries.collect::<Result<Vec<_>, StoreError>>()
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

    /// Says of parts of a value whether they are secrets, or takes that back, if what is there is as expected; value and
    /// version stay. Gives the parts as they are then.
    ///
    /// # Errors
    /// [`StoreError::NoSecret`], [`StoreError::NoPart`], [`StoreError::VersionConflict`], or why the store cannot be
    /// changed.
    pub fn say_of_parts(
        &self,
        by: &Actor,
        workspace: &WorkspaceName,
        name: &SecretName,
        words: &[(String, Option<Word>)],
        only: &Precondition,
    ) -> Result<Arc<Parts>, StoreError> {
        let mut edit = self.edit("secrets parts", workspace)?;
        edit.check(only)?;
        let parts = edit.say_of_parts(name, words)?;
        edit.commit(by)?;
        Ok(parts)
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
        let key = edit.session.keys.audit.clone();
        let vouched = edit.session.look(|view| view.vouched())?;
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
            Ok((listed.summary(name), listed.id, view.keys.audit.clone(), view.vouched()?))
        })?;
        let (last_use, reads_damaged) = self.last_use(&key, &id, vouched);
        Ok((summary, last_use, reads_damaged))
    }

    /// The reads of a secret, and whether more may be missing than what is vouched for can tell.
    fn last_use(&self, key: &AuditKey, secret: &Id, vouched: Option<Vec<SegmentHead>>) -> (Option<LastUse>, bool) {
        let told = vouched.is_some();
        let vouched = vouched.unwrap_or_default();
        let (last_use, damaged) = usage::last_use(&self.opened.reads(), key, secret, &vouched);
        (last_use, damaged || !told)
    }
}
