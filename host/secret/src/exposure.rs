//! How a secret may be used: handed to the action or only put into its requests, and where it may go.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::binding::Binding;
use super::value::SecretValue;
use um_base::coded;
use um_base::rule::PlacementError;

/// Most bindings of one secret.
pub const MAX_BINDINGS: usize = 16;
/// Shortest value that can be sealed, in bytes: a shorter one would stand in answers by chance, and could be guessed.
pub const MIN_SEALED_BYTES: usize = 16;
/// Longest value that can be sealed, in bytes. It bounds what a request grows by, and how much of an answer is held back.
pub const MAX_SEALED_BYTES: usize = 4096;

/// Whether an action gets the value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Exposure {
    /// `get` hands out the value.
    #[default]
    Revealed,
    /// `get` hands out a placeholder; the host puts the value into the outgoing request.
    Sealed,
}

impl fmt::Display for Exposure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Revealed => "revealed",
            Self::Sealed => "sealed",
        })
    }
}

/// Why a secret cannot be used in the way that was asked for. Never holds a value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "what each is stands in its message")]
pub enum ExposureError {
    #[error("a sealed secret is put into requests to the hosts that it is bound to, and this one is bound to none")]
    Unbound,
    #[error("a secret can be bound to {MAX_BINDINGS} hosts; this would be {count}")]
    TooMany { count: usize },
    #[error(transparent)]
    Placement(#[from] PlacementError),
    #[error("a sealed value has at least {MIN_SEALED_BYTES} bytes, and this one has {length}")]
    TooShort { length: usize },
    #[error("a sealed value has at most {MAX_SEALED_BYTES} bytes, and this one has {length}")]
    TooLong { length: usize },
    #[error("a sealed value is visible ASCII, and this one has {what}")]
    NotVisible { what: &'static str },
    #[error(
        "a URL cannot be sealed yet: a sealed value is put into a header, a parameter or a field of a request, and never \
         in the place of its URL"
    )]
    Url,
}

coded! { ExposureError:
    Self::Unbound => Invalid "sealed-unbound",
    Self::TooMany { .. } => Invalid "too-many-bindings",
    Self::Placement(error) => in error,
    Self::TooShort { .. } => Invalid "sealed-value-too-short",
    Self::TooLong { .. } => Invalid "sealed-value-too-long",
    Self::NotVisible { .. } => Invalid "sealed-value-not-visible",
    Self::Url => Invalid "sealed-value-is-url",
}

/// Whether `value` may be used so.
///
/// # Errors
/// [`ExposureError`] with the rule that is broken.
pub fn check_exposure(exposure: Exposure, bindings: &[Binding], value: &SecretValue) -> Result<(), ExposureError> {
    if bindings.len() > MAX_BINDINGS {
        return Err(ExposureError::TooMany { count: bindings.len() });
    }
    bindings.iter().try_for_each(|binding| binding.placement().check())?;
    match exposure {
        Exposure::Revealed => Ok(()),
        Exposure::Sealed if bindings.is_empty() => Err(ExposureError::Unbound),
        Exposure::Sealed => check_sealed(value.expose()),
    }
}

/// Whether a secret may be set so: as [`check_exposure`], and what would be of no use is refused. A store may have such a
/// one from before.
pub(crate) fn check_set(exposure: Exposure, bindings: &[Binding], value: &SecretValue) -> Result<(), ExposureError> {
    if exposure == Exposure::Sealed && is_url(value.expose()) {
        return Err(ExposureError::Url);
    }
    check_exposure(exposure, bindings, value)
}

/// A webhook's, for example, or that of a database: a scheme (RFC 3986, 3.1), and who is to be reached by it.
fn is_url(value: &str) -> bool {
    let Some((scheme, rest)) = value.trim().split_once("://") else { return false };
    let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
    is_scheme && (rest.starts_with(|c: char| c.is_alphanumeric() || "[%_*".contains(c)) || rest.contains('@'))
}

