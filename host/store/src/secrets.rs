//! The store as a source of secrets for runs: who asks for a workspace gets a snapshot of it.
//!
//! A run start reads the keyring's header only: if it has not changed since, nothing has. Otherwise the store is read,
//! and a workspace whose epoch is still the same keeps its snapshot.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use um_envelope::Header;
use um_secret::{Secrets, Snapshot, SnapshotError, WorkspaceName};

use super::disk::keyring_file::load_header;
use super::disk::lock::Deadline;
use super::error::StoreError;
use super::look::read::read;
use super::look::snapshot::StoredSnapshot;
use super::store::Store;
use super::thread;

#[async_trait]
impl Secrets for Store {
    async fn snapshot(
        &self,
        workspace: &WorkspaceName,
        patience: Duration,
    ) -> Result<Arc<dyn Snapshot>, SnapshotError> {
        let (store, name, deadline) = (self.clone(), workspace.clone(), Deadline::after(patience));
        let taken = thread::work(move || store.take_snapshot(&name, deadline)).await;
        self.snapshots.watch();
        match taken {
            Ok(Ok(snapshot)) => Ok(snapshot),
            Ok(Err(StoreError::NoWorkspace { workspace, closest })) => {
                Err(SnapshotError::NoWorkspace { workspace, closest })
            }
            Ok(Err(StoreError::Allowed { workspace, reason })) => Err(SnapshotError::Allowed { workspace, reason }),
            Ok(Err(error)) => Err(SnapshotError::Unavailable(error.into())),
            Err(stopped) => Err(SnapshotError::Unavailable(stopped.into())),
        }
    }

    fn forget(&self) {
        self.snapshots.lock().forget();
    }
}

impl Store {
    /// The workspace as it is now.
    pub(crate) fn take_snapshot(
        &self,
        workspace: &WorkspaceName,
        deadline: Deadline,
    ) -> Result<Arc<StoredSnapshot>, StoreError> {
        // Read before the store is: if it is out of date by then, the next run only reads once more. Read without the
        // lock, it may be of a file that is being wiped: then it fits nothing.
        let header = load_header(&self.opened.data).ok().flatten();
        // One that was put back from an older copy is to be refused, not recognised.
        let header = header.filter(|header| Header::generation(header) >= self.opened.seen());
        let era = self.snapshots.lock().era();
        if let Some(snapshot) = header.as_ref().and_then(|header| self.snapshots.lock().current(workspace, header)) {
            return Ok(snapshot);
        }
        let fresh = read(&self.opened, deadline, |view| {
            let (entry, _) = view.find(workspace)?;
            let kept = self.snapshots.lock().of_epoch(workspace, &entry);
            kept.map_or_else(|| StoredSnapshot::take(view, workspace).map(Arc::new), Ok)
        });
        let mut cache = self.snapshots.lock();
        match fresh {
            Ok(fresh) => Ok(cache.keep(workspace, fresh, header, era)),
            Err(error) => {
                cache.drop_one(workspace);
                Err(error)
            }
        }
    }
}
