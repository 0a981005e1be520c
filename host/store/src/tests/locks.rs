//! The locks: who waits for whom, and who is named.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use super::bench::scratch;
use crate::disk::lock::{Deadline, Lock};
use crate::disk::names::{GATE, LOCK};
use crate::error::{Holder, StoreError};

fn place() -> tempfile::TempDir {
    let directory = scratch();
    for name in [GATE, LOCK] {
        std::fs::write(directory.path().join(name), "").unwrap();
    }
    directory
}

fn soon() -> Deadline {
    Deadline::after(Duration::from_millis(30))
}

fn patiently() -> Deadline {
    Deadline::after(Duration::from_secs(10))
}

#[test]
fn readers_share_and_a_writer_is_alone() {
    let place = place();
    let one = Lock::shared(place.path(), soon()).unwrap();
    let two = Lock::shared(place.path(), soon()).unwrap();
    assert!(matches!(Lock::exclusive(place.path(), "set", soon()), Err(StoreError::InUse { .. })));
    drop((one, two));
    let writer = Lock::exclusive(place.path(), "set", soon()).unwrap();
    assert!(matches!(Lock::shared(place.path(), soon()), Err(StoreError::InUse { .. })));
    assert!(matches!(Lock::exclusive(place.path(), "set", soon()), Err(StoreError::InUse { .. })));
    drop(writer);
    assert!(Lock::shared(place.path(), soon()).is_ok());
}

#[test]
fn who_waits_in_vain_is_told_by_whom_the_store_is_held() {
    let place = place();
    let writer = Lock::exclusive(place.path(), "secrets set", soon()).unwrap();
    let error = Lock::shared(place.path(), soon()).unwrap_err();
    let expected = Holder { pid: std::process::id(), verb: "secrets set".to_owned() };
    assert!(matches!(&error, StoreError::InUse { holder: Some(holder), .. } if *holder == expected), "{error}");
    assert!(error.to_string().contains(&format!("process {} (`secrets set`)", std::process::id())), "{error}");
    drop(writer);
    let reader = Lock::shared(place.path(), soon()).unwrap();
    let error = Lock::exclusive(place.path(), "set", soon()).unwrap_err();
    assert!(matches!(error, StoreError::InUse { holder: None, .. }), "a writer that is gone is not blamed: {error}");
    drop(reader);
}

#[test]
fn the_note_of_a_process_that_was_killed_is_not_believed() {
    let place = place();
    std::fs::write(place.path().join(LOCK), "4194999 secrets set\n").unwrap();
    let reader = Lock::shared(place.path(), soon()).unwrap();
    assert!(matches!(Lock::exclusive(place.path(), "set", soon()), Err(StoreError::InUse { holder: None, .. })));
    drop(reader);
}

#[test]
fn a_note_that_cannot_be_left_keeps_nobody_out() {
    let directory = scratch();
    let elsewhere = |name: &str| directory.path().join(format!("{name} elsewhere"));
    for name in [GATE, LOCK] {
        // With a second name it takes no note: as on a full disk, where none can be written.
        std::fs::write(elsewhere(name), "of somebody else").unwrap();
        std::fs::hard_link(elsewhere(name), directory.path().join(name)).unwrap();
    }
    let writer = Lock::exclusive(directory.path(), "set", soon()).unwrap();
    assert!(matches!(Lock::shared(directory.path(), soon()), Err(StoreError::InUse { holder: None, .. })));
    drop(writer);
    assert!(Lock::shared(directory.path(), soon()).is_ok());
    for name in [GATE, LOCK] {
        assert_eq!(std::fs::read_to_string(elsewhere(name)).unwrap(), "of somebody else");
    }
}

#[test]
fn a_writer_that_gave_up_leaves_nothing_for_readers_to_wait_for() {
    let place = place();
    let readers = (Lock::shared(place.path(), soon()).unwrap(), std::fs::File::open(place.path().join(GATE)).unwrap());
    readers.1.lock_shared().unwrap();
    assert!(Lock::exclusive(place.path(), "set", soon()).is_err());
    assert_eq!(std::fs::read(place.path().join(GATE)).unwrap(), b"");
    // One that was killed there leaves a note, which holds nobody up for ever.
    std::fs::write(place.path().join(GATE), format!("{} waits\n", std::process::id())).unwrap();
    Lock::shared(place.path(), patiently()).unwrap();
}

#[test]
fn no_stream_of_readers_keeps_a_writer_out_nor_the_other_way_round() {
    let (place, stop) = (place(), AtomicBool::new(false));
    let (reads, writes, inside) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..32 {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    let lock = Lock::shared(place.path(), patiently()).unwrap();
                    assert_eq!(inside.load(Ordering::SeqCst), 0, "a reader beside a writer");
                    drop(lock);
                    reads.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        let writers = [(); 2].map(|()| {
            scope.spawn(|| {
                for _ in 0..50 {
                    let lock = Lock::exclusive(place.path(), "set", patiently()).unwrap();
                    assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0, "two writers");
                    std::thread::yield_now();
                    inside.fetch_sub(1, Ordering::SeqCst);
                    drop(lock);
                    writes.fetch_add(1, Ordering::Relaxed);
                }
            })
        });
        let ended = writers.map(|writer| writer.join());
        stop.store(true, Ordering::Relaxed);
        assert!(ended.iter().all(Result::is_ok), "{ended:?}");
    });
    assert_eq!(writes.into_inner(), 100);
    assert!(reads.into_inner() > 100);
}
