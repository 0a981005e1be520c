//! What a host counts, and tells whoever has a recorder.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use metrics::{
    Counter, CounterFn, Gauge, GaugeFn, Histogram, HistogramFn, Key, KeyName, Metadata, SharedString, Unit,
    with_local_recorder,
};
use um_host::{Capacity, Overflow, Quota};

use super::*;
use crate::runs::load;

/// Keeps all that it is told, by name and labels.
#[derive(Clone, Default)]
pub struct Recorder(Arc<Mutex<BTreeMap<String, Vec<f64>>>>);

/// One meter of it.
struct Meter(String, Recorder);

impl Recorder {
    /// What a gauge was set to, one after the other.
    pub fn gauge(&self, name: &str) -> Vec<u64> {
        self.0.lock().unwrap()[name].iter().map(|value| *value as u64).collect()
    }

    fn tell(&self, meter: &str, value: f64) {
        self.0.lock().unwrap().entry(meter.to_owned()).or_default().push(value);
    }

    /// What counters that were told anything come to.
    fn counted(&self) -> BTreeMap<String, u64> {
        let told = self.0.lock().unwrap();
        let counters = told.iter().filter(|(name, values)| !values.is_empty() && is_counter(name));
        counters.map(|(name, values)| (name.clone(), values.iter().sum::<f64>() as u64)).collect()
    }

    fn meter(&self, key: &Key) -> Arc<Meter> {
        let labels: Vec<_> = key.labels().map(|label| format!("{}={}", label.key(), label.value())).collect();
        let name = [&[key.name().to_owned()], &labels[..]].concat().join(" ");
        self.0.lock().unwrap().entry(name.clone()).or_default();
        Arc::new(Meter(name, self.clone()))
    }
}

fn is_counter(name: &str) -> bool {
    !["seconds", "bytes", "running", "waiting"].iter().any(|end| name.ends_with(end))
}

impl CounterFn for Meter {
    fn increment(&self, value: u64) {
        self.1.tell(&self.0, value as f64);
    }

    fn absolute(&self, _: u64) {}
}

impl GaugeFn for Meter {
    fn increment(&self, _: f64) {}

    fn decrement(&self, _: f64) {}

    fn set(&self, value: f64) {
        self.1.tell(&self.0, value);
    }
}

impl HistogramFn for Meter {
    fn record(&self, value: f64) {
        self.1.tell(&self.0, value);
    }
}

impl metrics::Recorder for Recorder {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(self.meter(key))
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::from_arc(self.meter(key))
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::from_arc(self.meter(key))
    }
}

#[tokio::test]
async fn runs_refusals_reads_and_times_are_counted() {
    let recorder = Recorder::default();
    let capacity = Capacity::default().runs(1).queue(1);
    let quota = Quota::default().runs(0, Overflow::Refuse);
    let (host, _) = with_local_recorder(&recorder, || {
        host(|builder| builder.capacity(capacity).quota_of(workspace("globex"), quota))
    });
    let (asks, sleeps) = (load(&host, "asks_for_secrets").await, load(&host, "sleeps_for_ever").await);
    let names = ask(r#", "args": ["API_KEY", "TOKEN", "API_KEY", "NO_SUCH"]"#);
    run_with(&host, &asks, "acme", names).start().await.unwrap();
    run_with(&host, &load(&host, "exits_1").await, "acme", ask("")).start().await.unwrap();
    // It has a turn, and no action of it is called.
    run_with(&host, &asks, "acme", ask(r#", "input": 1"#)).start().await.unwrap_err();
    start(run(&host, &asks, "globex")).refused().await;
    let mut first = start(run(&host, &sleeps, "acme"));
    first.has_printed().await;
    let mut second = start(run(&host, &sleeps, "acme"));
    second.place().await;
    start(run(&host, &sleeps, "acme")).refused().await;
    first.cancelled().await.unwrap();
    second.has_printed().await;
    second.cancelled().await.unwrap();
    let expected = [
        ("um_host_runs_ended end=completed", 1),
        ("um_host_runs_ended end=exited", 1),
        ("um_host_runs_ended end=interrupted", 2),
        ("um_host_runs_ended end=not-started", 1),
        ("um_host_runs_refused code=queue-full", 1),
        ("um_host_runs_refused code=quota-runs", 1),
        ("um_host_runs_started", 5),
        ("um_host_secret_reads", 2),
    ];
    assert_eq!(recorder.counted(), BTreeMap::from(expected.map(|(name, times)| (name.to_owned(), times))));
    assert_eq!(recorder.gauge("um_host_runs_running").into_iter().max(), Some(1));
    assert_eq!(recorder.gauge("um_host_runs_waiting").into_iter().max(), Some(1));
    let told = recorder.0.lock().unwrap();
    let waits = &told["um_host_queue_wait_seconds"];
    assert_eq!((waits.len(), waits.iter().filter(|wait| **wait > 0.0).count()), (5, 1));
    assert_eq!(told["um_host_run_duration_seconds"].len(), 5);
    // Labels come from lists of ours: nothing that a tenant, a guest or a secret is called is among them.
    let chosen = ["acme", "globex", "API_KEY", "asks_for_secrets", "sleeps"];
    assert!(told.keys().all(|name| chosen.iter().all(|chosen| !name.contains(chosen))), "{:?}", told.keys());
}

/// The names that the page for operators has are those that there are.
#[tokio::test]
async fn every_meter_is_on_the_page() {
    let recorder = Recorder::default();
    let _host = with_local_recorder(&recorder, || host(|builder| builder));
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let page = std::fs::read_to_string(root.join("host/docs/embedding.md")).unwrap();
    let on_page = page.lines().filter_map(|line| line.strip_prefix("| `um_host_")?.split('`').next());
    let on_page: Vec<_> = on_page.map(|name| format!("um_host_{name}")).collect();
    let mut there: Vec<_> =
        recorder.0.lock().unwrap().keys().map(|name| name.split(' ').next().unwrap().to_owned()).collect();
    there.dedup();
    assert!(there.len() > 5);
    assert_eq!(on_page.iter().collect::<std::collections::BTreeSet<_>>(), there.iter().collect());
}
