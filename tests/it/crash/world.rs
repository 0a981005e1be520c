//! A store that goes through many crashes, and what must be in it.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;
use um_secret::{SecretName, SecretValue, Secrets, SetOptions, WorkspaceName};
use um_store::{KeySource, Store};

use crate::support::bound::Bounded;
use crate::support::who::{me, reader};

/// Values by workspace and name.
pub type Contents = BTreeMap<String, BTreeMap<String, String>>;

/// Stands in every value, so that one search finds any of them.
const MARK: &str = "4f1c-crash-canary";

/// What a store consists of when nobody is at work.
const FILES: [&str; 5] = ["gate", "keyring", "lock", "reads", "secrets.redb"];

/// 32 bytes of salt, 32 of commitment, 32 of key, 16 of tag: nothing else that changes in a keyring is as long.
const WRAPPED_KEY: usize = 112;

/// Stands in the place of a value for a host that a workspace allows.
pub const ALLOWED: &str = "allowed";

/// A home directory with a store.
pub struct World {
    pub home: Home,
    pub contents: Contents,
    values: u32,
    runtime: tokio::runtime::Runtime,
}

/// A home directory in memory, where there is such a place: a kill, unlike a power loss, does not ask for more.
pub struct Home(TempDir);

impl Home {
    pub fn new() -> Self {
        let memory = Path::new("/dev/shm");
        Self(if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap())
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn data(&self) -> PathBuf {
        self.path(".local/share/um-host")
    }

    /// `um-host ARGUMENTS`, with nothing but this home.
    pub fn um_host(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_um-host"));
        command.env_clear().env("HOME", self.0.path()).args(arguments);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs a command to its end, which must be a good one; what it printed.
    #[track_caller]
    pub fn succeed(&self, arguments: &[&str]) -> String {
        let output = self.um_host(arguments).finish().unwrap();
        assert!(output.status.success(), "um-host {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// The store, opened anew with the one key file that fits.
    pub fn store(&self) -> Store {
        self.open(&self.data()).unwrap_or_else(|refusals| panic!("no key opens the store: {refusals}"))
    }

    /// An interrupted `init` may leave keys of stores that never came to be.
    pub fn open(&self, data: &Path) -> Result<Store, String> {
        let mut refusals = String::new();
        for file in fs::read_dir(self.path(".config/um-host/keys")).unwrap() {
            let source = format!("file:{}", file.unwrap().path().display());
            match Store::open(data, Some(KeySource::parse(&source).unwrap())) {
                Ok(store) => return Ok(store),
                Err(refusal) => refusals += &format!("{refusal}; "),
            }
        }
        Err(refusals)
    }
}

impl World {
    pub fn new() -> Self {
        let home = Home::new();
        home.succeed(&["init"]);
        Self::of(home)
    }

    /// Furnishes the store that a home has.
    pub fn of(home: Home) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let contents = Contents::from([("default".to_owned(), BTreeMap::new())]);
        let mut world = Self { home, contents, values: 0, runtime };
        assert_eq!(world.read(), world.contents);
        world.home.store().create_workspace(&me(), &workspace("other")).unwrap();
        world.contents.insert("other".to_owned(), BTreeMap::new());
        for (within, name) in [("default", "KEPT"), ("default", "TOKEN"), ("other", "TOKEN")] {
            world.set(within, name);
        }
        world
    }

    /// A value that was never used before.
    pub fn new_value(&mut self) -> String {
        self.values += 1;
        let filling = "x".repeat((self.values as usize * 37) % 5000);
        format!("{MARK} {} {filling}", self.values)
    }

    /// Stores a new value, which is acknowledged and so must stay.
    pub fn set(&mut self, within: &str, secret: &str) {
        let text = self.new_value();
        let value = SecretValue::new(text.clone()).ok().unwrap();
        self.home.store().set(&me(), &workspace(within), &name(secret), &value, SetOptions::default()).unwrap();
        self.contents.get_mut(within).unwrap().insert(secret.to_owned(), text);
    }

    pub fn delete(&mut self, within: &str, secret: &str) {
        self.home.store().delete(&me(), &workspace(within), &name(secret)).unwrap();
        self.contents.get_mut(within).unwrap().remove(secret);
    }

    /// Reads the whole store as a new process would, each value as a run gets it, and what the workspaces allow.
    pub fn read(&self) -> Contents {
        let store = self.home.store();
        let mut contents = Contents::new();
        for summary in store.workspaces().unwrap() {
            let mut secrets =
                if summary.secrets == 0 { BTreeMap::new() } else { self.values_of(&store, &summary.name) };
            assert_eq!(secrets.len(), summary.secrets);
            let allowed = store.workspace(&summary.name).unwrap().allowed;
            secrets.extend(allowed.into_iter().map(|entry| (entry, ALLOWED.to_owned())));
            contents.insert(summary.name.to_string(), secrets);
        }
        contents
    }

    fn values_of(&self, store: &Store, workspace: &WorkspaceName) -> BTreeMap<String, String> {
        self.runtime.block_on(async {
            let (snapshot, run) = (store.snapshot(workspace, Duration::from_secs(10)).await.unwrap(), reader());
            let mut values = BTreeMap::new();
            for entry in snapshot.entries() {
                let value = snapshot.open(&entry.name, &run).await.unwrap();
                values.insert(entry.name.to_string(), value.expose().to_owned());
            }
            snapshot.settle(&run).await.unwrap();
            values
        })
    }

    /// The first to look after a crash, by turns: nobody runs a repair before.
    pub fn first_reader(&self, turn: usize) {
        match turn % 4 {
            0 => drop(self.home.succeed(&["secrets", "list"])),
            1 => drop(self.home.store().list(&workspace("default")).unwrap()),
            2 => drop(self.values_of(&self.home.store(), &workspace("default"))),
            _ => drop(self.home.store().summary(&workspace("default"), &name("KEPT")).unwrap()),
        }
    }

    /// After a write that ended well: nothing is left of crashes, and no value is to be read off any file.
    pub fn assert_clean(&self) {
        let mut names: Vec<_> = entries(&self.home.data()).map(|path| file_name(&path)).collect();
        names.sort();
        assert_eq!(names, FILES);
        self.assert_absent(MARK.as_bytes(), "a value in plain text");
    }

    /// A change that came to be has replaced the wrapped key of its workspace, whose salt alone makes it another text.
    pub fn assert_key_replaced(&self, old_keyring: &[u8]) {
        assert!(!self.keys_gone(old_keyring).is_empty(), "the keyring has the keys that it had");
    }

    /// A wrapped key that the keyring held before a change and does not now is nowhere else.
    pub fn assert_destroyed(&self, old_keyring: &[u8]) {
        for piece in self.keys_gone(old_keyring).iter().flat_map(|key| key.chunks_exact(16)) {
            self.assert_absent(piece, "a piece of an old key");
        }
    }

    fn keys_gone<'a>(&self, old_keyring: &'a [u8]) -> Vec<&'a [u8]> {
        let keyring = fs::read(self.home.data().join("keyring")).unwrap();
        gone(old_keyring, &keyring).filter(|stretch| stretch.len() >= WRAPPED_KEY).collect()
    }

    fn assert_absent(&self, needle: &[u8], what: &str) {
        let data = self.home.data();
        for path in entries(&data).chain(entries(&data.join("reads"))).filter(|path| path.is_file()) {
            assert!(!contains(&fs::read(&path).unwrap(), needle), "{what} is in {}", path.display());
        }
    }

    /// A file of before the change beside the others of after it is refused, so nothing old comes back.
    pub fn assert_refuses(&self, file: &str, old: &[u8]) {
        let beside = Home::new();
        for name in ["gate", "lock", "keyring", "secrets.redb"] {
            fs::copy(self.home.data().join(name), beside.path(name)).unwrap();
        }
        fs::create_dir(beside.path("reads")).unwrap();
        fs::write(beside.path(file), old).unwrap();
        let listed = self
            .home
            .open(&beside.path(""))
            .and_then(|store| store.list(&workspace("default")).map_err(|refusal| refusal.to_string()));
        assert!(listed.is_err(), "an old {file} is taken: {listed:?}");
    }

    /// The audit log is whole, and nothing was left to settle.
    pub fn assert_whole(&self) {
        let checked = self.home.store().check().unwrap();
        assert!(!checked.settled && !checked.reads_damaged, "{checked:?}");
        assert_eq!(checked.workspaces, self.contents.len());
        // One row for `init`, one for each change.
        assert_eq!(checked.audit_rows, checked.generation);
    }
}

pub fn workspace(name: &str) -> WorkspaceName {
    WorkspaceName::parse(name).unwrap()
}

fn name(name: &str) -> SecretName {
    SecretName::parse(name).unwrap()
}

fn entries(directory: &Path) -> impl Iterator<Item = PathBuf> {
    fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path())
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap().to_str().unwrap().to_owned()
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    let starts = haystack.iter().enumerate().filter(|(_, byte)| **byte == needle[0]).map(|(at, _)| at);
    starts.into_iter().any(|at| haystack[at..].starts_with(needle))
}

/// The stretches of `old` of which no 8 bytes stand in `new`.
fn gone<'a>(old: &'a [u8], new: &[u8]) -> impl Iterator<Item = &'a [u8]> {
    let kept: HashSet<&[u8]> = new.windows(8).collect();
    let lost: Vec<bool> = old.windows(8).map(|window| !kept.contains(window)).collect();
    let mut stretches = Vec::new();
    let mut from = 0;
    for run in lost.chunk_by(|one, other| one == other) {
        if run[0] {
            stretches.push(&old[from..from + run.len() + 7]);
        }
        from += run.len();
    }
    stretches.into_iter()
}
