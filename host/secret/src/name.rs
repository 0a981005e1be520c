//! Names of secrets and workspaces, and the text that describes a secret.

use std::fmt;

use serde::{Deserialize, Serialize};

use um_base::coded;
use um_base::drives_a_display;

/// Longest name of a secret, in bytes.
const MAX_SECRET_NAME: usize = 128;
/// Longest name of a workspace, in bytes.
const MAX_WORKSPACE_NAME: usize = 64;
/// Longest description of a secret, in bytes.
const MAX_DESCRIPTION: usize = 1024;

/// The keywords of Python 3.14: `app.secrets.NAME` must be an expression.
const PYTHON_KEYWORDS: [&str; 35] = [
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del",
    "elif", "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "nonlocal",
    "not", "or", "pass", "raise", "return", "try", "while", "with", "yield",
];

/// The name of a secret: `[A-Za-z_][A-Za-z0-9_]*`, 1 to 128 bytes, case-sensitive, no keyword of Python.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SecretName(String);

/// Why a text is no name of a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "what each is stands in its message")]
pub enum NameError {
    #[error("a secret needs a name of letters, digits and underscores, for example HUBSPOT_API_KEY")]
    Empty,
    #[error("a secret's name has at most {MAX_SECRET_NAME} bytes; this one has {length}")]
    TooLong { length: usize },
    #[error("`{name}` is not a valid name (letters, digits and underscores, no digit first); use {suggestion}")]
    Invalid { name: String, suggestion: String },
    #[error("`{name}` is a keyword of Python, so `app.secrets.{name}` could not be written; use {suggestion}")]
    Keyword { name: String, suggestion: String },
}

coded! { NameError:
    Self::Empty | Self::Invalid { .. } => Invalid "secret-name-invalid",
    Self::TooLong { .. } => Invalid "secret-name-too-long",
    Self::Keyword { .. } => Invalid "secret-name-keyword",
}

impl SecretName {
    /// Checks a name as a person typed it.
    ///
    /// # Errors
    /// [`NameError`], with a valid name to use instead where one can be made of the text.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        if text.is_empty() {
            return Err(NameError::Empty);
        }
        if text.len() > MAX_SECRET_NAME {
            return Err(NameError::TooLong { length: text.len() });
        }
        let valid = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if !text.chars().all(valid) || text.starts_with(|c: char| c.is_ascii_digit()) {
            return match suggestion(text) {
                Some(suggestion) => Err(NameError::Invalid { name: printable(text), suggestion }),
                None => Err(NameError::Empty),
            };
        }
        if PYTHON_KEYWORDS.contains(&text) {
            let suggestion = format!("{text}_SECRET").to_ascii_uppercase();
            return Err(NameError::Keyword { name: text.to_owned(), suggestion });
        }
        Ok(Self(text.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The name that the text was probably meant to be: `HubSpot API Key` gives `HUBSPOT_API_KEY`.
fn suggestion(text: &str) -> Option<String> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let joined = words.collect::<Vec<_>>().join("_").to_ascii_uppercase();
    if joined.is_empty() {
        return None;
    }
    let leading_digit = joined.starts_with(|c: char| c.is_ascii_digit());
    let mut name = if leading_digit { format!("_{joined}") } else { joined };
    name.truncate(MAX_SECRET_NAME);
    Some(name)
}

/// A refused name as it may stand in a message: no control characters that would drive a terminal.
fn printable(text: &str) -> String {
    text.chars().map(|c| if drives_a_display(c) { '\u{fffd}' } else { c }).collect()
}

impl fmt::Display for SecretName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for SecretName {
    type Error = NameError;

    fn try_from(text: String) -> Result<Self, NameError> {
        Self::parse(&text)
    }
}

impl From<SecretName> for String {
    fn from(name: SecretName) -> Self {
        name.0
    }
}

/// The name of a workspace: letters, digits, `.`, `_` and `-`, a letter or digit first, 1 to 64 bytes, case-sensitive.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct WorkspaceName(String);

/// Why a text is no name of a workspace.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{name}` is not a valid workspace name: letters, digits, `.`, `_` and `-`, a letter or digit first, \
     1 to {MAX_WORKSPACE_NAME} bytes"
)]
pub struct WorkspaceNameError {
    name: String,
}

