//! Stores that were written once and must open for ever.
//!
//! `golden/store-1` was made by [`make`], `golden/store-2` by [`make_second`], `golden/store-3` by
//! [`make_third`], `golden/store-4` by [`make_fourth`]; their key is the one of the other tests.

use std::path::{Path, PathBuf};

use um_base::rule::{Placement, Rule};
use um_secret::{
    Actor, ActorKind, AuditRange, Binding, Change, Door, Exposure, Masking, Misdirected, Part, Parts, Precondition,
    Reader, RunId, SealedUse, SecretName, SetOptions, Vault, Verdict, Word,
};

use super::world::{World, read, secret, snapshot, value, workspace};
use crate::support::who::me;

const FILES: [&str; 4] = ["keyring", "secrets.redb", "gate", "lock"];

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/store/golden").join(name)
}

/// A copy to work on.
fn copy(store: &str) -> World {
    let golden = || golden(store);
    let world = World::empty();
    std::fs::create_dir_all(world.data().join("reads")).unwrap();
    for name in FILES {
        std::fs::copy(golden().join(name), world.data().join(name)).unwrap();
    }
    for segment in std::fs::read_dir(golden().join("reads")).unwrap() {
        let segment = segment.unwrap();
        std::fs::copy(segment.path(), world.data().join("reads").join(segment.file_name())).unwrap();
    }
    world
}

#[tokio::test]
async fn the_first_format_still_opens() {
    let world = copy("store-1");
    assert_eq!(world.open().key_id().to_string(), "k_c33615973afe73fa");
    assert_is_golden(&world).await;
}

/// So that the files can be made anew, into an empty directory, when there is a new format.
#[tokio::test]
async fn a_store_made_today_holds_what_the_golden_one_does() {
    assert_is_golden(&make().await).await;
}

async fn assert_is_golden(world: &World) {
    let store = world.open();
    let checked = store.check().unwrap();
    assert_eq!((checked.generation, checked.audit_rows, checked.workspaces), (7, 7, 2));
    assert!(!checked.reads_damaged);
    let secrets = store.list(&workspace("default")).unwrap();
    let listed: Vec<_> = secrets
        .iter()
        .map(|secret| (secret.name.as_str(), secret.description.as_str(), secret.version, secret.masking))
        .collect();
    let token = ("TOKEN", "CRM – read-only", 2, Masking::EveryForm);
    assert_eq!(listed, [("SHORT", "", 1, Masking::RawOnly), token]);
    let (_, used, _) = store.summary(&workspace("default"), &secret("TOKEN")).unwrap();
    assert_eq!(used.unwrap().reads, 2);
    assert_eq!(read(&store, "default", "TOKEN").await, "the second value");
    assert_eq!(read(&store, "default", "SHORT").await, "k7x!");
    assert_eq!(read(&store, "team-1", "TOKEN").await, "of team 1");
}

#[tokio::test]
async fn the_first_format_is_written_on() {
    let world = copy("store-1");
    let store = world.open();
    store
        .set(&me(), &workspace("default"), &secret("TOKEN"), &value("the third value"), SetOptions::default())
        .unwrap();
    store.delete(&me(), &workspace("default"), &secret("SHORT")).unwrap();
    assert_eq!(read(&world.open(), "default", "TOKEN").await, "the third value");
    assert_eq!(world.open().check().unwrap().generation, 9);
}

/// Makes what the golden store holds.
async fn make() -> World {
    let world = World::new();
    let store = world.open();
    let set = |within: &str, name: &str, text: &str, description: Option<&str>| {
        let options = SetOptions { description: description.map(str::to_owned), ..SetOptions::default() };
        let name = SecretName::parse(name).unwrap();
        store.set(&me(), &workspace(within), &name, &value(text), options).unwrap();
    };
    set("default", "TOKEN", "the first value", Some("CRM"));
    set("default", "TOKEN", "the second value", None);
    set("default", "SHORT", "k7x!", None);
    let run = reader_of([0x11; 16]);
    let seen = snapshot(&store, "default").await;
    for _ in 0..2 {
        seen.open(&secret("TOKEN"), &run).await.unwrap();
    }
    seen.settle(&run).await.unwrap();
    store.create_workspace(&me(), &workspace("team-1")).unwrap();
    set("team-1", "TOKEN", "of team 1", None);
    store.describe(&me(), &workspace("default"), &secret("TOKEN"), "CRM – read-only").unwrap();
    world
}

