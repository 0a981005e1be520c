//! Snapshots: what runs share, what they see, and how long it is kept.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::bench::{Bench, name, open, put, workspace};
use super::{me, reader};
use crate::disk::files::LocalDisk;
use crate::disk::keyring_file::load_header;
use crate::disk::lock::{Deadline, Lock};
use crate::disk::names::{DATABASE, KEYRING};
use crate::error::StoreError;
use crate::look::cache::LINGER;
use crate::store::Store;
use um_secret::{OpenError, Precondition, Secrets, Snapshot};

fn furnished() -> (Bench, tempfile::TempDir, Store) {
    let bench = Bench::new();
    let root = bench.furnish();
    let store = bench.open(Arc::new(LocalDisk), root.path()).unwrap();
    (bench, root, store)
}

async fn snapshot(store: &Store, within: &str) -> Arc<dyn Snapshot> {
    store.snapshot(&workspace(within), Duration::from_secs(10)).await.unwrap()
}

async fn value(snapshot: &Arc<dyn Snapshot>) -> String {
    snapshot.open(&name("TOKEN"), &reader()).await.unwrap().expose().to_owned()
}

#[tokio::test]
async fn runs_of_one_workspace_share_a_snapshot_until_it_changes() {
    let (_bench, _root, store) = furnished();
    let first = snapshot(&store, "default").await;
    assert!(Arc::ptr_eq(&first, &snapshot(&store.clone(), "default").await));
    put(&store, "other", "NEWS", "a change elsewhere").unwrap();
    assert!(Arc::ptr_eq(&first, &snapshot(&store, "default").await), "another generation, the same epoch");
    put(&store, "default", "TOKEN", "the second value").unwrap();
    let second = snapshot(&store, "default").await;
    assert!(!Arc::ptr_eq(&first, &second));
    assert_eq!(value(&first).await, "the first value", "a run keeps what it began with");
    assert_eq!(value(&second).await, "the second value");
}

#[tokio::test]
async fn a_run_that_began_before_a_delete_keeps_its_value_and_a_later_one_has_none() {
    let (_bench, _root, store) = furnished();
    let before = snapshot(&store, "default").await;
    store.delete(&me(), &workspace("default"), &name("TOKEN")).unwrap();
    assert_eq!(value(&before).await, "the first value");
    let after = snapshot(&store, "default").await;
    assert!(matches!(after.open(&name("TOKEN"), &reader()).await, Err(OpenError::NotFound)));
    assert_eq!(after.entries().len(), 1);
}

#[test]
fn a_delete_of_a_version_leaves_a_later_one_alone() {
    let (_bench, _root, store) = furnished();
    put(&store, "default", "TOKEN", "set after somebody looked at version 1").unwrap();
    let at = |version| Precondition::any().version(name("TOKEN"), version);
    let refused = store.delete_if(&me(), &workspace("default"), &name("TOKEN"), &at(1));
    assert!(matches!(refused, Err(StoreError::VersionConflict { expected: 1, found: Some(2), .. })), "{refused:?}");
    assert_eq!(store.delete_if(&me(), &workspace("default"), &name("TOKEN"), &at(2)).unwrap().version, 2);
}

#[tokio::test]
async fn an_unchanged_keyring_is_all_that_a_run_start_reads() {
    let (_bench, root, store) = furnished();
    let first = snapshot(&store, "default").await;
    // Whoever opened the database now would notice.
    std::fs::write(root.path().join("data").join(DATABASE), "gone").unwrap();
    assert!(Arc::ptr_eq(&first, &snapshot(&store, "default").await));
    store.forget();
    assert!(store.snapshot(&workspace("default"), Duration::from_secs(10)).await.is_err());
}

#[tokio::test]
async fn forgetting_drops_the_snapshots_at_once() {
    let (_bench, _root, store) = furnished();
    let kept = Arc::downgrade(&snapshot(&store, "default").await);
    assert!(kept.upgrade().is_some(), "for the next run");
    store.forget();
    assert!(kept.upgrade().is_none());
}

#[tokio::test]
async fn a_snapshot_that_was_being_read_while_all_was_forgotten_is_not_kept() {
    let (_bench, _root, store) = furnished();
    let era = store.snapshots.lock().era();
    let header = load_header(&store.opened.data).unwrap();
    let read = store.take_snapshot(&workspace("default"), Deadline::after(Duration::from_secs(10))).unwrap();
    let kept = Arc::downgrade(&read);
    store.forget();
    drop(store.snapshots.lock().keep(&workspace("default"), read, header, era));
    assert!(kept.upgrade().is_none());
}

