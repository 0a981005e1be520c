//! What a secret is: its name, its value, how it may be used, and where a run gets it from.
//!
//! Everything else builds on these types. They know neither the store nor the engine: those two meet in
//! [`Secrets`] and [`Snapshot`], which an embedder with a vault of its own may implement; who manages secrets meets them
//! in [`Vault`].
//!
//! Deliberately absent: any way to print, clone, compare or serialise a [`SecretValue`].

#![warn(missing_docs)]

mod actor;
mod binding;
pub mod conformance;
mod description;
mod exposure;
mod key_text;
mod map;
mod name;
mod parts;
mod run_id;
mod source;
mod stack;
mod value;
mod vault;

pub use um_base::ErrorKind;

pub use actor::{Actor, ActorError, ActorKind, ActorRecord, Door};
pub use binding::{Binding, BindingError};
pub use description::check_apart;
pub use exposure::{Exposure, ExposureError, MAX_BINDINGS, MAX_SEALED_BYTES, MIN_SEALED_BYTES, check_exposure};
pub use key_text::{
    KEY_BODY, KEY_CHECK, KEY_LENGTH, KEY_NAME, KEY_PREFIX, is_key, is_of_key, key_checksum, without_keys,
};
pub use map::{GivenError, MapSecret, MapVault, Overlay, ReadEntry};
pub use name::{
    DescriptionError, NameError, SecretName, WorkspaceName, WorkspaceNameError, check_description, closest,
};
pub use parts::{MAX_PARTS, MAX_PARTS_BYTES, MAX_PATH_BYTES, Part, Parts, UnknownPart, Verdict, Word};
pub use run_id::{RunId, RunIdError};
pub use source::{
    Entry, Misdirected, OpenError, ReadLog, Reader, SealedUse, Secrets, SettleError, Snapshot, SnapshotError,
};

pub use stack::{apart, wipe_stack};
pub use value::{MASK, MAX_VALUE_BYTES, Masking, SecretValue, Unmaskable, ValueError, masking};
pub use vault::{
    AuditEntry, AuditPage, AuditRange, Change, Conflict, Done, Expected, LastUse, MAX_ALLOWED, MAX_ALLOWED_BYTES,
    MAX_CHANGES, MAX_PAGE, MAX_SECRETS, MAX_WORKSPACE_BYTES, Page, Precondition, Query, Receipt, SecretDetails,
    SecretSummary, SetOptions, Settled, Stored, Unfit, Vault, VaultError, VaultExt, WorkspaceDetails, WorkspaceSummary,
};
