//! What can go wrong with the store, sorted by who must act.
//!
//! Messages name paths, names, versions and key ids; never a key, never a value.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use um_base::coded;
use um_base::rule::RuleError;
use um_envelope::KeyId;
use um_secret::{
    Conflict, DescriptionError, Expected, ExposureError, SecretName, Unfit, UnknownPart, Unmaskable, VaultError,
    WorkspaceName,
};

use super::disk::opening::{Stranger, Unopened};
use super::keys::source::KeyError;

/// Why the store could not do what it was asked to.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "what each is stands in its message")]
pub enum StoreError {
    #[error("there is no store in {}", path.display())]
    Missing { path: PathBuf },
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error("this is the wrong key: the store is locked with {}, the key given is {given}", or_list(store))]
    WrongKey { store: Vec<KeyId>, given: KeyId },
    #[error("the store in {} is damaged: {what}", path.display())]
    Damaged { path: PathBuf, what: String },
    #[error(
        "the store in {} is not whole: {what}, as if one file had been put back from an older copy \
         (keyring at generation {keyring}, database at {database})",
        path.display()
    )]
    RolledBack { path: PathBuf, what: &'static str, keyring: u64, database: u64 },
    #[error(
        "the store in {} was put back to an older state while it was in use (generation {found}, it was {seen})",
        path.display()
    )]
    Older { path: PathBuf, found: u64, seen: u64 },
    #[error("the store was written by a later um-host (format {found}, this one reads {known})")]
    TooNew { found: u32, known: u32 },
    /// A record has a field that only a later um-host knows, and that must not be ignored.
    #[error(
        "a later um-host has written something into the store in {} that must not be ignored (field {field} of a record)",
        path.display()
    )]
    UnknownField { path: PathBuf, field: u16 },
    #[error("the store in {} is in use by {}; waited {} for it", path.display(), Holder::describe(holder), seconds(waited))]
    InUse { path: PathBuf, holder: Option<Holder>, waited: Duration },
    #[error("no space is left for the store in {}", path.display())]
    DiskFull { path: PathBuf },
    #[error("the store in {} cannot be written ({what})", path.display())]
    ReadOnly { path: PathBuf, what: &'static str },
    #[error("{} is on a file system without hard links, which the store needs", path.display())]
    NoHardLinks { path: PathBuf },
    #[error("{} is on {filesystem}, where {reason}", path.display())]
    NetworkFilesystem { path: PathBuf, filesystem: &'static str, reason: &'static str },
    /// A later version of the vault's interface asks for it.
    #[error("this store does not support `{what}`")]
    Unsupported { what: &'static str },
    #[error("it is not known whether `{verb}` took effect: {cause}")]
    Unknown { verb: &'static str, cause: Box<StoreError> },
    #[error("there is no workspace `{workspace}`")]
    NoWorkspace { workspace: WorkspaceName, closest: Vec<String> },
    #[error("what the workspace `{workspace}` allows cannot be understood: {reason}")]
    Allowed { workspace: WorkspaceName, reason: RuleError },
    #[error("there is a workspace `{workspace}` already")]
    WorkspaceExists { workspace: WorkspaceName },
    #[error("the keyring holds no further workspace (it is bounded to 1 MiB)")]
    TooManyWorkspaces,
    #[error("there is no secret `{name}` in workspace `{workspace}` (case matters)")]
    NoSecret { workspace: WorkspaceName, name: SecretName, closest: Vec<String> },
    #[error("`{name}` is at version {}, not {expected}: somebody else changed it", version(found))]
    VersionConflict { name: SecretName, expected: u64, found: Option<u64> },
    #[error("the value of `{name}` could not be masked in outputs: {reason}; nothing was stored")]
    Unmaskable { name: SecretName, reason: Unmaskable },
    #[error("`{name}` cannot be stored so: {reason}; nothing was stored")]
    Exposure { name: SecretName, reason: ExposureError },
    #[error("path {number} of those given names no part of `{name}`; nothing was changed")]
    NoPart { name: SecretName, number: usize, closest: Vec<String> },
    #[error("workspace `{workspace}` does not allow `{entry}`; nothing was changed")]
    NotAllowed { workspace: WorkspaceName, entry: String, closest: Vec<String> },
    #[error("workspace `{workspace}` would allow {count} hosts; at most {limit} are kept")]
    TooManyAllowed { workspace: WorkspaceName, count: usize, limit: usize },
    #[error("an entry has at most {limit} bytes, and this one has {length}")]
    EntryTooLong { length: usize, limit: usize },
    #[error(transparent)]
    Description(#[from] DescriptionError),
    #[error("workspace `{workspace}` holds {limit} secrets, which is the limit")]
    TooManySecrets { workspace: WorkspaceName, limit: usize },
    #[error("workspace `{workspace}` would hold {bytes} bytes of secrets; at most {limit} are kept")]
    WorkspaceFull { workspace: WorkspaceName, bytes: u64, limit: u64 },
    #[error("{} is {what}, where the store has a regular file of its own; it was not touched", path.display())]
    Stranger { path: PathBuf, what: Stranger },
    #[error("this user may not {doing} {}", path.display())]
    Denied { doing: &'static str, path: PathBuf },
    #[error("could not {doing} {}: {source}", path.display())]
    Io { doing: &'static str, path: PathBuf, source: io::Error },
}

coded! { StoreError:
    Self::Missing { .. } => NotFound "store-absent",
    Self::Key(error) => in error,
    Self::WrongKey { .. } => Denied "wrong-key",
    Self::Damaged { .. } => Damaged "store-damaged",
    Self::RolledBack { .. } => Damaged "store-not-whole",
    Self::Older { .. } => Damaged "store-rolled-back",
    Self::TooNew { .. } | Self::UnknownField { .. } => Unsupported "store-too-new",
    Self::InUse { .. } => Busy "store-in-use",
    Self::DiskFull { .. } => Unavailable "store-disk-full",
    Self::ReadOnly { .. } => Unavailable "store-read-only",
    Self::NoHardLinks { .. } | Self::NetworkFilesystem { .. } => Unsupported "store-filesystem",
    Self::Unsupported { .. } => Unsupported "vault-unsupported" of VaultError,
    Self::Unknown { .. } => Unknown "change-unknown" of VaultError,
    Self::NoWorkspace { .. } => NotFound "workspace-not-found" of VaultError,
    Self::Allowed { .. } => Damaged "allowed-damaged" of VaultError,
    Self::WorkspaceExists { .. } => Conflict "workspace-exists" of VaultError,
    Self::TooManyWorkspaces => Full "too-many-workspaces" of VaultError,
    Self::NoSecret { .. } => NotFound "secret-not-found" of VaultError,
    Self::VersionConflict { .. } => Conflict "version-conflict" of VaultError,
    Self::Unmaskable { .. } => Invalid "value-unmaskable" of VaultError,
    Self::Exposure { reason, .. } => in reason,
    Self::NoPart { .. } => NotFound "part-not-found" of VaultError,
    Self::NotAllowed { .. } => NotFound "entry-not-found" of VaultError,
    Self::TooManyAllowed { .. } => Full "too-many-allowed" of VaultError,
    Self::EntryTooLong { .. } => Invalid "entry-too-long" of VaultError,
    Self::Description(reason) => in reason,
    Self::TooManySecrets { .. } => Full "too-many-secrets" of VaultError,
    Self::WorkspaceFull { .. } => Full "workspace-full" of VaultError,
    Self::Stranger { .. } => Unavailable "store-file-kind",
    Self::Denied { .. } => Unavailable "store-permission",
    Self::Io { .. } => Unavailable "store-io",
}

/// Who has the store open for writing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// Its process.
    pub pid: u32,
    /// What it does, for example `secrets set`.
    pub verb: String,
}

impl Holder {
    fn describe(holder: &Option<Self>) -> String {
        match holder {
            Some(Self { pid, verb }) => format!("process {pid} (`{verb}`)"),
            None => "other processes".to_owned(),
        }
    }
}

impl From<Conflict> for StoreError {
    fn from(conflict: Conflict) -> Self {
        let Conflict { name, expected, found } = conflict;
        Self::VersionConflict { name, expected: expected.version().unwrap_or(0), found }
    }
}

impl From<StoreError> for VaultError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NoWorkspace { workspace, .. } => Self::NoWorkspace { workspace },
            StoreError::WorkspaceExists { workspace } => Self::WorkspaceExists { workspace },
            StoreError::TooManyWorkspaces => Self::TooManyWorkspaces,
            StoreError::NoSecret { workspace, name, closest } => Self::NoSecret { workspace, name, closest },
            StoreError::VersionConflict { name, expected, found } => {
                let expected = if expected == 0 { Expected::Absent } else { Expected::Version(expected) };
                Self::Conflict(Conflict { name, expected, found })
            }
            StoreError::Unmaskable { name, reason } => Self::Unmaskable { name, reason },
            StoreError::Exposure { name, reason } => Self::Exposure { name, reason },
            StoreError::NoPart { name, number, closest } => Self::NoPart { name, number, closest },
            StoreError::NotAllowed { workspace, entry, closest } => Self::NotAllowed { workspace, entry, closest },
            StoreError::TooManyAllowed { workspace, count, limit } => Self::TooManyAllowed { workspace, count, limit },
            StoreError::EntryTooLong { length, limit } => Self::EntryTooLong { length, limit },
            StoreError::Description(reason) => Self::Description(reason),
            StoreError::TooManySecrets { workspace, limit } => Self::TooManySecrets { workspace, limit },
            StoreError::WorkspaceFull { workspace, bytes, limit } => Self::WorkspaceFull { workspace, bytes, limit },
            error @ StoreError::InUse { .. } => Self::Busy(error.into()),
            error @ StoreError::Unknown { .. } => Self::Unknown(error.into()),
            error @ (StoreError::Damaged { .. } | StoreError::RolledBack { .. } | StoreError::Older { .. }) => {
                Self::Damaged(error.into())
            }
            StoreError::Allowed { workspace, reason } => Self::Allowed { workspace, reason },
            StoreError::Unsupported { what } => Self::Unsupported { what },
            error => Self::Unavailable(error.into()),
        }
    }
}

impl StoreError {
    /// Tells why a value was not stored.
    pub(crate) fn unfit(name: &SecretName, unfit: Unfit) -> Self {
        match unfit {
            Unfit::Unmaskable(reason) => Self::Unmaskable { name: name.clone(), reason },
            Unfit::Exposure(reason) => Self::Exposure { name: name.clone(), reason },
            Unfit::Description(reason) => Self::Description(reason),
        }
    }

    /// Tells why nothing was said of a part. What was named could be a secret, and is not repeated.
    pub(crate) fn no_part(name: &SecretName, unknown: UnknownPart) -> Self {
        Self::NoPart { name: name.clone(), number: unknown.number, closest: unknown.closest }
    }

    /// Tells why a file of the store was not opened.
    pub(crate) fn unopened(doing: &'static str, path: &Path, unopened: Unopened) -> Self {
        match unopened {
            Unopened::Stranger(what) => Self::Stranger { path: path.to_owned(), what },
            Unopened::Io(error) => Self::io(doing, path, error),
        }
    }

    /// Whether the disk is at fault, full or failing, and not what stands on it: what can be read may be right all the
    /// same. A directory that may not be written is another matter: whoever owns it can have it repaired.
    pub(crate) fn is_of_the_disk(&self) -> bool {
        matches!(self, Self::DiskFull { .. } | Self::Io { .. })
    }

    /// Sorts an I/O error: a full disk and a read-only one are the user's to mend, the rest is told as it is.
    pub(crate) fn io(doing: &'static str, path: &Path, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull { path: path.to_owned() },
            io::ErrorKind::ReadOnlyFilesystem => {
                Self::ReadOnly { path: path.to_owned(), what: "the file system is read-only" }
            }
            io::ErrorKind::PermissionDenied => Self::Denied { doing, path: path.to_owned() },
            _ => Self::Io { doing, path: path.to_owned(), source },
        }
    }
}

