//! What the verbs of a store do, and what they refuse.

use std::time::Duration;

use um_base::rule::{Placement, Rule};
use um_secret::{
    Binding, Exposure, ExposureError, Masking, OpenError, Precondition, Secrets, SetOptions, SnapshotError, Unmaskable,
};
use um_store::StoreError;

use super::world::{World, read, secret, set, snapshot, value, workspace};
use crate::support::who::{me, reader};

#[tokio::test]
async fn a_run_gets_the_value_that_was_set() {
    let world = World::new();
    let stored = set(&world.open(), "TOKEN", "correct horse battery");
    assert_eq!((stored.version, stored.created, stored.masking), (1, true, Masking::EveryForm));
    assert_eq!(read(&world.open(), "default", "TOKEN").await, "correct horse battery");
}

#[tokio::test]
async fn values_are_kept_byte_for_byte() {
    let world = World::new();
    let store = world.open();
    for text in [" spaced\r\n", "päss\0word \u{202e}", &"0123456789abcdef".repeat(4096), "-----BEGIN KEY-----\nx\n"] {
        set(&store, "TOKEN", text);
        assert_eq!(read(&store, "default", "TOKEN").await, text);
    }
}

#[test]
fn setting_again_makes_a_new_version_and_keeps_the_description() {
    let world = World::new();
    let store = world.open();
    let (home, token) = (workspace("default"), secret("TOKEN"));
    let described = SetOptions { description: Some("CRM, read-only".to_owned()), ..SetOptions::default() };
    store.set(&me(), &home, &token, &value("the first value"), described).unwrap();
    let first = store.list(&home).unwrap().remove(0);
    let stored = set(&store, "TOKEN", "the second value");
    assert_eq!((stored.version, stored.created), (2, false));
    let second = store.list(&home).unwrap().remove(0);
    assert_eq!((second.version, second.description.as_str()), (2, "CRM, read-only"));
    assert_eq!(second.created, first.created);
    assert!(second.updated >= first.updated);
    assert_eq!((second.exposure, second.bindings, second.expires), (Exposure::Revealed, Vec::new(), None));
    let cleared = SetOptions { description: Some(String::new()), ..SetOptions::default() };
    store.set(&me(), &home, &token, &value("the third value"), cleared).unwrap();
    assert_eq!(store.list(&home).unwrap()[0].description, "");
}

#[test]
fn describing_changes_neither_value_nor_version() {
    let world = World::new();
    let store = world.open();
    set(&store, "TOKEN", "the first value");
    store.describe(&me(), &workspace("default"), &secret("TOKEN"), "CRM – read-only").unwrap();
    let summary = store.list(&workspace("default")).unwrap().remove(0);
    assert_eq!((summary.version, summary.description.as_str()), (1, "CRM – read-only"));
    let refused = store.describe(&me(), &workspace("default"), &secret("TOKEN"), "two\nlines");
    assert!(matches!(refused, Err(StoreError::Description(_))), "{refused:?}");
    let refused = store.describe(&me(), &workspace("default"), &secret("TOKEM"), "no such");
    assert!(matches!(refused, Err(StoreError::NoSecret { .. })), "{refused:?}");
}

#[test]
fn a_change_for_another_version_is_refused_with_the_version_that_is_there() {
    let world = World::new();
    let store = world.open();
    let put = |version| {
        let only = match version {
            0 => Precondition::any().absent(secret("TOKEN")),
            version => Precondition::any().version(secret("TOKEN"), version),
        };
        let (home, options) = (workspace("default"), SetOptions::default());
        store.set_if(&me(), &home, &secret("TOKEN"), &value("some value"), options, &only)
    };
    assert!(matches!(put(1), Err(StoreError::VersionConflict { expected: 1, found: None, .. })));
    assert_eq!(put(0).unwrap().version, 1, "0 means that there is none yet");
    assert!(matches!(put(0), Err(StoreError::VersionConflict { expected: 0, found: Some(1), .. })));
    assert_eq!(put(1).unwrap().version, 2);
    let stale = put(1).unwrap_err();
    assert!(stale.to_string().contains("at version 2, not 1"), "{stale}");
    assert_eq!(store.list(&workspace("default")).unwrap()[0].version, 2);
}

