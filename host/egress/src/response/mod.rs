//! The response, from the wire to the guest.
//!
//! - `body`: what the guest gets: as it was received, or filtered
//! - `filtered`: responses of origins that sealed secrets are bound to, head, body and trailers: decompressed (`decode`,
//!   `zstd`), held to charsets that can be looked through (`charset`), and searched for sealed values (`sealed_search`)

pub(crate) mod body;
pub(crate) mod charset;
pub(crate) mod decode;
pub(crate) mod filtered;
pub(crate) mod sealed_search;
pub(crate) mod zstd;
