//! Stores to test with, in memory where there is such a place.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::{me, reader};
use crate::change::init::{Plan, init};
use crate::disk::files::{Disk, LocalDisk};
use crate::error::StoreError;
use crate::keys::source::KeySource;
use crate::store::Store;
use um_envelope::Key;
use um_secret::{Part, Parts, SecretName, SecretValue, Secrets, SetOptions, Verdict, WorkspaceName};

/// Everything that a store holds: description, with what the owner says of parts, and value by workspace and name.
pub type Contents = BTreeMap<String, BTreeMap<String, (String, String)>>;

pub fn workspace(name: &str) -> WorkspaceName {
    WorkspaceName::parse(name).unwrap()
}

pub fn name(name: &str) -> SecretName {
    SecretName::parse(name).unwrap()
}

pub fn put(store: &Store, within: &str, secret: &str, text: &str) -> Result<(), StoreError> {
    let value = SecretValue::new(text.to_owned()).ok().unwrap();
    let part = Part { path: "a.part".to_owned(), verdict: Verdict::Doubtful, word: None, is_short: false };
    let (description, parts) = (format!("holds {}", text.len()), Parts { rules: 1, list: vec![part] });
    let options = SetOptions { description: Some(description), parts: Some(parts), ..SetOptions::default() };
    store.set(&me(), &workspace(within), &name(secret), &value, options).map(drop)
}

/// In memory where there is such a place: these tests write many thousand small stores.
pub fn scratch() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { tempfile::tempdir_in(memory).unwrap() } else { tempfile::tempdir().unwrap() }
}

/// A key file beside the disks, and the key in it.
pub struct Bench {
    directory: tempfile::TempDir,
    pub master: Key,
}

impl Bench {
    pub fn new() -> Self {
        use std::io::Write;
        use std::os::unix::fs::OpenOptionsExt;
        let (directory, master) = (scratch(), Key::random());
        let mut options = std::fs::OpenOptions::new();
        let mut file = options.write(true).create_new(true).mode(0o600).open(directory.path().join("key")).unwrap();
        file.write_all(master.to_text().as_bytes()).unwrap();
        Self { directory, master }
    }

    pub fn key(&self) -> KeySource {
        KeySource::File(self.directory.path().join("key"))
    }

    pub fn init(&self, disk: Arc<dyn Disk>, root: &Path) {
        init(&Plan { data: &root.join("data"), key: Some(self.key()), config: None, disk, by: &me() }).unwrap();
    }

    pub fn open(&self, disk: Arc<dyn Disk>, root: &Path) -> Result<Store, StoreError> {
        Store::open_on(disk, &root.join("data"), Some(self.key()))
    }

    /// Opens a store in a thread of its own.
    pub fn opener(&self, root: &Path) -> impl FnOnce() -> Result<Store, StoreError> + Send + 'static {
        let (data, key) = (root.join("data"), self.key());
        move || Store::open_on(Arc::new(LocalDisk), &data, Some(key))
    }

    /// A store with two workspaces and some secrets.
    pub fn furnish(&self) -> tempfile::TempDir {
        let root = scratch();
        self.init(Arc::new(LocalDisk), root.path());
        let store = self.open(Arc::new(LocalDisk), root.path()).unwrap();
        store.create_workspace(&me(), &workspace("other")).unwrap();
        for (within, secret, text) in [
            ("default", "TOKEN", "the first value"),
            ("default", "KEPT", "a value that stays"),
            ("other", "TOKEN", "another workspace's value"),
        ] {
            put(&store, within, secret, text).unwrap();
        }
        root
    }

    /// What a store on a healthy disk holds, after it has recovered and was found whole.
    pub fn contents(&self, root: &Path) -> Result<Contents, StoreError> {
        let found = self.look(root).map_err(|error| match error.downcast::<StoreError>() {
            Ok(error) => *error,
            Err(error) => panic!("{error}"),
        });
        let checked = self.open(Arc::new(LocalDisk), root)?.check()?;
        assert!(!checked.reads_damaged && !checked.settled, "{checked:?}");
        found
    }

    /// What a store holds, as far as it can be read.
    pub fn look(&self, root: &Path) -> Result<Contents, Box<dyn std::error::Error + Send + Sync>> {
        self.look_on(Arc::new(LocalDisk), root)
    }

    /// As [`look`](Self::look), on a disk of one's own.
    pub fn look_on(
        &self,
        disk: Arc<dyn Disk>,
        root: &Path,
    ) -> Result<Contents, Box<dyn std::error::Error + Send + Sync>> {
        let store = self.open(disk, root)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let mut contents = Contents::new();
        for summary in store.workspaces()? {
            let mut secrets = BTreeMap::new();
            for secret in store.list(&summary.name)? {
                let value = runtime.block_on(open(&store, &summary.name, &secret.name))?;
                let words: String = secret.parts.words().map(|(path, word)| format!("; {path}: {word:?}")).collect();
                secrets.insert(secret.name.to_string(), (secret.description + &words, value));
            }
            contents.insert(summary.name.to_string(), secrets);
        }
        Ok(contents)
    }
}

/// A value as a run gets it.
pub async fn open(
    store: &Store,
    within: &WorkspaceName,
    secret: &SecretName,
) -> Result<String, Box<dyn std::error::Error + Send + Sync>> {
    let snapshot = store.snapshot(within, std::time::Duration::from_secs(10)).await?;
    Ok(snapshot.open(secret, &reader()).await?.expose().to_owned())
}
