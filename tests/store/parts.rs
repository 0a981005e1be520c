//! What a store keeps of the parts of values. What every vault promises of them is in `conformance.rs`.

use um_secret::{
    AuditRange, Binding, Exposure, Part, Parts, Precondition, SetOptions, Stored, Vault, VaultError, VaultExt, Verdict,
    Word,
};
use um_store::{Store, StoreError};

use super::world::{World, secret, set, snapshot, value, workspace};
use crate::support::who::me;
use um_base::rule::{Placement, Rule};

fn parts(list: &[(&str, Verdict)]) -> Parts {
    let part = |(path, verdict): &(&str, Verdict)| Part {
        path: (*path).to_owned(),
        verdict: *verdict,
        word: None,
        is_short: false,
    };
    Parts { rules: 3, list: list.iter().map(part).collect() }
}

fn put(store: &Store, text: &str, parts: Parts, options: SetOptions) -> Stored {
    let options = SetOptions { parts: Some(parts), ..options };
    store.set(&me(), &workspace("default"), &secret("CONFIG"), &value(text), options).unwrap()
}

fn say(store: &Store, words: &[(&str, Option<Word>)]) -> Result<(), StoreError> {
    let words: Vec<_> = words.iter().map(|(path, word)| ((*path).to_owned(), *word)).collect();
    let (home, name) = (workspace("default"), secret("CONFIG"));
    store.say_of_parts(&me(), &home, &name, &words, &Precondition::any()).map(drop)
}

fn kept(store: &Store) -> Parts {
    let (summary, ..) = store.summary(&workspace("default"), &secret("CONFIG")).unwrap();
    (*summary.parts).clone()
}

use Verdict::{Certain, Doubtful, Plain};
use Word::{Guard, Leave};

#[tokio::test]
async fn parts_and_words_outlast_the_process_and_reach_runs_that_begin_afterwards() {
    let world = World::new();
    let judged = parts(&[("db.password", Certain), ("[3]", Doubtful), ("region", Plain)]);
    put(&world.open(), "some value", judged.clone(), SetOptions::default());
    assert_eq!(kept(&world.open()), judged);
    let store = world.open();
    let before = snapshot(&store, "default").await;
    say(&store, &[("[3]", Some(Guard)), ("db.password", Some(Leave))]).unwrap();
    let after = snapshot(&store, "default").await;
    assert_eq!(before.entries()[0].parts.words().count(), 0, "a run sees its workspace as it was when it began");
    let words = [("db.password", Leave), ("[3]", Guard)];
    assert_eq!(after.entries()[0].parts.words().collect::<Vec<_>>(), words);
    assert_eq!(kept(&world.open()).words().collect::<Vec<_>>(), words);
    assert_eq!(world.open().check().unwrap().generation, 3);
}

#[test]
fn what_is_said_again_is_no_change() {
    let world = World::new();
    let store = world.open();
    put(&store, "some value", parts(&[("a", Plain)]), SetOptions::default());
    say(&store, &[("a", Some(Guard))]).unwrap();
    let before = world.bytes();
    say(&store, &[("a", Some(Guard))]).unwrap();
    say(&store, &[]).unwrap();
    assert!(matches!(say(&store, &[("b", None)]), Err(StoreError::NoPart { number: 1, .. })));
    let keyring = |bytes: &[(std::path::PathBuf, Vec<u8>)]| {
        bytes.iter().find(|(path, _)| path.ends_with("keyring")).unwrap().1.clone()
    };
    assert_eq!(keyring(&world.bytes()), keyring(&before));
}

/// What somebody types in the place of a path could be the secret that is not shown.
#[test]
fn a_path_that_is_not_there_is_not_repeated() {
    let world = World::new();
    let store = world.open();
    put(&store, "some value", parts(&[("[0].password", Certain)]), SetOptions::default());
    let refused = say(&store, &[("ghp_16C7e42F292c6912E7710c838347Ae178B4a.password", Some(Leave))]).unwrap_err();
    let vault = VaultError::from(say(&store, &[("ghp_16C7e42F292c6912E7710c838347Ae178B4a", None)]).unwrap_err());
    for told in [refused.to_string(), format!("{refused:?}"), vault.to_string(), format!("{vault:?}")] {
        assert!(!told.contains("16C7e42F292c"), "{told}");
    }
}

