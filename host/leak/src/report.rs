//! What was masked: counted by secret, way out and form. Never holds a value.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::form::Form;
use crate::search::ids::Label;

/// A way out of a run that carries text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Stream {
    Stdout,
    Stderr,
    /// What a typed action returned.
    Result,
    /// The message that a typed action failed with.
    Error,
    /// What the engine says about a trap: the guest's own text may stand in it.
    Trap,
    /// A document, by the name that it is published under.
    Document(String),
    /// What no run puts out: text of somebody's, such as an old log, that is redacted by itself.
    Stdin,
}

/// How a person reads it: `stdout`, `document contacts.json`.
impl fmt::Display for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stdout => f.write_str("stdout"),
            Self::Stderr => f.write_str("stderr"),
            Self::Result => f.write_str("result"),
            Self::Error => f.write_str("error"),
            Self::Trap => f.write_str("trap"),
            Self::Document(name) => write!(f, "document {name}"),
            Self::Stdin => f.write_str("stdin"),
        }
    }
}

/// The text of [`Display`](fmt::Display).
impl Serialize for Stream {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The text of [`Display`](fmt::Display).
impl<'de> Deserialize<'de> for Stream {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if let Some(name) = text.strip_prefix("document ") {
            return Ok(Self::Document(name.to_owned()));
        }
        let plain = [Self::Stdout, Self::Stderr, Self::Result, Self::Error, Self::Trap, Self::Stdin];
        let found = plain.into_iter().find(|stream| stream.to_string() == text);
        found.ok_or_else(|| de::Error::custom("this is not a stream"))
    }
}

/// So many times one form of one secret was masked in one stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leak {
    pub secret: String,
    pub stream: Stream,
    pub form: Form,
    /// At least 1. A match inside what is masked already does not count, and each secret counts once for each mask: a
    /// value printed once is one leak, whichever of its parts are forms too, and however it repeats itself.
    pub count: u64,
}

/// The counts of a run so far.
///
/// A text may hold a match at every byte, so names are looked up when somebody asks for the report, not for each match.
#[derive(Default)]
pub(super) struct Tally(BTreeMap<Stream, HashMap<Label, u64>>);

impl Tally {
    pub(super) fn add(&mut self, stream: &Stream, found: impl IntoIterator<Item = (Label, u64)>) {
        if !self.0.contains_key(stream) {
            self.0.insert(stream.clone(), HashMap::new());
        }
        let Some(counts) = self.0.get_mut(stream) else { return };
        for (label, count) in found {
            *counts.entry(label).or_default() += count;
        }
    }

    /// Ordered by secret, stream, form. `names` are those of all secrets, which may share one.
    pub(super) fn leaks(&self, names: &[String]) -> Vec<Leak> {
        let mut leaks: BTreeMap<(&str, &Stream, Form), u64> = BTreeMap::new();
        for (stream, counts) in &self.0 {
            for (label, count) in counts {
                *leaks.entry((label.name(names), stream, label.form)).or_default() += count;
            }
        }
        let leak = |((secret, stream, form), count): ((&str, &Stream, Form), u64)| Leak {
            secret: secret.to_owned(),
            stream: stream.clone(),
            form,
            count,
        };
        leaks.into_iter().map(leak).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaks_are_added_up_by_secret_stream_and_form() {
        let names = ["B", "A", "B"].map(str::to_owned);
        let label = |secret, form| Label { secret, form };
        let mut tally = Tally::default();
        tally.add(&Stream::Stdout, [(label(0, Form::Raw), 1)]);
        tally.add(&Stream::Document("a.txt".to_owned()), [(label(1, Form::Base64Url), 2)]);
        tally.add(&Stream::Stdout, [(label(2, Form::Raw), 1), (label(0, Form::Raw), 1), (label(0, Form::Raw), 1)]);
        let json = serde_json::to_value(tally.leaks(&names)).unwrap();
        assert_eq!(
            json,
            serde_json::json!([
                {"secret": "A", "stream": "document a.txt", "form": "base64-url", "count": 2},
                {"secret": "B", "stream": "stdout", "form": "raw", "count": 4},
            ])
        );
    }
}
