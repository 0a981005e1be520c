//! The settings of the program: where the store, the key and the cache are, and which workspace is meant; from options,
//! from the environment, from the XDG directories.

use std::env;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use um_secret::{Actor, Door, WorkspaceName};
use um_store::{KeySource, KeySourceError, Store};

use crate::cli::discreet;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::options::Global;
use crate::cli::progress::during;

/// The settled global options.
pub struct Settings {
    data: Option<PathBuf>,
    workspace: WorkspaceName,
    key: Option<KeySource>,
    /// Once it was opened: a key that comes through a pipe is there once.
    store: OnceLock<Store>,
}

impl Settings {
    /// Settles the options; reads no file and no key.
    pub fn new(global: Global) -> Result<Self, Failure> {
        not_empty(global.workspace.as_ref().map(OsStr::new), "--workspace", "UM_HOST_WORKSPACE", "NAME")?;
        not_empty(global.key.as_deref(), "--key", "UM_HOST_KEY", "file:PATH, for example")?;
        let workspace = workspace(global.workspace.as_deref().unwrap_or("default"))?;
        let key = global.key.clone().map(key_source).transpose()?;
        Ok(Self { data: global.data_dir, workspace, key, store: OnceLock::new() })
    }

    pub fn workspace(&self) -> &WorkspaceName {
        &self.workspace
    }

    /// Who is at this door: the account that the program runs under.
    pub fn actor(&self) -> Actor {
        Actor::local(Door::Cli)
    }

    pub fn key(&self) -> Option<KeySource> {
        self.key.clone()
    }

    /// The directory of the store.
    pub fn data(&self) -> Result<PathBuf, Failure> {
        if let Some(data) = &self.data {
            return Ok(data.clone());
        }
        xdg("XDG_DATA_HOME", ".local/share").ok_or_else(|| {
            Failure::host("there is no place for the store: neither XDG_DATA_HOME nor HOME is set")
                .hint("name one with --data-dir DIR or UM_HOST_DATA_DIR")
        })
    }

    /// The directory of compiled actions; without a home there is none, and every run compiles.
    pub fn cache(&self) -> Option<PathBuf> {
        xdg("XDG_CACHE_HOME", ".cache")
    }

    /// Opens the store.
    pub fn store(&self) -> Result<Store, Failure> {
        if let Some(store) = self.store.get() {
            return Ok(store.clone());
        }
        let (data, key) = (self.data()?, self.key());
        let store = during("opening the store", || Store::open(&data, key))?;
        Ok(self.store.get_or_init(|| store).clone())
    }
}

/// A variable of a script that was never set gives an option without a text: nobody knows what was meant.
fn not_empty(given: Option<&OsStr>, option: &str, variable: &str, what: &str) -> Result<(), Failure> {
    match given.is_some_and(OsStr::is_empty) {
        true => {
            Err(Failure::usage(format!("{option} (or {variable}) is empty")).hint(format!("unset it, or give {what}")))
        }
        false => Ok(()),
    }
}

/// Reads the name of a workspace.
pub fn workspace(text: &str) -> Result<WorkspaceName, Failure> {
    let otherwise = "this is no name of a workspace, which has letters, digits, `.`, `_` and `-`";
    WorkspaceName::parse(text).map_err(|error| {
        let told = discreet::message(text, &error, otherwise);
        let suggested = suggestion(text).filter(|_| told == error.to_string());
        let refused = Failure::usage(told);
        suggested.into_iter().fold(refused, |refused, name| refused.hint(format!("for example {name}")))
    })
}

/// The name that was probably meant: `My Team` gives `my-team`.
fn suggestion(text: &str) -> Option<WorkspaceName> {
    let parts = text.split(|c: char| !c.is_ascii_alphanumeric() && !"_.".contains(c));
    let words: Vec<&str> = parts.filter(|word| !word.is_empty()).collect();
    WorkspaceName::parse(&words.join("-").to_ascii_lowercase()).ok()
}

/// Refuses what looks like a value and is the name of no workspace that is there.
pub fn value_as_workspace() -> Failure {
    Failure::usage("this looks like a value, not like the name of a workspace; it is not repeated here")
        .hint("if it was a secret, change it where it was issued: it is in your shell's history now")
}

/// The directory in which `um-host init` keeps the keys that it makes.
pub fn key_directory() -> Option<PathBuf> {
    Some(xdg("XDG_CONFIG_HOME", ".config")?.join("keys"))
}

/// The key itself must not be repeated, whatever the text is: only the library looks at it.
fn key_source(text: OsString) -> Result<KeySource, Failure> {
    let text = text.into_string().map_err(|_| {
        Failure::usage("the key source is not UTF-8 text").hint("give --key (or UM_HOST_KEY) file:PATH, for example")
    })?;
    let is_path = text.starts_with(['/', '.', '~']);
    KeySource::parse(&text).map_err(|error| match error {
        KeySourceError::Unknown if is_path => {
            Failure::new(Exit::Usage, error).hint("if that is the path of a key file, write `file:` before it")
        }
        error => Failure::new(Exit::Usage, error),
    })
}

/// A base directory of the XDG specification; one that is not absolute counts as not set.
fn xdg(variable: &str, under_home: &str) -> Option<PathBuf> {
    let absolute = |variable: &str| env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute());
    let base = absolute(variable).or_else(|| absolute("HOME").map(|home| home.join(under_home)))?;
    Some(base.join(Path::new("um-host")))
}
