//! The store as a program holds it: where it lies and the key to it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::error::{InitError, StoreError};
use super::id::StoreId;
use super::key::{KeyId, KeySource};
use super::view::{Checked, Deleted, Initialised, LastUse, SecretSummary, SetOptions, Stored, WorkspaceSummary};
use crate::secret::{SecretName, SecretValue, Secrets, Snapshot, SnapshotError, WorkspaceName};

/// An opened store. Cloning is cheap; all clones share one cache of snapshots.
#[derive(Clone)]
pub struct Store {}

impl Store {
    pub fn init(data: &Path, key: Option<KeySource>) -> Result<Initialised, InitError> {
        todo!()
    }
    pub fn open(data: &Path, key: Option<KeySource>) -> Result<Self, StoreError> {
        todo!()
    }
    /// How long to wait for the locks of others; 10 s unless told.
    #[must_use]
    pub fn with_patience(self, patience: Duration) -> Self {
        todo!()
    }
    pub fn id(&self) -> StoreId {
        todo!()
    }
    pub fn key_id(&self) -> KeyId {
        todo!()
    }
    pub fn path(&self) -> &Path {
        todo!()
    }
    pub fn workspaces(&self) -> Result<Vec<WorkspaceSummary>, StoreError> {
        todo!()
    }
    pub fn create_workspace(&self, workspace: &WorkspaceName) -> Result<(), StoreError> {
        todo!()
    }
    pub fn set(
        &self,
        workspace: &WorkspaceName,
        name: &SecretName,
        value: &SecretValue,
        options: SetOptions,
    ) -> Result<Stored, StoreError> {
        todo!()
    }
    pub fn describe(&self, workspace: &WorkspaceName, name: &SecretName, description: &str) -> Result<(), StoreError> {
        todo!()
    }
    pub fn delete(&self, workspace: &WorkspaceName, name: &SecretName) -> Result<Deleted, StoreError> {
        todo!()
    }
    pub fn list(&self, workspace: &WorkspaceName) -> Result<Vec<SecretSummary>, StoreError> {
        todo!()
    }
    pub fn summary(
        &self,
        workspace: &WorkspaceName,
        name: &SecretName,
    ) -> Result<(SecretSummary, Option<LastUse>), StoreError> {
        todo!()
    }
    pub fn check(&self) -> Result<Checked, StoreError> {
        todo!()
    }
}

#[async_trait]
impl Secrets for Store {
    async fn snapshot(
        &self,
        workspace: &WorkspaceName,
        patience: Duration,
    ) -> Result<Arc<dyn Snapshot>, SnapshotError> {
        todo!()
    }
}
