//! Keeps the secrets of workspaces on disk, sealed, and hands them to runs.
//!
//! What it guarantees, and `STORE` in the design explains:
//! - A value that was replaced or deleted opens under no key that is left: each change gives a workspace a new key.
//! - What was put back from an older copy, moved or altered is refused; it is never a wrong value and never a panic.
//! - A crash or a power loss leaves the store before or after the change under way, and every reader recovers by itself.
//! - Any number of processes may use one store at once: readers share, writers take turns, nobody keeps it open.
//! - Every change is in the audit log, every read is recorded before the value is handed out.
//!
//! Deliberately absent: any way to get a value but through a run's [`Snapshot`](um_secret::Snapshot).
//!
//! # Layout
//! - `seal` the cipher, `key` and `key_read` the master key, `keyring` and `keyring_file` all wrapped keys
//! - `database`, `backend`, `overlay` and `unshare` redb and its file, `index` a workspace's secrets, `fields` what later versions add to them, `meta` what ties database and keyring together
//! - `audit` the log of changes, `reads` the log of reads
//! - `lock` who may use it now, `session` one change, `edit` one of a workspace, `read` one look, `init` the first keyring and database
//! - `opened`, `verbs`, `workspaces`, `vault`, `snapshot`, `cache`: what a program holds and asks for

mod audit;
mod backend;
mod cache;
mod database;
mod disk;
mod edit;
mod error;
mod fields;
mod filesystem;
mod guard;
mod id;
mod index;
mod init;
mod key;
mod key_read;
mod keyring;
mod keyring_file;
mod lock;
mod meta;
mod opened;
mod overlay;
mod read;
mod reads;
mod seal;
mod session;
mod snapshot;
mod steps;
#[cfg(test)]
mod tests;
mod thread;
mod unshare;
mod vault;
mod verbs;
mod view;
mod wire;
mod workspaces;

use um_base::Coded;

pub use disk::Stranger;
pub use error::{Holder, InitError, StoreError};
pub use guard::is_guarded;
pub use id::StoreId;
pub use key::{KeyError, KeyId, KeySource, KeySourceError, KeyTextError};
pub use opened::Store;
pub use steps::{INIT_STEPS, WRITE_STEPS};
pub use view::{Checked, Deleted, Initialised};

/// The file of the database, in the data directory.
const DATABASE: &str = "secrets.redb";
/// A copy of it in the making.
const FRESH_DATABASE: &str = "secrets.redb.new";

/// What errors of the store tell of their own, with the kind of each.
pub const CODES: [&[(&str, um_base::ErrorKind)]; 5] =
    [StoreError::CODES, InitError::CODES, KeyError::CODES, KeySourceError::CODES, KeyTextError::CODES];
