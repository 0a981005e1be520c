//! What the text of a key looks like: `um-host-key-`, 43 base64url characters of its 32 bytes, and 4 of checksum.
//!
//! It stands here and not with the cipher, since whatever masks has to know a key by its looks: any key, of whatever store.
//!
//! Guarantees: what is taken for a key when one is read is a key here, and nothing else.
//!
//! Deliberately absent: what a key opens, and a key in another encoding.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::value::MASK;

/// How every key text begins.
pub const KEY_PREFIX: &str = "um-host-key-";
/// Its 32 bytes in base64url.
pub const KEY_BODY: usize = 43;
/// 3 bytes of checksum in base64url.
pub const KEY_CHECK: usize = 4;
/// A key text, whole.
pub const KEY_LENGTH: usize = KEY_PREFIX.len() + KEY_BODY + KEY_CHECK;
/// What a key is called where it is told that one was masked: no secret has such a name.
pub const KEY_NAME: &str = "um-host key";

/// 24 bits that catch a mistyped or cut key text.
pub fn key_checksum(text: &[u8]) -> [u8; 3] {
    let digest = Sha256::digest(text);
    [digest[0], digest[1], digest[2]]
}

/// Whether a text is that of a key, whole and alone.
pub fn is_key(text: &[u8]) -> bool {
    let Some(body) = text.strip_prefix(KEY_PREFIX.as_bytes()).filter(|_| text.len() == KEY_LENGTH) else {
        return false;
    };
    let (body, check) = body.split_at(KEY_BODY);
    let mut bytes = Zeroizing::new([0; 33]);
    let is_body = URL_SAFE_NO_PAD.decode_slice(body, &mut bytes[..]).is_ok();
    let stated = URL_SAFE_NO_PAD.decode(check);
    is_body && stated.is_ok_and(|stated| stated == key_checksum(&text[..KEY_PREFIX.len() + KEY_BODY]))
}

/// Whether a byte can stand in a key text behind its prefix.
pub fn is_of_key(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

/// A text with a mask in the place of each key.
pub fn without_keys(text: &str) -> Cow<'_, str> {
    let mut shown = Cow::Borrowed("");
    let mut from = 0;
    for (at, _) in text.match_indices(KEY_PREFIX) {
        let end = at + KEY_LENGTH;
        if at >= from && text.as_bytes().get(at..end).is_some_and(is_key) {
            shown.to_mut().push_str(&text[from..at]);
            shown.to_mut().push_str(MASK);
            from = end;
        }
    }
    match from {
        0 => Cow::Borrowed(text),
        from => shown + &text[from..],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of no store.
    const KEY: &str = "um-host-key-AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

    fn key() -> String {
        let check = URL_SAFE_NO_PAD.encode(key_checksum(KEY.as_bytes()));
        format!("{KEY}{check}")
    }

    #[test]
    fn a_key_is_known_by_its_checksum() {
        let key = key();
        assert_eq!(key.len(), KEY_LENGTH);
        assert!(is_key(key.as_bytes()));
        assert!(!is_key(&key.as_bytes()[..KEY_LENGTH - 1]));
        assert!(!is_key(format!("{key}A").as_bytes()));
        assert!(!is_key(key.replace("AAEC", "AAED").as_bytes()));
        assert!(!is_key(key.to_uppercase().as_bytes()));
        assert!(!is_key(b""));
    }

    #[test]
    fn keys_are_masked_in_a_text_and_nothing_else_is() {
        let key = key();
        for (text, shown) in [
            (String::new(), String::new()),
            (key.clone(), "***".to_owned()),
            (format!("ü {key}, {key}."), "ü ***, ***.".to_owned()),
            (format!("{key}{key}"), "******".to_owned()),
            (format!("um-host-key-{key}x"), "um-host-key-***x".to_owned()),
            (format!("um-host-key-{}", "A".repeat(47)), format!("um-host-key-{}", "A".repeat(47))),
            ("um-host-key-ü".repeat(5), "um-host-key-ü".repeat(5)),
        ] {
            assert_eq!(without_keys(&text), shown, "{text}");
        }
    }
}
