//! Runs of real guests with secrets that are bound: what gets to which host, and what is told and recorded of the rest.

use std::sync::Arc;

use um_base::rule::{HostName, Placement, Rule};
use um_host::{Host, MapVault, RunError, SecretName, SecretValue};
use um_runtime::End;
use um_secret::{Binding, MapSecret, Misdirected, SetOptions};
use um_store::{KeySource, Store};

use crate::runs::{cache, load, text, workspace};
use crate::support::peer::{HELLO, Peer};
use crate::support::run::{Outcome, Run, run_of};
use crate::support::who::me;

/// A key made of the bytes 0 to 31: nobody's.
const KEY: &str = "um-host-key-AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8qG-Q";

const VALUE: &str = "pat-na1-7Hq2Lx9vTz/4f8c9e7d";

fn entry(name: &str, peer: &Peer) -> Rule {
    Rule::parse(&format!("http://{name}:{}", peer.port)).unwrap()
}

fn name(text: &str) -> SecretName {
    SecretName::parse(text).unwrap()
}

fn value(text: &str) -> SecretValue {
    SecretValue::new(text.to_owned()).ok().unwrap()
}

/// To the peer's address.
fn binding(peer: &Peer) -> Binding {
    Binding::new(entry("127.0.0.1", peer), Placement::default()).unwrap()
}

/// A host with a secret that is bound to the peer's address, and one that is bound to nothing.
fn host(peer: &Peer) -> Host {
    let binding = binding(peer);
    let bound = MapSecret::new(name("CRM_TOKEN"), value(VALUE)).bound([binding]).unwrap();
    let free = MapSecret::new(name("FREE"), value("the value of a free secret"));
    let secrets = MapVault::new().workspace(workspace("default"), [bound, free]);
    Host::builder().secrets(Arc::new(secrets)).cache_dir(cache()).build().unwrap()
}

/// Runs the guest; it may call the peer by its address and by its name.
async fn outcome(host: &Host, peer: &Peer, told: &[String], configure: impl FnOnce(Run) -> Run) -> Outcome {
    let action = load(host, "sends_secrets_as_told").await;
    let run = ["127.0.0.1", "localhost"].into_iter().fold(run_of(host, &action), |run, name| {
        run.allow(entry(name, peer)).allow_private(HostName::parse(name).unwrap())
    });
    let outcome = configure(run.args(told)).start().await.unwrap();
    assert_eq!(outcome.end, End::Completed, "{}", text(&outcome.stderr));
    outcome
}

const WAYS: [&str; 10] =
    ["header", "basic", "header-name", "query", "path", "body", "json", "base64", "pieces", "late"];

#[tokio::test]
async fn a_bound_value_reaches_its_host_in_every_way_and_no_other_in_any() {
    let peer = Peer::answering(HELLO).await;
    let host = host(&peer);
    for way in WAYS {
        // A slash ends the name of a header.
        if way == "header-name" {
            continue;
        }
        let away = format!("{way} CRM_TOKEN http://localhost:{}", peer.port);
        let seen = peer.requests().len();
        let refused = outcome(&host, &peer, &[away], |run| run).await;
        let told = text(&refused.stdout).to_owned();
        assert!(
            told.contains("a request to `localhost` was refused, since it holds the secret CRM_TOKEN"),
            "{way}: {told}"
        );
        assert_eq!(refused.refused.len(), 1, "{way}: {:?}", refused.refused);
        let misdirected = Misdirected { secret: name("CRM_TOKEN"), host: "localhost".to_owned(), count: 1 };
        assert_eq!(refused.misdirected, [misdirected], "{way}");
        let sent = peer.requests()[seen..].join("\n");
        assert!(!sent.contains("pat-na1") && !sent.contains("cGF0LW5hMS03"), "{way}: {sent}");
        assert!(!format!("{refused:?}").contains(VALUE), "{way}");

        let home = format!("{way} CRM_TOKEN {}", peer.url(""));
        let passed = outcome(&host, &peer, &[home], |run| run).await;
        assert_eq!(text(&passed.stdout), format!("{way}: status 200\n"));
        assert!(passed.misdirected.is_empty() && passed.refused.is_empty(), "{way}: {:?}", passed.refused);
    }
}

#[tokio::test]
async fn a_method_and_a_header_can_be_named_after_a_value_too() {
    let peer = Peer::answering(HELLO).await;
    let binding = || [binding(&peer)];
    let bound = MapSecret::new(name("CRM_TOKEN"), value("pat-na1-7hq2lx9vtz")).bound(binding()).unwrap();
    let upper = MapSecret::new(name("UPPER"), value("PATNAHQLXVTZ")).bound(binding()).unwrap();
    let secrets = MapVault::new().workspace(workspace("default"), [bound, upper]);
    let host = Host::builder().secrets(Arc::new(secrets)).cache_dir(cache()).build().unwrap();
    for told in ["header-name CRM_TOKEN", "method UPPER"] {
        let away = format!("{told} http://localhost:{}", peer.port);
        let refused = outcome(&host, &peer, &[away], |run| run).await;
        assert!(text(&refused.stdout).contains("was refused, since it holds"), "{}", text(&refused.stdout));
        let home = format!("{told} {}", peer.url(""));
        let passed = outcome(&host, &peer, &[home], |run| run).await;
        assert!(text(&passed.stdout).ends_with("status 200\n"), "{}", text(&passed.stdout));
    }
}

