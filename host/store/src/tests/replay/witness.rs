//! A key and a value that must be gone, and the looks for them.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use um_envelope::{Index, ValueRow, WorkspaceEntry};

use super::image::Image;
use crate::disk::files::LocalDisk;
use crate::disk::lock::Deadline;
use crate::look::read::read;
use crate::tests::bench::{Bench, name, scratch, workspace};

/// Puts an image on a fresh disk.
pub fn restore(image: &Image) -> tempfile::TempDir {
    let root = scratch();
    image.write_to(root.path());
    root
}

/// What opened a workspace before a change and must not afterwards.
pub struct Witness {
    entry: WorkspaceEntry,
    index: Vec<u8>,
    values: Vec<(ValueRow, Vec<u8>)>,
}

impl Witness {
    /// Of the workspace `default`, whose secret TOKEN the verbs replace or delete.
    pub fn of(bench: &Bench, root: &Path) -> Self {
        let store = bench.open(Arc::new(LocalDisk), root).unwrap();
        read(&store.opened, Deadline::after(Duration::from_secs(10)), |view| {
            let (entry, _) = view.find(&workspace("default"))?;
            let values = vec![view.value(&entry, &view.index(&entry)?.secrets[&name("TOKEN")])?];
            Ok(Self { index: view.rows.index(&entry.id)?.unwrap(), entry, values })
        })
        .unwrap()
    }

    /// Neither the old key nor anything that opens the old index is left, not even in files without a name.
    pub fn assert_dead(&self, bench: &Bench, image: &Image, story: &str) {
        assert!(!image.holds(&self.entry.key), "{story}: the old workspace key is still on the disk");
        let root = restore(image);
        let store = bench.open(Arc::new(LocalDisk), root.path()).unwrap();
        let (keyring, keys) = store.opened.load_keyring().unwrap();
        let pending = keyring.pending.iter().flat_map(|pending| &pending.touched);
        let entries =
            keyring.workspaces.values().chain(pending.flat_map(|touched| touched.old.iter().chain(&touched.new)));
        let mut tried = 0;
        for entry in entries {
            let key = keys.workspace_key(entry).unwrap();
            for key in [&key, &keys.key, &keys.audit.key, &bench.master] {
                let index = Index::open(key, keys.store, &self.entry, &self.index);
                assert!(index.is_err(), "{story}: the old index opens");
                for (row, sealed) in &self.values {
                    assert!(row.open(keys.store, key, sealed).is_err(), "{story}: the old value opens");
                }
                tried += 1;
            }
        }
        assert!(tried >= 8);
    }
}
