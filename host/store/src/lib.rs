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
//! What is kept, byte for byte, is in [`um_envelope`]; here is where it is kept.
//! - `store`, `verbs`, `workspaces`, `check`, `vault`, `secrets`: what a program holds and asks for, `answers` what it is told
//! - `look` one look at the store and the snapshots of runs, `change` one change, what verbs do, and the first of all
//! - `view` the store at one moment, `opened` what is known of it between looks
//! - `reads` the log of reads, `database` redb and its file, `disk` files and locks, `keys` where the master key is

#![warn(missing_docs)]

mod answers;
mod change;
mod check;
mod clock;
mod database;
mod disk;
mod error;
mod keys;
mod look;
mod opened;
mod reads;
mod secrets;
mod store;
#[cfg(test)]
mod tests;
mod thread;
mod vault;
mod verbs;
mod view;
mod workspaces;

use um_base::{Coded, ErrorKind};

pub use um_envelope::{KeyId, KeyTextError, StoreId};

pub use answers::{Checked, Deleted, Initialised};
pub use database::panics::is_guarded;
pub use disk::opening::Stranger;
pub use error::{Holder, InitError, StoreError};
pub use keys::new::NewKey;
pub use keys::source::{KeyError, KeySource, KeySourceError};
pub use store::Store;

/// What errors of the store tell of their own, with the kind of each.
pub const CODES: [&[(&str, ErrorKind)]; 5] =
    [StoreError::CODES, InitError::CODES, KeyError::CODES, KeySourceError::CODES, KeyTextError::CODES];
