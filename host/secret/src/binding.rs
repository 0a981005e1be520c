//! Where a secret may go: a rule for one host, and the field of a request that a sealed value is put into.

use std::fmt;

use serde::{Deserialize, Serialize};

use um_base::coded;
use um_base::rule::{HostName, Method, Origin, PathPrefix, Placement, Rule, RuleFault, Scheme};

/// Longest path prefix of a binding, in bytes.
const MAX_PREFIX: usize = 1024;

/// Where a value may go. Displays as its rule. It is kept as JSON, with the parts of the rule by name.
///
/// ```
/// use um_base::rule::{Placement, Rule};
/// use um_secret::Binding;
///
/// let binding = Binding::new(Rule::parse("GET api.hubapi.com/crm")?, Placement::default())?;
/// assert_eq!(binding.to_string(), "GET api.hubapi.com/crm");
/// assert!(Binding::new(Rule::parse("*.hubapi.com")?, Placement::default()).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Stored", into = "Stored")]
pub struct Binding {
    /// For one host.
    rule: Rule,
    placement: Placement,
}

/// Why a secret cannot be bound so.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "what each is stands in its message")]
pub enum BindingError {
    #[error("a secret belongs to hosts that are known by name, not to all names below a domain; name each of them")]
    Subdomains,
    #[error("the path of a binding has at most {MAX_PREFIX} bytes, and this one has {length}")]
    PrefixTooLong { length: usize },
    #[error(transparent)]
    Rule(#[from] RuleFault),
}

coded! { BindingError:
    Self::Subdomains => Invalid "binding-subdomains",
    Self::PrefixTooLong { .. } => Invalid "binding-path-too-long",
    Self::Rule(fault) => in fault,
}

impl Binding {
    /// What a secret is bound to that may go where `rule` permits, into this field if it is sealed. Whether the field
    /// takes a value is looked at where a secret is set, and again where it is used: a list of fields that grows must not
    /// make what is stored unreadable.
    ///
    /// # Errors
    /// [`BindingError`] if the rule is for more than one host, or its path is too long.
    pub fn new(rule: Rule, placement: Placement) -> Result<Self, BindingError> {
        if rule.origin().is_none() {
            return Err(BindingError::Subdomains);
        }
        match rule.prefix().map_or(0, |prefix| prefix.as_str().len()) {
            length if length > MAX_PREFIX => Err(BindingError::PrefixTooLong { length }),
            _ => Ok(Self { rule, placement }),
        }
    }

    /// Where the secret may go.
    pub fn rule(&self) -> &Rule {
        &self.rule
    }

    /// Which field of the request a sealed value is put into.
    pub fn placement(&self) -> &Placement {
        &self.placement
    }
}

impl fmt::Display for Binding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.rule.fmt(f)
    }
}

/// A binding as stores have it, and as programs get it.
#[derive(Serialize, Deserialize)]
struct Stored {
    scheme: Scheme,
    /// Without port; IPv6 addresses in square brackets.
    host: String,
    port: u16,
    /// Empty means every method.
    methods: Vec<String>,
    /// `None` means every path.
    path_prefix: Option<String>,
    placement: Placement,
}

impl From<Binding> for Stored {
    fn from(Binding { rule, placement }: Binding) -> Self {
        Self {
            scheme: rule.scheme(),
            host: rule.host().to_string(),
            port: rule.port(),
            methods: rule.methods().iter().map(ToString::to_string).collect(),
            path_prefix: rule.prefix().map(|prefix| prefix.as_str().to_owned()),
            placement,
        }
    }
}

impl TryFrom<Stored> for Binding {
    type Error = BindingError;

    fn try_from(stored: Stored) -> Result<Self, BindingError> {
        let host = HostName::parse(&stored.host).map_err(RuleFault::from)?;
        let origin = Origin { scheme: stored.scheme, host, port: stored.port };
        let methods = stored.methods.iter().map(|method| Method::parse(method)).collect::<Result<_, _>>();
        let prefix = stored.path_prefix.map(|prefix| PathPrefix::parse(&prefix).ok_or(RuleFault::Path)).transpose()?;
        Self::new(Rule::new(origin, methods.map_err(RuleFault::from)?, prefix)?, stored.placement)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, from_value, json, to_value};

    use super::*;
    use um_base::rule::HostNameError;

    fn binding(rule: &str) -> Result<Binding, BindingError> {
        Binding::new(Rule::parse(rule).unwrap_or_else(|error| panic!("{error}")), Placement::default())
    }