#[tokio::test]
async fn the_second_format_still_opens() {
    assert_is_second(&copy("store-2")).await;
}

#[tokio::test]
async fn a_store_made_today_holds_what_the_second_golden_one_does() {
    assert_is_second(&make_second().await).await;
}

#[tokio::test]
async fn the_second_format_is_written_on() {
    let world = copy("store-2");
    let (store, name) = (world.open(), secret("BOUND"));
    for run in [[0x33; 16], [0x44; 16]].map(reader_of) {
        let seen = snapshot(&store, "default").await;
        let used = SealedUse { secret: name.clone(), host: "api.hubapi.com".to_owned(), count: 1 };
        seen.record_sealed(&used, &run).await.unwrap();
        seen.settle(&run).await.unwrap();
    }
    let store = world.open();
    let (_, used, damaged) = store.summary(&workspace("default"), &name).unwrap();
    let used = used.unwrap();
    assert_eq!((used.reads, used.refused, damaged), (1, 7, false));
    assert_eq!(used.sealed.into_iter().collect::<Vec<_>>(), [("api.hubapi.com".to_owned(), 2)]);
}

fn bindings() -> Vec<Binding> {
    let first = Binding::new(Rule::parse("api.hubapi.com").unwrap(), Placement::default()).unwrap();
    let second = Rule::parse("GET,POST http://localhost:8080/crm").unwrap();
    let second = Binding::new(second, Placement::Body("token".to_owned())).unwrap();
    vec![first, second]
}

async fn assert_is_second(world: &World) {
    let store = world.open();
    let checked = store.check().unwrap();
    assert_eq!((checked.generation, checked.audit_rows, checked.reads_damaged), (5, 5, false));
    let kept = store.workspace(&workspace("default")).unwrap();
    assert_eq!(kept.allowed, ["api.hubapi.com", "GET *.example.com/v1"]);
    let secrets = store.list(&workspace("default")).unwrap();
    let listed: Vec<_> = secrets.iter().map(|secret| (secret.exposure, secret.bindings.clone())).collect();
    assert_eq!(listed, [(Exposure::Revealed, bindings()), (Exposure::Sealed, bindings())]);
    let (_, used, _) = store.summary(&workspace("default"), &secret("BOUND")).unwrap();
    let used = used.unwrap();
    assert_eq!((used.reads, used.refused), (1, 7));
    assert_eq!(read(&store, "default", "SEALED").await, "0123456789abcdef");
}

/// Makes what the second golden store holds: bindings, allowed hosts, and a record of refused requests.
async fn make_second() -> World {
    let world = World::new();
    let store = world.open();
    for (name, exposure) in [("BOUND", Exposure::Revealed), ("SEALED", Exposure::Sealed)] {
        let options = SetOptions { exposure: Some(exposure), bindings: Some(bindings()), ..SetOptions::default() };
        store.set(&me(), &workspace("default"), &secret(name), &value("0123456789abcdef"), options).unwrap();
    }
    let run = reader_of([0x22; 16]);
    let seen = snapshot(&store, "default").await;
    seen.open(&secret("BOUND"), &run).await.unwrap();
    let refused = Misdirected { secret: secret("BOUND"), host: "evil.example".to_owned(), count: 7 };
    seen.record_refusals(&[refused], &run).await.unwrap();
    seen.settle(&run).await.unwrap();
    let entries = ["api.hubapi.com", "gone.example", "GET *.example.com/v1"].map(str::to_owned);
    store.allow(&me(), &workspace("default"), &entries).unwrap();
    store.disallow(&me(), &workspace("default"), &entries[1..2]).unwrap();
    world
}

#[tokio::test]
async fn the_third_format_still_opens() {
    assert_is_third(&copy("store-3")).await;
}

/// With `UM_HOST_GOLDEN` set the files are left in that directory.
#[tokio::test]
async fn a_store_made_today_holds_what_the_third_golden_one_does() {
    let world = make_third().await;
    leave(&world, "store-3");
    assert_is_third(&world).await;
}