/// A value that is put into a header, a query or a form as it is must be the same in each.
fn check_sealed(value: &str) -> Result<(), ExposureError> {
    let strange = value.chars().find(|c| !c.is_ascii_graphic());
    match strange {
        Some('\n' | '\r') => Err(ExposureError::NotVisible { what: "a line break" }),
        Some(' ' | '\t') => Err(ExposureError::NotVisible { what: "a space" }),
        Some(c) if c.is_ascii() => Err(ExposureError::NotVisible { what: "a control character" }),
        Some(_) => Err(ExposureError::NotVisible { what: "a character beyond ASCII" }),
        None if value.len() < MIN_SEALED_BYTES => Err(ExposureError::TooShort { length: value.len() }),
        None if value.len() > MAX_SEALED_BYTES => Err(ExposureError::TooLong { length: value.len() }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use um_base::rule::{Placement, Rule};

    fn binding() -> Binding {
        to(Placement::default())
    }

    fn to(placement: Placement) -> Binding {
        Binding::new(Rule::parse("api.example.com").unwrap(), placement).unwrap()
    }

    fn check(exposure: Exposure, bindings: &[Binding], value: &str) -> Result<(), ExposureError> {
        check_exposure(exposure, bindings, &SecretValue::new(value.to_owned()).ok().unwrap())
    }

    #[test]
    fn a_sealed_value_is_bound_and_has_sixteen_visible_characters_and_a_revealed_one_need_not() {
        use ExposureError as Error;
        let sealed = |value: &str| check(Exposure::Sealed, &[binding()], value);
        assert_eq!(sealed("0123456789abcdef"), Ok(()));
        assert_eq!(sealed("0123456789abcde"), Err(Error::TooShort { length: 15 }));
        assert_eq!(sealed(&"v".repeat(MAX_SEALED_BYTES)), Ok(()));
        assert_eq!(sealed(&"v".repeat(MAX_SEALED_BYTES + 1)), Err(Error::TooLong { length: MAX_SEALED_BYTES + 1 }));
        for (value, what) in [
            ("0123456789abcdef\n", "a line break"),
            ("0123456789 abcdef", "a space"),
            ("0123456789\u{7f}abcdef", "a control character"),
            ("0123456789\u{e9}abcdef", "a character beyond ASCII"),
        ] {
            assert_eq!(sealed(value), Err(Error::NotVisible { what }));
            assert_eq!(check(Exposure::Revealed, &[binding()], value), Ok(()));
        }
        assert_eq!(check(Exposure::Sealed, &[], "0123456789abcdef"), Err(Error::Unbound));
        assert_eq!(check(Exposure::Revealed, &[], "x"), Ok(()));
    }

    #[test]
    fn a_url_is_not_sealed_and_may_be_revealed_to_its_host() {
        let set =
            |exposure, value: &str| check_set(exposure, &[binding()], &SecretValue::new(value.to_owned()).unwrap());
        for url in [
            "https://hooks.example.com/services/T000/B000/16C7e42F292c6912",
            "HTTPS://hooks.example.com/x?token=16C7e42F",
            "postgres://app:k7xk7xk7@db.internal/main",
            "redis://:k7xk7xk7k7x@cache",
            "http://[2001:db8::1]/abcdef",
            " https://hooks.example.com/16C7e42F292c\n",
        ] {
            assert_eq!(set(Exposure::Sealed, url), Err(ExposureError::Url), "{url}");
            assert_eq!(set(Exposure::Revealed, url), Ok(()), "{url}");
        }
        for value in [
            "0123456789abcdef",
            "k7x://",
            "://0123456789abcdef",
            "9http://abcdefghi",
            "a?b://0123456789abc",
            "ab://////////////",
        ] {
            assert_ne!(set(Exposure::Sealed, value), Err(ExposureError::Url), "{value}");
        }
        let kept = SecretValue::new("https://hooks.example.com/16C7e42F".to_owned()).unwrap();
        assert_eq!(check_exposure(Exposure::Sealed, &[binding()], &kept), Ok(()), "what a store has goes on");
    }

    #[test]
    fn an_exposure_displays_as_it_is_stored() {
        for exposure in [Exposure::Revealed, Exposure::Sealed] {
            assert_eq!(serde_json::to_value(exposure).unwrap(), exposure.to_string());
        }
    }

    #[test]
    fn a_secret_is_bound_to_sixteen_hosts_at_most() {
        let many = |count| check(Exposure::Revealed, &vec![binding(); count], "x");
        assert_eq!(many(MAX_BINDINGS), Ok(()));
        assert_eq!(many(MAX_BINDINGS + 1), Err(ExposureError::TooMany { count: MAX_BINDINGS + 1 }));
    }

    #[test]
    fn a_secret_is_bound_to_fields_that_take_a_value() {
        let cookie = to(Placement::Header("Cookie".to_owned()));
        let refused = check(Exposure::Revealed, &[binding(), cookie], "x");
        assert!(matches!(refused, Err(ExposureError::Placement(PlacementError::Denied { .. }))), "{refused:?}");
    }
}
