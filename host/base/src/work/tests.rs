//! What a budget promises to whoever waits, holds and computes.

use std::sync::atomic::AtomicUsize;

use super::*;

#[test]
fn what_is_held_is_given_back_and_what_does_not_fit_ends_the_work() {
    let work = Work::new(100);
    let first = work.hold(60).unwrap();
    assert!(work.try_hold(41).is_none(), "a trial is no harm");
    assert_eq!(work.over_because(), None);
    drop(first);
    let mut all = work.hold(100).unwrap();
    all.shrink(30);
    all.grow(30).unwrap();
    assert_eq!((all.bytes(), work.peak()), (100, 100));
    assert_eq!(work.hold(1).unwrap_err(), Over::Memory);
    assert_eq!(work.step(), Err(Over::Memory));
    work.stop();
    assert_eq!(work.over_because(), Some(Over::Memory), "the first reason stays");
    assert_eq!(work.remaining(), Duration::ZERO);
}

#[test]
fn a_trial_holds_what_fits() {
    let work = Work::new(100);
    let held = work.try_hold(100).unwrap();
    assert_eq!((held.bytes(), work.peak(), work.most()), (100, 100, 100));
    assert!(work.try_hold(1).is_none());
    drop(held);
    assert!(work.try_hold(1).is_some());
}

#[test]
fn what_is_left_is_the_time_until_the_first_deadline_that_was_set() {
    let (hour, work) = (Duration::from_secs(3600), Work::unlimited());
    work.end_after(Duration::MAX);
    assert_eq!((work.deadline(), work.remaining()), (None, Duration::MAX));
    work.end_after(hour);
    work.end_after(Duration::ZERO);
    assert_eq!(work.step(), Ok(()));
    assert!(work.remaining() <= hour && work.remaining() > hour / 2);
}

#[tokio::test]
async fn the_time_that_threads_spend_adds_up() {
    let work = Work::unlimited();
    work.spend(Duration::from_secs(2));
    work.spend(Duration::from_secs(3));
    assert_eq!(work.spent(), Duration::from_secs(5));
    blocking(&work, || (0..1_000_000).map(std::hint::black_box).sum::<u64>()).await.unwrap();
    assert!(work.spent() > Duration::from_secs(5));
}

#[test]
fn no_sum_of_bytes_is_too_large_to_be_counted() {
    let work = Work::unlimited();
    let _most = work.hold(u64::MAX).unwrap();
    assert_eq!(work.hold(1).unwrap_err(), Over::Memory);
}

#[tokio::test]
async fn whoever_waits_is_told_at_the_deadline_and_when_it_is_stopped() {
    let work = Work::unlimited();
    work.end_after(Duration::ZERO);
    assert_eq!(work.step(), Err(Over::Deadline));
    assert_eq!(work.over().await, Over::Deadline);
    let (work, other) = (Work::unlimited(), Work::unlimited());
    other.end_after(Duration::MAX);
    let waiting = tokio::spawn({
        let work = work.clone();
        async move { work.within(std::future::pending::<()>()).await }
    });
    work.stop();
    assert_eq!(work.step(), Err(Over::Stopped));
    assert_eq!(waiting.await.unwrap(), Err(Over::Stopped));
    assert_eq!(other.within(async { 7 }).await, Ok(7));
}

#[tokio::test]
async fn a_run_occupies_no_more_threads_than_it_has_permits() {
    let work = Work::unlimited();
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let tasks: Vec<_> = (0..3 * PERMITS)
        .map(|_| {
            let (work, now, most) = (work.clone(), Arc::clone(&now), Arc::clone(&most));
            tokio::spawn(async move {
                blocking(&work, move || {
                    most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    std::thread::yield_now();
                    now.fetch_sub(1, Ordering::SeqCst);
                })
                .await
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    assert!(most.load(Ordering::SeqCst) <= PERMITS);
}

#[tokio::test]
async fn a_thread_that_never_ends_keeps_its_permit_and_nobody_waits_for_it() {
    let (work, gate) = (Work::unlimited(), Arc::new(std::sync::Barrier::new(PERMITS + 1)));
    for _ in 0..PERMITS {
        let gate = Arc::clone(&gate);
        let waiting = blocking(&work, move || _ = gate.wait());
        assert!(tokio::time::timeout(Duration::from_millis(1), waiting).await.is_err());
    }
    let one_more = tokio::spawn({
        let work = work.clone();
        async move { blocking(&work, || ()).await }
    });
    tokio::task::yield_now().await;
    work.stop();
    assert_eq!(one_more.await.unwrap(), Err(Over::Stopped));
    gate.wait();
}
