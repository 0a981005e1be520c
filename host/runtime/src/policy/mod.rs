//! A run's policy as a file, to be kept beside the action: TOML, every key of which is known.
//!
//! ```toml
//! hosts = ["api.hubapi.com/crm/v3", { host = "http://localhost:8080", methods = ["GET", "HEAD"] }]
//! private-hosts = ["localhost"]
//! secrets = ["HUBSPOT_API_KEY"]
//! strict-egress = true
//!
//! [limits]
//! memory = "512MiB"
//! http-calls = 20
//! ```
//!
//! Deliberately absent: anything that a run could read or write (directories, environment, arguments): that is the
//! caller's to give.

#[cfg(test)]
mod tests;

use std::net::Ipv6Addr;

use toml::Spanned;
use toml::de::{DeArray, DeString, DeTable, DeValue};
use toml_parser::Source;
use toml_parser::lexer::TokenKind;

use super::limits::table::Limit;
use super::limits::text::LimitError;
use super::limits::wishes::LimitWishes;
use um_base::coded;
use um_base::json::Position;
use um_base::rule::{HostName, HostNameError, Method, MethodError, Rule, RuleError};
use um_secret::{NameError, SecretName};

/// Longest text of a policy, in bytes.
pub const MAX_POLICY_BYTES: usize = 64 * 1024;

/// Most dots of a key. With its own bounds on keys and on nesting together, a tree of toml overflows the stack.
const MAX_DOTS: usize = 8;

/// The keys of a policy, and those of a host that is written as a table.
const KEYS: [&str; 5] = ["hosts", "limits", "private-hosts", "secrets", "strict-egress"];
const HOST_KEYS: [&str; 2] = ["host", "methods"];
/// Below this, two names have nothing to do with each other.
const RESEMBLANCE: f64 = 0.75;

/// What a file says that a run may do. By default nothing, within the default limits.
///
/// It narrows freely. What a file alone must not decide, private hosts and limits above the defaults, whoever starts the
/// run has to say too: see [`Grant::resolve`](super::Grant::resolve).
///
/// ```
/// use um_runtime::{Limit, PolicyFile};
///
/// let policy = PolicyFile::parse("hosts = ['GET api.hubapi.com']\nlimits.http-calls = 20")?;
/// assert_eq!(policy.limits.amount(Limit::HttpCalls), Some(20));
/// assert!(PolicyFile::parse("host = 'api.hubapi.com'").unwrap_err().to_string().contains("`hosts`"));
/// # Ok::<(), um_runtime::PolicyError>(())
/// ```
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct PolicyFile {
    /// `hosts`: besides those that are allowed otherwise.
    pub hosts: Vec<Rule>,
    /// `private-hosts`: allowed hosts that may be at private addresses.
    pub private_hosts: Vec<HostName>,
    /// `secrets`: these and no others, if the key is there.
    pub secrets: Option<Vec<SecretName>>,
    /// `limits`, by the names of [`Limit`].
    pub limits: LimitWishes,
    /// `strict-egress`.
    pub strict_egress: bool,
}

/// Why a text is no policy.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs, reason = "what each is stands in its message")]
pub enum PolicyError {
    #[error("a policy has at most {MAX_POLICY_BYTES} bytes")]
    TooLong,
    /// Both are counted from 1, the column in characters.
    #[error("line {line}, column {column}: {fault}")]
    At { line: usize, column: usize, fault: PolicyFault },
}

coded! { PolicyError:
    Self::TooLong => Full "policy-too-long",
    Self::At { fault, .. } => in fault,
}

