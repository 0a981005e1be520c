//! A run as data: asked for, decided, followed, and read again.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tracing_subscriber::fmt::format::FmtSpan;
use um_host::Host;
use um_leak::Stream;
use um_runtime::{
    Ask, Blame, Ceiling, End, Grant, GrantError, Limit, OutputEvent, PolicyFile, RunError, RunSpec, SpecError,
};
use um_secret::{Actor, ActorKind, Door, MapSecret, MapVault, RunId, SecretName, SecretValue, WorkspaceName};

use crate::runs::{host, load};

const NAME: &str = "HUBSPOT_API_KEY";
const VALUE: &str = "pat-na1-7Hq2Lx9vTz";

fn workspace() -> WorkspaceName {
    WorkspaceName::parse("sales").unwrap()
}

fn with_a_secret() -> Host {
    let secret = MapSecret::new(SecretName::parse(NAME).unwrap(), SecretValue::new(VALUE.to_owned()).unwrap());
    let secrets = MapVault::new().workspace(workspace(), [secret]);
    Host::builder().secrets(Arc::new(secrets)).build().unwrap()
}

fn actor() -> Actor {
    Actor::new("token:7", ActorKind::Token, Door::Api).unwrap().on_behalf_of("ada").unwrap()
}

fn spec(ask: &str) -> RunSpec {
    let ask = Ask::from_json(ask).unwrap();
    RunSpec::resolve(workspace(), actor(), ask, &PolicyFile::default(), &Ceiling::default()).unwrap()
}

#[tokio::test]
async fn an_outcome_says_whose_run_it_was_and_is_read_again() {
    let host = with_a_secret();
    let action = load(&host, "prints_a_secret").await;
    let id = RunId::new();
    let spec = spec(r#"{"limits": {"wall": "20s"}}"#).id(id.clone());
    let ended = host.run(&action, spec).start().await.unwrap();
    assert_eq!(ended.outcome.run, id);
    let text = serde_json::to_string(&ended.outcome).unwrap();
    assert_eq!(serde_json::from_str::<um_host::Outcome>(&text).unwrap().run, id);
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        json["actor"],
        serde_json::json!({"id": "token:7", "kind": "token", "door": "api", "on_behalf_of": "ada"})
    );
    assert_eq!((&json["workspace"], &json["action"]), (&"sales".into(), &"prints_a_secret".into()));
    assert_eq!(json["secrets"], serde_json::json!([{"name": NAME, "version": 1}]));
    assert_eq!(json["limits"]["wall"], 20_000);
    assert_eq!((&json["end"]["code"], &json["end"]["status"]), (&"completed".into(), &0.into()));
    // What it wrote is no part of it.
    assert!(!text.contains("out ["), "{text}");
    assert!(!ended.stdout.is_empty());
}

#[tokio::test]
async fn output_comes_piece_by_piece_with_its_run_and_masked() {
    let host = with_a_secret();
    let action = load(&host, "prints_a_secret").await;
    let events: Arc<Mutex<Vec<OutputEvent>>> = Arc::default();
    let seen = Arc::clone(&events);
    let spec = spec("{}");
    let id = spec.run.clone();
    let listener = move |event| {
        seen.lock().unwrap().push(event);
        Ok(())
    };
    let ended = host.run(&action, spec).events(listener).start().await.unwrap();
    assert!(ended.outcome.delivered && ended.stdout.is_empty());
    let events = events.lock().unwrap();
    let of = |stream: Stream| {
        let pieces = events.iter().filter(|event| event.stream == stream);
        String::from_utf8(pieces.flat_map(|event| event.bytes.clone()).collect()).unwrap()
    };
    assert_eq!((of(Stream::Stdout).as_str(), of(Stream::Stderr).as_str()), ("out [***] end\n", "err [***] end\n"));
    assert!(events.iter().all(|event| event.run == id && event.at >= ended.outcome.started));
}

#[tokio::test]
async fn a_run_that_is_cancelled_has_an_outcome_like_any_other() {
    let host = host();
    let action = load(&host, "loops_for_ever").await;
    let spec = RunSpec::new(workspace(), Ask::default()).unwrap();
    let run = host.run(&action, spec).interrupt(tokio::time::sleep(Duration::from_millis(200)));
    let outcome = run.start().await.unwrap().outcome;
    assert_eq!((&outcome.end, outcome.blame, outcome.status()), (&End::Interrupted, None, 130));
}

