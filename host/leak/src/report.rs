//! What was masked, and what was let through though it may be a secret: counted by secret, part, way out and form. Never
//! holds a value.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::form::Form;
use crate::guarded::Guarded;
use crate::search::ids::Label;
use um_secret::Verdict;

/// How streams with a name begin.
const DOCUMENT: &str = "document ";
const REQUEST: &str = "request to ";

/// A way out of a run that carries text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Stream {
    /// The standard output of the action.
    Stdout,
    /// The standard error of the action.
    Stderr,
    /// What a typed action returned.
    Result,
    /// The message that a typed action failed with.
    Error,
    /// What the engine says about a trap: the guest's own text may stand in it.
    Trap,
    /// A document, by the name that it is published under.
    Document(String),
    /// What a run sends to a host.
    Request(String),
    /// What no run puts out: text of somebody's, such as an old log, that is redacted by itself.
    Stdin,
}

impl Stream {
    /// The lowest verdict of which forms are masked here: doubtful ones pass where programs read.
    pub(crate) fn least(&self) -> Verdict {
        match self {
            Self::Result | Self::Document(_) | Self::Request(_) => Verdict::Certain,
            Self::Stdout | Self::Stderr | Self::Error | Self::Trap | Self::Stdin => Verdict::Doubtful,
        }
    }
}

/// How a person reads it: `stdout`, `document contacts.json`, `request to api.example.com`.
impl fmt::Display for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stdout => f.write_str("stdout"),
            Self::Stderr => f.write_str("stderr"),
            Self::Result => f.write_str("result"),
            Self::Error => f.write_str("error"),
            Self::Trap => f.write_str("trap"),
            Self::Document(name) => write!(f, "{DOCUMENT}{name}"),
            Self::Request(host) => write!(f, "{REQUEST}{host}"),
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
        if let Some(name) = text.strip_prefix(DOCUMENT) {
            return Ok(Self::Document(name.to_owned()));
        }
        if let Some(host) = text.strip_prefix(REQUEST) {
            return Ok(Self::Request(host.to_owned()));
        }
        let plain = [Self::Stdout, Self::Stderr, Self::Result, Self::Error, Self::Trap, Self::Stdin];
        let found = plain.into_iter().find(|stream| stream.to_string() == text);
        found.ok_or_else(|| de::Error::custom("this is not a stream"))
    }
}

/// So many times one form of one secret, or of one part of it, was masked in one stream. Of what is told as doubtful: let
/// through.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leak {
    /// The name that the value is guarded under.
    pub secret: String,
    /// Where in the value the part stands, if it was not found as a whole; a value of text that has no names in it has no
    /// paths either.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The way out that it stood in.
    pub stream: Stream,
    /// The encoding that it was found in.
    pub form: Form,
    /// At least 1. A match inside what is masked already does not count, and each secret counts once for each mask: a
    /// value printed once is one leak, whichever of its parts are forms too, and however it repeats itself. Of what is
    /// let through each part counts once for each stretch of matches that touch.
    pub count: u64,
}

impl Leak {
    /// What leaked: the secret, and which part of it.
    pub fn owner(&self) -> String {
        owner(&self.secret, self.path.as_deref())
    }

    /// Of what, and where, in the order in which leaks are told.
    pub fn order(&self) -> impl Ord + '_ {
        (&self.secret, &self.path, &self.stream, self.form)
    }
}

/// A secret and which part of it: `GOOGLE_JSON (private_key)`.
pub fn owner(secret: &str, path: Option<&str>) -> String {
    match path {
        Some(path) => format!("{secret} ({path})"),
        None => secret.to_owned(),
    }
}

/// A secret, the path of its part, and in what it was found.
type Counted<'a> = ((&'a str, Option<&'a str>), &'a Stream, Form);

/// The counts of a run so far.
///
/// A text may hold a match at every byte, so names are looked up when somebody asks for the report, not for each match.
#[derive(Default)]
pub(super) struct Tally(BTreeMap<Stream, HashMap<Label, u64>>);

impl Tally {
    pub(super) fn is_empty(&self) -> bool {
        self.0.values().all(HashMap::is_empty)
    }

