//! What a vault keeps, as bytes: everything is sealed here, and opened, and nowhere else is a cipher named.
//!
//! Bytes in, bytes out. Whoever keeps them (files and a database in `um-store`) sees to locks, order and durability; what
//! was put back from an older copy, moved to another place or altered does not open, wherever it lay.
//!
//! ```text
//! master key --wraps--> store key --wraps--> workspace key of this epoch --seals--> index --holds--> data key --seals--> value
//!                       store key --wraps--> audit key --seals and chains--> audit rows, read records
//! ```
//! - A [`Keyring`] has all wrapped keys, and at most one change under way; a master key opens it.
//! - A workspace is a [`WorkspaceEntry`] of it and an [`Index`] that its key seals. Each change gives it a new key and a
//!   new epoch, so what was replaced or deleted opens under no key that is left.
//! - A value is a [`ValueRow`], sealed under a data key of its own.
//! - [`Meta`] ties the rows to the keyring: it tells which side of a change counts, and whether one of them is older.
//! - [`AuditRow`]s and [`ReadRecord`]s are chained: what was cut off, altered or put in between does not fit.
//!
//! Deliberately absent: files, locks, a clock, any choice of algorithm, and any way to print a key.
//!
//! # Layout
//! - `context` what a sealed message is bound to, `seal` the cipher, `derive` keys from keys, `key` and `key_text` keys
//! - `keyring` the keyring (its bytes: `keyring/layout`), `workspace` names, keys and indexes of workspaces, `index` what an index lists, `parts` what it says of parts of values, `value` values, `meta`
//! - `audit` the log of changes, `read_record` and `segment` the log of reads
//! - `wire` numbers, texts and lengths, `fields` what later versions add

#![warn(missing_docs)]

mod audit;
mod context;
mod derive;
mod fields;
mod id;
mod index;
mod key;
mod key_text;
mod keyring;
mod meta;
mod parts;
mod read_record;
mod seal;
mod segment;
#[cfg(test)]
mod tests;
mod value;
mod wire;
mod workspace;

pub use audit::{AuditHead, AuditRow, Note};
pub use fields::{Fields, Unread};
pub use id::{Id, StoreId, random};
pub use index::{Held, INDEX_FORMAT, Index, Listed};
pub use key::{AuditKey, Key, KeyId, Keys};
pub use key_text::{KeyTextError, looks_like_key};
pub use keyring::change::{Keyring, Pending, Side, Touched, WorkspaceEntry};
pub use keyring::header::{Header, KEYRING_HEADER, MAX_KEYRING, Refusal};
pub use meta::{Meta, Mismatch};
pub use read_record::{ReadRecord, Use};
pub use segment::{SEGMENT_HEADER, SegmentHead};
pub use value::ValueRow;
pub use wire::Malformed;
pub use workspace::epoch_of;
