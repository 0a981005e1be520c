//! What a run is known by.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use um_base::coded;

/// Identifies one run in audit records, outcomes and logs: 128 random bits, written as 32 lower-case hexadecimal digits.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RunId([u8; 16]);

/// A text that is not the id of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the id of a run has 32 lower-case hexadecimal digits")]
pub struct RunIdError;

coded! { RunIdError:
    Self => Invalid "run-id-invalid",
}

impl RunId {
    /// # Panics
    /// If the operating system has no random numbers to give.
    #[expect(clippy::new_without_default, reason = "every call gives another value")]
    pub fn new() -> Self {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).expect("the operating system gives random numbers");
        Self(bytes)
    }

    /// The run that a record names.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Its 16 bytes.
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl FromStr for RunId {
    type Err = RunIdError;

    fn from_str(text: &str) -> Result<Self, RunIdError> {
        let plain = text.len() == 32 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        let bits = plain.then(|| u128::from_str_radix(text, 16).ok()).flatten();
        bits.map(|bits| Self(bits.to_be_bytes())).ok_or(RunIdError)
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for RunId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for RunId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_back_as_it_was_written() {
        let id = RunId::new();
        assert_eq!(id.to_string().parse(), Ok(id.clone()));
        let json = serde_json::to_string(&id).unwrap();
        assert_eq!(serde_json::from_str::<RunId>(&json).unwrap(), id);
        assert_eq!(RunId::from_bytes([0xab; 16]).to_string(), "ab".repeat(16));
    }

    #[test]
    fn what_is_no_id_is_refused() {
        for text in ["", "ab", &"AB".repeat(16), &"zz".repeat(16), &"ab".repeat(17), &format!("+{}", "a".repeat(31))] {
            assert_eq!(text.parse::<RunId>(), Err(RunIdError), "{text}");
        }
    }
}