    pub(super) fn add(&mut self, stream: &Stream, found: impl IntoIterator<Item = (Label, u64)>) {
        if !self.0.contains_key(stream) {
            self.0.insert(stream.clone(), HashMap::new());
        }
        let Some(counts) = self.0.get_mut(stream) else { return };
        for (label, count) in found {
            *counts.entry(label).or_default() += count;
        }
    }

    /// Ordered by secret, path, stream, form. Several of the guarded values may share a name.
    pub(super) fn leaks(&self, guarded: &Guarded) -> Vec<Leak> {
        let mut leaks: BTreeMap<Counted<'_>, u64> = BTreeMap::new();
        for (stream, counts) in &self.0 {
            for (label, count) in counts {
                *leaks.entry((guarded.owner(*label), stream, label.form)).or_default() += count;
            }
        }
        let leaks = leaks.into_iter().map(|(((secret, path), stream, form), count)| Leak {
            secret: secret.to_owned(),
            path: path.map(str::to_owned),
            stream: stream.clone(),
            form,
            count,
        });
        leaks.collect()
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::*;
    use crate::forms::encode;
    use crate::forms::table::Shape;

    /// Values of these names, each with a part `a` and a part `b[0]`.
    fn guarded(names: &[&str]) -> Guarded {
        let shape = |path: &str| {
            let (bytes, path) = (encode::raw(path.as_bytes()), Some(Rc::from(path)));
            Shape { form: Form::Part, bytes, across_lines: false, verdict: Verdict::Certain, path }
        };
        let mut guarded = Guarded::default();
        names.iter().for_each(|name| guarded.add(name, ["a", "b[0]"].map(shape).into()));
        guarded
    }

    #[test]
    fn parts_are_told_by_their_paths_behind_the_value_itself() {
        let label = |secret, part, form| Label { part, ..Label::whole(secret, form) };
        let mut tally = Tally::default();
        let found = [(0, 2, Form::Part), (1, 1, Form::Hex), (0, 0, Form::Raw), (1, 2, Form::Part)];
        tally.add(&Stream::Result, found.map(|(secret, part, form)| (label(secret, part, form), 1)));
        let leaks = tally.leaks(&guarded(&["A", "A"]));
        let told: Vec<_> = leaks.iter().map(|leak| (leak.owner(), leak.form, leak.count)).collect();
        let told: Vec<_> = told.iter().map(|(owner, form, count)| (&owner[..], *form, *count)).collect();
        assert_eq!(told, [("A", Form::Raw, 1), ("A (a)", Form::Hex, 1), ("A (b[0])", Form::Part, 2)]);
        let json = serde_json::to_value(&leaks[1]).unwrap();
        let expected = serde_json::json!({"secret": "A", "path": "a", "stream": "result", "form": "hex", "count": 1});
        assert_eq!(json, expected);
        assert_eq!(serde_json::from_value::<Leak>(json).unwrap(), leaks[1]);
    }

    #[test]
    fn a_stream_is_read_as_it_was_written() {
        let named = [Stream::Document("a b".to_owned()), Stream::Request("api.example.com".to_owned())];
        for stream in named.into_iter().chain([Stream::Stdout, Stream::Result, Stream::Stdin]) {
            let json = serde_json::to_value(&stream).unwrap();
            assert_eq!(json, stream.to_string());
            assert_eq!(serde_json::from_value::<Stream>(json).unwrap(), stream);
        }
    }

    #[test]
    fn leaks_are_added_up_by_secret_stream_and_form() {
        let label = Label::whole;
        let mut tally = Tally::default();
        tally.add(&Stream::Stdout, [(label(0, Form::Raw), 1)]);
        tally.add(&Stream::Document("a.txt".to_owned()), [(label(1, Form::Base64Url), 2)]);
        tally.add(&Stream::Stdout, [(label(2, Form::Raw), 1), (label(0, Form::Raw), 1), (label(0, Form::Raw), 1)]);
        let json = serde_json::to_value(tally.leaks(&guarded(&["B", "A", "B"]))).unwrap();
        assert_eq!(
            json,
            serde_json::json!([
                {"secret": "A", "stream": "document a.txt", "form": "base64-url", "count": 2},
                {"secret": "B", "stream": "stdout", "form": "raw", "count": 4},
            ])
        );
    }
}
