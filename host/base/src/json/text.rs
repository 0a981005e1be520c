//! A text that is JSON, in the fewest bytes.

use std::fmt;
use std::str::FromStr;

use serde::ser::{Error, Serialize, Serializer};
use serde::{Deserialize, Deserializer, de};
use serde_json::value::RawValue;

use super::string::{escape, unescape};
use super::tokens::Kind;
use super::{JsonError, tokens};
use crate::work::Work;

/// So much of a string is looked at at once.
const PIECE: usize = 4096;

/// JSON text without white space, its strings with no escapes but those that must be, its numbers to the last digit.
/// Keys stand in their order, and as often as they were written.
///
/// serde_json writes it as it is. It is the text of somebody else, so to be read with types of one's own: that is the
/// reader's risk, and `serde_json::Value` above all, since with some of serde_json's features it obeys keys in the
/// text, at the price of the stack.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Json(Box<str>);

impl Json {
    /// Reads a text.
    ///
    /// # Errors
    /// [`JsonError`]: it is no JSON, or more of it than is read; the work is over.
    pub fn parse(text: &str, work: &Work) -> Result<Self, JsonError> {
        let _held = work.hold(text.len() as u64)?;
        let (mut out, mut piece, mut before) = (Vec::with_capacity(text.len()), Vec::with_capacity(PIECE), None);
        for token in tokens(text, work) {
            let token = token?;
            out.extend(between(before, token.kind));
            before = Some(token.kind);
            if !matches!(token.kind, Kind::Key | Kind::Text) {
                out.extend_from_slice(&text.as_bytes()[token.span]);
                continue;
            }
            out.push(b'"');
            let mut rest = &text[token.inside()];
            while !rest.is_empty() {
                rest = unescape(rest, PIECE, &mut piece);
                escape(&piece, |bytes| {
                    out.extend_from_slice(bytes);
                    Ok::<_, JsonError>(())
                })?;
                piece.clear();
            }
            out.push(b'"');
        }
        Ok(Self::checked(out))
    }

    /// Bytes that were found to be such a text.
    pub fn checked(bytes: Vec<u8>) -> Self {
        // It comes of a `str`, of which whole characters were copied.
        let text = String::from_utf8(bytes);
        Self(text.unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()).into())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text, to keep.
    pub fn into_string(self) -> String {
        self.0.into()
    }
}

/// What stands between two tokens.
pub fn between(before: Option<Kind>, next: Kind) -> Option<u8> {
    match (before, next) {
        (Some(Kind::Key), _) => Some(b':'),
        (None | Some(Kind::List | Kind::Object), _) | (_, Kind::ListEnd | Kind::ObjectEnd) => None,
        _ => Some(b','),
    }
}

/// Reads a text, as long as it takes.
impl FromStr for Json {
    type Err = JsonError;

    fn from_str(text: &str) -> Result<Self, JsonError> {
        Self::parse(text, &Work::unlimited())
    }
}

impl AsRef<str> for Json {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Json").field(&format_args!("{}", self.0)).finish()
    }
}

/// Reads a text of serde_json's, as it is.
impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Box::<RawValue>::deserialize(deserializer)?.get().parse().map_err(de::Error::custom)
    }
}

/// As it is, if serde_json writes it.
impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // Finds its end without recursion, and copies nothing.
        let raw: &RawValue = serde_json::from_str(&self.0).map_err(S::Error::custom)?;
        raw.serialize(serializer)
    }
}
