//! The one place that names redb: `secrets.redb`, which holds ciphertext and nothing that opens it.
//!
//! - Writers open with an integrity check and commit in two phases, durably; the file must exist and hold a database.
//! - Readers open read-only. redb trusts a cleanly closed file and may panic on an altered one: every panic of redb
//!   becomes [`StoreError::Damaged`](crate::StoreError::Damaged), and what is read is believed only after our own
//!   authentication.
//! - A file that has other names, in a backup made of hard links, is copied before it is changed.
//! - Nothing here decrypts.

mod backend;
mod fault;
mod overlay;
pub(crate) mod panics;
pub(crate) mod reading;
pub(crate) mod rows;
mod unshare;
pub(crate) mod writing;