fn leave(world: &World, name: &str) {
    if let Some(place) = std::env::var_os("UM_HOST_GOLDEN") {
        let place = Path::new(&place).join(name);
        std::fs::create_dir_all(place.join("reads")).unwrap();
        for file in world.files() {
            std::fs::copy(&file, place.join(file.strip_prefix(world.data()).unwrap())).unwrap();
        }
    }
}

#[tokio::test]
async fn a_store_with_parts_still_opens() {
    assert_is_fourth(&copy("store-4")).await;
}

/// With `UM_HOST_GOLDEN` set the files are left in that directory.
#[tokio::test]
async fn a_store_made_today_holds_what_the_fourth_golden_one_does() {
    let world = make_fourth().await;
    leave(&world, "store-4");
    assert_is_fourth(&world).await;
}

#[test]
fn earlier_formats_know_nothing_of_parts_and_take_them() {
    for (golden, name) in [("store-1", "TOKEN"), ("store-2", "BOUND")] {
        let world = copy(golden);
        let (store, home, name) = (world.open(), workspace("default"), secret(name));
        let parts = |store: &um_store::Store| store.summary(&home, &name).unwrap().0.parts;
        assert_eq!(*parts(&store), Parts::default(), "{golden}");
        let options = SetOptions { parts: Some(judged()), ..SetOptions::default() };
        store.set(&me(), &home, &name, &value("0123456789abcdef"), options).unwrap();
        assert_eq!(*parts(&world.open()), judged(), "{golden}");
    }
}

fn judged() -> Parts {
    let part = |path: &str, verdict| Part { path: path.to_owned(), verdict, word: None, is_short: false };
    let list = vec![
        part("db.password", Verdict::Certain),
        part("[1].token", Verdict::Doubtful),
        part("hosts[0].région", Verdict::Plain),
    ];
    Parts { rules: 7, list }
}

async fn assert_is_fourth(world: &World) {
    let store = world.open();
    let checked = store.check().unwrap();
    assert_eq!((checked.generation, checked.audit_rows, checked.reads_damaged), (4, 4, false));
    let mut worded = judged();
    (worded.list[1].word, worded.list[2].word) = (Some(Word::Leave), Some(Word::Guard));
    let secrets = store.list(&workspace("default")).unwrap();
    let told: Vec<_> = secrets.iter().map(|secret| (secret.name.as_str(), (*secret.parts).clone())).collect();
    assert_eq!(told, [("JUDGED", judged()), ("WORDED", worded.clone())]);
    let seen = snapshot(&store, "default").await;
    assert_eq!(*seen.entries()[1].parts, worded);
    let page = store.audit(&me(), AuditRange::from(3)).await.unwrap();
    let told: Vec<_> = page.entries.iter().map(|row| (row.verb.as_str(), row.details.as_str())).collect();
    assert_eq!(told, [("secrets parts", "guard: hosts[0].région; leave: [1].token")]);
    assert_eq!(read(&store, "default", "WORDED").await, "a value with parts");
}

/// Makes what the fourth golden store holds: what was judged of parts, and what their owner says.
async fn make_fourth() -> World {
    let world = World::new();
    let (store, home) = (world.open(), workspace("default"));
    for name in ["JUDGED", "WORDED"] {
        let options = SetOptions { parts: Some(judged()), ..SetOptions::default() };
        store.set(&me(), &home, &secret(name), &value("a value with parts"), options).unwrap();
    }
    let words = [("[1].token", Word::Leave), ("hosts[0].région", Word::Guard)];
    let words = words.map(|(path, word)| (path.to_owned(), Some(word)));
    store.say_of_parts(&me(), &home, &secret("WORDED"), &words, &Precondition::any()).unwrap();
    read(&store, "default", "JUDGED").await;
    world
}

