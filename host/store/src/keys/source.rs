//! Where the master key comes from. Options and UM_HOST_KEY hold a *source* (`file:PATH`, `env:VARIABLE`), never a key:
//! what looks like one is refused unseen, since it may already stand in a shell history.
//!
//! Deliberately absent: any fallback from one source to another.

use std::path::PathBuf;

use um_base::coded;
use um_envelope::{KeyTextError, looks_like_key};

/// Where the master key is to be read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeySource {
    /// A regular file of this user that nobody else may read.
    File(PathBuf),
    /// An environment variable, by its name.
    Env(String),
}

/// Why a text names no source of a key. Never repeats the text: it might be the key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "what each is stands in its message")]
pub enum KeySourceError {
    #[error("that looks like a key, where the place of a key belongs (`file:PATH` or `env:VARIABLE`)")]
    LooksLikeKey,
    #[error(
        "a key source is `file:PATH` or `env:VARIABLE`; what was given is neither (and is not repeated here, in case it is a key)"
    )]
    Unknown,
    #[error("`file:` needs the path of a key file, for example file:/etc/um-host/key")]
    NoPath,
    #[error("`env:` needs the name of an environment variable: letters, digits and underscores, no digit first")]
    NoVariable,
    #[error("key sources of the kind `{scheme}:` are not built yet")]
    NotBuilt { scheme: &'static str },
}

coded! { KeySourceError:
    Self::LooksLikeKey => Invalid "key-source-is-key",
    Self::Unknown | Self::NoPath | Self::NoVariable => Invalid "key-source-malformed",
    Self::NotBuilt { .. } => Unsupported "key-source-unsupported",
}

/// Why there is no key to be had from a source. Never holds the key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "what each is stands in its message")]
pub enum KeyError {
    #[error("the key file {} does not exist", path.display())]
    FileMissing { path: PathBuf },
    #[error("the key file {} is {what}", path.display())]
    FileKind { path: PathBuf, what: &'static str },
    #[error("the key file {} belongs to user {owner}, not to you (user {user})", path.display())]
    FileOwner { path: PathBuf, owner: u32, user: u32 },
    #[error("the key file {} can be used by others (mode {mode:03o})", path.display())]
    FileMode { path: PathBuf, mode: u32 },
    #[error("the key file {} cannot be read: {source}", path.display())]
    File { path: PathBuf, source: std::io::Error },
    #[error("the environment variable {variable} is not set")]
    VariableMissing { variable: String },
    #[error("{place} holds no key: {reason}")]
    Text { place: String, reason: KeyTextError },
    #[error("there is no home directory to look for the key file in")]
    NoHome,
}

coded! { KeyError:
    Self::FileMissing { .. } => NotFound "key-file-absent",
    Self::FileKind { .. } => Invalid "key-file-kind",
    Self::FileOwner { .. } => Denied "key-file-owner",
    Self::FileMode { .. } => Denied "key-file-mode",
    Self::File { .. } => Unavailable "key-file-unreadable",
    Self::VariableMissing { .. } => NotFound "key-variable-absent",
    Self::Text { reason, .. } => in reason,
    Self::NoHome => Unavailable "key-no-home",
}

impl KeySource {
    /// Reads a source as it stands in an option or in UM_HOST_KEY.
    ///
    /// # Errors
    /// [`KeySourceError`], which never repeats the text.
    pub fn parse(text: &str) -> Result<Self, KeySourceError> {
        if looks_like_key(text) {
            return Err(KeySourceError::LooksLikeKey);
        }
        let (scheme, rest) = text.split_once(':').ok_or(KeySourceError::Unknown)?;
        match scheme {
            "file" if rest.is_empty() => Err(KeySourceError::NoPath),
            "file" => Ok(Self::File(PathBuf::from(rest))),
            "env" if !is_variable(rest) => Err(KeySourceError::NoVariable),
            "env" => Ok(Self::Env(rest.to_owned())),
            "fd" => Err(KeySourceError::NotBuilt { scheme: "fd" }),
            "passphrase" => Err(KeySourceError::NotBuilt { scheme: "passphrase" }),
            "credential" => Err(KeySourceError::NotBuilt { scheme: "credential" }),
            "command" => Err(KeySourceError::NotBuilt { scheme: "command" }),
            _ => Err(KeySourceError::Unknown),
        }
    }

    /// What the keyring notes about the slot of a key from here.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::File(_) => "file",
            Self::Env(_) => "env",
        }
    }
}

fn is_variable(name: &str) -> bool {
    let valid = |c: char| c.is_ascii_alphanumeric() || c == '_';
    !name.is_empty() && name.chars().all(valid) && !name.starts_with(|c: char| c.is_ascii_digit())
}
