//! Keeps the secrets of workspaces on disk, sealed, and hands them to runs.

mod error;
mod id;
mod key;
mod seal;
mod vault;
mod view;

pub use error::{Holder, InitError, StoreError};
pub use id::StoreId;
pub use key::{KeyError, KeyId, KeySource, KeySourceError, KeyTextError};
pub use vault::Store;
pub use view::{Checked, Deleted, Initialised, LastUse, SecretSummary, SetOptions, Stored, WorkspaceSummary};