#[test]
fn a_value_that_cannot_be_masked_is_taken_only_on_request_and_marked() {
    let world = World::new();
    let store = world.open();
    let put = |text: &str, allow_unmaskable| {
        let options = SetOptions { allow_unmaskable, ..SetOptions::default() };
        store.set(&me(), &workspace("default"), &secret("FLAG"), &value(text), options)
    };
    for (text, reason) in [("abc", Unmaskable::TooShort), ("true", Unmaskable::TooCommon)] {
        let refused = put(text, false).unwrap_err();
        assert!(matches!(&refused, StoreError::Unmaskable { reason: found, .. } if *found == reason));
        assert!(!refused.to_string().contains(&format!("`{text}`")), "{refused}");
    }
    assert!(store.list(&workspace("default")).unwrap().is_empty());
    for (text, masking) in [
        ("abc", Masking::Nothing(Unmaskable::TooShort)),
        ("true", Masking::Nothing(Unmaskable::TooCommon)),
        ("k7x!", Masking::RawOnly),
        ("k7x!k7x!", Masking::EveryForm),
    ] {
        assert_eq!(put(text, true).unwrap().masking, masking);
        assert_eq!(store.list(&workspace("default")).unwrap()[0].masking, masking);
    }
}

#[tokio::test]
async fn deleting_tells_the_last_use_and_leaves_nothing() {
    let world = World::new();
    let store = world.open();
    set(&store, "TOKEN", "the first value");
    set(&store, "TOKEN", "the second value");
    let (home, token) = (workspace("default"), secret("TOKEN"));
    let run = reader();
    let seen = snapshot(&store, "default").await;
    for _ in 0..3 {
        seen.open(&token, &run).await.unwrap();
    }
    seen.settle(&run).await.unwrap();
    let (_, used, _) = store.summary(&home, &token).unwrap();
    let used = used.unwrap();
    assert_eq!((&used.run, used.reads), (&run.run, 3));
    let deleted = store.delete(&me(), &home, &token).unwrap();
    assert_eq!((deleted.version, deleted.last_use.as_ref(), deleted.reads_damaged), (2, Some(&used), false));
    assert!(store.list(&home).unwrap().is_empty());
    assert!(matches!(store.delete(&me(), &home, &token), Err(StoreError::NoSecret { .. })));
    assert!(matches!(store.summary(&home, &token), Err(StoreError::NoSecret { .. })));
    let gone = snapshot(&store, "default").await.open(&token, &reader()).await;
    assert!(matches!(gone, Err(OpenError::NotFound)));
}

#[tokio::test]
async fn records_of_reads_that_were_cut_off_are_told_for_ever_and_stop_nothing() {
    // Written: reads, a change that vouches for them, the segment cut back, another change. The second change used to
    // vouch for what was left; `summary` failed for every secret, or knew nothing of it.
    let world = World::new();
    let store = world.open();
    let (home, token) = (workspace("default"), secret("TOKEN"));
    set(&store, "TOKEN", "some value");
    read(&store, "default", "TOKEN").await;
    set(&store, "OTHER", "another value");
    assert!(!store.check().unwrap().reads_damaged);
    let segment = std::fs::read_dir(world.data().join("reads")).unwrap().next().unwrap().unwrap().path();
    std::fs::File::options().write(true).open(&segment).unwrap().set_len(80).unwrap();
    for _ in 0..2 {
        let store = world.open();
        let (_, used, reads_damaged) = store.summary(&home, &token).unwrap();
        assert_eq!((used, reads_damaged), (None, true));
        assert!(store.check().unwrap().reads_damaged);
        set(&store, "OTHER", "changed again");
    }
    std::fs::remove_dir_all(world.data().join("reads")).unwrap();
    let deleted = world.open().delete(&me(), &home, &token).unwrap();
    assert_eq!((deleted.last_use, deleted.reads_damaged), (None, true));
    assert!(world.open().check().unwrap().reads_damaged);
}

