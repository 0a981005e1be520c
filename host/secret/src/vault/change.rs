//! What can be changed, on what condition, and what came of it.

use std::sync::Arc;

use crate::binding::Binding;
use crate::exposure::{Exposure, ExposureError, check_set};
use crate::name::{DescriptionError, SecretName, check_description};
use crate::parts::{Parts, Word};
use crate::value::{Masking, SecretValue, Unmaskable, masking};
use um_base::rule::Rule;

/// One change of a workspace. It may hold a value, so it cannot be printed.
#[non_exhaustive]
pub enum Change {
    /// Makes the workspace, empty. In the first place only.
    CreateWorkspace,
    /// Stores a value under a name. One that was there is destroyed; runs that began before keep it.
    Set {
        /// New, or of the secret that gets another value.
        name: SecretName,
        /// The value.
        value: SecretValue,
        /// How it is to be used.
        options: SetOptions,
    },
    /// Describes a secret anew; its value and version stay.
    Describe {
        /// Of the secret.
        name: SecretName,
        /// One line, at most 1,024 bytes.
        text: String,
    },
    /// Says of parts of a value whether they are secrets; value and version stay.
    Parts {
        /// Of the secret.
        name: SecretName,
        /// Paths that are known of its value, each with the owner's word, or with none to take one back.
        words: Vec<(String, Option<Word>)>,
    },
    /// Deletes a secret and destroys its value; runs that began before keep it.
    Delete {
        /// Of the secret.
        name: SecretName,
    },
    /// Lets every run send what these rules permit.
    Allow {
        /// At most [`MAX_ALLOWED`](crate::MAX_ALLOWED) with those that are there.
        rules: Vec<Rule>,
    },
    /// Takes back what was allowed: all of it or, if one of them is not there, nothing.
    Disallow {
        /// As they are told: also what a later um-host would not take for a rule any more.
        entries: Vec<String>,
    },
}

impl Change {
    /// What audit rows call it.
    pub fn verb(&self) -> &'static str {
        match self {
            Self::CreateWorkspace => "workspaces create",
            Self::Set { .. } => "secrets set",
            Self::Describe { .. } => "secrets describe",
            Self::Parts { .. } => "secrets parts",
            Self::Delete { .. } => "secrets delete",
            Self::Allow { .. } => "workspaces allow",
            Self::Disallow { .. } => "workspaces disallow",
        }
    }
}

/// How to store a value.
#[derive(Clone, Debug, Default)]
pub struct SetOptions {
    /// `None` keeps the description that is there.
    pub description: Option<String>,
    /// `None` seals the value if bindings are given, and otherwise keeps what is there; a new secret is revealed.
    pub exposure: Option<Exposure>,
    /// Where the value may go; `None` keeps what is there.
    pub bindings: Option<Vec<Binding>>,
    /// Take a value that the leak filter cannot guard.
    pub allow_unmaskable: bool,
    /// What was judged of the parts of the value, as the leak filter judges them; `None` if nobody has, and then each run
    /// does. Words in it do not count: they are said by [`Change::Parts`], and stay with the paths that a new value has,
    /// too.
    pub parts: Option<Parts>,
}

/// How a value is used that may be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Settled {
    /// What of it is masked in outputs.
    pub masking: Masking,
    /// Whether runs get it or a placeholder.
    pub exposure: Exposure,
    /// Where it may go.
    pub bindings: Vec<Binding>,
    /// What is kept of its parts.
    pub parts: Arc<Parts>,
    /// Paths of the former value of which the owner had said something, and that this one has no more.
    pub words_gone: Vec<String>,
}

