//! One rule, matched against a request: its origin with the host, its path, its method.

use std::fmt;

use super::fault::RuleFault;
use super::host_name::HostName;
use super::method::Method;
use super::origin::Origin;
use super::path::PathPrefix;
use super::scheme::Scheme;

/// Most methods of one rule.
const MAX_METHODS: usize = 16;

/// Which requests may go where. Displays as the shortest text that means the same.
///
/// ```
/// use um_base::rule::Rule;
///
/// let rule: Rule = "HTTPS://API.hubapi.com:443/crm/v3".parse()?;
/// assert_eq!(rule.to_string(), "api.hubapi.com/crm/v3");
/// assert!("*.co.uk".parse::<Rule>().is_err());
/// # Ok::<(), um_base::rule::RuleError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Rule {
    /// In their order, each once, so that two rules that mean the same are equal; none means all.
    pub(super) methods: Vec<Method>,
    pub(super) origin: Origin,
    /// Whether the names below the origin's host are meant, and not that host itself.
    pub(super) subdomains: bool,
    /// Never a slash alone, which every path begins with.
    pub(super) prefix: Option<PathPrefix>,
}

impl Rule {
    /// The rule of these parts. No methods are all, and no prefix or a slash is every path.
    ///
    /// # Errors
    /// [`RuleFault`] if the port is 0 or there are more than 16 methods.
    pub fn new(origin: Origin, methods: Vec<Method>, prefix: Option<PathPrefix>) -> Result<Self, RuleFault> {
        if origin.port == 0 {
            return Err(RuleFault::Port);
        }
        let (methods, prefix) = (in_order(methods)?, prefix.filter(|prefix| prefix.as_str() != "/"));
        Ok(Self { methods, origin, subdomains: false, prefix })
    }

    /// The rule that permits all requests to this origin.
    pub fn to(origin: Origin) -> Self {
        Self { methods: Vec::new(), origin, subdomains: false, prefix: None }
    }

    /// The same for one method.
    #[must_use]
    pub fn by(self, method: Method) -> Self {
        Self { methods: vec![method], ..self }
    }

    /// Whether a request to `path`, which may have a query, is permitted. A method is what the request has, which need be
    /// none that a rule may name.
    pub fn permits(&self, method: &str, origin: &Origin, path: &str) -> bool {
        self.covers(origin) && self.covers_path(path) && self.covers_method(method)
    }

    /// Where the requests go, if that is one place: not the names below a domain.
    pub fn origin(&self) -> Option<&Origin> {
        (!self.subdomains).then_some(&self.origin)
    }

    /// How the requests are sent.
    pub fn scheme(&self) -> Scheme {
        self.origin.scheme
    }

    /// The host, or the domain below which the hosts are.
    pub fn host(&self) -> &HostName {
        &self.origin.host
    }

    /// Where the requests arrive, 1 to 65535.
    pub fn port(&self) -> u16 {
        self.origin.port
    }

    /// Those that are permitted, in their order; none means all.
    pub fn methods(&self) -> &[Method] {
        &self.methods
    }

    /// What paths begin with; every path is permitted if there is none.
    pub fn prefix(&self) -> Option<&PathPrefix> {
        self.prefix.as_ref()
    }

    /// Whether the rule is for this place, whatever is asked for there.
    pub fn covers(&self, origin: &Origin) -> bool {
        let Origin { scheme, host, port } = &self.origin;
        let same_host = if self.subdomains { is_below(&origin.host, host) } else { origin.host == *host };
        *scheme == origin.scheme && *port == origin.port && same_host
    }

    /// Whether it permits this method.
    pub fn covers_method(&self, method: &str) -> bool {
        self.methods.is_empty() || self.methods.iter().any(|listed| listed.as_str() == method)
    }

    /// Whether it permits this path.
    pub fn covers_path(&self, path: &str) -> bool {
        self.prefix.as_ref().is_none_or(|prefix| prefix.covers(path))
    }