/// What is wrong at one place of a policy.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs, reason = "what each is stands in its message")]
pub enum PolicyFault {
    #[error("this is not TOML: {message}")]
    Syntax { message: String },
    #[error(
        "there is no key `{key}` here{}; the keys are {}",
        closest.map(|closest| format!("; did you mean `{closest}`?")).unwrap_or_default(),
        known.join(", ")
    )]
    UnknownKey { key: String, closest: Option<&'static str>, known: Vec<&'static str> },
    #[error("expected {expected}")]
    Type { expected: &'static str },
    #[error("this key stands here a second time")]
    Twice,
    #[error("there may be {most} of these at most")]
    Many { most: usize },
    #[error(transparent)]
    Host(#[from] RuleError),
    #[error(transparent)]
    PrivateHost(#[from] HostNameError),
    #[error(transparent)]
    Secret(#[from] NameError),
    #[error(transparent)]
    Limit(#[from] LimitError),
}

coded! { PolicyFault:
    Self::Syntax { .. } => Invalid "policy-not-toml",
    Self::UnknownKey { .. } => Invalid "policy-unknown-key",
    Self::Type { .. } => Invalid "policy-type",
    Self::Twice => Invalid "policy-key-twice",
    Self::Many { .. } => Full "policy-too-many",
    Self::Host(error) => in error,
    Self::PrivateHost(error) => in error,
    Self::Secret(error) => in error,
    Self::Limit(error) => in error,
}

/// A fault and where it begins, in bytes.
type Placed<T> = Result<T, (usize, PolicyFault)>;

impl PolicyFile {
    /// Reads a policy.
    ///
    /// # Errors
    /// [`PolicyError`] with the place of the first fault.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        if text.len() > MAX_POLICY_BYTES {
            return Err(PolicyError::TooLong);
        }
        read(text).map_err(|(at, fault)| {
            let Position { line, column } = Position::of(text, at);
            PolicyError::At { line, column, fault }
        })
    }

    fn set(&mut self, key: &Spanned<DeString<'_>>, value: &Spanned<DeValue<'_>>) -> Placed<()> {
        match key.get_ref().as_ref() {
            "hosts" => self.hosts = each(value, "a list of hosts", host)?,
            "private-hosts" => self.private_hosts = each(value, "a list of hosts", private_host)?,
            "secrets" => self.secrets = Some(each(value, "a list of names of secrets", secret)?),
            "strict-egress" => {
                let strict = value.get_ref().as_bool();
                self.strict_egress = strict.ok_or_else(|| expected(value, "true or false"))?;
            }
            "limits" => {
                let limits = value.get_ref().as_table().ok_or_else(|| expected(value, "a table of limits"))?;
                in_order(limits).try_for_each(|(name, value)| self.set_limit(name, value))?;
            }
            _ => return Err(unknown(key, &KEYS)),
        }
        Ok(())
    }

    fn set_limit(&mut self, name: &Spanned<DeString<'_>>, value: &Spanned<DeValue<'_>>) -> Placed<()> {
        let names = Limit::ALL.map(Limit::name);
        if !names.contains(&name.get_ref().as_ref()) {
            return Err(unknown(name, &names));
        }
        let text = match value.get_ref() {
            DeValue::String(text) => text.as_ref(),
            DeValue::Integer(number) if number.radix() == 10 => number.as_str(),
            _ => return Err(expected(value, "a whole number, or a text such as \"30s\" or \"64MiB\"")),
        };
        at(value, self.limits.set(name.get_ref(), text))
    }
}

fn read(text: &str) -> Placed<PolicyFile> {
    check_keys(text)?;
    let table = DeTable::parse(text).map_err(|error| {
        let message = error.message().lines().collect::<Vec<_>>().join("; ");
        (error.span().map_or(0, |span| span.start), PolicyFault::Syntax { message })
    })?;
    let mut policy = PolicyFile::default();
    in_order(table.get_ref()).try_for_each(|(key, value)| policy.set(key, value))?;
    Ok(policy)
}

/// No key has more than two parts.
fn check_keys(text: &str) -> Placed<()> {
    let mut dots = 0;
    for token in Source::new(text).lex() {
        match token.kind() {
            TokenKind::Dot if dots == MAX_DOTS => {
                let message = "a key has too many parts".to_owned();
                return Err((token.span().start(), PolicyFault::Syntax { message }));
            }
            TokenKind::Dot => dots += 1,
            TokenKind::Whitespace
            | TokenKind::Atom
            | TokenKind::LiteralString
            | TokenKind::BasicString
            | TokenKind::MlLiteralString
            | TokenKind::MlBasicString => {}
            _ => dots = 0,
        }
    }
    Ok(())
}

type Pair<'t, 'i> = (&'t Spanned<DeString<'i>>, &'t Spanned<DeValue<'i>>);

/// As they stand in the text, so that the first fault is the first to be told.
fn in_order<'t, 'i>(table: &'t DeTable<'i>) -> impl Iterator<Item = Pair<'t, 'i>> {
    let mut pairs: Vec<Pair<'t, 'i>> = table.iter().collect();
    pairs.sort_by_key(|(key, _)| key.span().start);
    pairs.into_iter()
}

/// The elements of a list, each read by `read`.
fn each<T>(
    value: &Spanned<DeValue<'_>>,
    what: &'static str,
    read: fn(&Spanned<DeValue<'_>>) -> Placed<T>,
) -> Placed<Vec<T>> {
    let list: &DeArray<'_> = value.get_ref().as_array().ok_or_else(|| expected(value, what))?;
    list.iter().map(read).collect()
}

/// A text, or a table of a text and methods.
fn host(value: &Spanned<DeValue<'_>>) -> Placed<Rule> {
    let Some(table) = value.get_ref().as_table() else {
        return at(value, Rule::parse(text(value, "a host, as in \"api.example.com\"")?));
    };
    let (mut host, mut methods) = (None, Vec::new());
    for (key, value) in in_order(table) {
        match key.get_ref().as_ref() {
            "host" => host = Some((value, text(value, "a host, as in \"api.example.com\"")?)),
            "methods" => methods = some_methods(value)?,
            _ => return Err(unknown(key, &HOST_KEYS)),
        }
    }
    let (place, host) = host.ok_or_else(|| expected(value, "a table with the key `host`"))?;
    match methods.is_empty() {
        true => at(place, Rule::parse(host)),
        false => at(place, Rule::parse(&format!("{} {host}", methods.join(",")))),
    }
}

/// None at all would be every method, as if the key were not there.
fn some_methods(value: &Spanned<DeValue<'_>>) -> Placed<Vec<String>> {
    let methods = each(value, "a list of methods", method)?;
    match methods.is_empty() {
        true => Err(expected(value, "at least one method, as in [\"GET\"]; without this key every method is allowed")),
        false => Ok(methods),
    }
}

fn method(value: &Spanned<DeValue<'_>>) -> Placed<String> {
    const METHOD: &str = "a method in upper case, as in \"GET\"";
    let method = text(value, METHOD)?;
    match Method::parse(method) {
        Err(MethodError::Form) => Err(expected(value, METHOD)),
        // What is never sent is told of the host and its methods together.
        _ => Ok(method.to_owned()),
    }
}

fn private_host(value: &Spanned<DeValue<'_>>) -> Placed<HostName> {
    const HOST: &str = "a host alone, without scheme, port and path, as in \"localhost\"";
    let host = text(value, HOST)?;
    let (name, port) = host.rsplit_once(':').unwrap_or((host, ""));
    let has_port = !name.is_empty() && !name.contains(':') && !port.is_empty();
    if host.contains('/') || has_port {
        return Err(expected(value, HOST));
    }
    // An address of IPv6 needs no brackets, as for `--allow-private`.
    match host.parse::<Ipv6Addr>() {
        Ok(address) => at(value, HostName::parse(&format!("[{address}]"))),
        Err(_) => at(value, HostName::parse(host)),
    }
}

fn secret(value: &Spanned<DeValue<'_>>) -> Placed<SecretName> {
    at(value, SecretName::parse(text(value, "the name of a secret")?))
}

fn text<'t>(value: &'t Spanned<DeValue<'_>>, what: &'static str) -> Placed<&'t str> {
    value.get_ref().as_str().ok_or_else(|| expected(value, what))
}

fn expected(value: &Spanned<DeValue<'_>>, expected: &'static str) -> (usize, PolicyFault) {
    (value.span().start, PolicyFault::Type { expected })
}

fn at<T, E: Into<PolicyFault>>(value: &Spanned<DeValue<'_>>, result: Result<T, E>) -> Placed<T> {
    result.map_err(|fault| (value.span().start, fault.into()))
}

fn unknown(key: &Spanned<DeString<'_>>, known: &[&'static str]) -> (usize, PolicyFault) {
    (key.span().start, unknown_key(key.get_ref(), known))
}

/// A key that is none of these.
pub(super) fn unknown_key(key: &str, known: &[&'static str]) -> PolicyFault {
    let resemblance = |other: &str| strsim::jaro_winkler(&key.to_lowercase(), other);
    let closest = known.iter().copied().max_by(|one, other| resemblance(one).total_cmp(&resemblance(other)));
    let closest = closest.filter(|closest| resemblance(closest) >= RESEMBLANCE);
    PolicyFault::UnknownKey { key: key.to_owned(), closest, known: known.to_vec() }
}
