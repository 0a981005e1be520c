//! What an outcome tells of a request that was refused, or failed.

use serde::{Deserialize, Serialize};

use um_base::coded;
use um_secret::SecretName;

/// Why a request of a run was refused or failed: a fact, without advice.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Refusal {
    /// A name that stays, as in `host/docs/errors.md`.
    pub code: String,
    /// What happened, filtered.
    pub message: String,
    /// The host that was meant, filtered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// The rule that would have permitted it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entry: Option<String>,
    /// The name of the secret that stood in the way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
    /// The limit that was met.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<String>,
}

/// A guest has put more into header fields than it may, before there was a request.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("header fields of more than {} KiB together (72 bytes more are counted for each) were refused", limit / 1024)]
pub struct FieldsTooLarge {
    /// In bytes.
    pub(crate) limit: usize,
}

coded! { FieldsTooLarge:
    Self { .. } => Full "fields-too-large",
}

/// A guest has asked for a socket, or for the address of a name to have one to it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a socket{} was refused; actions have none", name.as_ref().map(|name| format!(" to {name}")).unwrap_or_default())]
pub struct SocketRefused {
    /// Where it was to lead, if the guest has said it and that could be shown.
    pub(crate) name: Option<String>,
}

coded! { SocketRefused:
    Self { .. } => Denied "socket-refused",
}

/// A guest has asked for a secret by an interface of another host, and got none: what those have to say does not tell what to
/// look at. The key is the guest's own text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "what each is stands in its message")]
pub enum KeyRefused {
    #[error("there is no secret {name}, which the action asked for as `{key}`")]
    NotFound { key: String, name: SecretName },
    #[error("this run may not read the secret {name}, which the action asked for as `{key}`")]
    Denied { key: String, name: SecretName },
    #[error("the action asked for all secrets at once, and this run is not narrowed to some by name")]
    All,
}

coded! { KeyRefused:
    Self::NotFound { .. } => NotFound "key-not-found",
    Self::Denied { .. } => Denied "key-denied",
    Self::All => Denied "all-keys-denied",
}

impl KeyRefused {
    /// The secret that it is about.
    pub fn name(&self) -> Option<&SecretName> {
        match self {
            Self::NotFound { name, .. } | Self::Denied { name, .. } => Some(name),
            Self::All => None,
        }
    }
}
