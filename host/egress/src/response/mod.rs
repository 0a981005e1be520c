//! The response, from the wire to the guest.
//!
//! - `body`: what the guest gets: as it was received, or filtered
//! - `head`: its fields, and what is not handed on of them
//! - `filter`: what bodies from origins that sealed secrets are bound to pass through: they are decompressed (`decode`,
//!   `zstd`), held to charsets that can be looked through (`charset`), and searched for sealed values (`sealed_search`), in a
//!   gzip file too (`packed`)

pub(crate) mod body;
pub(crate) mod charset;
pub(crate) mod decode;
pub(crate) mod filter;
pub(crate) mod head;
pub(crate) mod packed;
pub(crate) mod sealed_search;
pub(crate) mod zstd;
