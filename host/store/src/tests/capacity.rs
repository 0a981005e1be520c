//! The limits, from both sides.

use std::sync::Arc;

use super::bench::{Bench, name, open, put, scratch, workspace};
use super::me;
use crate::change::session::{Delta, Session, Touch};
use crate::clock::now;
use crate::database::rows::Batch;
use crate::disk::files::LocalDisk;
use crate::disk::lock::Deadline;
use crate::error::StoreError;
use crate::store::Store;
use um_envelope::{Index, random};
use um_secret::{MAX_SECRETS, MAX_WORKSPACE_BYTES, SecretValue, SetOptions, WorkspaceName};

fn empty() -> (Bench, tempfile::TempDir, Store) {
    let (bench, root) = (Bench::new(), scratch());
    bench.init(Arc::new(LocalDisk), root.path());
    let store = bench.open(Arc::new(LocalDisk), root.path()).unwrap();
    (bench, root, store)
}

fn home() -> WorkspaceName {
    workspace("default")
}

/// Many secrets in one change, as an import makes it.
fn fill(store: &Store, secrets: impl Iterator<Item = (String, String)>) -> Result<(), StoreError> {
    let mut edit = store.edit("secrets import", &home())?;
    for (secret, text) in secrets {
        let value = SecretValue::new(text).ok().unwrap();
        edit.set(&name(&secret), &value, &SetOptions::default())?;
    }
    edit.commit(&me())
}

#[tokio::test]
async fn ten_thousand_secrets_are_kept_and_one_more_is_refused() {
    let (_bench, _root, store) = empty();
    fill(&store, (0..MAX_SECRETS).map(|number| (format!("S{number:05}"), format!("value number {number}")))).unwrap();
    let listed = store.list(&home()).unwrap();
    assert_eq!(listed.len(), MAX_SECRETS);
    assert!(listed.is_sorted_by(|one, next| one.name < next.name));
    assert_eq!(open(&store, &home(), &name("S09999")).await.unwrap(), "value number 9999");
    let refused = put(&store, "default", "ONE_MORE", "that is too many");
    assert!(matches!(refused, Err(StoreError::TooManySecrets { limit: MAX_SECRETS, .. })), "{refused:?}");
    put(&store, "default", "S00000", "a replacement is not one more").unwrap();
    store.delete(&me(), &home(), &name("S00001")).unwrap();
    put(&store, "default", "ONE_MORE", "now there is room").unwrap();
    assert_eq!(store.list(&home()).unwrap().len(), MAX_SECRETS);
}

#[tokio::test]
async fn sixteen_mebibytes_are_kept_and_more_are_refused() {
    let (_bench, _root, store) = empty();
    let text = "key material ".repeat(64 * 1024 / 13 + 1)[..64 * 1024].to_owned();
    fill(&store, (0..255).map(|number| (format!("LARGE{number:03}"), text.clone()))).unwrap();
    let refused = put(&store, "default", "LARGE255", &text);
    assert!(
        matches!(refused, Err(StoreError::WorkspaceFull { limit: MAX_WORKSPACE_BYTES, bytes, .. }) if bytes > MAX_WORKSPACE_BYTES)
    );
    put(&store, "default", "SMALLER", &text[..32 * 1024]).unwrap();
    assert_eq!(open(&store, &home(), &name("LARGE254")).await.unwrap(), text);
    put(&store, "default", "LARGE254", "replaced by something small").unwrap();
    put(&store, "default", "LARGE255", &text[..60 * 1024]).unwrap();
    // The limit is each workspace's own.
    store.create_workspace(&me(), &workspace("other")).unwrap();
    put(&store, "other", "LARGE", &text).unwrap();
}

#[test]
fn workspaces_are_made_until_the_keyring_is_full() {
    let (_bench, _root, store) = empty();
    let session = Session::begin(&store.opened, "test", Deadline::after(std::time::Duration::from_secs(10))).unwrap();
    let touched = (0..3_400).map(|number| {
        let id = random();
        let label = session.keys.seal_label(&id, &workspace(&format!("w{number:063}")), now());
        Touch { id, label, index: Index::default() }
    });
    let touched = touched.collect();
    session.commit(&me(), Delta { touched, rows: Batch::default(), notes: Vec::new() }).unwrap();
    let mut made = 0;
    let refused = loop {
        match store.create_workspace(&me(), &workspace(&format!("x{made:063}"))) {
            Ok(()) => made += 1,
            Err(error) => break error,
        }
        assert!(made < 1_000);
    };
    assert!(matches!(refused, StoreError::TooManyWorkspaces), "{refused}");
    let workspaces = store.workspaces().unwrap();
    assert_eq!(workspaces.len(), 3_401 + made);
    put(&store, "default", "TOKEN", "a full keyring still takes every other change").unwrap();
    let longest = workspace(&format!("x{:063}", made - 1));
    put(&store, longest.as_str(), "TOKEN", "in the workspace that was made last, too").unwrap();
    store.describe(&me(), &longest, &name("TOKEN"), "described").unwrap();
    store.delete(&me(), &longest, &name("TOKEN")).unwrap();
    assert_eq!(store.check().unwrap().workspaces, workspaces.len());
}
