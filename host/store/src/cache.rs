//! Snapshots that runs of one process share, and for how long they are kept.
//!
//! A run start reads the keyring's header only: if it has not changed since, nothing has. Otherwise the store is read,
//! and a workspace whose epoch is still the same keeps its snapshot.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use async_trait::async_trait;

use super::error::StoreError;
use super::keyring::{HEADER, Header, Member};
use super::keyring_file::load_header;
use super::lock::Deadline;
use super::opened::{Opened, Store};
use super::read::read;
use super::snapshot::StoredSnapshot;
use super::thread;
use um_secret::{Secrets, Snapshot, SnapshotError, WorkspaceName};

/// How long a snapshot is kept after its last use.
pub(super) const LINGER: Duration = Duration::from_secs(60);

/// The snapshots of one store.
#[derive(Default)]
pub(super) struct Cache {
    kept: HashMap<WorkspaceName, Kept>,
    /// How often all was forgotten.
    era: u64,
    /// Whether a task is there that lets them go in time.
    watched: bool,
}

struct Kept {
    snapshot: Arc<StoredSnapshot>,
    /// The keyring's header when the snapshot was last known to be current.
    header: [u8; HEADER],
    used: Instant,
}

#[async_trait]
impl Secrets for Store {
    async fn snapshot(
        &self,
        workspace: &WorkspaceName,
        patience: Duration,
    ) -> Result<Arc<dyn Snapshot>, SnapshotError> {
        let (opened, name, deadline) = (Arc::clone(&self.opened), workspace.clone(), Deadline::after(patience));
        let taken = thread::work(move || opened.snapshot(&name, deadline)).await;
        watch(&self.opened);
        match taken {
            Ok(Ok(snapshot)) => Ok(snapshot),
            Ok(Err(StoreError::NoWorkspace { workspace })) => Err(SnapshotError::NoWorkspace { workspace }),
            Ok(Err(StoreError::Allowed { workspace, reason })) => Err(SnapshotError::Allowed { workspace, reason }),
            Ok(Err(error)) => Err(SnapshotError::Unavailable(error.into())),
            Err(stopped) => Err(SnapshotError::Unavailable(stopped.into())),
        }
    }

    fn forget(&self) {
        self.opened.cache().forget();
    }
}

impl Opened {
    /// The workspace as it is now.
    pub fn snapshot(&self, workspace: &WorkspaceName, deadline: Deadline) -> Result<Arc<StoredSnapshot>, StoreError> {
        // Read before the store is: if it is out of date by then, the next run only reads once more. Read without the
        // lock, it may be of a file that is being wiped: then it fits nothing.
        let header = load_header(&self.data).ok().flatten();
        // One that was put back from an older copy is to be refused, not recognised.
        let header = header.filter(|header| Header::generation(header) >= self.seen());
        let era = self.cache().era();
        if let Some(snapshot) = header.as_ref().and_then(|header| self.cache().current(workspace, header)) {
            return Ok(snapshot);
        }
        let fresh = read(self, deadline, |view| {
            let (member, _) = view.find(workspace)?;
            match self.cache().of_epoch(workspace, &member) {
                Some(kept) => Ok(kept),
                None => StoredSnapshot::take(view, workspace).map(Arc::new),
            }
        });
        match fresh {
            Ok(fresh) => Ok(self.cache().keep(workspace, fresh, header, era)),
            Err(error) => {
                self.cache().kept.remove(workspace);
                Err(error)
            }
        }
    }

    /// What this mutex guards is whole at every moment at which a thread can panic.
    pub(super) fn cache(&self) -> MutexGuard<'_, Cache> {
        let cache: &Mutex<Cache> = &self.cache;
        cache.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Cache {
    fn current(&mut self, workspace: &WorkspaceName, header: &[u8; HEADER]) -> Option<Arc<StoredSnapshot>> {
        let kept = self.kept.get_mut(workspace).filter(|kept| kept.header == *header)?;
        kept.used = Instant::now();
        Some(Arc::clone(&kept.snapshot))
    }

    fn forget(&mut self) {
        self.kept.clear();
        self.era += 1;
    }

    pub fn era(&self) -> u64 {
        self.era
    }

    /// By the whole entry: after a backup was put back, the same epoch may come again with other contents.
    fn of_epoch(&self, workspace: &WorkspaceName, member: &Member) -> Option<Arc<StoredSnapshot>> {
        let kept = self.kept.get(workspace)?;
        (kept.snapshot.member == *member).then(|| Arc::clone(&kept.snapshot))
    }

    /// Keeps a snapshot, or gives the one that another run has put there meanwhile. What was read before all was
    /// forgotten is not kept.
    pub fn keep(
        &mut self,
        workspace: &WorkspaceName,
        fresh: Arc<StoredSnapshot>,
        header: Option<[u8; HEADER]>,
        era: u64,
    ) -> Arc<StoredSnapshot> {
        let snapshot = self.of_epoch(workspace, &fresh.member).unwrap_or(fresh);
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

/// Sees to it that snapshots go in time, for as long as there are any.
fn watch(opened: &Arc<Opened>) {
    let first = !std::mem::replace(&mut opened.cache().watched, true);
    if first {
        tokio::spawn(let_go(Watch(Arc::downgrade(opened))));
    }
}

/// The one task that watches a cache; when it ends, even with its runtime, another may take its place.
struct Watch(Weak<Opened>);

impl Drop for Watch {
    fn drop(&mut self) {
        if let Some(opened) = self.0.upgrade() {
            opened.cache().watched = false;
        }
    }
}

async fn let_go(watch: Watch) {
    loop {
        tokio::time::sleep(LINGER / 12).await;
        let Some(opened) = watch.0.upgrade() else { return };
        let mut cache = opened.cache();
        cache.sweep(Instant::now(), LINGER - LINGER / 12);
        // While the cache is held, so that nobody puts something in whom the end of this task escapes.
        if cache.kept.is_empty() {
            cache.watched = false;
            return;
        }
    }
}
