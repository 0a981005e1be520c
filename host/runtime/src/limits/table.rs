//! The table of limits: what each of them is called, what it counts and what it is by default.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub(super) const KIB: u64 = 1024;
pub(super) const MIB: u64 = 1024 * KIB;
pub(super) const GIB: u64 = 1024 * MIB;
/// One page of linear memory: a number without a unit was meant to have one.
pub(super) const LEAST_MEMORY: u64 = 64 * KIB;
/// With a quarter of it, Python traps before it finds by itself that a recursion is too deep.
pub(crate) const DEFAULT_STACK: u64 = 4 * MIB;
pub(crate) const LEAST_STACK: u64 = 64 * KIB;
/// Most of a stack: it is memory of the host's that no other limit counts.
pub(crate) const MOST_STACK: u64 = 256 * MIB;

/// The table of limits: for each its documentation, its name in code, the field, the name in options and outcomes, its
/// unit, what it is by default and the least it may be. All but the table itself follows from it.
macro_rules! limits {
    ($($(#[$doc:meta])* $limit:ident: $field:ident: $type:ty, $name:literal, $unit:ident, $default:expr, $least:expr;)*) => {
        /// The limits of one run.
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub struct Limits {
            $($(#[$doc])* pub $field: $type,)*
        }

        /// Names a limit: in an option, in a message, in an outcome.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        #[non_exhaustive]
        pub enum Limit {
            $($(#[$doc])* $limit,)*
        }

        impl Default for Limits {
            fn default() -> Self {
                Self { $($field: $default,)* }
            }
        }

        impl Limits {
            /// In its unit; nothing where there is no limit.
            pub(crate) fn amount(&self, limit: Limit) -> Option<u64> {
                match limit {
                    $(Limit::$limit => self.$field.amount(),)*
                }
            }

            pub(crate) fn put(&mut self, limit: Limit, amount: u64) {
                match limit {
                    $(Limit::$limit => self.$field = Amount::of(amount),)*
                }
            }
        }

        impl Limit {
            /// Every limit, in the order in which they are listed.
            pub const ALL: [Self; [$($name),*].len()] = [$(Self::$limit,)*];

            /// What it is called in options, policies and outcomes.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$limit => $name,)*
                }
            }

            pub(super) fn unit(self) -> Unit {
                match self {
                    $(Self::$limit => Unit::$unit,)*
                }
            }

            /// In its unit.
            pub(super) fn least(self) -> u64 {
                match self {
                    $(Self::$limit => $least,)*
                }
            }
        }
    };
}

limits! {
    /// Time from start to end, waiting included. Default 30 s.
    Wall: wall: Duration, "wall", Time, Duration::from_secs(30), 1;
    /// Processor time of the guest and of the host's work for it, checked every 10 ms. Default: no limit but `wall`.
    Cpu: cpu: Option<Duration>, "cpu", Time, None, 1;
    /// Instructions of the guest, about one for each of WebAssembly's. The same program with the same input uses the same
    /// number, on every machine. Default: none, and only hosts that [count](crate::HostBuilder::fuel) know it.
    Fuel: fuel: Option<u64>, "fuel", Count, None, 1;
    /// Linear memory of all the guest's memories together, in bytes. Default 256 MiB.
    Memory: memory: u64, "memory", Size, 256 * MIB, LEAST_MEMORY;
    /// Memory that the host uses for the run: what it knows values by, the result, documents that are looked through,
    /// request bodies that are held. Default 128 MiB.
    HostMemory: host_memory: u64, "host-memory", Size, 128 * MIB, 0;
    /// The guest's native stack, in bytes: how deep its calls may go. It is a setting of the
    /// [host](crate::HostBuilder::stack), whose runs all have the same: this is the most that a run may have. Default 4 MiB.
    Stack: stack: u64, "stack", Size, DEFAULT_STACK, LEAST_STACK;
    /// Elements of all the guest's tables together. Default 1,000,000.
    TableElements: table_elements: u64, "table-elements", Count, 1_000_000, 0;
    /// Core instances that the guest is made of. Default 200.
    Instances: instances: u64, "instances", Count, 200, 1;
    /// What the guest has open at once: files, streams, requests, answers. Default 500. A program for WASI 0.1 that wants
    /// more files is told so, and goes on.
    Resources: resources: u64, "resources", Count, 500, 8;
    /// Handles of resources that the guest holds at once, its own included. Default 5,000.
    Handles: handles: u64, "handles", Count, 5_000, 8;
    /// How often the guest asks for secrets. Default 100,000.
    SecretReads: secret_reads: u64, "secret-reads", Count, 100_000, 0;
    /// Bytes that the guest writes to standard output, before the filter. Default 10 MiB.
    Stdout: stdout: u64, "stdout", Size, 10 * MIB, 0;
    /// Bytes that the guest writes to standard error, before the filter. Default 10 MiB.
    Stderr: stderr: u64, "stderr", Size, 10 * MIB, 0;
    /// How long whoever reads the output may take for the rest of it when the guest is over. Default 30 s, or for ever
    /// where the run is [patient](crate::Run::patient). It does not change how the run ended.
    Deliver: deliver: Option<Duration>, "deliver", Time, None, 0;
    /// Bytes of the result or error that a typed action returns. Default 8 MiB.
    Result: result: u64, "result", Size, 8 * MIB, 0;
    /// Number of documents. Default 100.
    Documents: documents: u64, "documents", Count, 100, 0;
    /// Bytes of all documents together, before the filter. Default 64 MiB.
    DocumentBytes: document_bytes: u64, "document-bytes", Size, 64 * MIB, 0;
    /// Bytes of all files that the guest keeps in `/tmp`, in pages of 4 KiB, out of `host-memory`. What does not fit is
    /// refused as on a disk that is full, and the run goes on. Default 64 MiB.
    TmpBytes: tmp_bytes: u64, "tmp-bytes", Size, 64 * MIB, 0;
    /// Number of HTTP requests. Default 100.
    HttpCalls: http_calls: u64, "http-calls", Count, 100, 0;
    /// Bytes of all request bodies together. Default 64 MiB.
    HttpBytesOut: http_bytes_out: u64, "http-bytes-out", Size, 64 * MIB, 0;
    /// Bytes of all response bodies together. Default 64 MiB.
    HttpBytesIn: http_bytes_in: u64, "http-bytes-in", Size, 64 * MIB, 0;
    /// HTTP requests under way at the same time. Default 64. More of them wait, as long as connecting may take: then the
    /// request fails, and the run goes on.
    HttpConnections: http_connections: u64, "http-connections", Count, 64, 1;
    /// The longest that a guest may have the host wait for the head of one answer, or for its next piece. Default 10 min; a
    /// guest that does not say how long waits 30 s. Then the request fails, and the run goes on.
    HttpFirstByte: http_first_byte: Duration, "http-first-byte", Time, Duration::from_secs(600), 1;
}

/// What a limit counts, and how people write it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    /// Milliseconds.
    Time,
    /// Bytes.
    Size,
    Count,
}

/// The value of a limit as a number of its unit.
trait Amount {
    fn amount(&self) -> Option<u64>;
    fn of(amount: u64) -> Self;
}

impl Amount for u64 {
    fn amount(&self) -> Option<u64> {
        Some(*self)
    }

    fn of(amount: u64) -> Self {
        amount
    }
}

impl Amount for Duration {
    fn amount(&self) -> Option<u64> {
        Some(u64::try_from(self.as_millis()).unwrap_or(u64::MAX))
    }

    fn of(amount: u64) -> Self {
        Self::from_millis(amount)
    }
}

impl Amount for Option<u64> {
    fn amount(&self) -> Option<u64> {
        *self
    }

    fn of(amount: u64) -> Self {
        Some(amount)
    }
}

impl Amount for Option<Duration> {
    fn amount(&self) -> Option<u64> {
        self.as_ref().and_then(Amount::amount)
    }

    fn of(amount: u64) -> Self {
        Some(Amount::of(amount))
    }
}

impl Limit {
    pub(super) fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|limit| limit.name() == name)
    }
}

/// By name; times in milliseconds, sizes in bytes, `null` where there is no limit.
impl Serialize for Limits {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(Limit::ALL.map(|limit| (limit.name(), self.amount(limit))))
    }
}

/// What later versions added is passed over.
impl<'de> Deserialize<'de> for Limits {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut limits = Self::default();
        for (name, amount) in BTreeMap::<String, Option<u64>>::deserialize(deserializer)? {
            if let (Some(limit), Some(amount)) = (Limit::by_name(&name), amount) {
                limits.put(limit, amount);
            }
        }
        Ok(limits)
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