/// Why no store was made. Nothing is left behind, but for [`InitError::Unsynced`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "what each is stands in its message")]
pub enum InitError {
    #[error("there is a store in {} already; nothing was changed", path.display())]
    Exists { path: PathBuf },
    #[error("{} is not empty and holds no store; nothing was changed", path.display())]
    NotEmpty { path: PathBuf },
    #[error("{} is not a directory", path.display())]
    NotADirectory { path: PathBuf },
    #[error("{} is a mount point, which cannot be replaced in one step", path.display())]
    MountPoint { path: PathBuf },
    #[error("the key file {} would lie in the data directory, so that a copy of the data held its key", path.display())]
    KeyInside { path: PathBuf },
    #[error(
        "the store in {} was made{}, but it is not known whether it would outlast a power loss: {cause}",
        path.display(), with_key(key_file)
    )]
    Unsynced { path: PathBuf, key_file: Option<PathBuf>, cause: Box<StoreError> },
    #[error("there is no home directory to keep the key in")]
    NoHome,
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

coded! { InitError:
    Self::Exists { .. } => Conflict "store-exists",
    Self::NotEmpty { .. } => Conflict "data-directory-not-empty",
    Self::NotADirectory { .. } => Invalid "data-directory-kind",
    Self::MountPoint { .. } => Invalid "data-directory-mount-point",
    Self::KeyInside { .. } => Invalid "key-inside-data",
    Self::Unsynced { .. } => Unknown "store-unsynced",
    Self::NoHome => Unavailable "key-no-home" of KeyError,
    Self::Key(error) => in error,
    Self::Store(error) => in error,
}

fn with_key(key_file: &Option<PathBuf>) -> String {
    key_file.as_ref().map(|path| format!(", its key in {}", path.display())).unwrap_or_default()
}

fn seconds(waited: &Duration) -> String {
    format!("{:.1} s", waited.as_secs_f64())
}

fn version(found: &Option<u64>) -> String {
    found.map_or_else(|| "none (it does not exist)".to_owned(), |version| version.to_string())
}

fn or_list(ids: &[KeyId]) -> String {
    ids.iter().map(KeyId::to_string).collect::<Vec<_>>().join(" or ")
}
