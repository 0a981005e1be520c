//! How a key is written down and read. What its text looks like is known to `um-secret`, which masks it.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use um_base::coded;
use um_secret::{KEY_BODY, KEY_CHECK, KEY_LENGTH, KEY_PREFIX, key_checksum};
use zeroize::Zeroizing;

use super::key::Key;

/// Why a text is no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyTextError {
    /// There is nothing.
    #[error("it is empty")]
    Empty,
    /// It does not begin as every key text does.
    #[error("it does not begin with `{KEY_PREFIX}`")]
    Prefix,
    /// It is too short or too long.
    #[error("it has {length} characters instead of {}, so something was cut off or added", KEY_LENGTH)]
    Length {
        /// Of the whole text, in bytes.
        length: usize,
    },
    /// It has characters that base64url does not have.
    #[error("it holds characters that no key has")]
    Characters,
    /// Its checksum does not fit.
    #[error("its checksum does not fit, so it was mistyped or altered")]
    Checksum,
}

coded! { KeyTextError:
    Self::Empty => Invalid "key-empty",
    Self::Prefix | Self::Length { .. } | Self::Characters => Invalid "key-malformed",
    Self::Checksum => Invalid "key-checksum",
}

/// Whether a key, or the greater part of one, stands anywhere in the text.
pub fn looks_like_key(text: &str) -> bool {
    let of_base64 = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let starts = text.trim_start().starts_with(KEY_PREFIX);
    starts
        || text
            .match_indices(KEY_PREFIX)
            .any(|(at, _)| text[at + KEY_PREFIX.len()..].chars().take_while(of_base64).count() >= 16)
}

impl Key {
    /// Writes the key down: 59 characters, without a line break.
    pub fn to_text(&self) -> Zeroizing<String> {
        let mut body = Zeroizing::new([0; KEY_BODY]);
        URL_SAFE_NO_PAD.encode_slice(self.expose(), &mut body[..]).expect("32 bytes are 43 characters");
        let mut text = Zeroizing::new(String::with_capacity(KEY_LENGTH));
        text.push_str(KEY_PREFIX);
        text.extend(body.iter().map(|&byte| char::from(byte)));
        let check = URL_SAFE_NO_PAD.encode(key_checksum(text.as_bytes()));
        text.push_str(&check);
        text
    }

    /// Reads a key as it is written down. One line break at the end, which editors add, is not part of it.
    ///
    /// # Errors
    /// [`KeyTextError`], which never repeats the text.
    pub fn parse(text: &[u8]) -> Result<Self, KeyTextError> {
        let text = text.strip_suffix(b"\n").map_or(text, |text| text.strip_suffix(b"\r").unwrap_or(text));
        if text.is_empty() {
            return Err(KeyTextError::Empty);
        }
        let body = text.strip_prefix(KEY_PREFIX.as_bytes()).ok_or(KeyTextError::Prefix)?;
        if body.len() != KEY_BODY + KEY_CHECK {
            return Err(KeyTextError::Length { length: text.len() });
        }
        let (body, check) = body.split_at(KEY_BODY);
        let mut bytes = Zeroizing::new([0; 33]);
        let length = URL_SAFE_NO_PAD.decode_slice(body, &mut bytes[..]).map_err(|_| KeyTextError::Characters)?;
        let stated = URL_SAFE_NO_PAD.decode(check).map_err(|_| KeyTextError::Characters)?;
        if stated != key_checksum(&text[..KEY_PREFIX.len() + KEY_BODY]) {
            return Err(KeyTextError::Checksum);
        }
        Self::from_slice(&bytes[..length]).ok_or(KeyTextError::Characters)
    }
}
