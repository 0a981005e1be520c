//! A secret's value, and how much of it the leak filter can guard.

use std::sync::Arc;

use zeroize::{Zeroize, Zeroizing};

use um_base::coded;
use um_base::rule::PLACEHOLDER_PREFIX;

/// What stands in the place of a masked value.
pub const MASK: &str = "***";
/// Longest value, in bytes.
pub const MAX_VALUE_BYTES: usize = 64 * 1024;

/// Values that stand in every log: masking them would wreck the text and tell what they are.
const COMMON: [&str; 32] = [
    "admin",
    "administrator",
    "changeme",
    "debug",
    "default",
    "demo",
    "development",
    "disabled",
    "enabled",
    "error",
    "example",
    "false",
    "guest",
    "info",
    "localhost",
    "none",
    "null",
    "password",
    "private",
    "prod",
    "production",
    "public",
    "root",
    "secret",
    "staging",
    "test",
    "testing",
    "token",
    "true",
    "undefined",
    "user",
    "username",
];

/// The value of a secret: UTF-8, 1 byte to 64 KiB, kept byte for byte and wiped when its last owner drops it.
///
/// It cannot be printed, cloned, compared or serialised; [`expose`](Self::expose) is the one way to its text.
///
/// ```
/// let value = um_secret::SecretValue::new("hunter22".to_owned()).unwrap();
/// assert_eq!(value.expose(), "hunter22");
/// ```
/// ```compile_fail
/// let value = um_secret::SecretValue::new("hunter22".to_owned()).unwrap();
/// println!("{value}");
/// ```
/// ```compile_fail
/// let value = um_secret::SecretValue::new("hunter22".to_owned()).unwrap();
/// println!("{value:?}");
/// ```
/// ```compile_fail
/// let value = um_secret::SecretValue::new("hunter22".to_owned()).unwrap();
/// let second = value.clone();
/// ```
/// ```compile_fail
/// let value = um_secret::SecretValue::new("hunter22".to_owned()).unwrap();
/// serde_json::to_string(&value).unwrap();
/// ```
pub struct SecretValue(Arc<str>);

/// Why a text cannot be the value of a secret. Never holds the text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "what each is stands in its message")]
pub enum ValueError {
    #[error("the value is empty; nothing was stored")]
    Empty,
    #[error("the value has {length} bytes; at most {MAX_VALUE_BYTES} are kept")]
    TooLong { length: usize },
    #[error("the value is not UTF-8 text; encode binary data first, for example as base64")]
    NotText,
    #[error(
        "the value contains `{MASK}`, which is what a masked secret looks like; give the real value, or have the service \
         make one without it"
    )]
    HasMask,
    #[error(
        "the value contains `{PLACEHOLDER_PREFIX}`, which marks the placeholder of a sealed secret; give the real value"
    )]
    IsPlaceholder,
}

coded! { ValueError:
    Self::Empty => Invalid "value-empty",
    Self::TooLong { .. } => Invalid "value-too-long",
    Self::NotText => Invalid "value-not-text",
    Self::HasMask => Invalid "value-has-mask",
    Self::IsPlaceholder => Invalid "value-is-placeholder",
}

impl SecretValue {
    /// Takes a value and wipes the text that it came in.
    ///
    /// # Errors
    /// [`ValueError`] if it is empty, over 64 KiB, or holds the mask or a placeholder: nobody could tell what um-host has put
    /// into an output from what stood there.
    pub fn new(text: String) -> Result<Self, ValueError> {
        let text = Zeroizing::new(text);
        check(&text)?;
        Ok(Self(Arc::from(text.as_str())))
    }

    /// As [`new`](Self::new), from bytes that must be UTF-8.
    ///
    /// # Errors
    /// Also [`ValueError::NotText`].
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, ValueError> {
        let bytes = Zeroizing::new(bytes);
        let text = std::str::from_utf8(&bytes).map_err(|_| ValueError::NotText)?;
        check(text)?;
        Ok(Self(Arc::from(text)))
    }

    /// A value that was taken once, when less may have been refused than now.
    ///
    /// # Errors
    /// [`ValueError`] if it is empty, over 64 KiB or no text.
    pub fn kept(bytes: Vec<u8>) -> Result<Self, ValueError> {
        let bytes = Zeroizing::new(bytes);
        let text = std::str::from_utf8(&bytes).map_err(|_| ValueError::NotText)?;
        check_size(text)?;
        Ok(Self(Arc::from(text)))
    }

    /// The value itself. Whoever calls this answers for where it goes.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The value for a borrower that needs an owner, as the engine does when it lowers a string into a guest.
    /// The borrower must be done before this value is dropped: only the last owner wipes.
    pub fn expose_shared(&self) -> Arc<str> {
        Arc::clone(&self.0)
    }
}

impl Drop for SecretValue {
    fn drop(&mut self) {
        if let Some(text) = Arc::get_mut(&mut self.0) {
            text.zeroize();
        }
    }
}

fn check(text: &str) -> Result<(), ValueError> {
    check_size(text)?;
    if text.contains(MASK) {
        return Err(ValueError::HasMask);
    }
    if text.contains(PLACEHOLDER_PREFIX) {
        return Err(ValueError::IsPlaceholder);
    }
    Ok(())
}

