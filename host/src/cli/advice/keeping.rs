//! What to do about the store, its key and what is kept in it.

use std::io;

use um_secret::{DescriptionError, ExposureError, SecretName, SnapshotError, VaultError};
use um_store::{InitError, KeyError, KeySourceError, KeyTextError, StoreError, Stranger};

use super::{did_you_mean, is_denied, is_full, of_one, quoted, some};
use crate::cli::again;

const ALLOWED: &str = "take it back, and allow what is meant";
const LATER: &str = "use that version";
const GIVE_KEY: &str = "give the store's key with `--key file:PATH` or UM_HOST_KEY";
const OWNER: &str = "run um-host as the user who owns the store";

pub fn of_store(error: &StoreError) -> Option<String> {
    use StoreError as E;
    some(match error {
        E::WrongKey { .. } => "give the store's own key with `--key`",
        E::Damaged { .. } => "restore it from a backup",
        E::RolledBack { .. } => "restore both files from one backup",
        E::Older { .. } => "if that was meant, start um-host again, else restore both files from one backup",
        E::TooNew { .. } | E::UnknownField { .. } => LATER,
        E::InUse { .. } => "try again when that is done",
        E::DiskFull { .. } => "free some and try again",
        E::ReadOnly { .. } => "make it writable for this user and try again",
        E::NoHardLinks { .. } => "choose another place",
        E::NetworkFilesystem { .. } => "put the data directory on a local disk",
        E::Allowed { .. } => ALLOWED,
        E::TooManyWorkspaces => "delete one that is not used",
        E::TooManyAllowed { .. } => "use *.DOMAIN for those of one domain",
        E::EntryTooLong { .. } => "shorten its path",
        E::TooManySecrets { .. } => "delete one, or use another workspace",
        E::Unmaskable { .. } => "choose a longer one, or accept that with `--allow-unmaskable`",
        E::Stranger { what, .. } => of_stranger(*what),
        E::Denied { .. } => OWNER,
        E::Key(error) => return of_key(error),
        E::Description(DescriptionError::HoldsValue { .. }) => {
            "leave it out there: a description is shown to everyone. It is in your shell's history now, so change it where it \
             was issued"
        }
        E::Exposure { reason, .. } => return of_exposure(reason),
        error => return of_content(error),
    })
}

/// What is said with a name or a command, or not always.
fn of_content(error: &StoreError) -> Option<String> {
    let (here, store) = (again::here(), again::store());
    match error {
        StoreError::Missing { path } if path.is_file() => {
            some("that is a file; name the directory of a store with --data-dir DIR or UM_HOST_DATA_DIR")
        }
        StoreError::Missing { .. } => Some(format!("make one with `um-host init{store}`")),
        StoreError::Unknown { .. } => Some(format!("`um-host key check{store}` settles it")),
        StoreError::NoWorkspace { closest, .. } => workspaces(closest),
        StoreError::NoSecret { closest, .. } => {
            Some(format!("{}`um-host secrets list{here}` shows those there are", did_you_mean(closest)))
        }
        StoreError::NoPart { name, closest, .. } => {
            Some(format!("{}`um-host secrets parts {name}{here}` lists those there are", did_you_mean(closest)))
        }
        StoreError::NotAllowed { closest, .. } => {
            Some(format!("{}`um-host workspaces show{here}` lists what it allows", did_you_mean(closest)))
        }
        StoreError::VersionConflict { name, .. } => {
            Some(format!("look at it with `um-host secrets info {name}{here}` and decide again"))
        }
        StoreError::WorkspaceExists { workspace } => {
            Some(format!("choose another name, or work in it: --workspace {workspace}"))
        }
        StoreError::Io { source, .. } => of_file(source),
        _ => None,
    }
}

fn workspaces(closest: &[String]) -> Option<String> {
    let (meant, store) = (did_you_mean(closest), again::store());
    Some(format!("{meant}`um-host workspaces list{store}` shows those there are"))
}

fn of_file(error: &io::Error) -> Option<String> {
    match error.kind() {
        _ if is_denied(error) => {
            some("run um-host as the user who made the store, or give that file back to this user")
        }
        io::ErrorKind::NotADirectory => some(
            "a file stands where a directory is needed; set HOME, or name another place with --data-dir DIR (and \
             XDG_CONFIG_HOME for the key)",
        ),
        _ => None,
    }
}

fn of_stranger(what: Stranger) -> &'static str {
    match what {
        Stranger::Link => "put the file itself in its place, or remove the link if it is not yours",
        Stranger::NoFile => "look where it comes from, and remove it",
        Stranger::Foreign(_) => {
            "run um-host as the user who owns the store, or give the file to this user with `chown`"
        }
    }
}

