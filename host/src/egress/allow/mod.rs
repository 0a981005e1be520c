//! Which requests a run may send: `[METHODS ][SCHEME://]HOST[:PORT][/PATH-PREFIX]`.
//!
//! Without methods, all of them are meant; `GET,HEAD api.example.com` permits these two. Without a scheme, https is meant; http must be spelled. Without a port, that of the scheme. `*.example.com` means
//! every name below example.com, not example.com itself, and never reaches across a public suffix: `*.com` and
//! `*.github.io` are refused, and `*.amazonaws.com` does not match a bucket in `s3.amazonaws.com`, which is somebody
//! else's.

mod common;
mod grammar;
mod text;

use std::fmt;
use std::str::FromStr;

use super::{HostName, path};
use crate::secret::{Binding, Placement, Scheme};

pub use grammar::{AllowEntryError, AllowEntryFault};

/// One entry of an [`AllowList`]. Displays as the shortest text that means the same.
///
/// ```
/// use um_host::egress::AllowEntry;
///
/// let entry: AllowEntry = "HTTPS://API.hubapi.com:443/crm/v3".parse()?;
/// assert_eq!(entry.to_string(), "api.hubapi.com/crm/v3");
/// assert!("*.co.uk".parse::<AllowEntry>().is_err());
/// # Ok::<(), um_host::egress::AllowEntryError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AllowEntry {
    /// In their order, each once; none means all.
    methods: Vec<Box<str>>,
    scheme: Scheme,
    /// Whether the names below `host` are meant, and not `host` itself.
    subdomains: bool,
    host: HostName,
    port: u16,
    prefix: Option<Prefix>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Prefix {
    written: String,
    /// As [`path::plain`] gives it.
    plain: String,
}

/// What a run may reach. Empty means nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AllowList {
    entries: Vec<AllowEntry>,
}

/// What a list says about one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Permitted,
    /// Scheme, host, port and path are listed, but for other methods.
    OtherMethod,
    /// Scheme, host and port are listed, but for other paths.
    OtherPath,
    NotListed,
}

impl AllowEntry {
    /// Reads an entry as a person typed it.
    ///
    /// # Errors
    /// [`AllowEntryError`] with the rule that it breaks and what to write instead.
    pub fn parse(text: &str) -> Result<Self, AllowEntryError> {
        grammar::parse(text)
    }

    /// The entry that permits just what a secret is bound to.
    ///
    /// # Errors
    /// [`AllowEntryError`] if the binding, made by somebody who did not check it, is to no host that could be called.
    pub fn of(binding: &Binding) -> Result<Self, AllowEntryError> {
        Self::parse(&binding.to_string())
    }

    /// What a secret is bound to if it may go where this entry permits; nothing for names below a domain, since a
    /// binding is to one host.
    pub fn binding(&self, placement: Placement) -> Option<Binding> {
        (!self.subdomains).then(|| Binding {
            scheme: self.scheme,
            host: self.host.to_string(),
            port: self.port,
            methods: self.methods.iter().map(|method| method.clone().into()).collect(),
            path_prefix: self.prefix.as_ref().map(|prefix| prefix.written.clone()),
            placement,
        })
    }

    /// Whether this entry permits a request to `path`, which may have a query.
    pub fn permits(&self, method: &str, scheme: Scheme, host: &HostName, port: u16, path: &str) -> bool {
        self.covers(scheme, host, port) && self.covers_path(path) && self.covers_method(method)
    }

    /// The host, or the domain below which the hosts are.
    pub fn host(&self) -> &HostName {
        &self.host
    }

    /// The entry that permits just this origin, in its shortest form.
    pub(super) fn origin(scheme: Scheme, host: &HostName, port: u16) -> Self {
        Self { methods: Vec::new(), scheme, subdomains: false, host: host.clone(), port, prefix: None }
    }