#[tokio::test]
async fn the_audit_tells_what_was_said_and_what_went_with_a_value() {
    let world = World::new();
    let store = world.open();
    put(&store, "some value", parts(&[("a", Plain), ("b", Plain), ("c", Certain)]), SetOptions::default());
    say(&store, &[("a", Some(Guard)), ("b", Some(Guard)), ("c", Some(Leave))]).unwrap();
    say(&store, &[("b", None)]).unwrap();
    let stored = put(&store, "another value", parts(&[("c", Certain)]), SetOptions::default());
    assert_eq!((stored.words_gone, stored.parts.at("c").unwrap().word), (vec!["a".to_owned()], Some(Leave)));
    let page = store.audit(&me(), AuditRange::from(2)).await.unwrap();
    let told: Vec<_> = page.entries.iter().map(|row| (row.verb.as_str(), row.version, row.details.as_str())).collect();
    let expected = [
        ("secrets parts", Some(1), "guard: a, b; leave: c"),
        ("secrets parts", Some(1), "forget: b"),
        ("secrets set", Some(2), "no such part any more: a"),
    ];
    assert_eq!(told, expected);
}

#[tokio::test]
async fn parts_of_a_sealed_secret_are_kept_for_when_it_is_revealed() {
    let world = World::new();
    let store = world.open();
    let binding = Binding::new(Rule::parse("a.example").unwrap(), Placement::default()).unwrap();
    let sealed = SetOptions { bindings: Some(vec![binding]), ..SetOptions::default() };
    let judged = parts(&[("a", Certain)]);
    assert_eq!(put(&store, "0123456789abcdef", judged.clone(), sealed).exposure, Exposure::Sealed);
    say(&store, &[("a", Some(Leave))]).unwrap();
    let revealed = SetOptions { exposure: Some(Exposure::Revealed), ..SetOptions::default() };
    let stored = put(&store, "0123456789abcdef", judged, revealed);
    assert_eq!((stored.exposure, stored.parts.at("a").unwrap().word), (Exposure::Revealed, Some(Leave)));
}

#[tokio::test]
async fn a_precondition_holds_for_words_too() {
    let world = World::new();
    let (store, home, name) = (world.open(), workspace("default"), secret("CONFIG"));
    put(&store, "some value", parts(&[("a", Plain)]), SetOptions::default());
    let words = || vec![("a".to_owned(), Some(Guard))];
    let stale = store.say_of_parts(&me(), &home, &name, &words(), &Precondition::any().version(name.clone(), 2));
    assert!(matches!(stale, Err(StoreError::VersionConflict { expected: 2, found: Some(1), .. })));
    let only = Precondition::any().version(name.clone(), 1);
    let now = VaultExt::say_of_parts(&store, &me(), &home, &name, words(), only).await.unwrap();
    assert_eq!((&*now, now.at("a").unwrap().stands()), (&kept(&store), Certain));
}

#[test]
fn parts_count_towards_what_a_workspace_holds() {
    let world = World::new();
    let store = world.open();
    let path = |number: usize| format!("{number:0>60}");
    let list =
        (0..500).map(|number| Part { path: path(number), verdict: Plain, word: None, is_short: false }).collect();
    let large = Parts { rules: 1, list }.bounded();
    let long = "k7x!".repeat(16 << 10);
    let options = || SetOptions { parts: Some(large.clone()), ..SetOptions::default() };
    let change = |number: usize| um_secret::Change::Set {
        name: secret(&format!("S{number}")),
        value: value(&long),
        options: options(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let commit = |count| {
        let changes = (0..count).map(change).collect();
        runtime.block_on(store.commit(&me(), &workspace("default"), changes, Precondition::any()))
    };
    // 64 KiB of a value and nearly 32 KiB of paths.
    assert!(matches!(commit(255), Err(VaultError::WorkspaceFull { .. })));
    commit(160).unwrap();
    assert_eq!(*store.list(&workspace("default")).unwrap()[0].parts, large);
}

#[test]
fn a_value_of_which_nothing_was_judged_has_no_parts() {
    let world = World::new();
    let stored = set(&world.open(), "CONFIG", "some value");
    assert_eq!((&*stored.parts, kept(&world.open())), (&Parts::default(), Parts::default()));
}