#[tokio::test]
async fn a_namesake_of_a_deleted_secret_begins_anew() {
    let world = World::new();
    let store = world.open();
    set(&store, "TOKEN", "the first value");
    read(&store, "default", "TOKEN").await;
    store.delete(&me(), &workspace("default"), &secret("TOKEN")).unwrap();
    let stored = set(&store, "TOKEN", "another secret");
    assert_eq!((stored.version, stored.created), (1, true));
    let (_, used, _) = store.summary(&workspace("default"), &secret("TOKEN")).unwrap();
    assert_eq!(used, None, "the use of another secret");
}

#[tokio::test]
async fn workspaces_keep_their_secrets_apart() {
    let world = World::new();
    let store = world.open();
    store.create_workspace(&me(), &workspace("team-1")).unwrap();
    let twice = store.create_workspace(&me(), &workspace("team-1"));
    assert!(matches!(twice, Err(StoreError::WorkspaceExists { .. })), "{twice:?}");
    set(&store, "TOKEN", "of the default workspace");
    store.set(&me(), &workspace("team-1"), &secret("TOKEN"), &value("of team 1"), SetOptions::default()).unwrap();
    store.set(&me(), &workspace("team-1"), &secret("MORE"), &value("more of team 1"), SetOptions::default()).unwrap();
    assert_eq!(read(&store, "default", "TOKEN").await, "of the default workspace");
    assert_eq!(read(&store, "team-1", "TOKEN").await, "of team 1");
    let workspaces = store.workspaces().unwrap();
    let counted: Vec<_> = workspaces.iter().map(|summary| (summary.name.as_str(), summary.secrets)).collect();
    assert_eq!(counted, [("default", 1), ("team-1", 2)]);
    store.delete(&me(), &workspace("team-1"), &secret("TOKEN")).unwrap();
    assert_eq!(read(&store, "default", "TOKEN").await, "of the default workspace");
}

#[test]
fn an_unknown_workspace_or_secret_is_told_with_what_is_there() {
    let world = World::new();
    let store = world.open();
    set(&store, "HUBSPOT_API_KEY", "some value");
    let error = store.list(&workspace("nowhere")).unwrap_err().to_string();
    assert_eq!(error, "there is no workspace `nowhere`");
    let error = store.summary(&workspace("default"), &secret("HUBSPOT_API_KEI")).unwrap_err();
    assert_eq!(error.to_string(), "there is no secret `HUBSPOT_API_KEI` in workspace `default` (case matters)");
    assert!(matches!(error, StoreError::NoSecret { closest, .. } if closest == ["HUBSPOT_API_KEY"]));
    let error = store.set(&me(), &workspace("nowhere"), &secret("TOKEN"), &value("some value"), SetOptions::default());
    assert!(matches!(error, Err(StoreError::NoWorkspace { .. })));
}

#[tokio::test]
async fn what_a_snapshot_lists_is_ordered_and_holds_no_value() {
    let world = World::new();
    let store = world.open();
    for name in ["ZEBRA", "apple", "MANGO"] {
        set(&store, name, &format!("the value of {name}"));
    }
    let snapshot = snapshot(&store, "default").await;
    let names: Vec<_> = snapshot.entries().iter().map(|entry| entry.name.as_str()).collect();
    assert_eq!(names, ["MANGO", "ZEBRA", "apple"]);
    assert_eq!(snapshot.workspace().as_str(), "default");
    assert!(!format!("{:?}", snapshot.entries()).contains("the value of"));
}

#[test]
fn names_descriptions_and_values_are_not_in_the_files() {
    let world = World::new();
    let store = world.open();
    store.create_workspace(&me(), &workspace("workspace-canary-71")).unwrap();
    let options = SetOptions { description: Some("description-canary-72".to_owned()), ..SetOptions::default() };
    store
        .set(&me(), &workspace("workspace-canary-71"), &secret("NAME_CANARY_73"), &value("value-canary-74"), options)
        .unwrap();
    for file in world.files() {
        let bytes = std::fs::read(&file).unwrap();
        let found = bytes.windows(6).any(|part| part.eq_ignore_ascii_case(b"canary"));
        assert!(!found, "{}", file.display());
    }
}