coded! { WorkspaceNameError:
    Self { .. } => Invalid "workspace-name-invalid",
}

impl WorkspaceName {
    /// Checks a name as a person typed it.
    ///
    /// # Errors
    /// [`WorkspaceNameError`] with the rule.
    pub fn parse(text: &str) -> Result<Self, WorkspaceNameError> {
        let valid = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        let starts_well = text.starts_with(|c: char| c.is_ascii_alphanumeric());
        if starts_well && text.len() <= MAX_WORKSPACE_NAME && text.chars().all(valid) {
            return Ok(Self(text.to_owned()));
        }
        let shown = printable(text).chars().take(MAX_WORKSPACE_NAME).collect();
        Err(WorkspaceNameError { name: shown })
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for WorkspaceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for WorkspaceName {
    type Error = WorkspaceNameError;

    fn try_from(text: String) -> Result<Self, WorkspaceNameError> {
        Self::parse(&text)
    }
}

impl From<WorkspaceName> for String {
    fn from(name: WorkspaceName) -> Self {
        name.0
    }
}

/// At most `count` of `names` that resemble `name`, nearest first; case does not count against a resemblance.
pub fn closest<'a>(name: &str, names: impl Iterator<Item = &'a str>, count: usize) -> Vec<String> {
    /// Below this, two names have nothing to do with each other.
    const RESEMBLANCE: f64 = 0.75;
    if name.len() > MAX_SECRET_NAME {
        return Vec::new();
    }
    let asked = suggestion(name).unwrap_or_default();
    let resemblance = |other: &str| strsim::jaro_winkler(&asked, &other.to_ascii_uppercase());
    let mut ranked: Vec<(f64, &str)> = names.map(|other| (resemblance(other), other)).collect();
    ranked.retain(|(resemblance, _)| *resemblance >= RESEMBLANCE);
    ranked.sort_by(|(a, first), (b, second)| b.total_cmp(a).then_with(|| first.cmp(second)));
    ranked.into_iter().take(count).map(|(_, other)| other.to_owned()).collect()
}

/// Why a text cannot describe a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "what each is stands in its message")]
pub enum DescriptionError {
    #[error("a description has at most {MAX_DESCRIPTION} bytes; this one has {length}")]
    TooLong { length: usize },
    #[error("a description is one line of text without control characters")]
    ControlCharacter,
    /// Neither of them is repeated.
    #[error("the description of {described} holds {}", whose(described, valued))]
    HoldsValue { described: SecretName, valued: SecretName },
}

coded! { DescriptionError:
    Self::TooLong { .. } => Invalid "description-too-long",
    Self::ControlCharacter => Invalid "description-control-character",
    Self::HoldsValue { .. } => Invalid "description-holds-value",
}

fn whose(described: &SecretName, valued: &SecretName) -> String {
    match described == valued {
        true => "its value".to_owned(),
        false => format!("the value of {valued}"),
    }
}

/// Checks a description: one line, at most 1,024 bytes, no control characters.
///
/// # Errors
/// [`DescriptionError`] with the rule that it breaks.
pub fn check_description(text: &str) -> Result<(), DescriptionError> {
    if text.len() > MAX_DESCRIPTION {
        return Err(DescriptionError::TooLong { length: text.len() });
    }
    if text.chars().any(drives_a_display) {
        return Err(DescriptionError::ControlCharacter);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_of_letters_digits_and_underscores_is_taken_as_it_is() {
        for name in ["HUBSPOT_API_KEY", "_x", "a", "Camel9", &"N".repeat(128)] {
            assert_eq!(SecretName::parse(name).unwrap().as_str(), name);
        }
    }

    #[test]
    fn a_refused_name_comes_with_the_name_to_use() {
        for (text, expected) in [
            ("HubSpot API Key", "HUBSPOT_API_KEY"),
            ("hub-spot", "HUB_SPOT"),
            ("2captcha", "_2CAPTCHA"),
            ("  spaced  out ", "SPACED_OUT"),
            ("a\u{1b}[31mb", "A_31MB"),
        ] {
            match SecretName::parse(text) {
                Err(NameError::Invalid { name, suggestion }) => {
                    assert_eq!(suggestion, expected);
                    assert!(SecretName::parse(&suggestion).is_ok());
                    assert_eq!(name, text.replace('\u{1b}', "\u{fffd}"));
                }
                other => panic!("{text:?} gave {other:?}"),
            }
        }
    }

    #[test]
    fn a_suggestion_is_never_longer_than_a_name_may_be() {
        match SecretName::parse(&"9".repeat(128)) {
            Err(NameError::Invalid { suggestion, .. }) => assert!(SecretName::parse(&suggestion).is_ok()),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn names_are_written_as_they_are_and_read_by_their_rule() {
        let name = SecretName::parse("HUBSPOT_API_KEY").unwrap();
        let workspace = WorkspaceName::parse("team-1").unwrap();
        assert_eq!((name.to_string().as_str(), name.as_str()), ("HUBSPOT_API_KEY", "HUBSPOT_API_KEY"));
        assert_eq!((workspace.to_string().as_str(), workspace.as_str()), ("team-1", "team-1"));
        let json = serde_json::to_string(&(&name, &workspace)).unwrap();
        assert_eq!(json, r#"["HUBSPOT_API_KEY","team-1"]"#);
        assert_eq!(serde_json::from_str::<(SecretName, WorkspaceName)>(&json).unwrap(), (name, workspace));
        assert!(serde_json::from_str::<SecretName>("\"2captcha\"").is_err());
        assert!(serde_json::from_str::<WorkspaceName>("\"a b\"").is_err());
    }

    #[test]
    fn keywords_of_python_empty_and_overlong_names_are_refused() {
        assert!(matches!(SecretName::parse("class"), Err(NameError::Keyword { .. })));
        assert!(matches!(SecretName::parse(""), Err(NameError::Empty)));
        assert!(matches!(SecretName::parse("!!"), Err(NameError::Empty)));
        assert!(matches!(SecretName::parse(&"N".repeat(129)), Err(NameError::TooLong { length: 129 })));
    }

    #[test]
    fn the_closest_names_are_those_a_person_may_have_meant() {
        let names = ["HUBSPOT_API_KEY", "HUBSPOT_PORTAL", "SLACK_TOKEN", "DATABASE_URL"];
        let closest = |name| closest(name, names.into_iter(), 3);
        assert_eq!(closest("hubspot_api_key")[0], "HUBSPOT_API_KEY");
        assert_eq!(closest("HUBSPOT_APIKEY")[0], "HUBSPOT_API_KEY");
        assert_eq!(closest("SLACK-TOKEN"), ["SLACK_TOKEN"]);
        assert!(closest("ZZZ").is_empty() && closest("").is_empty());
    }

    #[test]
    fn no_name_is_close_to_what_is_longer_than_a_name() {
        let longest = "A".repeat(MAX_SECRET_NAME);
        let closest = |name: &str| closest(name, [longest.as_str()].into_iter(), 1);
        assert_eq!(closest(&longest), *std::slice::from_ref(&longest));
        assert!(closest(&"A".repeat(MAX_SECRET_NAME + 1)).is_empty());
    }

    #[test]
    fn workspace_names_are_plain_and_bounded() {
        for name in ["default", "team-1", "a.b_c", &"w".repeat(64)] {
            assert!(WorkspaceName::parse(name).is_ok(), "{name}");
        }
        for name in ["", "-x", "a b", "a/b", "é", &"w".repeat(65)] {
            assert!(WorkspaceName::parse(name).is_err(), "{name}");
        }
    }

    #[test]
    fn a_description_is_one_printable_line() {
        assert!(check_description("CRM, read-only. Ask the owner – ümlauts are fine").is_ok());
        for text in ["two\nlines", "two\u{2028}lines", "two\u{2029}parts", "turned \u{202e}round", "\u{2066}so too"] {
            assert_eq!(check_description(text), Err(DescriptionError::ControlCharacter), "{text:?}");
        }
        assert_eq!(check_description(&"d".repeat(1024)), Ok(()));
        assert_eq!(check_description(&"d".repeat(1025)), Err(DescriptionError::TooLong { length: 1025 }));
    }
}
