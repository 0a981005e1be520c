//! The store as a run gets it: opened when it is first needed.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::OnceCell;
use um_base::detached;
use um_secret::{Secrets, Snapshot, SnapshotError, WorkspaceName};
use um_store::{Store, StoreError};

use crate::cli::failure::Failure;
use crate::cli::progress::Progress;
use crate::cli::settings::Settings;

/// A store that may never be opened, or never have been made.
pub struct LazyStore {
    settings: Settings,
    store: OnceCell<Store>,
}

impl LazyStore {
    pub fn new(settings: Settings) -> Self {
        Self { settings, store: OnceCell::new() }
    }

    /// Opens the store if there is one, and tells whether there is, so that one which cannot be opened is told before anything
    /// is made for the run; waits no longer than this for others that use it.
    pub async fn look(&self, patience: Duration) -> Result<bool, Failure> {
        match self.opened(patience).await {
            Ok(_) => Ok(true),
            Err(SnapshotError::Absent(_)) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    async fn opened(&self, patience: Duration) -> Result<&Store, SnapshotError> {
        let _opening = Progress::begin("opening the store");
        self.store.get_or_try_init(|| self.first(patience)).await
    }

    async fn first(&self, patience: Duration) -> Result<Store, SnapshotError> {
        // Without a home there is no place in which one could have been made.
        let data = self.settings.data().map_err(|failure| SnapshotError::Absent(cause(failure.into_error())))?;
        let key = self.settings.key();
        match detached(move || Store::open_within(&data, key, patience)).await {
            Ok(store) => Ok(store),
            // As it is, so that it can be told what to do about it.
            Err(error @ StoreError::Missing { .. }) => Err(SnapshotError::Absent(error.into())),
            Err(error) => Err(SnapshotError::Unavailable(error.into())),
        }
    }
}

fn cause(error: anyhow::Error) -> Box<dyn std::error::Error + Send + Sync> {
    error.reallocate_into_boxed_dyn_error_without_backtrace()
}

#[async_trait]
impl Secrets for LazyStore {
    async fn snapshot(
        &self,
        workspace: &WorkspaceName,
        patience: Duration,
    ) -> Result<Arc<dyn Snapshot>, SnapshotError> {
        let store = self.opened(patience).await?;
        let _reading = Progress::begin(format!("reading the secrets of workspace `{workspace}`"));
        store.snapshot(workspace, patience).await
    }

    fn forget(&self) {
        if let Some(store) = self.store.get() {
            store.forget();
        }
    }
}