#[test]
fn checking_counts_what_there_is() {
    let world = World::new();
    let store = world.open();
    set(&store, "TOKEN", "some value");
    store.create_workspace(&me(), &workspace("team-1")).unwrap();
    let checked = store.check().unwrap();
    assert_eq!((checked.store_id, checked.key_id), (store.id(), store.key_id()));
    assert_eq!((checked.generation, checked.workspaces, checked.audit_rows), (3, 2, 3));
    assert_eq!((checked.reads_damaged, checked.settled), (false, false));
    assert_eq!(store.check().unwrap(), checked, "a check changes nothing");
}

fn to(rule: &str) -> Binding {
    Binding::new(Rule::parse(rule).unwrap(), Placement::default()).unwrap()
}

const SEALABLE: &str = "0123456789abcdef";

#[tokio::test]
async fn bindings_seal_unless_it_is_said_otherwise_and_stay_until_they_are_named_anew() {
    let world = World::new();
    let store = world.open();
    let put = |exposure, bindings: Option<Vec<Binding>>| {
        let options = SetOptions { exposure, bindings, ..SetOptions::default() };
        let stored = store.set(&me(), &workspace("default"), &secret("TOKEN"), &value(SEALABLE), options).unwrap();
        let listed = store.list(&workspace("default")).unwrap().remove(0);
        assert_eq!((stored.exposure, &stored.bindings), (listed.exposure, &listed.bindings));
        (stored.exposure, stored.bindings)
    };
    let (a, b) = (to("a.example"), to("b.example"));
    use Exposure::{Revealed, Sealed};
    assert_eq!(put(None, None), (Revealed, vec![]));
    assert_eq!(put(None, Some(vec![a.clone()])), (Sealed, vec![a.clone()]));
    assert_eq!(put(None, None), (Sealed, vec![a.clone()]));
    assert_eq!(put(Some(Revealed), None), (Revealed, vec![a.clone()]));
    assert_eq!(put(None, None), (Revealed, vec![a.clone()]));
    assert_eq!(put(Some(Sealed), None), (Sealed, vec![a.clone()]));
    assert_eq!(put(Some(Revealed), Some(vec![a.clone(), b.clone()])), (Revealed, vec![a, b.clone()]));
    assert_eq!(put(None, Some(vec![b.clone()])), (Sealed, vec![b.clone()]));
    let entry = snapshot(&store, "default").await.entries()[0].clone();
    assert_eq!((entry.exposure, entry.bindings), (Sealed, vec![b]));
    assert_eq!(put(Some(Revealed), Some(vec![])), (Revealed, vec![]));
}

#[test]
fn what_cannot_be_sealed_or_bound_is_refused_and_nothing_is_stored() {
    let world = World::new();
    let store = world.open();
    let put = |text: &str, exposure, bindings: Option<Vec<Binding>>| {
        let options = SetOptions { exposure, bindings, ..SetOptions::default() };
        store.set(&me(), &workspace("default"), &secret("TOKEN"), &value(text), options).map(|stored| stored.version)
    };
    let reason = |refused: Result<u64, StoreError>| match refused.unwrap_err() {
        StoreError::Exposure { reason, .. } => reason,
        other => panic!("{other}"),
    };
    let a = || Some(vec![to("a.example")]);
    assert_eq!(reason(put(SEALABLE, Some(Exposure::Sealed), None)), ExposureError::Unbound);
    assert_eq!(reason(put(&SEALABLE[1..], None, a())), ExposureError::TooShort { length: 15 });
    assert_eq!(reason(put(SEALABLE, None, Some(vec![to("a.example"); 17]))), ExposureError::TooMany { count: 17 });
    assert!(store.list(&workspace("default")).unwrap().is_empty());
    assert_eq!(put(SEALABLE, None, Some(vec![to("a.example"); 16])).unwrap(), 1);
    // What is sealed stays so for a value that cannot be.
    assert_eq!(reason(put("a phrase of words", None, None)), ExposureError::NotVisible { what: "a space" });
    assert_eq!(store.list(&workspace("default")).unwrap()[0].version, 1);
    assert_eq!(store.check().unwrap().generation, 2, "what is refused is no change");
}

