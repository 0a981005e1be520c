//! The store as a run gets it: opened when it is first needed.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::OnceCell;
use um_base::detached;
use um_secret::{Secrets, Snapshot, SnapshotError, WorkspaceName};
use um_store::{Store, StoreError};

use crate::cli::failure::Failure;
use crate::cli::place::Place;

/// A store that may never be opened.
pub struct LazyStore {
    place: Place,
    store: OnceCell<Store>,
}

impl LazyStore {
    pub fn new(place: Place) -> Self {
        Self { place, store: OnceCell::new() }
    }

    /// Opens the store, if it is not open yet; waits no longer than this for others that use it.
    pub async fn open(&self, patience: Duration) -> Result<&Store, Failure> {
        self.store.get_or_try_init(|| self.first(patience)).await
    }

    async fn first(&self, patience: Duration) -> Result<Store, Failure> {
        let (data, key) = (self.place.data()?, self.place.key());
        Ok(detached(move || Store::open_within(&data, key, patience)).await?)
    }
}

#[async_trait]
impl Secrets for LazyStore {
    async fn snapshot(
        &self,
        workspace: &WorkspaceName,
        patience: Duration,
    ) -> Result<Arc<dyn Snapshot>, SnapshotError> {
        match self.open(patience).await {
            Ok(store) => store.snapshot(workspace, patience).await,
            Err(failure) => {
                let error = failure.into_error();
                let missing = matches!(error.downcast_ref(), Some(StoreError::Missing { .. }));
                // As it is, so that it can be told what to do about it.
                let cause = error.reallocate_into_boxed_dyn_error_without_backtrace();
                Err(match missing || self.place.data().is_err() {
                    true => SnapshotError::Absent(cause),
                    false => SnapshotError::Unavailable(cause),
                })
            }
        }
    }

    fn forget(&self) {
        if let Some(store) = self.store.get() {
            store.forget();
        }
    }
}