    /// `10.0.0.1:443/8` without its port would be a range of addresses.
    fn needs_port(&self) -> bool {
        let digits = |prefix: &PathPrefix| prefix.as_str().strip_prefix('/').is_some_and(is_length);
        let is_range = self.host().address().is_some() && self.prefix.as_ref().is_some_and(digits);
        self.port() != self.scheme().default_port() || is_range
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, method) in self.methods.iter().enumerate() {
            write!(f, "{}{method}", if number == 0 { "" } else { "," })?;
        }
        if !self.methods.is_empty() {
            f.write_str(" ")?;
        }
        if self.scheme() == Scheme::Http {
            f.write_str("http://")?;
        }
        if self.subdomains {
            f.write_str("*.")?;
        }
        self.host().fmt(f)?;
        if self.needs_port() {
            write!(f, ":{}", self.port())?;
        }
        self.prefix.iter().try_for_each(|prefix| f.write_str(prefix.as_str()))
    }
}

/// How many bits of an address a range has in common.
pub(super) fn is_length(text: &str) -> bool {
    (1..=3).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Each once, and not too many.
pub(super) fn in_order(mut methods: Vec<Method>) -> Result<Vec<Method>, RuleFault> {
    methods.sort();
    methods.dedup();
    if methods.len() <= MAX_METHODS { Ok(methods) } else { Err(RuleFault::Method) }
}

/// Whether `host` is a name below `base` that has the same owner.
pub(super) fn is_below(host: &HostName, base: &HostName) -> bool {
    let (Some(host), Some(base)) = (host.name(), base.name()) else { return false };
    let below = host.strip_suffix(base).is_some_and(|labels| labels.ends_with('.'));
    below && registrable(host) == registrable(base)
}

/// The part of a name that somebody registered, by the Public Suffix List; `None` for a suffix itself. The list's rule
/// for what it does not name is that the last label is a suffix.
pub(super) fn registrable(name: &str) -> Option<&str> {
    psl::domain_str(name)
}

#[cfg(test)]
mod tests {
    use super::super::grammar::split_scheme;
    use super::super::{parse_port, split_port};
    use super::*;

    fn rule(text: &str) -> Rule {
        Rule::parse(text).unwrap_or_else(|error| panic!("{error}"))
    }

    /// The origin and path of `https://host[:port]/path` or with http.
    fn parts(url: &str) -> (Origin, &str) {
        let (scheme, rest) = split_scheme(url).unwrap();
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let (host, port) = split_port(authority);
        let port = port.map_or(scheme.default_port(), |port| parse_port(port).unwrap());
        (Origin { scheme, host: HostName::parse(host).unwrap(), port }, if path.is_empty() { "/" } else { path })
    }

    fn permits(text: &str, url: &str) -> bool {
        let (origin, path) = parts(url);
        rule(text).permits("GET", &origin, path)
    }

    #[test]
    fn a_rule_permits_its_origin_and_nothing_else() {
        for (text, url, expected) in [
            ("api.example.com", "https://api.example.com/any", true),
            ("api.example.com", "https://API.example.com./any", true),
            ("api.example.com", "http://api.example.com/", false),
            ("api.example.com", "http://api.example.com:443/", false),
            ("api.example.com", "https://api.example.com:8443/", false),
            ("api.example.com", "https://example.com/", false),
            ("api.example.com", "https://x.api.example.com/", false),
            ("api.example.com", "https://api.example.com.evil.example/", false),
            ("api.example.com", "https://evilapi.example.com/", false),
            ("http://api.example.com", "http://api.example.com/", true),
            ("http://api.example.com", "https://api.example.com/", false),
            ("api.example.com:8443", "https://api.example.com:8443/", true),
            ("api.example.com:8443", "https://api.example.com/", false),
            ("*.example.com", "https://api.example.com/", true),
            ("*.example.com", "https://a.b.c.example.com/", true),
            ("*.example.com", "https://example.com/", false),
            ("*.example.com", "https://evilexample.com/", false),
            ("*.example.com", "https://api.example.com.evil.net/", false),
            ("*.amazonaws.com", "https://sts.amazonaws.com/", true),
            ("*.amazonaws.com", "https://bucket.s3.amazonaws.com/", false),
            ("*.amazonaws.com", "https://s3.amazonaws.com/", false),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080/", true),
            ("http://127.0.0.1:8080", "http://[::ffff:127.0.0.1]:8080/", false),
            ("[2001:db8::1]", "https://[2001:0db8::0001]/", true),
            ("api.example.com/crm/v3", "https://api.example.com/crm/v3?limit=1/../..", true),
            ("api.example.com/crm/v3", "https://api.example.com/crm/v3/x", true),
            ("api.example.com/crm/v3", "https://api.example.com/crm/v30", false),
            ("api.example.com/crm/v3", "https://api.example.com/", false),
            ("api.example.com/crm/v3", "https://api.example.com/crm/v3/../v1", false),
            ("api.example.com/crm/v3", "https://api.example.com/crm/v3/%2e%2e/v1", false),
            ("api.example.com/crm/v3", "https://api.example.com/crm/v3/..%2fv1", false),
            ("api.example.com/crm/v3", "https://api.example.com/crm?/crm/v3", false),
            ("api.example.com/", "https://api.example.com/x/../%2e", true),
        ] {
            assert_eq!(permits(text, url), expected, "{text} and {url}");
        }
    }

    #[test]
    fn a_rule_that_names_methods_permits_these_alone() {
        let origin = parts("https://api.example.com").0;
        for (method, expected) in [("GET", true), ("HEAD", true), ("POST", false), ("get", false), ("", false)] {
            assert_eq!(rule("GET,HEAD api.example.com").permits(method, &origin, "/"), expected, "{method}");
        }
        assert_eq!(rule("POST,GET,POST a.example"), rule("GET,POST a.example"));
    }

    /// Bindings of sealed secrets once took a path with a `#` for none, and those of revealed ones cut it off.
    #[test]
    fn a_path_is_read_up_to_its_query_and_has_no_fragment() {
        for (path, expected) in [
            ("/v1", true),
            ("/v1?", true),
            ("/v1?a=/../..", true),
            ("/v1?a#b", true),
            ("/v1#", false),
            ("/v1#x", false),
            ("/v1#/../admin", false),
            ("/v1#?x", false),
            ("/v1/%23", false),
            ("/v1/%3f", false),
            ("?/v1", false),
            ("#/v1", false),
            ("", false),
        ] {
            assert_eq!(rule("a.example/v1").permits("GET", &parts("https://a.example").0, path), expected, "{path}");
        }
    }

    #[test]
    fn a_rule_can_be_made_of_its_parts() {
        let origin = || parts("http://[2001:db8::1]:8080").0;
        let prefix = |text: &str| Some(PathPrefix::parse(text).unwrap());
        let methods = || ["PUT", "GET", "PUT"].map(|method| method.parse::<Method>().unwrap()).to_vec();
        let made = Rule::new(origin(), methods(), prefix("/v1/")).unwrap();
        assert_eq!(made, rule("GET,PUT http://[2001:db8::1]:8080/v1/"));
        assert_eq!(Rule::new(origin(), Vec::new(), prefix("/")).unwrap(), Rule::to(origin()));
        assert_eq!(Rule::new(Origin { port: 0, ..origin() }, Vec::new(), None), Err(RuleFault::Port));
        let many = |count: u8| (0..count).map(|n| Method::parse(&char::from(b'A' + n).to_string()).unwrap()).collect();
        assert!(Rule::new(origin(), many(16), None).is_ok());
        assert_eq!(Rule::new(origin(), many(17), None), Err(RuleFault::Method));
    }

    #[test]
    fn only_a_rule_for_one_host_has_an_origin() {
        assert_eq!(rule("*.example.com").origin(), None);
        assert_eq!(rule("example.com/v1").origin(), Some(&parts("https://example.com").0));
    }

    #[test]
    fn the_advice_for_a_refused_request_is_a_rule_that_permits_it() {
        for (url, advice) in [
            ("https://a.example", "a.example"),
            ("http://a.example", "http://a.example"),
            ("http://[::1]:8080", "http://[::1]:8080"),
        ] {
            let origin = parts(url).0;
            assert_eq!(Rule::to(origin.clone()).to_string(), advice);
            assert!(rule(advice).permits("GET", &origin, "/any"));
        }
        let advice = Rule::to(parts("https://a.example").0).by(Method::parse("PATCH").unwrap());
        assert_eq!(advice.to_string(), "PATCH a.example");
    }

    #[test]
    fn a_rule_tells_its_parts() {
        let (one, path) = (rule("PUT,GET http://a.example:8080/v1"), PathPrefix::parse("/v1"));
        assert_eq!((one.scheme(), one.host().to_string().as_str(), one.port()), (Scheme::Http, "a.example", 8080));
        assert_eq!(
            (one.methods(), one.prefix()),
            (&["GET", "PUT"].map(|m| Method::parse(m).unwrap())[..], path.as_ref())
        );
        let every = rule("*.example.com");
        assert_eq!((every.methods(), every.prefix(), every.host().name()), (&[][..], None, Some("example.com")));
    }
}