#[tokio::test]
async fn a_run_that_was_decided_for_one_action_does_not_run_another() {
    let host = host();
    let [meant, other] = [load(&host, "plain").await, load(&host, "traps").await];
    assert_ne!(meant.digest(), other.digest());
    let decided = |digest: &str| RunSpec::new(workspace(), Ask::default()).unwrap().of(digest);
    let outcome = host.run(&meant, decided(meant.digest())).start().await.unwrap().outcome;
    assert_eq!((&outcome.end, outcome.digest.as_str()), (&End::Completed, meant.digest()));
    let refused = host.run(&other, decided(meant.digest())).start().await.unwrap_err();
    let RunError::OtherAction { expected, found } = refused else { panic!("{refused}") };
    assert_eq!((expected.as_str(), found.as_str()), (meant.digest(), other.digest()));
}

#[test]
fn what_a_policy_cannot_grant_alone_is_refused_before_anything_runs() {
    let policy = PolicyFile::parse("private-hosts = ['localhost']\n").unwrap();
    let refused = RunSpec::resolve(workspace(), actor(), Ask::default(), &policy, &Ceiling::default()).unwrap_err();
    assert!(matches!(refused, SpecError::Grant(GrantError::PrivateHost { .. })), "{refused}");
    let policy = PolicyFile::parse("limits.memory = '1GiB'\n").unwrap();
    let refused = Grant::resolve(&[], &policy, &Ask::default(), &Ceiling::default()).unwrap_err();
    assert!(matches!(refused, GrantError::Raised { limit: Limit::Memory, .. }), "{refused}");
    let asked = Ask::from_json(r#"{"limits": {"memory": "2GiB"}}"#).unwrap();
    assert_eq!(Grant::resolve(&[], &policy, &asked, &Ceiling::default()).unwrap().limits().memory, 2 << 30);
}

/// What is written of spans, by all threads, until it is taken.
#[derive(Clone, Default)]
struct Trace(Arc<Mutex<(Vec<u8>, bool)>>);

impl Trace {
    fn take(&self) -> String {
        let mut trace = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        trace.1 = true;
        String::from_utf8(std::mem::take(&mut trace.0)).unwrap()
    }
}

impl Write for Trace {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut trace = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !trace.1 {
            trace.0.extend_from_slice(bytes);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn spans_tell_loads_runs_requests_and_secrets_and_never_a_value() {
    let trace = Trace::default();
    let writer = trace.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_span_events(FmtSpan::NEW | FmtSpan::CLOSE)
        .with_writer(move || writer.clone())
        .finish();
    // For all threads: whether a span is told at all is found out by the thread that comes to it first, and that may be
    // one of another test.
    tracing::subscriber::set_global_default(subscriber).unwrap();
    let host = with_a_secret();
    let action = load(&host, "sends_a_secret").await;
    let spec = spec(&format!(r#"{{"args": ["https://{VALUE}.example.com/{VALUE}"]}}"#));
    let ended = host.run(&action, spec).start().await.unwrap();
    let told = trace.take();
    let run = ended.outcome.run.to_string();
    for part in ["load{action=\"sends_a_secret\"}", &format!("run={run}"), "workspace=sales", "actor=\"token:7\""] {
        assert!(told.contains(part), "{part}: {told}");
    }
    assert!(told.contains(&format!("secret{{name={NAME} version=1}}")), "{told}");
    assert!(told.contains("request{method=\"POST\" host=\"***\"}"), "{told}");
    assert!(!told.to_lowercase().contains(&VALUE.to_lowercase()), "{told}");
}

/// A run that the host failed after its action had been called was told as one that had not started: who tried it again
/// did everything twice.
#[tokio::test]
async fn a_run_that_the_host_failed_at_its_end_is_told_with_what_it_came_to() {
    let host = with_a_secret();
    let action = load(&host, "prints_a_secret").await;
    let full = |_| Err(io::Error::from(io::ErrorKind::StorageFull));
    let failed = host.run(&action, spec("{}")).events(full).start().await.unwrap_err();
    let RunError::AfterCall { cause, ended } = failed else { panic!("{failed}") };
    assert!(matches!(*cause, RunError::Output { .. }), "{cause}");
    let outcome = ended.outcome;
    assert_eq!((outcome.blame, outcome.status(), outcome.secrets.len()), (Some(Blame::Host), 125, 1));
    assert!(!outcome.leaks.is_empty(), "what was masked is told all the same");
    let End::HostFailed { reason, message } = &outcome.end else { panic!("{:?}", outcome.end) };
    assert_eq!((reason.as_str(), message), ("output-unwritable", &cause.to_string()));
    let text = serde_json::to_string(&outcome).unwrap();
    // Times are written in whole milliseconds.
    let read: um_host::Outcome = serde_json::from_str(&text).unwrap();
    assert_eq!((read.end, read.blame, read.leaks), (outcome.end, outcome.blame, outcome.leaks));
}
