//! How much HTTP one run may do.

use std::fmt;

use serde::Serialize;

/// How much HTTP one run may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Requests that pass the allow-list. Default 100.
    pub calls: u64,
    /// Bytes of all request bodies together. Default 64 MiB.
    pub bytes_out: u64,
    /// Bytes of all response bodies together: as they arrive, but of a host that sealed secrets are bound to as the
    /// guest gets them, with placeholders for values and decompressed. Default 64 MiB.
    pub bytes_in: u64,
    /// Requests under way at the same time, from dialling to the end of the answer: each has a connection, or a stream
    /// of one. Default 64. The next one waits for a free place as long as it may for a connection.
    pub connections: u64,
}

/// One of the limits of a [`Budget`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Limit {
    /// [`Budget::calls`].
    HttpCalls,
    /// [`Budget::bytes_out`], in bytes.
    HttpBytesOut,
    /// [`Budget::bytes_in`], in bytes.
    HttpBytesIn,
}

impl Default for Budget {
    fn default() -> Self {
        Self { calls: 100, bytes_out: 64 << 20, bytes_in: 64 << 20, connections: 64 }
    }
}

impl Budget {
    /// How much that limit allows: calls, or bytes.
    pub fn of(&self, limit: Limit) -> u64 {
        match limit {
            Limit::HttpCalls => self.calls,
            Limit::HttpBytesOut => self.bytes_out,
            Limit::HttpBytesIn => self.bytes_in,
        }
    }
}

impl Limit {
    /// The name in options and outcomes: `http-calls`, `http-bytes-out`, `http-bytes-in`.
    pub fn name(self) -> &'static str {
        match self {
            Self::HttpCalls => "http-calls",
            Self::HttpBytesOut => "http-bytes-out",
            Self::HttpBytesIn => "http-bytes-in",
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
