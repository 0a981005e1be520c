//! Many at once on one store: processes that run and processes that set, and a host that stays while others set.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use um_runtime::{Action, Host};
use um_store::{KeySource, Store};

use crate::runs::{cache, load, workspace};
use crate::support::command::{Home, display};
use crate::support::guests::guest;
use crate::support::json::result;
use crate::support::run::run_of;

const RUNS_AT_ONCE: usize = 20;
const SETS: usize = 8;
/// Far longer than anything here takes: whoever waits so long waits in vain.
const PATIENCE: Duration = Duration::from_secs(60);

/// All values that a secret has had, and when.
#[derive(Default)]
struct History(Mutex<Vec<Current>>);

/// A value: current at the latest when its set was acknowledged, and at the earliest when it began.
struct Current {
    fingerprint: Value,
    began: Instant,
    acknowledged: Option<Instant>,
}

/// Ends the others' work when it goes, also when it goes by a panic.
struct Done<'a>(&'a AtomicBool);

impl Drop for Done<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// What a run saw in the time that it lived.
struct Sighting {
    fingerprint: Value,
    began: Instant,
    ended: Instant,
}

impl History {
    /// Has the program give TOKEN a value that it never had.
    fn set(&self, home: &Home) -> Value {
        let (began, mut history) = (Instant::now(), self.0.lock().unwrap());
        let value = format!("the value number {} {}", history.len(), "x".repeat(history.len() * 13));
        let current = fingerprint(&value);
        history.push(Current { fingerprint: current.clone(), began, acknowledged: None });
        drop(history);
        home.set("TOKEN", &value);
        self.0.lock().unwrap().last_mut().unwrap().acknowledged = Some(Instant::now());
        current
    }

    /// A run sees one value, and one that was current at some time between its start and its end.
    fn assert_saw(&self, sighting: &Sighting) {
        let history = self.0.lock().unwrap();
        let seen = history.iter().position(|current| current.fingerprint == sighting.fingerprint);
        let seen = seen.unwrap_or_else(|| panic!("never set: {}", sighting.fingerprint));
        assert!(history[seen].began <= sighting.ended, "value {seen} was seen before it was set");
        let replaced = history.get(seen + 1).and_then(|next| next.acknowledged);
        assert!(replaced.is_none_or(|at| at >= sighting.began), "value {seen} was seen after it was replaced");
    }
}

/// What the guest `fingerprints_a_secret` returns for a value of the workspace `default`.
fn fingerprint(value: &str) -> Value {
    let hash = value
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    json!({ "workspace": "default", "length": value.len(), "fnv1a": format!("{hash:016x}") })
}

/// `um-host run` in a process of its own.
fn run_program(home: &Home, action: &Path) -> Sighting {
    let began = Instant::now();
    let answer = home.um_host(["run", &display(action), "--input", "\"TOKEN\""]).answer();
    assert_eq!((answer.status, answer.stderr.as_str()), (0, ""), "{answer:?}");
    Sighting { fingerprint: answer.json(), began, ended: Instant::now() }
}

async fn run_embedded(host: &Host, action: &Action) -> Sighting {
    let began = Instant::now();
    let outcome = run_of(host, action).workspace(workspace("default")).input("\"TOKEN\"").start().await.unwrap();
    assert!(outcome.completed(), "{outcome:?}");
    Sighting { fingerprint: result(&outcome).unwrap(), began, ended: Instant::now() }
}

#[test]
fn twenty_runs_at_once_with_sets_in_between_all_see_a_value_of_their_time() {
    let (home, history, done) = (Home::with_store(), History::default(), AtomicBool::new(false));
    let action = guest("fingerprints_a_secret");
    history.set(&home);
    // Compiles the action, once for all.
    history.assert_saw(&run_program(&home, &action));
    let (finished, seen) = mpsc::channel();
    // Readers never pause until the writer is done: did they starve it, it would give up after its 10 s.
    let runner = |finished: mpsc::Sender<()>| {
        let mut sightings = vec![run_program(&home, &action)];
        while !done.load(Ordering::Relaxed) {
            finished.send(()).unwrap();
            sightings.push(run_program(&home, &action));
        }
        sightings
    };
    let sightings: Vec<Sighting> = thread::scope(|scope| {
        let start = |_| {
            let (runner, finished) = (&runner, finished.clone());
            scope.spawn(move || runner(finished))
        };
        let runners: Vec<_> = (0..RUNS_AT_ONCE).map(start).collect();
        let writer = Done(&done);
        for _ in 0..SETS {
            // Between two sets some run comes to its end.
            seen.recv_timeout(PATIENCE).expect("a run that ends well");
            history.set(&home);
        }
        drop(writer);
        runners.into_iter().flat_map(|runner| runner.join().unwrap()).collect()
    });
    assert!(sightings.len() >= RUNS_AT_ONCE);
    sightings.iter().for_each(|sighting| history.assert_saw(sighting));
    let info = home.um_host(["secrets", "info", "TOKEN", "--json"]).answer().json();
    assert_eq!(info["version"], SETS + 1, "no set was lost: {info}");
    assert_eq!(info["last_use"]["reads"], sightings.len() + 1, "no read was lost: {info}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_embedded_host_sees_what_the_program_sets_from_the_next_run_on() {
    let (home, history) = (Arc::new(Home::with_store()), Arc::new(History::default()));
    let key = KeySource::parse(&format!("file:{}", display(&home.key_file()))).unwrap();
    let store = Store::open(&home.data(), Some(key)).unwrap();
    let host = Host::builder().secrets(Arc::new(store)).cache_dir(cache()).build().unwrap();
    let action = load(&host, "fingerprints_a_secret").await;
    history.set(&home);
    let done = Arc::new(AtomicBool::new(false));
    let busy = tokio::spawn({
        let (host, action, done) = (host.clone(), action.clone(), Arc::clone(&done));
        async move {
            let mut sightings = Vec::new();
            while !done.load(Ordering::Relaxed) {
                sightings.push(run_embedded(&host, &action).await);
            }
            sightings
        }
    });
    for _ in 0..SETS {
        let (home, history) = (Arc::clone(&home), Arc::clone(&history));
        let beside = tokio::task::spawn_blocking(move || {
            let current = history.set(&home);
            (current, run_program(&home, &guest("fingerprints_a_secret")))
        });
        let (current, program) = beside.await.unwrap();
        assert_eq!(program.fingerprint, current, "a process that started after the set");
        assert_eq!(run_embedded(&host, &action).await.fingerprint, current, "a run that started after the set");
    }
    done.store(true, Ordering::Relaxed);
    let sightings = busy.await.unwrap();
    assert!(!sightings.is_empty());
    sightings.iter().for_each(|sighting| history.assert_saw(sighting));
}