#[tokio::test]
async fn a_free_value_goes_wherever_the_run_may_call() {
    let peer = Peer::answering(HELLO).await;
    let told = ["127.0.0.1", "localhost"].map(|host| format!("body FREE http://{host}:{}", peer.port));
    let outcome = outcome(&host(&peer), &peer, &told, |run| run).await;
    assert_eq!(text(&outcome.stdout), "body: status 200\nbody: status 200\n");
}

#[tokio::test]
async fn a_strict_run_calls_only_what_its_secrets_are_bound_to_once_it_has_one() {
    let peer = Peer::answering(HELLO).await;
    let host = host(&peer);
    let (home, away) = (peer.url(""), format!("http://localhost:{}", peer.port));
    let told = [
        "read FREE -".to_owned(),
        format!("none - {away}"),
        "read CRM_TOKEN -".to_owned(),
        format!("none - {home}"),
        format!("none - {away}"),
    ];
    let easy = outcome(&host, &peer, &told, |run| run).await;
    assert_eq!(text(&easy.stdout).matches("status 200").count(), 3, "{}", text(&easy.stdout));
    let strict = outcome(&host, &peer, &told, Run::strict_egress).await;
    let lines: Vec<&str> = text(&strict.stdout).lines().collect();
    assert_eq!((lines[1], lines[3]), ("none: status 200", "none: status 200"));
    assert!(lines[4].contains("this run has read CRM_TOKEN and is strict"), "{}", lines[4]);
    assert!(strict.misdirected.is_empty());
}

#[tokio::test]
async fn what_a_workspace_allows_is_allowed_to_each_of_its_runs_and_no_others() {
    let peer = Peer::answering(HELLO).await;
    let secrets = MapVault::new()
        .workspace(workspace("default"), Vec::<MapSecret>::new())
        .allow(&workspace("sales"), [entry("127.0.0.1", &peer)]);
    let host = Host::builder().secrets(Arc::new(secrets)).cache_dir(cache()).build().unwrap();
    let action = load(&host, "calls_http").await;
    assert!(!action.uses_secrets() && action.uses_network());
    let call = |within: &str| {
        let run = run_of(&host, &action).workspace(workspace(within)).args(["GET", &peer.url("/")]);
        run.allow_private(HostName::parse("127.0.0.1").unwrap()).start()
    };
    let said = |outcome: Outcome| text(&outcome.stdout).to_owned();
    assert!(said(call("sales").await.unwrap()).starts_with("status 200\n"));
    assert!(said(call("default").await.unwrap()).contains("this run may not call 127.0.0.1"));
    assert!(matches!(call("nowhere").await, Err(RunError::Snapshot(_))));
}

#[tokio::test]
async fn what_was_refused_is_on_record_in_the_store() {
    let peer = Peer::answering(HELLO).await;
    let directory = tempfile::tempdir().unwrap();
    let (data, key) = (directory.path().join("data"), directory.path().join("key"));
    std::fs::write(&key, KEY).unwrap();
    std::fs::set_permissions(&key, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    Store::init(&me(), &data, Some(KeySource::File(key.clone()))).unwrap();
    let store = Store::open(&data, Some(KeySource::File(key))).unwrap();
    let binding = binding(&peer);
    let options = SetOptions {
        bindings: Some(vec![binding]),
        exposure: Some(um_secret::Exposure::Revealed),
        ..SetOptions::default()
    };
    store.set(&me(), &workspace("default"), &name("CRM_TOKEN"), &value(VALUE), options).unwrap();
    let host = Host::builder().secrets(Arc::new(store.clone())).cache_dir(cache()).build().unwrap();
    let away = |way: &str| format!("{way} CRM_TOKEN http://localhost:{}", peer.port);
    let refused = outcome(&host, &peer, &[away("header"), away("body"), away("query")], |run| run).await;
    assert_eq!(refused.misdirected[0].count, 3);
    let (_, used, damaged) = store.summary(&workspace("default"), &name("CRM_TOKEN")).unwrap();
    let used = used.unwrap();
    assert_eq!((used.reads, used.refused, used.run, damaged), (1, 3, refused.run.clone(), false));
    // The records go on behind it, and the next change vouches for all of them.
    outcome(&host, &peer, &["read CRM_TOKEN -".to_owned()], |run| run).await;
    store.allow(&me(), &workspace("default"), &["a.example".to_owned()]).unwrap();
    assert!(!store.check().unwrap().reads_damaged);
    let (_, used, _) = store.summary(&workspace("default"), &name("CRM_TOKEN")).unwrap();
    assert_eq!((used.as_ref().unwrap().reads, used.unwrap().refused), (2, 3));
}
