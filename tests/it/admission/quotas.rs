//! What one workspace may use, and what becomes of others meanwhile.

use std::time::Instant;

use um_host::errors::Coded;
use um_host::{AdmissionError, End, Limit, Overflow, Quota};

use super::*;
use crate::runs::{load, text};

#[tokio::test]
async fn a_workspace_has_as_many_runs_at_once_as_it_may_and_others_have_theirs() {
    for overflow in [Overflow::Queue, Overflow::Refuse] {
        let quota = Quota::default().runs(1, overflow);
        let (host, _) = host(|builder| builder.quota_of(workspace("acme"), quota));
        let action = load(&host, "sleeps_for_ever").await;
        let mut first = start(run(&host, &action, "acme"));
        first.has_printed().await;
        let mut next = start(run(&host, &action, "acme"));
        let mut others = [start(run(&host, &action, "globex")), start(run(&host, &action, "globex"))];
        for other in &mut others {
            other.has_printed().await;
        }
        if overflow == Overflow::Queue {
            next.place().await;
            first.cancelled().await.unwrap();
            next.has_printed().await;
            next.cancelled().await.unwrap();
        } else {
            assert_eq!(next.refused().await, AdmissionError::Runs { most: 1 });
            first.cancelled().await.unwrap();
        }
        for other in others {
            other.cancelled().await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_quota_for_all_is_one_for_each_and_one_of_its_own_comes_before_it() {
    let refuse = |most| Quota::default().runs(most, Overflow::Refuse);
    let (host, _) = host(|builder| builder.quota(refuse(1)).quota_of(workspace("globex"), refuse(2)));
    let action = load(&host, "sleeps_for_ever").await;
    let mut started = Vec::new();
    for within in ["acme", "globex", "globex"] {
        let mut run = start(run(&host, &action, within));
        run.has_printed().await;
        started.push(run);
    }
    for within in ["acme", "globex"] {
        assert_eq!(start(run(&host, &action, within)).refused().await.code(), "quota-runs");
    }
    for run in started {
        run.cancelled().await.unwrap();
    }
}

/// 20 ms in a month: after these its guest is paused until its time is over, and has computed for no longer than it takes to
/// be found out.
#[tokio::test]
async fn a_run_whose_workspace_has_used_up_its_processor_time_is_paused() {
    let month = Duration::from_secs(30 * 24 * 60 * 60);
    let quota = Quota::default().cpu(Duration::from_millis(20), month, Overflow::Refuse);
    let (host, _) = host(|builder| builder.quota_of(workspace("acme"), quota));
    let (loops, echoes) = (load(&host, "loops_for_ever").await, load(&host, "echoes").await);
    let limits = r#"{"limits": {"wall": "3s"}}"#;
    let ended = run_with(&host, &loops, "acme", Ask::from_json(limits).unwrap()).start().await.unwrap();
    let End::Limit { limit: Limit::Wall, .. } = ended.outcome.end else { panic!("{:?}", ended.outcome.end) };
    let cpu = ended.outcome.usage.cpu;
    assert!((Duration::from_millis(10)..Duration::from_secs(1)).contains(&cpu), "{cpu:?}");
    let refused = refusal(run(&host, &echoes, "acme").start().await);
    assert!(matches!(refused, AdmissionError::Cpu { after: Some(_) }), "{refused:?}");
    let other = run(&host, &echoes, "globex").start().await.unwrap();
    assert_eq!(other.outcome.end, End::Completed);
}

#[tokio::test]
async fn a_run_goes_on_when_its_workspace_has_processor_time_again() {
    let quota = Quota::default().cpu(Duration::from_millis(1), Duration::from_millis(5), Overflow::Queue);
    let (host, _) = host(|builder| builder.quota(quota));
    let action = load(&host, "echoes").await;
    for _ in 0..20 {
        let ended = within(run(&host, &action, "acme").start()).await.unwrap();
        assert_eq!(ended.outcome.end, End::Completed);
    }
}

/// How much longer honest runs may take beside a hostile workspace that has one processor than by themselves: medians, on a
/// machine of at least two that has nothing else to do, as in `./tests/deep`.
const TIMES_OF_MEDIANS: f64 = 1.5;
const HOSTILE_AT_ONCE: u64 = 8;
const HOSTILE: usize = 40;

/// A hundred runs, one after the other: there is room for each at once.
async fn honest(host: &Host, action: &Action) -> Duration {
    let began = Instant::now();
    for number in 0..100 {
        let honest = run_with(host, action, "globex", ask(&format!(r#", "input": {number}"#)));
        let ended = within(honest.start()).await.unwrap();
        assert_eq!(ended.outcome.end, End::Completed);
        assert!(ended.queued.is_zero());
    }
    began.elapsed()
}

/// What a hostile workspace may use is what it may use, whatever it starts: the others' runs all come to their end beside it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_honest_runs_end_well_beside_a_hostile_workspace_with_quotas() {
    let window = Duration::from_secs(1);
    let quota = Quota::default().runs(HOSTILE_AT_ONCE, Overflow::Queue).cpu(window, window, Overflow::Queue);
    let (host, _) = host(|builder| builder.quota_of(workspace("acme"), quota));
    let (loops, echoes) = (load(&host, "loops_for_ever").await, load(&host, "echoes").await);
    let turns = std::env::var("UM_HOST_TURNS").ok().map(|turns| turns.parse::<usize>().unwrap());
    let (mut alone, mut beside) = (Vec::new(), Vec::new());
    for _ in 0..turns.unwrap_or(1) {
        alone.push(honest(&host, &echoes).await);
        let hostile: Vec<_> = (0..HOSTILE).map(|_| start(run(&host, &loops, "acme"))).collect();
        let all_there = async {
            while host.occupancy().waiting < HOSTILE as u64 - HOSTILE_AT_ONCE {
                tokio::task::yield_now().await;
            }
        };
        within(all_there).await;
        beside.push(honest(&host, &echoes).await);
        assert_eq!(host.occupancy().running, HOSTILE_AT_ONCE);
        for run in hostile.into_iter().rev() {
            match run.cancelled().await {
                Ok(ended) => assert_eq!(ended.outcome.end, End::Interrupted),
                Err(error) => assert_eq!(error.code(), "run-interrupted"),
            }
        }
    }
    if turns.is_some() {
        let [alone, beside] = [alone, beside].map(|mut times| {
            times.sort();
            times[times.len() / 2]
        });
        println!("100 honest runs take {alone:?}, beside a hostile workspace of one processor {beside:?}");
        assert!(beside.div_duration_f64(alone) < TIMES_OF_MEDIANS);
    }
}

#[tokio::test]
async fn a_workspace_reads_as_many_secrets_in_a_minute_as_it_may() {
    let quota = |each_minute| Quota::default().secret_reads(each_minute, Overflow::Refuse);
    let (host, vault) = host(|builder| builder.quota(quota(3)).quota_of(workspace("acme"), quota(2)));
    let action = load(&host, "asks_for_secrets").await;
    // What it has already is no further read.
    let asks = r#", "args": ["API_KEY", "TOKEN", "API_KEY", "OTHER"]"#;
    let whole = run_with(&host, &action, "globex", ask(asks)).start().await.unwrap();
    assert_eq!(text(&whole.stdout), "API_KEY: 48 bytes\nTOKEN: 48 bytes\nAPI_KEY: 48 bytes\nOTHER: 48 bytes\n");
    let mut paused = start(run_with(&host, &action, "acme", ask(asks)));
    for _ in 0..3 {
        paused.has_printed().await;
    }
    let ended = paused.cancelled().await.unwrap();
    assert_eq!(ended.outcome.end, End::Interrupted);
    assert_eq!(ended.outcome.secrets.len(), 2);
    let of_acme = vault.reads().into_iter().filter(|read| read.workspace == workspace("acme"));
    assert_eq!(of_acme.count(), 2);
    let refused = refusal(run(&host, &action, "acme").start().await);
    let AdmissionError::SecretReads { after: Some(after) } = refused else { panic!("{refused:?}") };
    assert!(after <= Duration::from_secs(30));
}