/// Both files of a store, to put back later.
struct Backup([(&'static str, Vec<u8>); 2]);

impl Backup {
    fn of(root: &tempfile::TempDir) -> Self {
        Self([KEYRING, DATABASE].map(|name| (name, std::fs::read(root.path().join("data").join(name)).unwrap())))
    }

    fn put_back(&self, root: &tempfile::TempDir, files: usize) {
        for (name, bytes) in &self.0[..files] {
            std::fs::write(root.path().join("data").join(name), bytes).unwrap();
        }
    }
}

#[tokio::test]
async fn an_older_keyring_that_is_put_back_is_refused_by_a_host_that_saw_a_later_one() {
    for files in [1, 2] {
        let (bench, root, store) = furnished();
        let backup = Backup::of(&root);
        let old = snapshot(&store, "default").await;
        assert_eq!(value(&old).await, "the first value");
        // The host's own change, of another workspace: the snapshot stays the same.
        put(&store, "other", "NEWS", "a change elsewhere").unwrap();
        backup.put_back(&root, files);
        let refused = store.snapshot(&workspace("default"), Duration::from_secs(10)).await.err().unwrap();
        assert!(refused.to_string().contains("older state"), "{refused}");
        assert!(matches!(store.list(&workspace("default")), Err(StoreError::Older { .. })));
        let restarted = bench.open(Arc::new(LocalDisk), root.path()).unwrap();
        assert_eq!(restarted.list(&workspace("default")).is_ok(), files == 2, "a whole backup opens in a new process");
    }
}

#[tokio::test]
async fn the_same_epoch_with_other_contents_is_another_snapshot() {
    let (bench, root, store) = furnished();
    let backup = Backup::of(&root);
    put(&store, "default", "TOKEN", "the way that was taken back").unwrap();
    let taken_back = snapshot(&store, "default").await;
    assert_eq!(value(&taken_back).await, "the way that was taken back");
    backup.put_back(&root, 2);
    // Another process goes on from the backup, as far as the host had been and further.
    let other = bench.open(Arc::new(LocalDisk), root.path()).unwrap();
    put(&other, "default", "TOKEN", "the way that counts").unwrap();
    put(&other, "other", "NEWS", "one change more").unwrap();
    assert_eq!(value(&snapshot(&store, "default").await).await, "the way that counts");
}

#[test]
fn the_header_of_a_keyring_that_is_being_wiped_is_none() {
    let (_bench, root, _store) = furnished();
    let data = root.path().join("data");
    assert!(load_header(&data).unwrap().is_some());
    std::fs::write(data.join(KEYRING), [0; 4096]).unwrap();
    assert_eq!(load_header(&data).unwrap(), None);
}

#[tokio::test]
async fn a_snapshot_goes_a_minute_after_its_last_use() {
    let (_bench, _root, store) = furnished();
    let held = snapshot(&store, "default").await;
    let kept = Arc::downgrade(&held);
    let start = Instant::now();
    store.snapshots.lock().sweep(start + 2 * LINGER, LINGER);
    assert!(kept.upgrade().is_some(), "a run holds it");
    drop(held);
    store.snapshots.lock().sweep(start + 3 * LINGER - Duration::from_secs(1), LINGER);
    assert!(kept.upgrade().is_some(), "not yet a minute");
    store.snapshots.lock().sweep(start + 3 * LINGER, LINGER);
    assert!(kept.upgrade().is_none());
}

#[tokio::test]
async fn a_secret_past_its_expiry_is_not_opened() {
    let (_bench, _root, store) = furnished();
    for (expires, open) in [(-1, false), (3600, true)] {
        let mut edit = store.edit("secrets set", &workspace("default")).unwrap();
        let at = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(expires);
        edit.index.secrets.get_mut(&name("TOKEN")).unwrap().expires = Some(at);
        edit.describe(&name("TOKEN"), "it expires").unwrap();
        edit.commit(&me()).unwrap();
        let opened = snapshot(&store, "default").await.open(&name("TOKEN"), &reader()).await;
        assert_eq!(opened.is_ok(), open);
        assert!(open || matches!(opened, Err(OpenError::Expired)));
    }
}

#[tokio::test]
async fn a_value_whose_read_cannot_be_recorded_is_not_handed_out() {
    let (_bench, root, store) = furnished();
    let snapshot = snapshot(&store, "default").await;
    let reads = root.path().join("data/reads");
    std::fs::remove_dir(&reads).unwrap();
    assert!(matches!(snapshot.open(&name("TOKEN"), &reader()).await, Err(OpenError::Unavailable(_))));
    std::fs::create_dir(&reads).unwrap();
    assert_eq!(value(&snapshot).await, "the first value", "and is again once it can be");
}

#[tokio::test]
async fn a_name_or_workspace_that_is_not_there_is_told_apart_from_failure() {
    let (_bench, _root, store) = furnished();
    let missing = store.snapshot(&workspace("nowhere"), Duration::from_secs(10)).await;
    assert!(matches!(missing, Err(um_secret::SnapshotError::NoWorkspace { .. })));
    let error = open(&store, &workspace("default"), &name("token")).await.unwrap_err();
    assert!(matches!(error.downcast_ref(), Some(OpenError::NotFound)), "case matters");
}

#[tokio::test]
async fn a_snapshot_that_comes_too_late_is_an_error_and_not_a_wait() {
    let (_bench, root, store) = furnished();
    let deadline = Deadline::after(Duration::from_secs(10));
    let writer = Lock::exclusive(&root.path().join("data"), "secrets import", deadline).unwrap();
    let late = store.snapshot(&workspace("default"), Duration::from_millis(20)).await;
    let error = late.err().unwrap().to_string();
    assert!(error.contains("in use by process") && error.contains("secrets import"), "{error}");
    drop(writer);
    snapshot(&store, "default").await;
}

#[tokio::test]
async fn many_runs_at_once_get_one_snapshot() {
    let (_bench, _root, store) = furnished();
    let runs = (0..50).map(|_| {
        let store = store.clone();
        tokio::spawn(async move { value(&snapshot(&store, "default").await).await })
    });
    for run in runs.collect::<Vec<_>>() {
        assert_eq!(run.await.unwrap(), "the first value");
    }
    let (_, used, _) = store.summary(&workspace("default"), &name("TOKEN")).unwrap();
    assert_eq!(used.unwrap().reads, 50);
}
