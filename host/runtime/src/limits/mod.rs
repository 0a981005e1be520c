//! How much a run may use. Every limit has a default, a name and a number; hitting one ends that run and no other, but
//! for the number of connections: there one waits.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use um_base::coded;

const KIB: u64 = 1024;
const MIB: u64 = 1024 * KIB;
const GIB: u64 = 1024 * MIB;
/// One page of linear memory: a number without a unit was meant to have one.
const LEAST_MEMORY: u64 = 64 * KIB;

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
            pub(super) fn amount(&self, limit: Limit) -> Option<u64> {
                match limit {
                    $(Limit::$limit => self.$field.amount(),)*
                }
            }

            pub(super) fn put(&mut self, limit: Limit, amount: u64) {
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

            fn unit(self) -> Unit {
                match self {
                    $(Self::$limit => Unit::$unit,)*
                }
            }

            /// In its unit.
            fn least(self) -> u64 {
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
    /// Linear memory of all the guest's memories together, in bytes. Default 256 MiB.
    Memory: memory: u64, "memory", Size, 256 * MIB, LEAST_MEMORY;
    /// Memory that the host uses for the run: what it knows values by, the result, documents that are looked through,
    /// request bodies that are held. Default 128 MiB.
    HostMemory: host_memory: u64, "host-memory", Size, 128 * MIB, 0;
    /// Bytes that the guest writes to standard output, before the filter. Default 10 MiB.
    Stdout: stdout: u64, "stdout", Size, 10 * MIB, 0;
    /// Bytes that the guest writes to standard error, before the filter. Default 10 MiB.
    Stderr: stderr: u64, "stderr", Size, 10 * MIB, 0;
    /// How long whoever reads the output may take for the rest of it when the guest is over. Default 30 s, or for ever
    /// where the run is [patient](super::Run::patient). It does not change how the run ended.
    Deliver: deliver: Option<Duration>, "deliver", Time, None, 0;
    /// Bytes of the result or error that a typed action returns. Default 8 MiB.
    Result: result: u64, "result", Size, 8 * MIB, 0;
    /// Number of documents. Default 100.
    Documents: documents: u64, "documents", Count, 100, 0;
    /// Bytes of all documents together, before the filter. Default 64 MiB.
    DocumentBytes: document_bytes: u64, "document-bytes", Size, 64 * MIB, 0;
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
enum Unit {
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

impl Amount for Option<Duration> {
    fn amount(&self) -> Option<u64> {
        self.as_ref().and_then(Amount::amount)
    }

    fn of(amount: u64) -> Self {
        Some(Amount::of(amount))
    }
}

/// Why a limit could not be set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LimitError {
    #[error("there is no limit `{name}`; the limits are {}", names())]
    Unknown { name: String },
    #[error("`{text}` is not a duration; write for example 500ms, 30s, 2m or 1h")]
    Duration { text: String },
    #[error("`{text}` is not a size; write for example 4096, 64KiB, 256MiB or 2GiB")]
    Size { text: String },
    #[error("`{text}` is not a whole number")]
    Count { text: String },
    #[error("a guest cannot start with less memory than {LEAST_MEMORY} bytes; most need some MiB")]
    Memory,
    #[error("the limit `{name}` must be more than nothing")]
    Zero { name: &'static str },
}

coded! { LimitError:
    Self::Unknown { .. } => Invalid "limit-unknown",
    Self::Duration { .. } | Self::Size { .. } | Self::Count { .. } => Invalid "limit-malformed",
    Self::Memory | Self::Zero { .. } => Invalid "limit-too-low",
}

impl Limits {
    /// Sets a limit from the text of an option, as in `--limit memory=512MiB`.
    ///
    /// # Errors
    /// [`LimitError`]: an unknown name, a value that does not parse, or zero.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), LimitError> {
        let limit = Limit::named(name)?;
        self.put(limit, limit.read(value)?);
        Ok(())
    }

    /// The value of a limit as it stands in messages.
    pub fn show(&self, limit: Limit) -> String {
        self.amount(limit).map_or_else(|| "none".to_owned(), |amount| limit.show(amount))
    }
}

impl Limit {
    /// The limit that options and policies call by this name.
    ///
    /// # Errors
    /// [`LimitError::Unknown`].
    pub fn named(name: &str) -> Result<Self, LimitError> {
        let limit = Self::ALL.into_iter().find(|limit| limit.name() == name);
        limit.ok_or_else(|| LimitError::Unknown { name: name.to_owned() })
    }

    /// An amount as people write it, in the limit's unit.
    fn read(self, value: &str) -> Result<u64, LimitError> {
        let amount = match self.unit() {
            Unit::Time => parse_milliseconds(value)?,
            Unit::Size => parse_size(value)?,
            Unit::Count => parse_count(value)?,
        };
        match amount < self.least() {
            true if self == Self::Memory => Err(LimitError::Memory),
            true => Err(LimitError::Zero { name: self.name() }),
            false => Ok(amount),
        }
    }

    /// An amount in the limit's unit, as it stands in messages.
    pub(super) fn show(self, amount: u64) -> String {
        match self.unit() {
            Unit::Time => show_milliseconds(amount),
            Unit::Size => show_size(amount),
            Unit::Count => amount.to_string(),
        }
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
            if let (Ok(limit), Some(amount)) = (Limit::named(&name), amount) {
                limits.put(limit, amount);
            }
        }
        Ok(limits)
    }
}

/// Limits that somebody names; the others stay as they are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LimitWishes(BTreeMap<Limit, u64>);

impl LimitWishes {
    /// Names a limit by the text of an option. Named again, the later one counts.
    ///
    /// # Errors
    /// [`LimitError`]: an unknown name, a value that does not parse, or zero.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), LimitError> {
        let limit = Limit::named(name)?;
        self.0.insert(limit, limit.read(value)?);
        Ok(())
    }

    /// What is asked for, in the limit's unit: milliseconds, bytes or a number.
    pub fn amount(&self, limit: Limit) -> Option<u64> {
        self.0.get(&limit).copied()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// All of them, as they stand there.
impl From<&Limits> for LimitWishes {
    fn from(limits: &Limits) -> Self {
        let named = |limit| limits.amount(limit).map(|amount| (limit, amount));
        Self(Limit::ALL.into_iter().filter_map(named).collect())
    }
}

/// By name, each as it can be read again.
impl Serialize for LimitWishes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let written = |(limit, amount): (&Limit, &u64)| match limit.unit() {
            Unit::Time => (limit.name(), format!("{amount}ms")),
            Unit::Size | Unit::Count => (limit.name(), amount.to_string()),
        };
        serializer.collect_map(self.0.iter().map(written))
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

fn names() -> String {
    Limit::ALL.map(Limit::name).join(", ")
}

/// A duration as people write it: a whole number and `ms`, `s`, `m` or `h`.
///
/// # Errors
/// [`LimitError::Duration`].
pub fn parse_duration(text: &str) -> Result<Duration, LimitError> {
    parse_milliseconds(text).map(Duration::from_millis)
}

fn parse_milliseconds(text: &str) -> Result<u64, LimitError> {
    let refusal = || LimitError::Duration { text: text.to_owned() };
    let (number, unit) = split_number(text).ok_or_else(refusal)?;
    let milliseconds: u64 = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return Err(refusal()),
    };
    number.checked_mul(milliseconds).ok_or_else(refusal)
}

/// A size as people write it: a whole number of bytes, or of `KB`, `MB`, `GB` (powers of 1,000), `KiB`, `MiB`, `GiB`.
///
/// # Errors
/// [`LimitError::Size`].
pub fn parse_size(text: &str) -> Result<u64, LimitError> {
    let refusal = || LimitError::Size { text: text.to_owned() };
    let (number, unit) = split_number(text).ok_or_else(refusal)?;
    let bytes: u64 = match unit {
        "" | "B" => 1,
        "KB" | "kB" => 1_000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        "KiB" => KIB,
        "MiB" => MIB,
        "GiB" => GIB,
        _ => return Err(refusal()),
    };
    number.checked_mul(bytes).ok_or_else(refusal)
}

fn parse_count(text: &str) -> Result<u64, LimitError> {
    text.parse().map_err(|_| LimitError::Count { text: text.to_owned() })
}

fn split_number(text: &str) -> Option<(u64, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    Some((text[..end].parse().ok()?, &text[end..]))
}

fn show_milliseconds(milliseconds: u64) -> String {
    if milliseconds.is_multiple_of(1000) { format!("{} s", milliseconds / 1000) } else { format!("{milliseconds} ms") }
}

fn show_size(bytes: u64) -> String {
    for (unit, name) in [(GIB, "GiB"), (MIB, "MiB"), (KIB, "KiB")] {
        if bytes >= unit && bytes.is_multiple_of(unit) {
            return format!("{} {name}", bytes / unit);
        }
    }
    format!("{bytes} bytes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_limit_can_be_set_by_its_name() {
        let mut limits = Limits::default();
        for limit in Limit::ALL {
            let value = match limit.unit() {
                Unit::Time => "7s",
                Unit::Size => "7MiB",
                Unit::Count => "7",
            };
            limits.set(limit.name(), value).unwrap();
            assert!(limits.show(limit).starts_with('7'), "{limit}: {}", limits.show(limit));
        }
    }

    #[test]
    fn durations_and_sizes_are_read_as_people_write_them() {
        assert_eq!(parse_duration("500ms").unwrap(), Duration::from_millis(500));
        assert_eq!(parse_duration("2m").unwrap(), Duration::from_secs(120));
        assert_eq!(parse_size("256MiB").unwrap(), 256 * MIB);
        assert_eq!(parse_size("4096").unwrap(), 4096);
        for text in ["", "s", "30", "-1s", "1.5s", "30 s", "99999999999999999h"] {
            assert!(parse_duration(text).is_err(), "{text}");
        }
        for text in ["", "MiB", "-1", "1.5MiB", "1 MiB", "99999999999GiB"] {
            assert!(parse_size(text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_unknown_limit_is_refused_with_the_names_there_are() {
        let refusal = Limits::default().set("ram", "1").unwrap_err().to_string();
        assert!(refusal.contains("`ram`") && refusal.contains("memory") && refusal.contains("http-calls"), "{refusal}");
        assert_eq!(Limits::default().set("memory", "12"), Err(LimitError::Memory));
        for (name, nothing) in [("wall", "0s"), ("http-connections", "0")] {
            assert_eq!(Limits::default().set(name, nothing), Err(LimitError::Zero { name }));
        }
    }
}