#[tokio::test]
async fn a_workspace_keeps_what_it_allows_and_runs_see_it() {
    let world = World::new();
    let store = world.open();
    let home = workspace("default");
    let entries = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    let before = snapshot(&store, "default").await;
    assert_eq!(store.allow(&me(), &home, &entries(&["a.example", "b.example"])).unwrap(), ["a.example", "b.example"]);
    assert_eq!(store.allow(&me(), &home, &entries(&["b.example", "GET c.example"])).unwrap(), ["GET c.example"]);
    assert_eq!(store.allow(&me(), &home, &entries(&["a.example"])).unwrap(), Vec::<String>::new());
    set(&store, "TOKEN", "some value");
    let store = world.open();
    let allowed = || store.workspace(&home).unwrap().allowed;
    assert_eq!(allowed(), ["a.example", "b.example", "GET c.example"]);
    assert_eq!(before.allow_list(), [], "a run sees the workspace as it was when it began");
    let seen = snapshot(&store, "default").await;
    assert_eq!(seen.allow_list().iter().map(Rule::to_string).collect::<Vec<_>>(), allowed());
    let refused = store.disallow(&me(), &home, &entries(&["a.example", "d.example"]));
    assert!(matches!(refused, Err(StoreError::NotAllowed { entry, .. }) if entry == "d.example"));
    assert_eq!(allowed().len(), 3, "all or nothing");
    store.disallow(&me(), &home, &entries(&["a.example", "GET c.example"])).unwrap();
    assert_eq!(allowed(), ["b.example"]);
    assert_eq!(store.workspace(&home).unwrap().secrets, 1);
    let checked = store.check().unwrap();
    assert_eq!((checked.generation, checked.audit_rows), (5, 5), "init, allow, allow, set, disallow");
}

/// A list of public suffixes that grows makes no rule of what was one.
#[tokio::test]
async fn a_workspace_that_allows_what_is_no_rule_has_no_snapshot_until_it_is_taken_back() {
    let world = World::new();
    let store = world.open();
    let (home, texts) = (workspace("default"), ["a.example", "*.com"].map(str::to_owned));
    store.allow(&me(), &home, &texts).unwrap();
    let Err(refused) = store.snapshot(&home, Duration::from_secs(10)).await else { panic!("there is a snapshot") };
    assert!(matches!(&refused, SnapshotError::Allowed { reason, .. } if reason.entry == "*.com"), "{refused}");
    let message = refused.to_string();
    assert!(message.starts_with("what the workspace `default` allows cannot be understood: `*.com`"), "{message}");
    assert_eq!(store.workspace(&home).unwrap().allowed, texts, "it is shown");
    store.disallow(&me(), &home, &texts[1..]).unwrap();
    assert_eq!(snapshot(&store, "default").await.allow_list(), [Rule::parse("a.example").unwrap()]);
}

#[test]
fn a_workspace_allows_a_thousand_hosts_at_most() {
    let world = World::new();
    let store = world.open();
    let entries = |count: usize| (0..count).map(|number| format!("{number}.example")).collect::<Vec<_>>();
    assert_eq!(store.allow(&me(), &workspace("default"), &entries(1_000)).unwrap().len(), 1_000);
    let refused = store.allow(&me(), &workspace("default"), &entries(1_001));
    assert!(matches!(refused, Err(StoreError::TooManyAllowed { count: 1_001, .. })));
    let long = vec!["x".repeat(2_049)];
    assert!(matches!(
        store.allow(&me(), &workspace("default"), &long),
        Err(StoreError::EntryTooLong { length: 2_049, .. })
    ));
    assert_eq!(store.workspace(&workspace("default")).unwrap().allowed.len(), 1_000);
}
