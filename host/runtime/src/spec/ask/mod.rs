//! What somebody asks a run to be.

mod read;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::value::RawValue;

use crate::limits::wishes::LimitWishes;
use crate::policy::PolicyFault;
use um_base::coded;
use um_base::json::JsonError;
use um_base::rule::{HostName, Rule};
use um_secret::SecretName;

/// Longest text of an ask, in bytes: the largest input and 1 MiB.
pub const MAX_ASK_BYTES: usize = 65 << 20;
/// Most arguments, variables, and hosts of a kind.
const MAX_ITEMS: usize = 1_000;
/// Most bytes of all arguments, or of all variables, together.
const MAX_ITEM_BYTES: usize = 1 << 20;
/// Most secrets that are named: a workspace has no more.
const MAX_SECRETS: usize = 10_000;

/// What somebody asks a run to be: data, of which nothing has been granted yet. Options, bodies of requests and calls of
/// tools are read into this. It names nothing of this machine: no directories, no files.
///
/// ```
/// use um_runtime::Ask;
///
/// let ask = Ask::from_json(r#"{ "input": {"page": 1}, "hosts": ["api.hubapi.com"], "limits": {"wall": "10s"} }"#)?;
/// assert_eq!(ask.input.as_deref(), Some(r#"{"page": 1}"#));
/// assert!(Ask::from_json(r#"{ "host": [] }"#).unwrap_err().to_string().contains("`hosts`"));
/// # Ok::<(), um_runtime::AskError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Ask {
    /// What whoever asks calls the action; empty where it is known otherwise.
    pub action: String,
    /// The JSON text that a typed action is called with, or a Python script finds as `app.input`; `{}` without.
    #[serde(serialize_with = "as_it_is", skip_serializing_if = "Option::is_none")]
    pub input: Option<String>,
    /// The arguments of a command, without the program's name.
    pub args: Vec<String>,
    /// The guest's environment: names and values, each name once.
    #[serde(serialize_with = "as_map")]
    pub env: Vec<(String, String)>,
    /// Hosts that it wants to call, besides those that the workspace allows.
    pub hosts: Vec<Rule>,
    /// Of the hosts that it may call those that may be at private addresses.
    pub private_hosts: Vec<HostName>,
    /// These secrets of the workspace and no others; all, without. As data, nothing stands there then: a list that was
    /// lost must not mean all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secrets: Option<Vec<SecretName>>,
    /// Once the action has the value of a bound secret, only hosts are reached that secrets which it has read are bound to.
    pub strict_egress: bool,
    /// Other limits than the usual ones.
    pub limits: LimitWishes,
}

/// Why a text is no [`Ask`], or asks for more of something than there may be. It repeats no value.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs, reason = "what each is stands in its message")]
pub enum AskError {
    #[error("an ask has at most {MAX_ASK_BYTES} bytes")]
    TooLong,
    /// Both are counted from 1, the column in characters.
    #[error("line {line}, column {column}: {fault}")]
    At { line: usize, column: usize, fault: PolicyFault },
    #[error(transparent)]
    Json(#[from] JsonError),
    #[error("there may be at most {most} {what}")]
    TooMany { what: &'static str, most: usize },
    #[error("the {what} may have at most {MAX_ITEM_BYTES} bytes together")]
    TooLarge { what: &'static str },
    #[error("argument {number} has a NUL in it, which no program can take")]
    Argument { number: usize },
    #[error("variable {number} needs a name without `=`, and neither name nor value may have a NUL in it")]
    Variable { number: usize },
    #[error("variable {number} is set a second time")]
    Twice { number: usize },
}

coded! { AskError:
    Self::TooLong => Full "ask-too-long",
    Self::At { fault, .. } => in fault,
    Self::Json(error) => in error,
    Self::TooMany { .. } => Full "ask-too-many",
    Self::TooLarge { .. } => Full "ask-too-large",
    Self::Argument { .. } => Invalid "ask-argument",
    Self::Variable { .. } | Self::Twice { .. } => Invalid "ask-variable",
}

impl Ask {
    /// Reads an ask: an object of JSON, every key of which is known and stands there once.
    ///
    /// # Errors
    /// [`AskError`] with the place of the first fault.
    pub fn from_json(text: &str) -> Result<Self, AskError> {
        let ask = read::read(text)?;
        ask.check()?;
        Ok(ask)
    }

    /// Whether it keeps within its bounds, however it was made.
    ///
    /// # Errors
    /// [`AskError`].
    pub fn check(&self) -> Result<(), AskError> {
        let named = self.secrets.as_ref().map_or(0, Vec::len);
        for (what, count, most) in [
            ("arguments", self.args.len(), MAX_ITEMS),
            ("variables", self.env.len(), MAX_ITEMS),
            ("hosts", self.hosts.len(), MAX_ITEMS),
            ("private hosts", self.private_hosts.len(), MAX_ITEMS),
            ("secrets", named, MAX_SECRETS),
        ] {
            if count > most {
                return Err(AskError::TooMany { what, most });
            }
        }
        let bytes = |texts: &mut dyn Iterator<Item = &String>| texts.fold(0, |sum: usize, text| sum + text.len());
        for (what, bytes) in [
            ("arguments", bytes(&mut self.args.iter())),
            ("variables", bytes(&mut self.env.iter().flat_map(|(name, value)| [name, value]))),
        ] {
            if bytes > MAX_ITEM_BYTES {
                return Err(AskError::TooLarge { what });
            }
        }
        self.check_args()?;
        self.check_env()
    }

    fn check_args(&self) -> Result<(), AskError> {
        match self.args.iter().position(|argument| argument.contains('\0')) {
            Some(index) => Err(AskError::Argument { number: index + 1 }),
            None => Ok(()),
        }
    }

    fn check_env(&self) -> Result<(), AskError> {
        for (index, (name, value)) in self.env.iter().enumerate() {
            let number = index + 1;
            if name.is_empty() || name.contains(['=', '\0']) || value.contains('\0') {
                return Err(AskError::Variable { number });
            }
            if self.env[..index].iter().any(|(earlier, _)| earlier == name) {
                return Err(AskError::Twice { number });
            }
        }
        Ok(())
    }
}

impl<'de> Deserialize<'de> for Ask {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Box::<RawValue>::deserialize(deserializer)?;
        Self::from_json(text.get()).map_err(de::Error::custom)
    }
}

fn as_it_is<S: Serializer>(input: &Option<String>, serializer: S) -> Result<S::Ok, S::Error> {
    let raw: Option<&RawValue> = match input {
        Some(text) => Some(serde_json::from_str(text).map_err(serde::ser::Error::custom)?),
        None => None,
    };
    raw.serialize(serializer)
}

fn as_map<S: Serializer>(env: &[(String, String)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(env.iter().map(|(name, value)| (name, value)))
}

#[cfg(test)]
mod tests;
