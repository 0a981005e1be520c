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

use toml::Spanned;
use toml::de::{DeArray, DeString, DeTable, DeValue};

use super::limits::{Limit, LimitError, Limits};
use crate::egress::{AllowEntry, AllowEntryError, HostName, HostNameError};
use crate::secret::{NameError, SecretName};

/// Longest text of a policy, in bytes.
pub const MAX_POLICY_BYTES: usize = 64 * 1024;

/// The keys of a policy, and those of a host that is written as a table.
const KEYS: [&str; 5] = ["hosts", "limits", "private-hosts", "secrets", "strict-egress"];
const HOST_KEYS: [&str; 2] = ["host", "methods"];
/// Below this, two names have nothing to do with each other.
const RESEMBLANCE: f64 = 0.75;

/// What a run may do. By default nothing, within the default limits.
///
/// ```
/// use um_host::runtime::PolicyFile;
///
/// let policy = PolicyFile::parse("hosts = ['GET api.hubapi.com']\nlimits.http-calls = 20")?;
/// assert_eq!(policy.limits.http_calls, 20);
/// assert!(PolicyFile::parse("host = 'api.hubapi.com'").unwrap_err().to_string().contains("`hosts`"));
/// # Ok::<(), um_host::runtime::PolicyError>(())
/// ```
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct PolicyFile {
    /// `hosts`: besides those that are allowed otherwise.
    pub hosts: Vec<AllowEntry>,
    /// `private-hosts`: allowed hosts that may be at inside addresses.
    pub private_hosts: Vec<HostName>,
    /// `secrets`: these and no others, if the key is there.
    pub secrets: Option<Vec<SecretName>>,
    /// `limits`, by the names of [`Limit`].
    pub limits: Limits,
    /// `strict-egress`.
    pub strict_egress: bool,
}

/// Why a text is no policy.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyError {
    #[error("a policy has at most {MAX_POLICY_BYTES} bytes")]
    TooLong,
    /// Both are counted from 1, the column in characters.
    #[error("line {line}, column {column}: {fault}")]
    At { line: usize, column: usize, fault: PolicyFault },
}

