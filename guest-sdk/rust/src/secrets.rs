//! The secrets of the workspace that the run belongs to, as they were when the run started.
//!
//! What [`get`] hands out is in this program's hands. um-host masks it, in many encodings, in all that the run prints,
//! returns and publishes; that guards against accidents, not against a program that means to give it away.
//!
//! Of a sealed secret it is a placeholder, the same for the whole run: sent as the whole of the field that the secret
//! goes into, it is the value when it arrives. Anywhere else the request is refused, with
//! [`ErrorKind::Misplaced`](crate::http::ErrorKind::Misplaced) or
//! [`ErrorKind::Misdirected`](crate::http::ErrorKind::Misdirected); [`entries`] says which secrets are sealed.
//!
//! ```no_run
//! use um_action::secrets;
//!
//! let token = secrets::get("HUBSPOT_API_KEY")?;
//! for entry in secrets::entries() {
//!     println!("{}: {}", entry.name, entry.description);
//! }
//!
//! // A value that was made in the run can be masked like a secret.
//! let session = format!("session-of-{token}");
//! secrets::guard(&session)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::fmt;

use crate::bindings::um::action::secrets as host;
use crate::shown::shown;

/// What a secret tells about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Entry {
    /// Case-sensitive.
    pub name: String,
    /// What whoever stored it says about it; may be empty.
    pub description: String,
    /// Whether [`get`] hands out a placeholder in place of the value, which the host puts into requests.
    pub sealed: bool,
}

/// The value of a secret; of a sealed one, its placeholder.
///
/// # Errors
/// [`Error`], worded for whoever runs the action.
pub fn get(name: &str) -> Result<String, Error> {
    host::get(name).map_err(|error| {
        let reason = match error {
            host::Error::NotFound => Reason::NotFound { closest: host::closest(name) },
            host::Error::Denied => Reason::Denied,
            host::Error::Expired => Reason::Expired,
            host::Error::Unavailable => Reason::Unavailable,
        };
        Error { name: name.to_owned(), workspace: workspace(), reason }
    })
}

/// All secrets that this run may ask for, ordered by name. Never values.
pub fn entries() -> Vec<Entry> {
    let entry = |host::Entry { name, description, sealed }| Entry { name, description, sealed };
    host::entries().into_iter().map(entry).collect()
}

/// The name of the workspace.
pub fn workspace() -> String {
    host::workspace()
}

/// Has a value that was made in the run, an access token say, masked like a secret from here on.
///
/// # Errors
/// [`GuardError`] when it is under 8 bytes, holds `***`, is over 64 KiB, or one too many.
pub fn guard(value: &str) -> Result<(), GuardError> {
    host::guard(value).map_err(|error| match error {
        host::GuardError::TooShort => GuardError::TooShort,
        host::GuardError::TooLong => GuardError::TooLong,
        host::GuardError::TooMany => GuardError::TooMany,
    })
}

/// Why a secret was not handed out, and to whom.
#[derive(Clone, PartialEq, Eq)]
pub struct Error {
    name: String,
    workspace: String,
    reason: Reason,
}

/// Why a secret was not handed out.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// The workspace has no secret of this name.
    NotFound {
        /// At most three names that resemble it, nearest first.
        closest: Vec<String>,
    },
    /// The run was narrowed to other secrets, whether or not this one exists.
    Denied,
    /// The secret is past its expiry date.
    Expired,
    /// The store could not open the value or record the read.
    Unavailable,
}

impl Error {
    /// The name that was asked for.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What to decide on; the message is for people.
    pub fn reason(&self) -> &Reason {
        &self.reason
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { workspace, reason, .. } = self;
        // The name may come from anywhere: no control character of it drives a terminal.
        let name = shown(&self.name);
        match reason {
            Reason::NotFound { closest } => {
                write!(f, "workspace `{workspace}` has no secret `{name}`")?;
                if let Some(names) = list(closest) {
                    write!(f, "; did you mean {names}?")?;
                }
                write!(
                    f,
                    " (names are case-sensitive; `um-host secrets list --workspace {workspace}` shows those there are)"
                )
            }
            Reason::Denied => {
                write!(
                    f,
                    "this run may not read the secret `{name}`: its --only-secrets or --policy names others; add it there"
                )
            }
            Reason::Expired => write!(
                f,
                "the secret `{name}` of workspace `{workspace}` has expired; store a new value with \
                 `um-host secrets set {name} --workspace {workspace}`"
            ),
            Reason::Unavailable => write!(
                f,
                "the secret `{name}` of workspace `{workspace}` could not be opened; `um-host key check` tells why"
            ),
        }
    }
}

/// The names as a sentence holds them: `` `A`, `B` or `C` ``.
fn list(names: &[String]) -> Option<String> {
    let (last, others) = names.split_last()?;
    if others.is_empty() {
        return Some(format!("`{last}`"));
    }
    let others = others.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    Some(format!("{others} or `{last}`"))
}

/// The message: a `main` that returns an error shows it by `Debug`.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Error {}

/// Why a value cannot be guarded. Never holds it.
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum GuardError {
    /// Under 8 bytes: it would be found everywhere. Or with `***` in it, which is what a masked value looks like.
    TooShort,
    /// Over 64 KiB.
    TooLong,
    /// Over 1,000 different values or 1 MiB in this run, or values whose encodings take too much memory.
    TooMany,
}

impl fmt::Display for GuardError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooShort => {
                "a guarded value has at least 8 bytes, since a shorter one would be masked everywhere, and no `***` in it, \
                 which is what a masked value looks like"
            }
            Self::TooLong => "a guarded value has at most 64 KiB",
            Self::TooMany => "a run guards at most 1,000 values of 1 MiB in all; guard only those that are secret",
        })
    }
}

/// The message: a `main` that returns an error shows it by `Debug`.
impl fmt::Debug for GuardError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for GuardError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(name: &str, reason: Reason) -> String {
        Error { name: name.to_owned(), workspace: "demo".to_owned(), reason }.to_string()
    }

    #[test]
    fn an_unknown_name_comes_with_the_names_that_resemble_it() {
        let closest = ["HUBSPOT_API_KEY", "HUBSPOT_APP_KEY", "API_KEY"].map(str::to_owned).to_vec();
        assert_eq!(
            message("HUBSPOT_KEY", Reason::NotFound { closest }),
            "workspace `demo` has no secret `HUBSPOT_KEY`; did you mean `HUBSPOT_API_KEY`, `HUBSPOT_APP_KEY` or \
             `API_KEY`? (names are case-sensitive; `um-host secrets list --workspace demo` shows those there are)"
        );
        assert_eq!(
            message("X", Reason::NotFound { closest: Vec::new() }),
            "workspace `demo` has no secret `X` (names are case-sensitive; `um-host secrets list --workspace demo` \
             shows those there are)"
        );
    }

    #[test]
    fn a_name_cannot_drive_a_terminal() {
        assert!(!message("\u{1b}[2J", Reason::NotFound { closest: Vec::new() }).contains('\u{1b}'));
    }

    #[test]
    fn every_other_reason_says_what_to_do() {
        assert!(message("A", Reason::Denied).contains("--only-secrets"));
        assert!(message("A", Reason::Expired).contains("um-host secrets set A --workspace demo"));
        assert!(message("A", Reason::Unavailable).contains("um-host key check"));
    }
}