#[tokio::test]
async fn earlier_formats_are_written_on_and_their_audit_reads_as_it_was() {
    for (golden, verbs) in [
        ("store-1", &["init", "secrets set", "secrets set", "secrets set", "workspaces create"][..]),
        ("store-2", &["init", "secrets set", "secrets set", "workspaces allow", "workspaces disallow"]),
    ] {
        let world = copy(golden);
        let store = world.open();
        store.allow(&me(), &workspace("default"), &["new.example".to_owned()]).unwrap();
        let page = store.audit(&me(), AuditRange::default()).await.unwrap();
        let told: Vec<_> = page.entries.iter().map(|row| row.verb.as_str()).take(5).collect();
        assert_eq!(told, verbs, "{golden}");
        let (new, old) = page.entries.split_last().unwrap();
        assert_eq!((new.by.door.as_str(), new.by.kind.as_str()), ("library", "system"));
        for row in old {
            assert!(row.by.id.starts_with("uid:"), "{row:?}");
            assert_eq!((row.by.kind.as_str(), row.by.door.as_str(), &row.run), ("system", "unknown", &None), "{row:?}");
            assert_eq!(row.secret.is_some(), row.verb.starts_with("secrets"), "{row:?}");
        }
        assert_eq!(page.rows, store.check().unwrap().audit_rows);
    }
}

fn token() -> Actor {
    Actor::new("token:7", ActorKind::Token, Door::Api).unwrap().on_behalf_of("ada").unwrap()
}

async fn assert_is_third(world: &World) {
    let store = world.open();
    let checked = store.check().unwrap();
    assert_eq!((checked.generation, checked.audit_rows, checked.reads_damaged), (3, 6, false));
    let page = store.audit(&me(), AuditRange::from(1)).await.unwrap();
    let told: Vec<_> = page.entries.iter().map(|row| (row.number, row.verb.as_str(), row.details.as_str())).collect();
    let bound =
        "sealed; bound to: api.hubapi.com (header:Authorization), GET,POST http://localhost:8080/crm (body:token)";
    let created = (1, "workspaces create", "");
    let changes = [(2, "secrets set", bound), (3, "secrets set", ""), (4, "workspaces allow", "api.hubapi.com")];
    assert_eq!(told, [created, changes[0], changes[1], changes[2], (5, "secrets describe", "")]);
    for row in &page.entries[..4] {
        assert_eq!((row.by.id.as_str(), row.by.kind.as_str()), ("token:7", "token"));
        assert_eq!((row.by.door.as_str(), row.by.on_behalf_of.as_deref()), ("api", Some("ada")));
        assert_eq!(row.run, Some(RunId::from_bytes([0x55; 16])));
        assert_eq!(row.workspace.as_deref(), Some("team-3"));
    }
    assert_eq!((page.entries[4].by.kind.as_str(), &page.entries[4].run), ("system", &None));
    let (summary, used, _) = store.summary(&workspace("team-3"), &secret("PLAIN")).unwrap();
    assert_eq!((summary.version, summary.description.as_str()), (1, "CRM – read-only"));
    let used = used.unwrap();
    assert_eq!((used.run, used.reads), (RunId::from_bytes([0x66; 16]), 1));
    assert_eq!(used.by.unwrap().on_behalf_of.as_deref(), Some("ada"));
    assert_eq!(read(&store, "team-3", "SEALED").await, "0123456789abcdef");
}

/// Makes what the third golden store holds: several changes of one commit by somebody for another, and a read of theirs.
async fn make_third() -> World {
    let world = World::new();
    let (store, home) = (world.open(), workspace("team-3"));
    let set = |name: &str, text: &str, options| Change::Set { name: secret(name), value: value(text), options };
    let changes = vec![
        Change::CreateWorkspace,
        set("SEALED", "0123456789abcdef", SetOptions { bindings: Some(bindings()), ..SetOptions::default() }),
        set("PLAIN", "the first value", SetOptions::default()),
        Change::Allow { rules: vec![Rule::parse("api.hubapi.com").unwrap()] },
    ];
    let by = token().in_run(RunId::from_bytes([0x55; 16]));
    store.commit(&by, &home, changes, Precondition::any()).await.unwrap();
    let (seen, reader) = (snapshot(&store, "team-3").await, Reader::new(RunId::from_bytes([0x66; 16]), token()));
    seen.open(&secret("PLAIN"), &reader).await.unwrap();
    seen.settle(&reader).await.unwrap();
    store.describe(&me(), &home, &secret("PLAIN"), "CRM – read-only").unwrap();
    world
}

/// A run that is known by these bytes.
fn reader_of(run: [u8; 16]) -> Reader {
    Reader::new(RunId::from_bytes(run), me())
}