/// What is wrong at one place of a policy.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
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
    #[error(transparent)]
    Host(#[from] AllowEntryError),
    #[error(transparent)]
    PrivateHost(#[from] HostNameError),
    #[error(transparent)]
    Secret(#[from] NameError),
    #[error(transparent)]
    Limit(#[from] LimitError),
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
            let before = &text[..text.floor_char_boundary(at)];
            let line_start = before.rfind('\n').map_or(0, |end| end + 1);
            let (line, column) = (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1);
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
    let table = DeTable::parse(text).map_err(|error| {
        let message = error.message().lines().collect::<Vec<_>>().join("; ");
        (error.span().map_or(0, |span| span.start), PolicyFault::Syntax { message })
    })?;
    let mut policy = PolicyFile::default();
    in_order(table.get_ref()).try_for_each(|(key, value)| policy.set(key, value))?;
    Ok(policy)
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
fn host(value: &Spanned<DeValue<'_>>) -> Placed<AllowEntry> {
    let Some(table) = value.get_ref().as_table() else {
        return at(value, AllowEntry::parse(text(value, "a host, as in \"api.example.com\"")?));
    };
    let (mut host, mut methods) = (None, Vec::new());
    for (key, value) in in_order(table) {
        match key.get_ref().as_ref() {
            "host" => host = Some((value, text(value, "a host, as in \"api.example.com\"")?)),
            "methods" => methods = each(value, "a list of methods", method)?,
            _ => return Err(unknown(key, &HOST_KEYS)),
        }
    }
    let (place, host) = host.ok_or_else(|| expected(value, "a table with the key `host`"))?;
    match methods.is_empty() {
        true => at(place, AllowEntry::parse(host)),
        false => at(place, AllowEntry::parse(&format!("{} {host}", methods.join(",")))),
    }
}

fn method(value: &Spanned<DeValue<'_>>) -> Placed<String> {
    const METHOD: &str = "a method in upper case, as in \"GET\"";
    let method = text(value, METHOD)?;
    let is_one = !method.is_empty() && method.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'-');
    if is_one { Ok(method.to_owned()) } else { Err(expected(value, METHOD)) }
}

fn private_host(value: &Spanned<DeValue<'_>>) -> Placed<HostName> {
    at(value, HostName::parse(text(value, "a host alone, as in \"localhost\"")?))
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
    let resemblance = |other: &str| strsim::jaro_winkler(&key.get_ref().to_lowercase(), other);
    let closest = known.iter().copied().max_by(|one, other| resemblance(one).total_cmp(&resemblance(other)));
    let closest = closest.filter(|closest| resemblance(closest) >= RESEMBLANCE);
    let fault = PolicyFault::UnknownKey { key: key.get_ref().to_string(), closest, known: known.to_vec() };
    (key.span().start, fault)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn refusal(text: &str) -> (usize, usize, PolicyFault) {
        match PolicyFile::parse(text).unwrap_err() {
            PolicyError::At { line, column, fault } => (line, column, fault),
            other => panic!("{other}"),
        }
    }

    #[test]
    fn a_policy_says_all_that_the_options_can() {
        let policy = PolicyFile::parse(
            r#"
            hosts = ["api.hubapi.com/crm/v3", "GET *.example.com", { host = "http://localhost:8080", methods = ["HEAD", "GET"] }]
            private-hosts = ["localhost", "[::1]"]
            secrets = ["HUBSPOT_API_KEY"]
            strict-egress = true
            [limits]
            wall = "2m"
            memory = "512MiB"
            http-calls = 1_000
            stdout = 4096
            "#,
        )
        .unwrap();
        let hosts: Vec<String> = policy.hosts.iter().map(ToString::to_string).collect();
        assert_eq!(hosts, ["api.hubapi.com/crm/v3", "GET *.example.com", "GET,HEAD http://localhost:8080"]);
        let private: Vec<String> = policy.private_hosts.iter().map(ToString::to_string).collect();
        assert_eq!(private, ["localhost", "[::1]"]);
        assert_eq!(policy.secrets, Some(vec![SecretName::parse("HUBSPOT_API_KEY").unwrap()]));
        assert!(policy.strict_egress);
        let limits = Limits {
            wall: Duration::from_secs(120),
            memory: 512 << 20,
            http_calls: 1000,
            stdout: 4096,
            ..Limits::default()
        };
        assert_eq!(policy.limits, limits);
    }

    #[test]
    fn an_empty_policy_allows_nothing_and_narrows_nothing() {
        let policy = PolicyFile::parse("# nothing\n").unwrap();
        assert!(policy.hosts.is_empty() && policy.private_hosts.is_empty() && !policy.strict_egress);
        assert_eq!((policy.secrets, policy.limits), (None, Limits::default()));
        assert_eq!(PolicyFile::parse("secrets = []").unwrap().secrets, Some(Vec::new()));
    }

    #[test]
    fn an_unknown_key_is_told_with_its_place_and_the_closest_name() {
        for (text, line, column, closest) in [
            ("host = ['a.example']", 1, 1, Some("hosts")),
            ("hosts = []\n\n  private-host = []", 3, 3, Some("private-hosts")),
            ("Strict-Egress = true", 1, 1, Some("strict-egress")),
            ("[limit]\nwall = '1s'", 1, 2, Some("limits")),
            ("[limits]\nhttp-call = 1", 2, 1, Some("http-calls")),
            ("limits.ram = 1", 1, 8, None),
            ("x = 1", 1, 1, None),
            ("hosts = [{host = 'a.example', method = ['GET']}]", 1, 31, Some("methods")),
            // The first of two is told, though it comes later in the alphabet.
            ("zzz = 1\naaa = 1", 1, 1, None),
        ] {
            let (found_line, found_column, fault) = refusal(text);
            assert_eq!((found_line, found_column), (line, column), "{text}");
            assert!(
                matches!(fault, PolicyFault::UnknownKey { closest: found, .. } if found == closest),
                "{text}: {fault}"
            );
        }
    }

    #[test]
    fn what_does_not_fit_is_told_with_its_place() {
        use PolicyFault as Fault;
        type Fits = fn(&Fault) -> bool;
        let cases: [(&str, usize, usize, Fits); 16] = [
            ("hosts = 'a.example'", 1, 9, |fault| matches!(fault, Fault::Type { .. })),
            ("hosts = [1]", 1, 10, |fault| matches!(fault, Fault::Type { .. })),
            ("hosts = ['a.example',\n 'ftp://b.example']", 2, 2, |fault| matches!(fault, Fault::Host(_))),
            ("hosts = [{methods = ['GET']}]", 1, 10, |fault| matches!(fault, Fault::Type { .. })),
            ("hosts = [{host = 'a', methods = ['get']}]", 1, 34, |fault| matches!(fault, Fault::Type { .. })),
            ("hosts = [{host = 'a', methods = ['TRACE']}]", 1, 18, |fault| matches!(fault, Fault::Host(_))),
            ("private-hosts = ['http://a']", 1, 18, |fault| matches!(fault, Fault::PrivateHost(_))),
            ("secrets = ['A KEY']", 1, 12, |fault| matches!(fault, Fault::Secret(_))),
            ("strict-egress = 'yes'", 1, 17, |fault| matches!(fault, Fault::Type { .. })),
            ("limits = 1", 1, 10, |fault| matches!(fault, Fault::Type { .. })),
            ("limits.wall = 30", 1, 15, |fault| matches!(fault, Fault::Limit(LimitError::Duration { .. }))),
            ("limits.memory = true", 1, 17, |fault| matches!(fault, Fault::Type { .. })),
            ("limits.memory = 0xffffff", 1, 17, |fault| matches!(fault, Fault::Type { .. })),
            ("limits.memory = '12'", 1, 17, |fault| matches!(fault, Fault::Limit(LimitError::Memory))),
            ("hosts = [", 1, 10, |fault| matches!(fault, Fault::Syntax { .. })),
            ("strict-egress = true\nstrict-egress = true", 2, 1, |fault| matches!(fault, Fault::Syntax { .. })),
        ];
        for (text, line, column, fits) in cases {
            let (found_line, found_column, fault) = refusal(text);
            assert!(fits(&fault), "{text}: {fault}");
            assert_eq!((found_line, found_column), (line, column), "{text}: {fault}");
        }
    }

    #[test]
    fn a_policy_has_64_kib_at_most() {
        let padded = |length: usize| format!("#{}", "x".repeat(length - 1));
        assert!(PolicyFile::parse(&padded(MAX_POLICY_BYTES)).is_ok());
        assert_eq!(PolicyFile::parse(&padded(MAX_POLICY_BYTES + 1)).unwrap_err(), PolicyError::TooLong);
    }

    #[test]
    fn a_deeply_nested_text_is_refused_and_does_not_exhaust_the_stack() {
        let nested = format!("hosts = {}", "[".repeat(60_000));
        assert!(PolicyFile::parse(&nested).is_err());
    }
}
