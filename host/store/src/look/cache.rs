//! Snapshots that runs of one process share, and for how long they are kept.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use um_envelope::{KEYRING_HEADER, WorkspaceEntry};
use um_secret::WorkspaceName;

use super::snapshot::StoredSnapshot;

/// How long a snapshot is kept after its last use.
pub(crate) const LINGER: Duration = Duration::from_secs(60);

/// The snapshots of one store.
#[derive(Default)]
pub(crate) struct Snapshots(Mutex<Cache>);

/// What is kept at the moment.
#[derive(Default)]
pub(crate) struct Cache {
    kept: HashMap<WorkspaceName, Kept>,
    /// How often all was forgotten.
    era: u64,
    /// Whether a task is there that lets them go in time.
    watched: bool,
}

struct Kept {
    snapshot: Arc<StoredSnapshot>,
    /// The keyring's header when the snapshot was last known to be current.
    header: [u8; KEYRING_HEADER],
    used: Instant,
}

impl Snapshots {
    /// What this mutex guards is whole at every moment at which a thread can panic.
    pub fn lock(&self) -> MutexGuard<'_, Cache> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sees to it that snapshots go in time, for as long as there are any.
    pub fn watch(self: &Arc<Self>) {
        let first = !std::mem::replace(&mut self.lock().watched, true);
        if first {
            tokio::spawn(let_go(Watch(Arc::downgrade(self))));
        }
    }
}

impl Cache {
    /// The snapshot of a workspace that was current when the keyring had this header.
    pub fn current(&mut self, workspace: &WorkspaceName, header: &[u8; KEYRING_HEADER]) -> Option<Arc<StoredSnapshot>> {
        let kept = self.kept.get_mut(workspace).filter(|kept| kept.header == *header)?;
        kept.used = Instant::now();
        Some(Arc::clone(&kept.snapshot))
    }

    /// Lets go of all of them.
    pub fn forget(&mut self) {
        self.kept.clear();
        self.era += 1;
    }

    /// Counts how often all was forgotten.
    pub fn era(&self) -> u64 {
        self.era
    }

    /// The snapshot of a workspace that has this entry in the keyring.
    /// By the whole entry: after a backup was put back, the same epoch may come again with other contents.
    pub fn of_epoch(&self, workspace: &WorkspaceName, workspace_entry: &WorkspaceEntry) -> Option<Arc<StoredSnapshot>> {
        let kept = self.kept.get(workspace)?;
        (kept.snapshot.workspace_entry == *workspace_entry).then(|| Arc::clone(&kept.snapshot))
    }

    /// Lets go of the snapshot of a workspace.
    pub fn drop_one(&mut self, workspace: &WorkspaceName) {
        self.kept.remove(workspace);
    }

    /// Keeps a snapshot, or gives the one that another run has put there meanwhile. What was read before all was
    /// forgotten is not kept.
    pub fn keep(
        &mut self,
        workspace: &WorkspaceName,
        fresh: Arc<StoredSnapshot>,
        header: Option<[u8; KEYRING_HEADER]>,
        era: u64,
    ) -> Arc<StoredSnapshot> {
        let snapshot = self.of_epoch(workspace, &fresh.workspace_entry).unwrap_or(fresh);
        if let Some(header) = header.filter(|_| era == self.era) {
            let kept = Kept { snapshot: Arc::clone(&snapshot), header, used: Instant::now() };
            self.kept.insert(workspace.clone(), kept);
        }
        snapshot
    }

    /// Lets go of what nobody has used for as long as `linger`; a run that holds a snapshot uses it.
    pub fn sweep(&mut self, now: Instant, linger: Duration) {
        self.kept.retain(|_, kept| {
            if Arc::strong_count(&kept.snapshot) > 1 {
                kept.used = now;
            }
            now.duration_since(kept.used) < linger
        });
    }
}

/// The one task that watches a cache; when it ends, even with its runtime, another may take its place.
struct Watch(Weak<Snapshots>);

impl Drop for Watch {
    fn drop(&mut self) {
        if let Some(snapshots) = self.0.upgrade() {
            snapshots.lock().watched = false;
        }
    }
}

async fn let_go(watch: Watch) {
    loop {
        tokio::time::sleep(LINGER / 12).await;
        let Some(snapshots) = watch.0.upgrade() else { return };
        let mut cache = snapshots.lock();
        cache.sweep(Instant::now(), LINGER - LINGER / 12);
        // While the cache is held, so that nobody puts something in whom the end of this task escapes.
        if cache.kept.is_empty() {
            cache.watched = false;
            return;
        }
    }
}