    /// The same for one method, if it is one that an entry may name.
    pub(super) fn of_method(self, method: &str) -> Self {
        let methods = grammar::is_method(method).then(|| method.into()).into_iter().collect();
        Self { methods, ..self }
    }

    fn covers_method(&self, method: &str) -> bool {
        self.methods.is_empty() || self.methods.iter().any(|listed| **listed == *method)
    }

    fn covers(&self, scheme: Scheme, host: &HostName, port: u16) -> bool {
        let same_host = if self.subdomains { is_below(host, &self.host) } else { *host == self.host };
        self.scheme == scheme && self.port == port && same_host
    }

    fn covers_path(&self, path: &str) -> bool {
        let Some(prefix) = &self.prefix else { return true };
        let before_query = path.split(['?', '#']).next().unwrap_or(path);
        path::plain(before_query).is_some_and(|plain| path::is_under(&plain, &prefix.plain))
    }
}

impl FromStr for AllowEntry {
    type Err = AllowEntryError;

    fn from_str(text: &str) -> Result<Self, AllowEntryError> {
        Self::parse(text)
    }
}

impl fmt::Display for AllowEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.methods.is_empty() {
            write!(f, "{} ", self.methods.join(","))?;
        }
        if self.scheme == Scheme::Http {
            f.write_str("http://")?;
        }
        if self.subdomains {
            f.write_str("*.")?;
        }
        self.host.fmt(f)?;
        if self.port != self.scheme.default_port() {
            write!(f, ":{}", self.port)?;
        }
        self.prefix.iter().try_for_each(|prefix| f.write_str(&prefix.written))
    }
}

impl AllowList {
    /// Whether any entry permits a request to `path`, which may have a query.
    pub fn permits(&self, method: &str, scheme: Scheme, host: &HostName, port: u16, path: &str) -> bool {
        self.verdict(method, scheme, host, port, path) == Verdict::Permitted
    }

    pub fn entries(&self) -> &[AllowEntry] {
        &self.entries
    }

    pub(super) fn verdict(&self, method: &str, scheme: Scheme, host: &HostName, port: u16, path: &str) -> Verdict {
        let mut verdict = Verdict::NotListed;
        for entry in self.entries.iter().filter(|entry| entry.covers(scheme, host, port)) {
            match (entry.covers_path(path), entry.covers_method(method)) {
                (true, true) => return Verdict::Permitted,
                (true, false) => verdict = Verdict::OtherMethod,
                (false, _) if verdict == Verdict::NotListed => verdict = Verdict::OtherPath,
                (false, _) => {}
            }
        }
        verdict
    }
}

impl FromIterator<AllowEntry> for AllowList {
    fn from_iter<I: IntoIterator<Item = AllowEntry>>(entries: I) -> Self {
        Self { entries: entries.into_iter().collect() }
    }
}

impl Extend<AllowEntry> for AllowList {
    fn extend<I: IntoIterator<Item = AllowEntry>>(&mut self, entries: I) {
        self.entries.extend(entries);
    }
}

/// Whether `host` is a name below `base` that has the same owner.
fn is_below(host: &HostName, base: &HostName) -> bool {
    let (Some(host), Some(base)) = (host.name(), base.name()) else { return false };
    let below = host.strip_suffix(base).is_some_and(|labels| labels.ends_with('.'));
    below && registrable(host) == registrable(base)
}

