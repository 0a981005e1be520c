//! A store in a temporary directory, with the key that the golden files have too.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use um_secret::{SecretName, SecretValue, Secrets, SetOptions, Snapshot, Stored, WorkspaceName};
use um_store::{KeySource, Store};

use crate::support::who::{me, reader};

/// A key made of the bytes 0 to 31: nobody's.
pub const KEY: &str = "um-host-key-AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8qG-Q";

/// Another one, of the bytes 32 to 63.
pub const OTHER_KEY: &str = "um-host-key-ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8Ya2s";

pub struct World {
    pub directory: tempfile::TempDir,
}

impl World {
    /// A key file and a store that it opens.
    pub fn new() -> Self {
        let world = Self::empty();
        Store::init(&me(), &world.data(), Some(world.key())).unwrap();
        world
    }

    /// A key file and no store.
    pub fn empty() -> Self {
        let world = Self { directory: tempfile::tempdir().unwrap() };
        write_key(&world.key_file(), KEY);
        world
    }

    pub fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    pub fn key_file(&self) -> PathBuf {
        self.directory.path().join("key")
    }

    pub fn key(&self) -> KeySource {
        KeySource::File(self.key_file())
    }

    pub fn open(&self) -> Store {
        Store::open(&self.data(), Some(self.key())).unwrap()
    }

    /// All files of the store.
    pub fn files(&self) -> Vec<PathBuf> {
        let list = |directory: PathBuf| std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
        let mut files: Vec<_> = list(self.data()).chain(list(self.data().join("reads"))).collect();
        files.retain(|path| path.is_file());
        files.sort();
        files
    }

    /// All files of the store and what they hold.
    pub fn bytes(&self) -> Vec<(PathBuf, Vec<u8>)> {
        self.files().into_iter().map(|path| (path.clone(), std::fs::read(path).unwrap())).collect()
    }

    /// What lies beside the store.
    pub fn siblings(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.directory.path()).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

pub fn write_key(path: &Path, text: &str) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}

pub fn workspace(name: &str) -> WorkspaceName {
    WorkspaceName::parse(name).unwrap()
}

pub fn secret(name: &str) -> SecretName {
    SecretName::parse(name).unwrap()
}

pub fn value(text: &str) -> SecretValue {
    SecretValue::new(text.to_owned()).ok().unwrap()
}

/// Stores a value in `default`.
pub fn set(store: &Store, name: &str, text: &str) -> Stored {
    store.set(&me(), &workspace("default"), &secret(name), &value(text), SetOptions::default()).unwrap()
}

pub async fn snapshot(store: &Store, name: &str) -> Arc<dyn Snapshot> {
    store.snapshot(&workspace(name), Duration::from_secs(10)).await.unwrap()
}

/// The value as a run gets it.
pub async fn read(store: &Store, workspace: &str, name: &str) -> String {
    let snapshot = snapshot(store, workspace).await;
    let run = reader();
    let value = snapshot.open(&secret(name), &run).await.unwrap();
    snapshot.settle(&run).await.unwrap();
    value.expose().to_owned()
}
