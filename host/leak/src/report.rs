//! What was masked: counted by secret, way out and form. Never holds a value.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::scan::Label;
use um_secret::Masking;

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

/// The family of encodings that a value was found in. One in another is called by the outer one, but for those that say
/// that they are twice the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Form {
    /// The value byte for byte.
    Raw,
    /// Without the white space around it.
    Trimmed,
    /// One line of a value that has several.
    Line,
    /// With its ASCII letters in lower case, as host names are written.
    Lowercase,
    /// With its ASCII letters in upper case.
    Uppercase,
    /// Its characters from last to first.
    Reversed,
    /// The lines of a value that has several, with other white space between them.
    Joined,
    /// A string or number in a value that is JSON, the password of a URL or connection string, the value of a setting,
    /// the body of PEM, what base64 says.
    Part,
    Base64,
    Base64Url,
    Base64Twice,
    Base32,
    Hex,
    /// `\163\153`
    Octal,
    /// A list of numbers or characters.
    Bytes,
    /// A value of digits alone as a number: in groups (`12,345,678`), in hexadecimal (`0xbc614e`), with an exponent
    /// (`1.2345678e7`), without zeros before it.
    Number,
    Percent,
    /// A URL in a URL.
    PercentTwice,
    Json,
    /// JSON inside a JSON string.
    JsonTwice,
    /// References to characters in XML and HTML.
    Markup,
    MarkupTwice,
    /// As a programming language or a data format quotes text: Rust's `{:?}`, Python's `repr`, SQL, quoted-printable.
    Quoted,
    /// As a shell quotes text.
    Shell,
    #[serde(rename = "utf-16")]
    Utf16,
}

impl Form {
    /// All of them, in their order.
    pub const ALL: [Self; 25] = [
        Self::Raw,
        Self::Trimmed,
        Self::Line,
        Self::Lowercase,
        Self::Uppercase,
        Self::Reversed,
        Self::Joined,
        Self::Part,
        Self::Base64,
        Self::Base64Url,
        Self::Base64Twice,
        Self::Base32,
        Self::Hex,
        Self::Octal,
        Self::Bytes,
        Self::Number,
        Self::Percent,
        Self::PercentTwice,
        Self::Json,
        Self::JsonTwice,
        Self::Markup,
        Self::MarkupTwice,
        Self::Quoted,
        Self::Shell,
        Self::Utf16,
    ];

    /// What is looked for of a value of 8 bytes or more if it has several lines or other parts.
    pub const OF_PARTS: [Self; 3] = [Self::Line, Self::Joined, Self::Part];

    /// The forms in which a whole value is looked for of which so much can be masked, [`OF_PARTS`](Self::OF_PARTS)
    /// aside, and [`Number`](Self::Number), which values of digits alone have. Which of them differ depends on the value: percent-encoding leaves letters and digits as they are.
    pub fn guarded(extent: Masking) -> Vec<Self> {
        match extent {
            Masking::EveryForm => {
                let of_all = |form: &Self| *form != Self::Number && !Self::OF_PARTS.contains(form);
                Self::ALL.into_iter().filter(of_all).collect()
            }
            Masking::RawOnly => vec![Self::Raw, Self::Trimmed],
            Masking::Nothing(_) => Vec::new(),
        }
    }
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Raw => "raw",
            Self::Trimmed => "trimmed",
            Self::Line => "line",
            Self::Lowercase => "lowercase",
            Self::Uppercase => "uppercase",
            Self::Reversed => "reversed",
            Self::Joined => "joined",
            Self::Part => "part",
            Self::Base64 => "base64",
            Self::Base64Url => "base64-url",
            Self::Base64Twice => "base64-twice",
            Self::Base32 => "base32",
            Self::Hex => "hex",
            Self::Octal => "octal",
            Self::Bytes => "bytes",
            Self::Number => "number",
            Self::Percent => "percent",
            Self::PercentTwice => "percent-twice",
            Self::Json => "json",
            Self::JsonTwice => "json-twice",
            Self::Markup => "markup",
            Self::MarkupTwice => "markup-twice",
            Self::Quoted => "quoted",
            Self::Shell => "shell",
            Self::Utf16 => "utf-16",
        })
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
                *leaks.entry((&names[label.secret as usize], stream, label.form)).or_default() += count;
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
    use std::collections::BTreeSet;

    use super::*;
    use crate::forms;
    use um_secret::masking;

    #[test]
    fn the_forms_that_are_told_to_be_guarded_are_those_that_are_made() {
        let made = |value: &str| {
            let forms = forms::of(value, masking(value)).into_iter();
            forms.map(|shape| shape.form).collect::<BTreeSet<_>>()
        };
        let told = |value: &str| Form::guarded(masking(value)).into_iter().collect::<BTreeSet<_>>();
        let rich = " quotes & \"quotes\" of $(this) and 'that' \u{fc}, Light???>>>~~~work ";
        assert_eq!(made(rich), told(rich));
        let with_parts = "first: k7x!k7x!\nDATABASE_URL: postgres://app:k7x-p4ssw0rd@db/x";
        let parts: BTreeSet<_> = made(with_parts).difference(&told(with_parts)).copied().collect();
        assert_eq!(parts, BTreeSet::from(Form::OF_PARTS));
        assert!(made("16C7e42F292c6912E7710c838347Ae178B4a").is_subset(&told("16C7e42F292c6912E7710c838347Ae178B4a")));
        assert_eq!([made("k7x!"), made(" k7x!a ")], [BTreeSet::from([Form::Raw]), told("k7x!")]);
        assert_eq!(made("abc"), told("abc"));
    }

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

    #[test]
    fn a_form_reads_the_same_in_text_and_in_json() {
        for form in Form::ALL {
            assert_eq!(serde_json::to_value(form).unwrap(), form.to_string());
        }
    }
}
