//! The keyring: every key that opens something, wrapped, in one small file that can be replaced and wiped.
//!
//! A workspace that a pending change touches stands in the change alone, until it is settled to one side. Nothing is
//! believed before the HMAC over all fits, but for the slots, which authenticate themselves.

mod change;
mod header;
mod layout;
mod slot;

pub use change::{Keyring, Member, Pending, Side, Touched};
pub use header::{Header, KEYRING_HEADER, MAX_KEYRING, Refusal};
#[cfg(test)]
pub(crate) use slot::Slot;