/// Why a value may not be stored so. Never holds the value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "what each is stands in its message")]
pub enum Unfit {
    #[error("it could not be masked in outputs: {0}")]
    Unmaskable(Unmaskable),
    #[error(transparent)]
    Exposure(#[from] ExposureError),
    #[error(transparent)]
    Description(#[from] DescriptionError),
}

impl SetOptions {
    /// How `value` is used if it is stored so, in the place of a secret that was used in the way of `former`: its
    /// exposure, bindings and parts. Every vault stores only what passes here.
    ///
    /// # Errors
    /// [`Unfit`].
    pub fn settle(
        &self,
        value: &SecretValue,
        former: Option<(Exposure, &[Binding], &Parts)>,
    ) -> Result<Settled, Unfit> {
        let masking = masking(value.expose());
        if let (Masking::Nothing(reason), false) = (masking, self.allow_unmaskable) {
            return Err(Unfit::Unmaskable(reason));
        }
        self.description.as_deref().map_or(Ok(()), check_description)?;
        let none = Parts::default();
        let (exposure, bindings, said) = former.unwrap_or((Exposure::default(), &[], &none));
        // Who says where a value belongs wants it to go nowhere else.
        let bound = self.bindings.as_ref().is_some_and(|bindings| !bindings.is_empty());
        let exposure = self.exposure.unwrap_or(if bound { Exposure::Sealed } else { exposure });
        let bindings = self.bindings.clone().unwrap_or_else(|| bindings.to_vec());
        check_set(exposure, &bindings, value)?;
        let (parts, words_gone) = Parts::succeed(self.parts.clone(), said);
        Ok(Settled { masking, exposure, bindings, parts: Arc::new(parts), words_gone })
    }

    /// What the audit says of it, if anything is said anew: `how` a secret is used from now on.
    pub fn told(&self, how: &Settled) -> Option<String> {
        let told = self.exposure.is_some() || self.bindings.is_some();
        let place = |binding: &Binding| format!("{binding} ({})", binding.placement());
        let places = || how.bindings.iter().map(place).collect::<Vec<_>>().join(", ");
        let used = told.then(|| format!("{}; bound to: {}", how.exposure, places()));
        let gone =
            (!how.words_gone.is_empty()).then(|| format!("no such part any more: {}", how.words_gone.join(", ")));
        let all: Vec<String> = used.into_iter().chain(gone).collect();
        (!all.is_empty()).then(|| all.join("; "))
    }
}

/// What must be so for a commit to be made, looked at under the same lock. By default nothing must.
#[derive(Clone, Debug, Default)]
pub struct Precondition(Vec<(SecretName, Expected)>);

/// What is expected of one secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Expected {
    /// There is none of this name.
    Absent,
    /// It is at this version.
    Version(u64),
}

/// Somebody else was faster.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{name}` is {}, not {}", at(*found), at(expected.version()))]
pub struct Conflict {
    /// The secret that is another way than was expected.
    pub name: SecretName,
    /// What was expected of it.
    pub expected: Expected,
    /// The version that it has; `None` if there is none of this name.
    pub found: Option<u64>,
}

impl Expected {
    /// The version, if there is one.
    pub fn version(self) -> Option<u64> {
        match self {
            Self::Absent => None,
            Self::Version(version) => Some(version),
        }
    }
}

fn at(version: Option<u64>) -> String {
    version.map_or_else(|| "absent".to_owned(), |version| format!("at version {version}"))
}

impl Precondition {
    /// Whatever is there.
    pub fn any() -> Self {
        Self::default()
    }

    /// And there is no secret of this name.
    #[must_use]
    pub fn absent(self, name: SecretName) -> Self {
        self.expect(name, Expected::Absent)
    }

    /// And the secret is at this version.
    #[must_use]
    pub fn version(self, name: SecretName, version: u64) -> Self {
        self.expect(name, Expected::Version(version))
    }

    /// And this is expected of the secret.
    #[must_use]
    pub fn expect(mut self, name: SecretName, expected: Expected) -> Self {
        self.0.push((name, expected));
        self
    }

    /// Whether all is as expected, for a vault that tells the version of a secret.
    ///
    /// # Errors
    /// The first [`Conflict`].
    pub fn check(&self, version: impl Fn(&SecretName) -> Option<u64>) -> Result<(), Conflict> {
        for (name, expected) in &self.0 {
            let found = version(name);
            if found != expected.version() {
                return Err(Conflict { name: name.clone(), expected: *expected, found });
            }
        }
        Ok(())
    }
}

/// What came of the changes of one commit.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Receipt {
    /// Of each change, in their order.
    pub done: Vec<Done>,
}

impl Receipt {
    /// What came of each change, in their order.
    pub fn new(done: Vec<Done>) -> Self {
        Self { done }
    }
}

/// What came of one change.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Done {
    /// The workspace was made.
    WorkspaceCreated,
    /// A value was stored.
    Set(Stored),
    /// The secret has another description.
    Described,
    /// The owner has said what the parts are.
    Parts {
        /// As they are now.
        parts: Arc<Parts>,
    },
    /// The secret and its value are gone.
    Deleted {
        /// The version that was the last.
        version: u64,
    },
    /// It is allowed.
    Allowed {
        /// What was not allowed before.
        added: Vec<String>,
    },
    /// It is no longer allowed.
    Disallowed,
}

/// A value was stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// The version that has the value.
    pub version: u64,
    /// Whether the secret is new; otherwise its former value is gone.
    pub created: bool,
    /// What of it is masked in outputs.
    pub masking: Masking,
    /// Whether runs get it or a placeholder.
    pub exposure: Exposure,
    /// Where it may go.
    pub bindings: Vec<Binding>,
    /// What is known of its parts from now on: words that were said of the former value stand in it where the path is still
    /// there.
    pub parts: Arc<Parts>,
    /// Paths of the former value of which the owner had said something, and that this one has no more.
    pub words_gone: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> SecretName {
        SecretName::parse(text).unwrap()
    }

    #[test]
    fn a_precondition_holds_if_all_of_it_does_and_names_what_does_not() {
        let versions = |asked: &SecretName| (asked.as_str() == "TOKEN").then_some(3);
        assert_eq!(Precondition::any().check(versions), Ok(()));
        let both = Precondition::any().version(name("TOKEN"), 3).absent(name("OTHER"));
        assert_eq!(both.check(versions), Ok(()));
        for (precondition, text) in [
            (both.clone().version(name("TOKEN"), 2), "`TOKEN` is at version 3, not at version 2"),
            (both.clone().absent(name("TOKEN")), "`TOKEN` is at version 3, not absent"),
            (both.version(name("OTHER"), 1), "`OTHER` is absent, not at version 1"),
        ] {
            assert_eq!(precondition.check(versions).unwrap_err().to_string(), text);
        }
    }
}
