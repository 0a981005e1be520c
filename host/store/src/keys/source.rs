//! Where the master key comes from. Options and UM_HOST_KEY hold a *source* (`file:PATH`, `env:VARIABLE`, `fd:NUMBER`,
//! `credential:NAME`), never a key: what looks like one is refused unseen, since it may already stand in a shell history.
//!
//! Deliberately absent: any fallback from one source to another.

use std::path::PathBuf;

use um_base::coded;
use um_envelope::{KeyTextError, looks_like_key};

use super::credential;

/// The first descriptor that is not one of the standard streams, which an action may be given.
const FIRST_DESCRIPTOR: u32 = 3;

/// Where the master key is to be read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeySource {
    /// A regular file of this user that nobody else may read, or any file of a mount that is read-only here.
    File(PathBuf),
    /// An environment variable, by its name.
    Env(String),
    /// An open descriptor of this process, by its number: a pipe or a regular file.
    Fd(u32),
    /// A credential that systemd has handed to this service, by its name.
    Credential(String),
}

/// Why a text names no source of a key. Never repeats the text: it might be the key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "what each is stands in its message")]
pub enum KeySourceError {
    #[error("that looks like a key, where the place of a key belongs (`file:PATH`, for example)")]
    LooksLikeKey,
    #[error(
        "a key source is `file:PATH`, `env:VARIABLE`, `fd:NUMBER` or `credential:NAME`; what was given is none of them (and \
         is not repeated here, in case it is a key)"
    )]
    Unknown,
    #[error("`file:` needs the path of a key file, for example file:/etc/um-host/key")]
    NoPath,
    #[error("`env:` needs the name of an environment variable: letters, digits and underscores, no digit first")]
    NoVariable,
    #[error(
        "`fd:` needs the number of an open descriptor, {FIRST_DESCRIPTOR} or more: the first ones are the standard streams"
    )]
    NoDescriptor,
    #[error("`credential:` needs the name of a credential, which has no slash in it, for example credential:um-host")]
    NoCredential,
    #[error("key sources of the kind `{scheme}:` are not built yet")]
    NotBuilt { scheme: &'static str },
}

coded! { KeySourceError:
    Self::LooksLikeKey => Invalid "key-source-is-key",
    Self::Unknown | Self::NoPath | Self::NoVariable | Self::NoDescriptor | Self::NoCredential => Invalid "key-source-malformed",
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
    #[error("the key file {} is a link that leads out of its directory, or to another file system", path.display())]
    FileLinkedOut { path: PathBuf },
    #[error("the key file {} belongs to user {owner}, not to you (user {user})", path.display())]
    FileOwner { path: PathBuf, owner: u32, user: u32 },
    #[error("the key file {} can be used by others (mode {mode:03o})", path.display())]
    FileMode { path: PathBuf, mode: u32 },
    #[error("the key file {} cannot be read: {source}", path.display())]
    File { path: PathBuf, source: std::io::Error },
    #[error("there is a file {} already, and no key is written over anything", path.display())]
    FileExists { path: PathBuf },
    #[error("the key file {} cannot be made: {source}", path.display())]
    FileUnmade { path: PathBuf, source: std::io::Error },
    #[error("descriptor {number} is not open")]
    DescriptorMissing { number: u32 },
    #[error("descriptor {number} is no pipe and no regular file")]
    DescriptorKind { number: u32 },
    #[error("descriptor {number} cannot be read: {source}")]
    Descriptor { number: u32, source: std::io::Error },
    #[error("no credentials were handed to this process: CREDENTIALS_DIRECTORY is not set")]
    NoCredentials,
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
    Self::FileLinkedOut { .. } => Denied "key-file-linked-out",
    Self::FileOwner { .. } => Denied "key-file-owner",
    Self::FileMode { .. } => Denied "key-file-mode",
    Self::File { .. } => Unavailable "key-file-unreadable",
    Self::FileExists { .. } => Conflict "key-file-exists",
    Self::FileUnmade { .. } => Unavailable "key-file-unmade",
    Self::DescriptorMissing { .. } => NotFound "key-descriptor-absent",
    Self::DescriptorKind { .. } => Invalid "key-descriptor-kind",
    Self::Descriptor { .. } => Unavailable "key-descriptor-unreadable",
    Self::NoCredentials => NotFound "key-no-credentials",
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
            "fd" => descriptor(rest).map(Self::Fd).ok_or(KeySourceError::NoDescriptor),
            "passphrase" => Err(KeySourceError::NotBuilt { scheme: "passphrase" }),
            "credential" if !credential::is_name(rest) => Err(KeySourceError::NoCredential),
            "credential" => Ok(Self::Credential(rest.to_owned())),
            "command" => Err(KeySourceError::NotBuilt { scheme: "command" }),
            _ => Err(KeySourceError::Unknown),
        }
    }

    /// What the keyring notes about the slot of a key from here.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::File(_) => "file",
            Self::Env(_) => "env",
            Self::Fd(_) => "fd",
            Self::Credential(_) => "credential",
        }
    }

    /// The file that the key is in, if it is in one that has a name.
    pub fn path(&self) -> Option<PathBuf> {
        match self {
            Self::File(path) => Some(path.clone()),
            Self::Credential(name) => credential::directory().map(|directory| directory.join(name)),
            Self::Env(_) | Self::Fd(_) => None,
        }
    }
}

fn descriptor(number: &str) -> Option<u32> {
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    number.parse().ok().filter(|number| is_number && *number >= FIRST_DESCRIPTOR)
}

fn is_variable(name: &str) -> bool {
    let valid = |c: char| c.is_ascii_alphanumeric() || c == '_';
    !name.is_empty() && name.chars().all(valid) && !name.starts_with(|c: char| c.is_ascii_digit())
}
