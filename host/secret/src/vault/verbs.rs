//! One change or one question at a time, in words of their own.

use std::sync::Arc;

use async_trait::async_trait;

use super::Vault;
use super::change::{Change, Done, Precondition, SetOptions, Stored};
use super::error::VaultError;
use super::look::{Page, Query, SecretDetails, WorkspaceDetails};
use crate::actor::Actor;
use crate::name::{SecretName, WorkspaceName};
use crate::parts::{Parts, Word};
use crate::value::SecretValue;
use um_base::rule::Rule;

/// The verbs of every [`Vault`]: each is one commit or one look, and has its errors.
#[async_trait]
pub trait VaultExt: Vault {
    /// Makes an empty workspace.
    async fn create_workspace(&self, by: &Actor, workspace: &WorkspaceName) -> Result<(), VaultError> {
        match one(self, by, workspace, Change::CreateWorkspace, Precondition::any()).await? {
            Done::WorkspaceCreated => Ok(()),
            _ => Err(other()),
        }
    }

    /// Stores a value under a name, if `only` holds.
    async fn set_secret(
        &self,
        by: &Actor,
        workspace: &WorkspaceName,
        name: &SecretName,
        value: SecretValue,
        options: SetOptions,
        only: Precondition,
    ) -> Result<Stored, VaultError> {
        let change = Change::Set { name: name.clone(), value, options };
        match one(self, by, workspace, change, only).await? {
            Done::Set(stored) => Ok(stored),
            _ => Err(other()),
        }
    }

    /// Describes a secret anew.
    async fn describe_secret(
        &self,
        by: &Actor,
        workspace: &WorkspaceName,
        name: &SecretName,
        text: &str,
    ) -> Result<(), VaultError> {
        let change = Change::Describe { name: name.clone(), text: text.to_owned() };
        match one(self, by, workspace, change, Precondition::any()).await? {
            Done::Described => Ok(()),
            _ => Err(other()),
        }
    }

    /// Says of parts of a value whether they are secrets, or takes that back, if `only` holds; gives the parts as they are
    /// then.
    async fn say_of_parts(
        &self,
        by: &Actor,
        workspace: &WorkspaceName,
        name: &SecretName,
        words: Vec<(String, Option<Word>)>,
        only: Precondition,
    ) -> Result<Arc<Parts>, VaultError> {
        match one(self, by, workspace, Change::Parts { name: name.clone(), words }, only).await? {
            Done::Parts { parts } => Ok(parts),
            _ => Err(other()),
        }
    }

    /// Deletes a secret, if `only` holds; gives its last version.
    async fn delete_secret(
        &self,
        by: &Actor,
        workspace: &WorkspaceName,
        name: &SecretName,
        only: Precondition,
    ) -> Result<u64, VaultError> {
        match one(self, by, workspace, Change::Delete { name: name.clone() }, only).await? {
            Done::Deleted { version } => Ok(version),
            _ => Err(other()),
        }
    }

    /// Lets every run send what these rules permit; gives those that were not allowed before.
    async fn allow_hosts(
        &self,
        by: &Actor,
        workspace: &WorkspaceName,
        rules: Vec<Rule>,
    ) -> Result<Vec<String>, VaultError> {
        let change = Change::Allow { rules };
        match one(self, by, workspace, change, Precondition::any()).await? {
            Done::Allowed { added } => Ok(added),
            _ => Err(other()),
        }
    }

    /// Takes back what was allowed.
    async fn disallow_hosts(
        &self,
        by: &Actor,
        workspace: &WorkspaceName,
        entries: &[String],
    ) -> Result<(), VaultError> {
        let change = Change::Disallow { entries: entries.to_vec() };
        match one(self, by, workspace, change, Precondition::any()).await? {
            Done::Disallowed => Ok(()),
            _ => Err(other()),
        }
    }

    /// What is known about one workspace.
    async fn workspace_details(&self, by: &Actor, workspace: &WorkspaceName) -> Result<WorkspaceDetails, VaultError> {
        match self.look(by, Query::Workspace { workspace: workspace.clone() }).await? {
            Page::Workspace(details) => Ok(details),
            _ => Err(other()),
        }
    }

    /// What is known about one secret.
    async fn secret_details(
        &self,
        by: &Actor,
        workspace: &WorkspaceName,
        name: &SecretName,
    ) -> Result<SecretDetails, VaultError> {
        match self.look(by, Query::Secret { workspace: workspace.clone(), name: name.clone() }).await? {
            Page::Secret(details) => Ok(*details),
            _ => Err(other()),
        }
    }
}

impl<V: Vault + ?Sized> VaultExt for V {}

async fn one<V: Vault + ?Sized>(
    vault: &V,
    by: &Actor,
    workspace: &WorkspaceName,
    change: Change,
    only: Precondition,
) -> Result<Done, VaultError> {
    let receipt = vault.commit(by, workspace, vec![change], only).await?;
    receipt.done.into_iter().next().ok_or_else(other)
}

/// Not what was asked for: the vault is at fault.
fn other() -> VaultError {
    VaultError::Unavailable("the vault answered another question than it was asked".into())
}