/// The part of a name that somebody registered, by the Public Suffix List; `None` for a suffix itself. The list's rule
/// for what it does not name is that the last label is a suffix.
fn registrable(name: &str) -> Option<&str> {
    psl::domain_str(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::egress::host::split_port;

    fn entry(text: &str) -> AllowEntry {
        AllowEntry::parse(text).unwrap_or_else(|error| panic!("{error}"))
    }

    /// The verdict on `https://host[:port]/path` or with http.
    fn permits(text: &str, url: &str) -> bool {
        let (scheme, rest) = grammar::split_scheme(url).unwrap();
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let (host, port) = split_port(authority);
        let port = port.map_or(scheme.default_port(), |port| port.parse().unwrap());
        let path = if path.is_empty() { "/" } else { path };
        entry(text).permits("GET", scheme, &HostName::parse(host).unwrap(), port, path)
    }

    #[test]
    fn an_entry_permits_its_origin_and_nothing_else() {
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
    fn an_empty_list_permits_nothing_and_another_path_is_told_apart() {
        let host = HostName::parse("api.example.com").unwrap();
        assert_eq!(AllowList::default().verdict("GET", Scheme::Https, &host, 443, "/"), Verdict::NotListed);
        let list: AllowList = [entry("api.example.com/a"), entry("api.example.com/b")].into_iter().collect();
        assert_eq!(list.verdict("GET", Scheme::Https, &host, 443, "/b/1"), Verdict::Permitted);
        assert_eq!(list.verdict("GET", Scheme::Https, &host, 443, "/c"), Verdict::OtherPath);
        assert_eq!(list.verdict("GET", Scheme::Http, &host, 80, "/b"), Verdict::NotListed);
    }

    #[test]
    fn an_entry_that_names_methods_permits_these_alone() {
        let host = HostName::parse("api.example.com").unwrap();
        let list: AllowList =
            [entry("GET,HEAD api.example.com"), entry("POST api.example.com/in")].into_iter().collect();
        let verdict = |method, path| list.verdict(method, Scheme::Https, &host, 443, path);
        for (method, path, expected) in [
            ("GET", "/", Verdict::Permitted),
            ("HEAD", "/in", Verdict::Permitted),
            ("POST", "/in/1", Verdict::Permitted),
            ("POST", "/", Verdict::OtherMethod),
            ("DELETE", "/in", Verdict::OtherMethod),
            // Methods are case-sensitive (RFC 9110, 9.1).
            ("get", "/", Verdict::OtherMethod),
            ("", "/", Verdict::OtherMethod),
        ] {
            assert_eq!(verdict(method, path), expected, "{method} {path}");
        }
        let narrow: AllowList = [entry("POST api.example.com/in")].into_iter().collect();
        assert_eq!(narrow.verdict("POST", Scheme::Https, &host, 443, "/out"), Verdict::OtherPath);
        assert_eq!(entry("POST,GET,POST a.example"), entry("GET,POST a.example"));
    }

    #[test]
    fn a_binding_and_the_entry_that_permits_the_same_are_made_of_each_other() {
        for text in ["api.example.com", "GET,PUT http://[2001:db8::1]:8080/v1/", "192.0.2.1:8443", "example.com/a%20b"]
        {
            let binding = entry(text).binding(Placement::default()).unwrap();
            assert_eq!((binding.to_string().as_str(), AllowEntry::of(&binding).unwrap()), (text, entry(text)));
        }
        assert_eq!(entry("*.example.com").binding(Placement::default()), None);
        let made_up =
            Binding { host: "a/../b".to_owned(), ..entry("a.example").binding(Placement::default()).unwrap() };
        assert!(AllowEntry::of(&made_up).is_err());
    }

    #[test]
    fn the_advice_for_a_refused_request_is_an_entry_that_permits_it() {
        for (scheme, host, port, advice) in [
            (Scheme::Https, "a.example", 443, "a.example"),
            (Scheme::Http, "a.example", 80, "http://a.example"),
            (Scheme::Http, "[::1]", 8080, "http://[::1]:8080"),
        ] {
            let host = HostName::parse(host).unwrap();
            assert_eq!(AllowEntry::origin(scheme, &host, port).to_string(), advice);
            assert!(entry(advice).permits("GET", scheme, &host, port, "/any"));
        }
        let origin = || AllowEntry::origin(Scheme::Https, &HostName::parse("a.example").unwrap(), 443);
        assert_eq!(origin().of_method("PATCH").to_string(), "PATCH a.example");
        assert_eq!(origin().of_method("it's").to_string(), "a.example");
    }
}
