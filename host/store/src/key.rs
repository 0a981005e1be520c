//! The master key: where it comes from, how it is written down, and what it is called.
//!
//! A key is written as `um-host-key-`, 43 base64url characters of 32 random bytes, and 4 of checksum. Options and
//! UM_HOST_KEY hold a *source* (`file:PATH`, `env:VARIABLE`), never a key: what looks like one is refused unseen,
//! since it may already stand in a shell history.
//!
//! Deliberately absent: any fallback from one source to another.

use std::fmt;
use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

use super::seal::{Key, checksum};

use um_base::coded;

/// How every key text begins.
const PREFIX: &str = "um-host-key-";
/// 32 bytes and 3 of checksum in base64url.
const BODY: usize = 43;
const CHECK: usize = 4;

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

/// Why a text is no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyTextError {
    #[error("it is empty")]
    Empty,
    #[error("it does not begin with `{PREFIX}`")]
    Prefix,
    #[error("it has {length} characters instead of {}, so something was cut off or added", PREFIX.len() + BODY + CHECK)]
    Length { length: usize },
    #[error("it holds characters that no key has")]
    Characters,
    #[error("its checksum does not fit, so it was mistyped or altered")]
    Checksum,
}

coded! { KeyTextError:
    Self::Empty => Invalid "key-empty",
    Self::Prefix | Self::Length { .. } | Self::Characters => Invalid "key-malformed",
    Self::Checksum => Invalid "key-checksum",
}

/// Tells keys apart without telling anything about them.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyId(pub(super) [u8; 8]);

/// `k_` and 16 lower-case hexadecimal digits.
impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("k_")?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
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
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::File(_) => "file",
            Self::Env(_) => "env",
        }
    }
}

/// Whether a key, or the greater part of one, stands anywhere in the text.
fn looks_like_key(text: &str) -> bool {
    let of_base64 = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let starts = text.trim_start().starts_with(PREFIX);
    starts
        || text
            .match_indices(PREFIX)
            .any(|(at, _)| text[at + PREFIX.len()..].chars().take_while(of_base64).count() >= 16)
}

fn is_variable(name: &str) -> bool {
    let valid = |c: char| c.is_ascii_alphanumeric() || c == '_';
    !name.is_empty() && name.chars().all(valid) && !name.starts_with(|c: char| c.is_ascii_digit())
}

/// Writes a key down, without a line break.
pub(super) fn key_text(key: &Key) -> Zeroizing<String> {
    let mut body = Zeroizing::new([0; BODY]);
    URL_SAFE_NO_PAD.encode_slice(key.expose(), &mut body[..]).expect("32 bytes are 43 characters");
    let mut text = Zeroizing::new(String::with_capacity(PREFIX.len() + BODY + CHECK));
    text.push_str(PREFIX);
    text.extend(body.iter().map(|&byte| char::from(byte)));
    let check = URL_SAFE_NO_PAD.encode(checksum(text.as_bytes()));
    text.push_str(&check);
    text
}

/// Reads a key as it is written down. One line break at the end, which editors add, is not part of it.
pub(super) fn parse_key(text: &[u8]) -> Result<Key, KeyTextError> {
    let text = text.strip_suffix(b"\n").map_or(text, |text| text.strip_suffix(b"\r").unwrap_or(text));
    if text.is_empty() {
        return Err(KeyTextError::Empty);
    }
    let body = text.strip_prefix(PREFIX.as_bytes()).ok_or(KeyTextError::Prefix)?;
    if body.len() != BODY + CHECK {
        return Err(KeyTextError::Length { length: text.len() });
    }
    let (body, check) = body.split_at(BODY);
    let mut bytes = Zeroizing::new([0; 33]);
    let length = URL_SAFE_NO_PAD.decode_slice(body, &mut bytes[..]).map_err(|_| KeyTextError::Characters)?;
    let stated = URL_SAFE_NO_PAD.decode(check).map_err(|_| KeyTextError::Characters)?;
    if stated != checksum(&text[..PREFIX.len() + BODY]) {
        return Err(KeyTextError::Checksum);
    }
    Key::from_slice(&bytes[..length]).ok_or(KeyTextError::Characters)
}