fn check_size(text: &str) -> Result<(), ValueError> {
    if text.is_empty() {
        return Err(ValueError::Empty);
    }
    if text.len() > MAX_VALUE_BYTES {
        return Err(ValueError::TooLong { length: text.len() });
    }
    Ok(())
}

/// How much of a value the leak filter can guard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Masking {
    /// 8 bytes or more: every form.
    EveryForm,
    /// 4 to 7 bytes: the value as it is, no encodings.
    RawOnly,
    /// Nothing: it would be found everywhere.
    Nothing(Unmaskable),
}

/// Why a value cannot be masked. Never says what the value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "what each is stands in its message")]
pub enum Unmaskable {
    #[error("it has under 4 bytes")]
    TooShort,
    #[error("it is a word, a number or a pattern that stands in every log")]
    TooCommon,
}

/// Tells how much of `value` the leak filter can guard.
pub fn masking(value: &str) -> Masking {
    let trimmed = value.trim();
    let length = trimmed.len();
    if length < 4 {
        return Masking::Nothing(Unmaskable::TooShort);
    }
    let mut lower = trimmed.to_ascii_lowercase();
    let first = lower.as_bytes()[0];
    let one_character = lower.bytes().all(|byte| byte == first);
    let small_number = length < 6 && lower.bytes().all(|byte| byte.is_ascii_digit());
    let common = COMMON.binary_search(&lower.as_str()).is_ok() || one_character || small_number;
    lower.zeroize();
    match length {
        _ if common => Masking::Nothing(Unmaskable::TooCommon),
        4..8 => Masking::RawOnly,
        _ => Masking::EveryForm,
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::os::unix::fs::FileExt;

    use super::*;

    #[test]
    fn a_value_is_kept_byte_for_byte() {
        for text in ["x", " spaced\r\n", "päss\0word", &"v".repeat(MAX_VALUE_BYTES)] {
            assert_eq!(SecretValue::new(text.to_owned()).ok().unwrap().expose(), text);
        }
    }

    #[test]
    fn what_cannot_be_a_value_is_refused_by_reason() {
        let refusal = |text: &str| SecretValue::new(text.to_owned()).err().unwrap();
        assert_eq!(refusal(""), ValueError::Empty);
        assert_eq!(refusal(&"v".repeat(MAX_VALUE_BYTES + 1)), ValueError::TooLong { length: MAX_VALUE_BYTES + 1 });
        for text in ["***", " ***\n", "pa***ss", "****", "Basic dTp***"] {
            assert_eq!(refusal(text), ValueError::HasMask, "{text}");
        }
        assert!(SecretValue::new("pa**ss*w*rd".to_owned()).is_ok());
        assert_eq!(refusal("Bearer um_sealed_00"), ValueError::IsPlaceholder);
        assert_eq!(SecretValue::from_bytes(vec![0xff, 0xfe]).err(), Some(ValueError::NotText));
    }

    #[test]
    fn what_was_kept_before_a_rule_came_can_still_be_read() {
        for text in ["pa***ss", "um_sealed_00"] {
            assert_eq!(SecretValue::kept(text.as_bytes().to_vec()).ok().unwrap().expose(), text);
        }
        assert_eq!(SecretValue::kept(Vec::new()).err(), Some(ValueError::Empty));
        assert_eq!(SecretValue::kept(vec![0xff]).err(), Some(ValueError::NotText));
    }

    #[test]
    fn the_last_owner_wipes_the_text() {
        let text = "correct horse battery staple ".repeat(20);
        let value = SecretValue::new(text.clone()).ok().unwrap();
        let (address, shared) = (value.expose().as_ptr().addr() as u64, value.expose_shared());
        drop(value);
        assert_eq!(*shared, *text, "an owner is left, so nothing is wiped");
        // What is freed is read as others could read it: the allocator leaves it, but for its own links at the beginning.
        let memory = File::open("/proc/self/mem").unwrap();
        let mut left = vec![0; text.len()];
        drop(SecretValue(shared));
        memory.read_exact_at(&mut left, address).unwrap();
        assert!(!String::from_utf8_lossy(&left).contains("horse"));
    }

    #[test]
    fn masking_knows_what_it_cannot_guard() {
        assert!(COMMON.is_sorted());
        assert_eq!(masking("abc"), Masking::Nothing(Unmaskable::TooShort));
        assert_eq!(masking("  a  "), Masking::Nothing(Unmaskable::TooShort));
        for text in ["true", "Admin", "2026", "aaaaaaaa", "********", "localhost"] {
            assert_eq!(masking(text), Masking::Nothing(Unmaskable::TooCommon), "{text}");
        }
        assert_eq!(masking("83412"), Masking::Nothing(Unmaskable::TooCommon));
        assert_eq!(masking("834127"), Masking::RawOnly);
        assert_eq!(masking("k7x!"), Masking::RawOnly);
        assert_eq!(masking("k7x!k7x"), Masking::RawOnly);
        assert_eq!(masking("k7x!k7x!"), Masking::EveryForm);
    }
}