    fn stored(change: impl FnOnce(&mut Value)) -> Value {
        let mut stored = json!({
            "scheme": "https", "host": "api.example.com", "port": 443, "methods": ["GET", "POST"],
            "path_prefix": "/v1", "placement": { "header": "Authorization" },
        });
        change(&mut stored);
        stored
    }

    #[test]
    fn a_binding_is_stored_by_its_parts_and_read_back() {
        let both = binding("GET,POST api.example.com/v1").unwrap();
        assert_eq!(to_value(&both).unwrap(), stored(|_| ()));
        assert_eq!(
            serde_json::to_string(&both).unwrap(),
            r#"{"scheme":"https","host":"api.example.com","port":443,"methods":["GET","POST"],"path_prefix":"/v1","placement":{"header":"Authorization"}}"#
        );
        for text in ["a.example", "GET,PUT http://[2001:db8::1]:8080/v1/", "192.0.2.1:8443", "example.com/a%20b"] {
            let binding = binding(text).unwrap();
            assert_eq!(binding.to_string(), text);
            assert_eq!(from_value::<Binding>(to_value(&binding).unwrap()).unwrap(), binding, "{text}");
        }
    }

    #[test]
    fn what_older_versions_stored_in_another_spelling_is_read() {
        let read = |change: &dyn Fn(&mut Value)| from_value::<Binding>(stored(change)).unwrap().to_string();
        assert_eq!(read(&|stored| stored["methods"] = json!(["POST", "GET", "POST"])), "GET,POST api.example.com/v1");
        assert_eq!(read(&|stored| stored["host"] = json!("api.example.com.")), "GET,POST api.example.com/v1");
        assert_eq!(read(&|stored| stored["path_prefix"] = json!("/")), "GET,POST api.example.com");
        assert_eq!(read(&|stored| stored["host"] = json!("10.0.0.1")), "GET,POST 10.0.0.1/v1");
        // A field that takes no value is refused where it is used.
        let cookie = stored(|stored| stored["placement"] = json!({ "header": "Cookie" }));
        assert!(from_value::<Binding>(cookie).unwrap().placement().check().is_err());
    }

    /// The check of stored bindings was looser than the grammar: the first five went through it, and led nowhere.
    #[test]
    fn a_stored_binding_that_is_no_rule_for_one_host_is_refused() {
        let hosts = [":::", "a..b", "-", "[", "127.1", "", "*.example.com", "a/b", "a b", "user@host", "a.example:80"];
        for host in hosts {
            let read = from_value::<Binding>(stored(|stored| stored["host"] = json!(host)));
            assert!(read.is_err(), "{host}");
        }
        let methods = [json!([""]), json!(["get"]), json!(["GET POST"]), json!(["TRACE"]), json!(["M".repeat(33)])];
        for methods in methods {
            let read = from_value::<Binding>(stored(|stored| stored["methods"] = methods.clone()));
            assert!(read.is_err(), "{methods}");
        }
        let long = format!("/{}", "p".repeat(MAX_PREFIX));
        for prefix in ["v1", "", "/v1/../x", "/a b", "/v1?x", "/v1#x", "/%zz", "/v\\1", &long] {
            let read = from_value::<Binding>(stored(|stored| stored["path_prefix"] = json!(prefix)));
            assert!(read.is_err(), "{prefix}");
        }
        assert!(
            from_value::<Binding>(stored(|stored| stored["path_prefix"] = json!(long[1..].replacen('p', "/", 1))))
                .is_ok()
        );
        assert!(from_value::<Binding>(stored(|stored| stored["port"] = json!(0))).is_err());
    }

    #[test]
    fn a_secret_is_bound_to_one_host_at_a_time_and_to_a_path_of_1024_bytes_at_most() {
        assert_eq!(binding("*.example.com"), Err(BindingError::Subdomains));
        let of = |length| binding(&format!("a.example/{}", "p".repeat(length - 1)));
        assert!(of(MAX_PREFIX).is_ok());
        assert_eq!(of(MAX_PREFIX + 1), Err(BindingError::PrefixTooLong { length: MAX_PREFIX + 1 }));
        let refused =
            Binding::try_from(Stored { host: "a..b".to_owned(), ..Stored::from(binding("a.example").unwrap()) });
        assert_eq!(refused, Err(BindingError::Rule(RuleFault::Host(HostNameError::Character))));
    }
}
