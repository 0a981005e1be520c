//! The keyring: every key that opens something, wrapped, in one small file that can be replaced and wiped.
//!
//! A workspace that a pending change touches stands in the change alone, until it is settled to one side. Nothing is
//! believed before the HMAC over all fits, but for the slots, which authenticate themselves.

pub(crate) mod change;
pub(crate) mod header;
mod layout;
pub(crate) mod slot;
