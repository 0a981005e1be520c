//! The methods that a rule may name.

use std::fmt;
use std::str::FromStr;

use crate::coded;

/// Longest method, in bytes.
const MAX_METHOD: usize = 32;

/// A method that a rule may name: those that are registered, and what looks like them. Case matters (RFC 9110, 9.1), and
/// it is upper. `CONNECT` and `TRACE` are never sent, so they are none.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Method(Box<str>);

/// Why a text is no method of a rule. The messages do not repeat the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "what each is stands in its message")]
pub enum MethodError {
    #[error("a method has 1 to {MAX_METHOD} upper-case letters, hyphens and underscores, as in GET")]
    Form,
    #[error("CONNECT and TRACE are never sent; leave them out")]
    NeverSent,
}

coded! { MethodError:
    Self::Form => Invalid "method-malformed",
    Self::NeverSent => Invalid "method-never-sent",
}

impl Method {
    /// Reads one method.
    ///
    /// # Errors
    /// [`MethodError`] with the rule that the text breaks.
    pub fn parse(text: &str) -> Result<Self, MethodError> {
        if !(1..=MAX_METHOD).contains(&text.len()) || !text.bytes().all(of_method) {
            return Err(MethodError::Form);
        }
        match text {
            "CONNECT" | "TRACE" => Err(MethodError::NeverSent),
            _ => Ok(Self(text.into())),
        }
    }

    /// Its name, as it is sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Method {
    type Err = MethodError;

    fn from_str(text: &str) -> Result<Self, MethodError> {
        Self::parse(text)
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether a method may have this byte.
pub(super) fn of_method(byte: u8) -> bool {
    byte.is_ascii_uppercase() || matches!(byte, b'-' | b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_method_is_upper_case_and_of_32_bytes_at_most() {
        for text in ["GET", "M-SEARCH", "X_Y", "TRACK", &"M".repeat(32)] {
            assert_eq!(Method::parse(text).unwrap().to_string(), text);
        }
        for text in ["", "get", "Get", "GET ", "GET,POST", "GET1", "G\u{c9}T", &"M".repeat(33)] {
            assert_eq!(Method::parse(text), Err(MethodError::Form), "{text}");
        }
        for text in ["CONNECT", "TRACE"] {
            assert_eq!(Method::parse(text), Err(MethodError::NeverSent), "{text}");
        }
    }
}
