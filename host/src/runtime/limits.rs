//! How much a run may use. Every limit has a default, a name and a number; hitting one ends that run and no other, but
//! for the number of connections: there one waits.

use std::fmt;
use std::time::Duration;

use serde::Serialize;

const KIB: u64 = 1024;
const MIB: u64 = 1024 * KIB;
const GIB: u64 = 1024 * MIB;
/// One page of linear memory: a number without a unit was meant to have one.
const LEAST_MEMORY: u64 = 64 * KIB;

/// The limits of one run.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Time from start to end, waiting included. Default 30 s.
    pub wall: Duration,
    /// Processor time of the guest, checked every 10 ms. Default: no limit but `wall`.
    pub cpu: Option<Duration>,
    /// Linear memory of all the guest's memories together, in bytes. Default 256 MiB.
    pub memory: u64,
    /// Bytes that the guest writes to standard output, before the filter. Default 10 MiB.
    pub stdout: u64,
    /// Bytes that the guest writes to standard error, before the filter. Default 10 MiB.
    pub stderr: u64,
    /// Bytes of the result or error that a typed action returns. Default 8 MiB.
    pub result: u64,
    /// Number of documents. Default 100.
    pub documents: u64,
    /// Bytes of all documents together, before the filter. Default 64 MiB.
    pub document_bytes: u64,
    /// Number of HTTP requests. Default 100.
    pub http_calls: u64,
    /// Bytes of all request bodies together. Default 64 MiB.
    pub http_bytes_out: u64,
    /// Bytes of all response bodies together. Default 64 MiB.
    pub http_bytes_in: u64,
    /// HTTP requests under way at the same time. Default 64. More of them wait, as long as connecting may take: then the
    /// request fails, and the run goes on.
    pub http_connections: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            wall: Duration::from_secs(30),
            cpu: None,
            memory: 256 * MIB,
            stdout: 10 * MIB,
            stderr: 10 * MIB,
            result: 8 * MIB,
            documents: 100,
            document_bytes: 64 * MIB,
            http_calls: 100,
            http_bytes_out: 64 * MIB,
            http_bytes_in: 64 * MIB,
            http_connections: 64,
        }
    }
}

/// Names a limit: in an option, in a message, in an outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Limit {
    Wall,
    Cpu,
    Memory,
    Stdout,
    Stderr,
    Result,
    Documents,
    DocumentBytes,
    HttpCalls,
    HttpBytesOut,
    HttpBytesIn,
    HttpConnections,
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

impl Limits {
    /// Sets a limit from the text of an option, as in `--limit memory=512MiB`.
    ///
    /// # Errors
    /// [`LimitError`]: an unknown name, a value that does not parse, or zero.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), LimitError> {
        let limit = Limit::ALL.into_iter().find(|limit| limit.name() == name);
        let limit = limit.ok_or_else(|| LimitError::Unknown { name: name.to_owned() })?;
        match limit {
            Limit::Wall => self.wall = more_than_nothing(limit, parse_duration(value)?)?,
            Limit::Cpu => self.cpu = Some(more_than_nothing(limit, parse_duration(value)?)?),
            Limit::Memory => self.memory = at_least_a_page(parse_size(value)?)?,
            Limit::Stdout => self.stdout = parse_size(value)?,
            Limit::Stderr => self.stderr = parse_size(value)?,
            Limit::Result => self.result = parse_size(value)?,
            Limit::Documents => self.documents = parse_count(value)?,
            Limit::DocumentBytes => self.document_bytes = parse_size(value)?,
            Limit::HttpCalls => self.http_calls = parse_count(value)?,
            Limit::HttpBytesOut => self.http_bytes_out = parse_size(value)?,
            Limit::HttpBytesIn => self.http_bytes_in = parse_size(value)?,
            Limit::HttpConnections => self.http_connections = more_than_nothing(limit, parse_count(value)?)?,
        }
        Ok(())
    }

    /// The value of a limit as it stands in messages.
    pub fn show(&self, limit: Limit) -> String {
        match limit {
            Limit::Wall => show_duration(self.wall),
            Limit::Cpu => self.cpu.map_or_else(|| "none".to_owned(), show_duration),
            Limit::Memory => show_size(self.memory),
            Limit::Stdout => show_size(self.stdout),
            Limit::Stderr => show_size(self.stderr),
            Limit::Result => show_size(self.result),
            Limit::Documents => self.documents.to_string(),
            Limit::DocumentBytes => show_size(self.document_bytes),
            Limit::HttpCalls => self.http_calls.to_string(),
            Limit::HttpBytesOut => show_size(self.http_bytes_out),
            Limit::HttpBytesIn => show_size(self.http_bytes_in),
            Limit::HttpConnections => self.http_connections.to_string(),
        }
    }
}

impl Limit {
    /// Every limit, in the order in which they are listed.
    pub const ALL: [Self; 12] = [
        Self::Wall,
        Self::Cpu,
        Self::Memory,
        Self::Stdout,
        Self::Stderr,
        Self::Result,
        Self::Documents,
        Self::DocumentBytes,
        Self::HttpCalls,
        Self::HttpBytesOut,
        Self::HttpBytesIn,
        Self::HttpConnections,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Wall => "wall",
            Self::Cpu => "cpu",
            Self::Memory => "memory",
            Self::Stdout => "stdout",
            Self::Stderr => "stderr",
            Self::Result => "result",
            Self::Documents => "documents",
            Self::DocumentBytes => "document-bytes",
            Self::HttpCalls => "http-calls",
            Self::HttpBytesOut => "http-bytes-out",
            Self::HttpBytesIn => "http-bytes-in",
            Self::HttpConnections => "http-connections",
        }
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

fn at_least_a_page(bytes: u64) -> Result<u64, LimitError> {
    if bytes < LEAST_MEMORY { Err(LimitError::Memory) } else { Ok(bytes) }
}

fn more_than_nothing<T: Default + PartialEq>(limit: Limit, value: T) -> Result<T, LimitError> {
    if value == T::default() {
        return Err(LimitError::Zero { name: limit.name() });
    }
    Ok(value)
}

/// A duration as people write it: a whole number and `ms`, `s`, `m` or `h`.
///
/// # Errors
/// [`LimitError::Duration`].
pub fn parse_duration(text: &str) -> Result<Duration, LimitError> {
    let refusal = || LimitError::Duration { text: text.to_owned() };
    let (number, unit) = split_number(text).ok_or_else(refusal)?;
    let milliseconds: u64 = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return Err(refusal()),
    };
    number.checked_mul(milliseconds).map(Duration::from_millis).ok_or_else(refusal)
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

fn show_duration(duration: Duration) -> String {
    let milliseconds = duration.as_millis();
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
            let value = match limit {
                Limit::Wall | Limit::Cpu => "7s",
                Limit::Memory => "7MiB",
                _ => "7",
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
