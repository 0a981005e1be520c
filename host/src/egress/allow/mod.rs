//! Which requests a run may send: `[SCHEME://]HOST[:PORT][/PATH-PREFIX]`.
//!
//! Without a scheme, https is meant; http must be spelled. Without a port, that of the scheme. `*.example.com` means
//! every name below example.com, not example.com itself, and never reaches across a public suffix: `*.com` and
//! `*.github.io` are refused, and `*.amazonaws.com` does not match a bucket in `s3.amazonaws.com`, which is somebody
//! else's.

mod grammar;

use std::fmt;
use std::str::FromStr;

use super::{HostName, path};
use crate::secret::Scheme;

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

    /// Whether this entry permits a request to `path`, which may have a query.
    pub fn permits(&self, scheme: Scheme, host: &HostName, port: u16, path: &str) -> bool {
        self.covers(scheme, host, port) && self.covers_path(path)
    }

    /// The entry that permits just this origin, in its shortest form.
    pub(super) fn origin(scheme: Scheme, host: &HostName, port: u16) -> Self {
        Self { scheme, subdomains: false, host: host.clone(), port, prefix: None }
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
    pub fn permits(&self, scheme: Scheme, host: &HostName, port: u16, path: &str) -> bool {
        self.verdict(scheme, host, port, path) == Verdict::Permitted
    }

    pub fn entries(&self) -> &[AllowEntry] {
        &self.entries
    }

    pub(super) fn verdict(&self, scheme: Scheme, host: &HostName, port: u16, path: &str) -> Verdict {
        let covering = || self.entries.iter().filter(|entry| entry.covers(scheme, host, port));
        if covering().any(|entry| entry.covers_path(path)) {
            return Verdict::Permitted;
        }
        if covering().next().is_some() { Verdict::OtherPath } else { Verdict::NotListed }
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
        entry(text).permits(scheme, &HostName::parse(host).unwrap(), port, if path.is_empty() { "/" } else { path })
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
        assert_eq!(AllowList::default().verdict(Scheme::Https, &host, 443, "/"), Verdict::NotListed);
        let list: AllowList = [entry("api.example.com/a"), entry("api.example.com/b")].into_iter().collect();
        assert_eq!(list.verdict(Scheme::Https, &host, 443, "/b/1"), Verdict::Permitted);
        assert_eq!(list.verdict(Scheme::Https, &host, 443, "/c"), Verdict::OtherPath);
        assert_eq!(list.verdict(Scheme::Http, &host, 80, "/b"), Verdict::NotListed);
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
            assert!(entry(advice).permits(scheme, &host, port, "/any"));
        }
    }
}
