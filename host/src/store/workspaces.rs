//! What a workspace allows all its runs: the hosts that they may call.
//!
//! The rules are kept as they are written, and read when a run begins: a text that is none keeps it from starting, and
//! permits nothing. So what a later version would not take any more is still shown, and can be taken back.

use super::error::StoreError;
use super::index::{MAX_ALLOWED, MAX_ALLOWED_BYTES};
use super::read::read;
use super::vault::Store;
use super::view::WorkspaceDetails;
use crate::secret::{WorkspaceName, closest};

/// How many entries a message suggests.
const SUGGESTED: usize = 3;

impl Store {
    /// What is known about one workspace.
    ///
    /// # Errors
    /// [`StoreError::NoWorkspace`], or why the store cannot be read.
    pub fn workspace(&self, workspace: &WorkspaceName) -> Result<WorkspaceDetails, StoreError> {
        read(&self.vault, self.deadline(), |view| {
            let (member, created) = view.find(workspace)?;
            let index = view.index(&member)?;
            let secrets = index.secrets.iter().map(|(name, listed)| listed.summary(name)).collect();
            Ok(WorkspaceDetails { name: workspace.clone(), created, allowed: index.allowed, secrets })
        })
    }

    /// Lets every run of a workspace call these hosts: [`Rule`](crate::base::rule::Rule)s in their shortest form. Gives those that were not allowed before; if there are none, nothing is changed.
    ///
    /// # Errors
    /// [`StoreError::TooManyAllowed`], [`StoreError::EntryTooLong`], [`StoreError::NoWorkspace`], or why the store cannot
    /// be changed.
    pub fn allow(&self, workspace: &WorkspaceName, entries: &[String]) -> Result<Vec<String>, StoreError> {
        if let Some(long) = entries.iter().find(|entry| entry.len() > MAX_ALLOWED_BYTES) {
            return Err(StoreError::EntryTooLong { length: long.len(), limit: MAX_ALLOWED_BYTES });
        }
        let mut edit = self.edit("workspaces allow", workspace)?;
        let before = edit.index.allowed.len();
        for entry in entries {
            if !edit.index.allowed.contains(entry) {
                edit.index.allowed.push(entry.clone());
            }
        }
        let added = edit.index.allowed[before..].to_vec();
        let count = before + added.len();
        if count > MAX_ALLOWED {
            return Err(StoreError::TooManyAllowed { workspace: workspace.clone(), count, limit: MAX_ALLOWED });
        }
        if added.is_empty() {
            edit.session.end()?;
        } else {
            edit.details = added.join("; ");
            edit.commit()?;
        }
        Ok(added)
    }

    /// Takes back what [`allow`](Self::allow) has allowed: all of it or, if one of the entries is not there, nothing.
    /// Runs that began before keep what they may call.
    ///
    /// # Errors
    /// [`StoreError::NotAllowed`], [`StoreError::NoWorkspace`], or why the store cannot be changed.
    pub fn disallow(&self, workspace: &WorkspaceName, entries: &[String]) -> Result<(), StoreError> {
        let mut edit = self.edit("workspaces disallow", workspace)?;
        if let Some(missing) = entries.iter().find(|entry| !edit.index.allowed.contains(entry)) {
            let closest = closest(missing, edit.index.allowed.iter().map(String::as_str), SUGGESTED);
            return Err(StoreError::NotAllowed { workspace: workspace.clone(), entry: missing.clone(), closest });
        }
        edit.index.allowed.retain(|kept| !entries.contains(kept));
        edit.details = entries.join("; ");
        edit.commit()
    }
}
