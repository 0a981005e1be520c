//! The store as a vault: several changes at once, by somebody. What every vault promises is in `conformance.rs`.

use um_base::Coded;
use um_secret::{AuditRange, Change, Done, ErrorKind, Precondition, Query, SetOptions, Vault, VaultError, VaultExt};

use super::world::{World, read, secret, set, value, workspace};
use crate::support::who::me;

fn put(name: &str, text: &str) -> Change {
    Change::Set { name: secret(name), value: value(text), options: SetOptions::default() }
}

#[tokio::test]
async fn several_changes_are_one_generation_and_a_row_each() {
    let world = World::new();
    let (store, home) = (world.open(), workspace("default"));
    let before = store.check().unwrap();
    let changes = vec![put("A", "the first value"), put("A", "the second value"), Change::Delete { name: secret("A") }];
    let receipt = store.commit(&me(), &home, changes, Precondition::any()).await.unwrap();
    assert_eq!(receipt.done[2], Done::Deleted { version: 2 });
    let after = world.open().check().unwrap();
    assert_eq!((after.generation, after.audit_rows), (before.generation + 1, before.audit_rows + 3));
    // What was replaced within the commit has left no row behind: a value of the same version is written again.
    set(&store, "A", "another value");
    assert_eq!(read(&store, "default", "A").await, "another value");
}

#[tokio::test]
async fn a_commit_that_changes_nothing_leaves_the_files_as_they_are() {
    let world = World::new();
    let (store, home) = (world.open(), workspace("default"));
    set(&store, "TOKEN", "some value");
    let before = std::fs::read(world.data().join("keyring")).unwrap();
    store.commit(&me(), &home, Vec::new(), Precondition::any()).await.unwrap();
    let changes = vec![put("TOKEN", "another value"), Change::Delete { name: secret("MISSING") }];
    let refused = store.commit(&me(), &home, changes, Precondition::any()).await;
    assert!(matches!(refused, Err(VaultError::NoSecret { .. })), "{refused:?}");
    assert_eq!(std::fs::read(world.data().join("keyring")).unwrap(), before);
    assert_eq!(read(&world.open(), "default", "TOKEN").await, "some value");
}

#[tokio::test]
async fn the_records_vouched_for_by_a_commit_of_several_rows_are_vouched_for_by_the_next() {
    let world = World::new();
    let (store, home) = (world.open(), workspace("default"));
    set(&store, "TOKEN", "some value");
    read(&store, "default", "TOKEN").await;
    let changes = vec![put("A", "a value"), put("B", "another value")];
    store.commit(&me(), &home, changes, Precondition::any()).await.unwrap();
    let segment = std::fs::read_dir(world.data().join("reads")).unwrap().next().unwrap().unwrap().path();
    std::fs::File::options().write(true).open(&segment).unwrap().set_len(80).unwrap();
    let (store, token) = (world.open(), secret("TOKEN"));
    assert!(store.secret_details(&me(), &home, &token).await.unwrap().reads_damaged);
    assert!(store.check().unwrap().reads_damaged);
}

#[tokio::test]
async fn what_the_store_cannot_do_is_told_by_kind_and_without_the_words_of_a_door() {
    let world = World::new();
    let (store, home) = (world.open(), workspace("default"));
    let asked = store.look(&me(), Query::Workspace { workspace: workspace("nowhere") }).await.unwrap_err();
    assert_eq!((asked.kind(), asked.to_string().as_str()), (ErrorKind::NotFound, "there is no workspace `nowhere`"));
    std::fs::write(world.data().join("secrets.redb"), "no database").unwrap();
    let refused = store.commit(&me(), &home, vec![put("A", "a value")], Precondition::any()).await.unwrap_err();
    assert_eq!((refused.kind(), refused.to_string().as_str()), (ErrorKind::Damaged, "the vault is damaged"));
    let refused = store.audit(&me(), AuditRange::default()).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Damaged);
}
