//! How a secret may be used: handed to the action or only put into its requests, and where it may go.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Placement, PlacementError, SecretValue};

/// Most bindings of one secret.
pub const MAX_BINDINGS: usize = 16;
/// Shortest value that can be sealed, in bytes: a shorter one would stand in answers by chance, and could be guessed.
pub const MIN_SEALED_BYTES: usize = 16;
/// Longest value that can be sealed, in bytes. It bounds what a request grows by, and how much of an answer is held back.
pub const MAX_SEALED_BYTES: usize = 4096;
/// Longest method and path prefix of a binding, in bytes.
const MAX_METHOD: usize = 32;
const MAX_PREFIX: usize = 1024;
/// Most methods of a binding.
const MAX_METHODS: usize = 16;

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

/// The protocol of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scheme {
    Http,
    Https,
}

impl fmt::Display for Exposure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Revealed => "revealed",
            Self::Sealed => "sealed",
        })
    }
}

impl Scheme {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    /// The port that a URL without one means.
    pub fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

/// Where a value may go. Displays as the entry of an allow-list that permits the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Binding {
    pub scheme: Scheme,
    /// Lower case, without port; IPv6 addresses in square brackets.
    pub host: String,
    pub port: u16,
    /// Upper case; empty means every method.
    pub methods: Vec<String>,
    /// The prefix that the path must have; `None` means every path.
    pub path_prefix: Option<String>,
    /// Which field of the request a sealed value is put into.
    pub placement: Placement,
}

/// `[METHODS ][http://]HOST[:PORT][/PATH-PREFIX]`
impl fmt::Display for Binding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.methods.is_empty() {
            write!(f, "{} ", self.methods.join(","))?;
        }
        if self.scheme == Scheme::Http {
            f.write_str("http://")?;
        }
        f.write_str(&self.host)?;
        if self.port != self.scheme.default_port() {
            write!(f, ":{}", self.port)?;
        }
        f.write_str(self.path_prefix.as_deref().unwrap_or_default())
    }
}

/// Why a secret cannot be used in the way that was asked for. Never holds a value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ExposureError {
    #[error(
        "a sealed secret is put into requests to the hosts that it is bound to, and this one is bound to none; name them with --bind HOST"
    )]
    Unbound,
    #[error("a secret can be bound to {MAX_BINDINGS} hosts; this would be {count}")]
    TooMany { count: usize },
    #[error(
        "`{host}` is no host that a secret can be bound to; write it in lower case and without a `*`, as in api.example.com"
    )]
    Host { host: String },
    #[error(
        "a binding names methods in upper case, each of {MAX_METHOD} bytes and {MAX_METHODS} of them at most, as in GET,POST"
    )]
    Method,
    #[error("the path of a binding begins with a slash and has at most {MAX_PREFIX} bytes")]
    Prefix,
    #[error(transparent)]
    Placement(#[from] PlacementError),
    #[error(
        "a sealed value has at least {MIN_SEALED_BYTES} bytes, and this one has {length}; reveal it with --revealed, or use a longer one"
    )]
    TooShort { length: usize },
    #[error(
        "a sealed value has at most {MAX_SEALED_BYTES} bytes, and this one has {length}; reveal it with --revealed, or seal the key to it"
    )]
    TooLong { length: usize },
    #[error("a sealed value is visible ASCII, and this one has {what}; take that out, or reveal it with --revealed")]
    NotVisible { what: &'static str },
}

/// Whether `value` may be used so.
///
/// # Errors
/// [`ExposureError`] with the rule that is broken.
pub fn check_exposure(exposure: Exposure, bindings: &[Binding], value: &SecretValue) -> Result<(), ExposureError> {
    if bindings.len() > MAX_BINDINGS {
        return Err(ExposureError::TooMany { count: bindings.len() });
    }
    bindings.iter().try_for_each(check_binding)?;
    match exposure {
        Exposure::Revealed => Ok(()),
        Exposure::Sealed if bindings.is_empty() => Err(ExposureError::Unbound),
        Exposure::Sealed => check_sealed(value.expose()),
    }
}

fn check_binding(binding: &Binding) -> Result<(), ExposureError> {
    let of_host = |byte: u8| byte.is_ascii_digit() || byte.is_ascii_lowercase() || b"-_.:[]".contains(&byte);
    if binding.host.is_empty() || !binding.host.bytes().all(of_host) || binding.port == 0 {
        return Err(ExposureError::Host { host: binding.host.chars().filter(|c| !c.is_control()).take(64).collect() });
    }
    if binding.methods.len() > MAX_METHODS || !binding.methods.iter().all(|method| is_method(method)) {
        return Err(ExposureError::Method);
    }
    match &binding.path_prefix {
        Some(prefix) if !prefix.starts_with('/') || prefix.len() > MAX_PREFIX => Err(ExposureError::Prefix),
        _ => Ok(binding.placement.check()?),
    }
}

fn is_method(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_uppercase() || matches!(byte, b'-' | b'_');
    (1..=MAX_METHOD).contains(&text.len()) && text.bytes().all(fits)
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

    fn binding() -> Binding {
        Binding {
            scheme: Scheme::Https,
            host: "api.example.com".to_owned(),
            port: 443,
            methods: Vec::new(),
            path_prefix: None,
            placement: Placement::default(),
        }
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
    fn a_secret_is_bound_to_sixteen_hosts_at_most() {
        let many = |count| check(Exposure::Revealed, &vec![binding(); count], "x");
        assert_eq!(many(MAX_BINDINGS), Ok(()));
        assert_eq!(many(MAX_BINDINGS + 1), Err(ExposureError::TooMany { count: MAX_BINDINGS + 1 }));
    }

    #[test]
    fn a_binding_that_an_embedder_made_up_is_refused_by_its_rule() {
        let refused = |change: &dyn Fn(&mut Binding)| {
            let mut binding = binding();
            change(&mut binding);
            check(Exposure::Revealed, &[binding], "x").unwrap_err()
        };
        for host in ["", "*.example.com", "API.example.com", "a/b", "a b", "user@host"] {
            let refusal = refused(&|binding| binding.host = host.to_owned());
            assert_eq!(refusal, ExposureError::Host { host: host.to_owned() });
        }
        assert!(matches!(refused(&|binding| binding.port = 0), ExposureError::Host { .. }));
        for method in ["", "get", "GET POST", &"M".repeat(MAX_METHOD + 1)] {
            assert_eq!(refused(&|binding| binding.methods = vec![method.to_owned()]), ExposureError::Method);
        }
        assert_eq!(refused(&|binding| binding.path_prefix = Some("v1".to_owned())), ExposureError::Prefix);
        let cookie = Placement::Header("Cookie".to_owned());
        assert!(matches!(refused(&|binding| binding.placement = cookie.clone()), ExposureError::Placement(_)));
    }

    #[test]
    fn a_binding_displays_as_the_entry_that_permits_the_same() {
        assert_eq!(binding().to_string(), "api.example.com");
        let full = Binding {
            scheme: Scheme::Http,
            port: 8080,
            methods: vec!["GET".to_owned(), "POST".to_owned()],
            path_prefix: Some("/v1".to_owned()),
            ..binding()
        };
        assert_eq!(full.to_string(), "GET,POST http://api.example.com:8080/v1");
    }
}
