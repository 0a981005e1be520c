//! Limits as people write them and read them: `memory=512MiB`.

use std::time::Duration;

use super::table::{GIB, KIB, LEAST_MEMORY, Limit, Limits, MIB, Unit};
use um_base::coded;

/// Why a limit could not be set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs, reason = "what each is stands in its message")]
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
    #[error("the limit `{name}` must be at least {least}")]
    TooLow { name: &'static str, least: String },
}

coded! { LimitError:
    Self::Unknown { .. } => Invalid "limit-unknown",
    Self::Duration { .. } | Self::Size { .. } | Self::Count { .. } => Invalid "limit-malformed",
    Self::Memory | Self::Zero { .. } | Self::TooLow { .. } => Invalid "limit-too-low",
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
        Self::by_name(name).ok_or_else(|| LimitError::Unknown { name: name.to_owned() })
    }

    /// An amount as people write it, in the limit's unit.
    pub(super) fn read(self, value: &str) -> Result<u64, LimitError> {
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
    pub(crate) fn show(self, amount: u64) -> String {
        match self.unit() {
            Unit::Time => show_milliseconds(amount),
            Unit::Size => show_size(amount),
            Unit::Count => amount.to_string(),
        }
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

pub(crate) fn show_milliseconds(milliseconds: u64) -> String {
    if milliseconds.is_multiple_of(1000) { format!("{} s", milliseconds / 1000) } else { format!("{milliseconds} ms") }
}

pub(crate) fn show_size(bytes: u64) -> String {
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
                Unit::Time => "8s",
                Unit::Size => "8MiB",
                Unit::Count => "8",
            };
            limits.set(limit.name(), value).unwrap();
            assert!(limits.show(limit).starts_with('8'), "{limit}: {}", limits.show(limit));
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
