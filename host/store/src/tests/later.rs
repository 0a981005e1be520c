//! What a later um-host has written down: kept where it may be ignored, refused where it may not.

use std::sync::Arc;

use super::bench::{Bench, name, put, scratch, workspace};
use super::me;
use crate::disk::files::LocalDisk;
use crate::error::StoreError;
use crate::store::Store;
use um_envelope::Fields;

fn furnished() -> (Bench, tempfile::TempDir, Store) {
    let (bench, root) = (Bench::new(), scratch());
    bench.init(Arc::new(LocalDisk), root.path());
    let store = bench.open(Arc::new(LocalDisk), root.path()).unwrap();
    put(&store, "default", "TOKEN", "some value").unwrap();
    (bench, root, store)
}

/// Adds a field to the workspace and one to its secret, as a later um-host would.
fn add(store: &Store, of_workspace: u16, of_secret: u16) {
    let mut edit = store.edit("secrets describe", &workspace("default")).unwrap();
    edit.index.fields = Fields::of([(of_workspace, b"of the workspace")]);
    edit.index.secrets.get_mut(&name("TOKEN")).unwrap().fields = Fields::of([(of_secret, b"of the secret")]);
    edit.describe(&name("TOKEN"), "later").unwrap();
    edit.commit(&me()).unwrap();
}

#[test]
fn what_may_be_ignored_outlasts_every_change() {
    let (_bench, _root, store) = furnished();
    add(&store, 3, 4);
    let home = workspace("default");
    put(&store, "default", "TOKEN", "another value").unwrap();
    put(&store, "default", "OTHER", "of another secret").unwrap();
    store.describe(&me(), &home, &name("TOKEN"), "described anew").unwrap();
    store.allow(&me(), &home, &["a.example".to_owned()]).unwrap();
    let edit = store.edit("a look", &home).unwrap();
    assert_eq!(edit.index.fields, Fields::of([(3, b"of the workspace")]));
    assert_eq!(edit.index.secrets[&name("TOKEN")].fields, Fields::of([(4, b"of the secret")]));
    assert_eq!(edit.index.secrets[&name("OTHER")].fields, Fields::default());
}

#[test]
fn what_must_not_be_ignored_keeps_its_workspace_shut_and_no_other() {
    for (of_workspace, of_secret, field) in [(0x8003, 4, 3), (3, 0x8004, 4)] {
        let (_bench, _root, store) = furnished();
        store.create_workspace(&me(), &workspace("other")).unwrap();
        add(&store, of_workspace, of_secret);
        let refused = store.list(&workspace("default")).unwrap_err();
        assert!(matches!(refused, StoreError::UnknownField { field: found, .. } if found == field), "{refused}");
        let text = refused.to_string();
        assert!(text.contains("a later um-host") && text.contains(&format!("field {field}")), "{text}");
        let refused = put(&store, "default", "TOKEN", "another value").unwrap_err();
        assert!(matches!(refused, StoreError::UnknownField { .. }), "{refused}");
        put(&store, "other", "TOKEN", "some value").unwrap();
        assert_eq!(store.list(&workspace("other")).unwrap().len(), 1);
    }
}