pub fn of_init(error: &InitError) -> Option<String> {
    let store = again::store();
    match error {
        InitError::Exists { .. } => {
            Some(format!("`um-host key check{store}` tells what is in it; --data-dir DIR makes another one"))
        }
        InitError::NotEmpty { .. } => some("choose an empty or a new directory"),
        InitError::NotADirectory { .. } => some("choose another place for the data"),
        InitError::MountPoint { path } => {
            Some(format!("use a directory in it, for example {}", path.join("um-host").display()))
        }
        InitError::KeyInside { .. } => some("set XDG_CONFIG_HOME, or give `--key`"),
        InitError::Unsynced { .. } => Some(format!("`um-host key check{store}` tells whether it is there")),
        InitError::NoHome => some("set XDG_CONFIG_HOME or HOME, or give `--key`"),
        InitError::Key(KeyError::FileMissing { path }) => Some(format!(
            "`um-host key new {}` makes one; without a key source init makes one of its own",
            quoted(path)
        )),
        InitError::Key(KeyError::FileUnmade { source, .. }) => match source.kind() {
            _ if is_full(source) => some("free some space, or let XDG_CONFIG_HOME name another place"),
            io::ErrorKind::NotADirectory => of_file(source),
            _ => some("let XDG_CONFIG_HOME name a place that this account can write, or give `--key`"),
        },
        InitError::Key(error) => of_key(error),
        InitError::Store(error) => of_store(error),
        _ => None,
    }
}

pub fn of_key(error: &KeyError) -> Option<String> {
    match error {
        KeyError::FileMissing { .. } | KeyError::NoHome => some(GIVE_KEY),
        KeyError::FileKind { .. } => some("a key is kept in a regular file"),
        KeyError::FileOwner { .. } => some("use a key file of your own"),
        KeyError::FileMode { path, .. } => Some(format!(
            "run `chmod 600 {}`; any mode will do on a mount that is read-only here, as orchestrators make them",
            quoted(path)
        )),
        KeyError::FileLinkedOut { .. } => some("name the file that it leads to"),
        KeyError::FileExists { .. } => some("name another file; whoever loses a key loses the secrets that it locks"),
        KeyError::FileUnmade { source, .. } if source.kind() == io::ErrorKind::NotFound => {
            some("make its directory first, for this account alone")
        }
        KeyError::FileUnmade { .. } => some("name a file in a directory that this account can write"),
        KeyError::DescriptorMissing { number } => {
            Some(format!("open it in front: `{number}< FILE`, `{number}< <(COMMAND)`"))
        }
        KeyError::DescriptorKind { .. } | KeyError::Descriptor { .. } => {
            some("hand the key over through a pipe or an open file")
        }
        KeyError::NoCredentials => some("let the unit load it: LoadCredential=NAME:PATH"),
        KeyError::File { source, .. } if is_denied(source) => of_file(source),
        KeyError::VariableMissing { .. } => some("it should hold the store's key"),
        KeyError::Text { reason: KeyTextError::Checksum, .. } => some("copy it again from your backup"),
        _ => None,
    }
}

pub fn of_key_source(error: &KeySourceError) -> Option<String> {
    match error {
        KeySourceError::LooksLikeKey => some("if it was one, others may have seen it: change it"),
        KeySourceError::NotBuilt { .. } => some("use `file:PATH`, `env:VARIABLE`, `fd:NUMBER` or `credential:NAME`"),
        _ => None,
    }
}

pub fn of_exposure(error: &ExposureError) -> Option<String> {
    exposed(error, "store", "--bind HOST", "--revealed")
}

/// As [`of_exposure`], of a secret that a run is given.
pub fn of_given_exposure(error: &ExposureError, name: &SecretName) -> Option<String> {
    exposed(error, "give", &format!("--bind {name}=HOST"), &format!("--revealed {name}"))
}

fn exposed(error: &ExposureError, keep: &str, bind: &str, reveal: &str) -> Option<String> {
    match error {
        ExposureError::Unbound => Some(format!("name them with {bind}")),
        ExposureError::TooShort { .. } => Some(format!("reveal it with {reveal}, or use a longer one")),
        ExposureError::TooLong { .. } => Some(format!("reveal it with {reveal}, or seal the key to it")),
        ExposureError::Url => Some(format!(
            "{keep} it with {reveal}, which keeps it to these hosts; or {keep} the token in it alone, where the service takes \
             it in a header or a parameter"
        )),
        ExposureError::NotVisible { .. } => Some(format!("take that out, or reveal it with {reveal}")),
        _ => None,
    }
}

pub fn of_snapshot(error: &SnapshotError) -> Option<String> {
    match error {
        SnapshotError::NoWorkspace { closest, .. } => workspaces(closest),
        SnapshotError::Allowed { .. } => some(ALLOWED),
        SnapshotError::Absent(cause) | SnapshotError::Unavailable(cause) => of_one(&**cause),
        _ => None,
    }
}

/// The program keeps its secrets in a store, whose errors a vault's are made of.
pub fn of_vault(error: &VaultError) -> Option<String> {
    match error {
        VaultError::NoWorkspace { .. } => workspaces(&[]),
        VaultError::Allowed { .. } => some(ALLOWED),
        VaultError::Exposure { reason, .. } => of_exposure(reason),
        _ => None,
    }
}
