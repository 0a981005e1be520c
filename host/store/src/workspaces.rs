//! What a workspace allows all its runs: the hosts that they may call.
//!
//! The rules are kept as they are written, and read when a run begins: a text that is none keeps it from starting, and
//! permits nothing. So what a later version would not take any more is still shown, and can be taken back.

use um_secret::{Actor, WorkspaceDetails, WorkspaceName};

use super::error::StoreError;
use super::look::read::read;
use super::store::Store;

impl Store {
    /// What is known about one workspace.
    ///
    /// # Errors
    /// [`StoreError::NoWorkspace`], or why the store cannot be read.
    pub fn workspace(&self, workspace: &WorkspaceName) -> Result<WorkspaceDetails, StoreError> {
        read(&self.opened, self.deadline(), |view| {
            let (entry, created) = view.find(workspace)?;
            let index = view.index(&entry)?;
            let secrets = index.secrets.len();
            Ok(WorkspaceDetails { name: workspace.clone(), created, allowed: index.allowed, secrets })
        })
    }

    /// Lets every run of a workspace call these hosts: [`Rule`](um_base::rule::Rule)s in their shortest form. Gives those
    /// that were not allowed before; if there are none, nothing is changed.
    ///
    /// # Errors
    /// [`StoreError::TooManyAllowed`], [`StoreError::EntryTooLong`], [`StoreError::NoWorkspace`], or why the store cannot
    /// be changed.
    pub fn allow(&self, by: &Actor, workspace: &WorkspaceName, entries: &[String]) -> Result<Vec<String>, StoreError> {
        let mut edit = self.edit("workspaces allow", workspace)?;
        let added = edit.allow(entries)?;
        edit.commit(by)?;
        Ok(added)
    }

    /// Takes back what [`allow`](Self::allow) has allowed: all of it or, if one of the entries is not there, nothing.
    /// Runs that began before keep what they may call.
    ///
    /// # Errors
    /// [`StoreError::NotAllowed`], [`StoreError::NoWorkspace`], or why the store cannot be changed.
    pub fn disallow(&self, by: &Actor, workspace: &WorkspaceName, entries: &[String]) -> Result<(), StoreError> {
        let mut edit = self.edit("workspaces disallow", workspace)?;
        edit.disallow(entries)?;
        edit.commit(by)
    }
}
