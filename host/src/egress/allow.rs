//! Which requests a run may send: `[SCHEME://]HOST[:PORT][/PATH-PREFIX]`.
//!
//! Without a scheme, https is meant; http must be spelled. Without a port, that of the scheme. `*.example.com` means
//! every name below example.com, not example.com itself, and never reaches across a public suffix: `*.com` and
//! `*.github.io` are refused, and `*.amazonaws.com` does not match a bucket in `s3.amazonaws.com`, which is somebody
//! else's.

use std::fmt;
use std::str::FromStr;

use super::host::{HostName, HostNameError};
use super::path;
use crate::secret::Scheme;

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

/// Why a text is no entry. `entry` is the text as it may stand in a message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{entry}` cannot be allowed: {fault}")]
pub struct AllowEntryError {
    pub entry: String,
    pub fault: AllowEntryFault,
}

/// The rule that an entry breaks.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AllowEntryFault {
    #[error("it is empty; write a host, as in api.example.com")]
    Empty,
    #[error("it contains a space or control character; give one entry at a time")]
    Space,
    #[error("it contains a backslash; paths have slashes")]
    Backslash,
    #[error("a query or fragment cannot be part of an entry; end it before the `?` or `#`")]
    Query,
    #[error("only https:// and http:// can be allowed")]
    Scheme,
    #[error("a user name or password cannot be part of an entry; leave out what stands before the `@`")]
    UserInfo,
    #[error(transparent)]
    Host(#[from] HostNameError),
    #[error("everything at once cannot be allowed; name each host, or the names below a domain as in *.example.com")]
    Everything,
    #[error("a `*` stands for names below a domain and only in front of it, as in *.example.com")]
    Wildcard,
    #[error("the names below `{suffix}` belong to different owners; name a domain below it, as in *.example.{suffix}")]
    PublicSuffix { suffix: String },
    #[error("the port must be a number from 1 to 65535; leave it out for 443 (https) or 80 (http)")]
    Port,
    #[error("its path could be read in more than one way; write it without `.`, `..`, `%2e`, `%2f` and `%25`")]
    Path,
}

impl AllowEntry {
    /// Reads an entry as a person typed it.
    ///
    /// # Errors
    /// [`AllowEntryError`] with the rule that it breaks and what to write instead.
    pub fn parse(text: &str) -> Result<Self, AllowEntryError> {
        parse(text).map_err(|fault| AllowEntryError { entry: printable(text), fault })
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

/// Splits `HOST[:PORT]`; the port as text. Shared with the URLs of requests.
pub(super) fn split_port(authority: &str) -> (&str, Option<&str>) {
    let after_bracket = authority.rfind(']').map_or(0, |end| end + 1);
    match authority[after_bracket..].rsplit_once(':') {
        // Two colons outside brackets are an IPv6 address without them, which HostName::parse explains.
        Some((host, _)) if after_bracket == 0 && host.contains(':') => (authority, None),
        Some((host, port)) => (&authority[..after_bracket + host.len()], Some(port)),
        None => (authority, None),
    }
}

/// A port is 1 to 5 digits, 1 to 65535.
pub(super) fn parse_port(text: &str) -> Option<u16> {
    let digits = !text.is_empty() && text.len() <= 5 && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|&port| digits && port != 0)
}

fn parse(text: &str) -> Result<AllowEntry, AllowEntryFault> {
    check_characters(text)?;
    let (scheme, rest) = split_scheme(text)?;
    let (authority, written) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    if authority.contains('@') {
        return Err(AllowEntryFault::UserInfo);
    }
    let (host, port) = split_port(authority);
    let port = match port {
        Some(port) => parse_port(port).ok_or(AllowEntryFault::Port)?,
        None => scheme.default_port(),
    };
    let (subdomains, host) = parse_host(host)?;
    Ok(AllowEntry { scheme, subdomains, host, port, prefix: parse_prefix(written)? })
}

fn check_characters(text: &str) -> Result<(), AllowEntryFault> {
    if text.is_empty() {
        return Err(AllowEntryFault::Empty);
    }
    if text.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Err(AllowEntryFault::Space);
    }
    if text.contains('\\') {
        return Err(AllowEntryFault::Backslash);
    }
    if text.contains(['?', '#']) {
        return Err(AllowEntryFault::Query);
    }
    Ok(())
}

fn split_scheme(text: &str) -> Result<(Scheme, &str), AllowEntryFault> {
    let Some((scheme, rest)) = text.split_once("://") else { return Ok((Scheme::Https, text)) };
    match scheme.to_ascii_lowercase().as_str() {
        "https" => Ok((Scheme::Https, rest)),
        "http" => Ok((Scheme::Http, rest)),
        _ => Err(AllowEntryFault::Scheme),
    }
}

fn parse_host(text: &str) -> Result<(bool, HostName), AllowEntryFault> {
    if matches!(text, "*" | "*." | "*.*") {
        return Err(AllowEntryFault::Everything);
    }
    let Some(base) = text.strip_prefix("*.") else {
        let wildcard = text.contains('*');
        return if wildcard { Err(AllowEntryFault::Wildcard) } else { Ok((false, HostName::parse(text)?)) };
    };
    if base.contains('*') {
        return Err(AllowEntryFault::Wildcard);
    }
    let host = HostName::parse(base)?;
    let name = host.name().ok_or(AllowEntryFault::Wildcard)?;
    if registrable(name).is_none() {
        return Err(AllowEntryFault::PublicSuffix { suffix: name.to_owned() });
    }
    Ok((true, host))
}

fn parse_prefix(written: &str) -> Result<Option<Prefix>, AllowEntryFault> {
    if matches!(written, "" | "/") {
        return Ok(None);
    }
    let plain = path::plain(written).ok_or(AllowEntryFault::Path)?;
    Ok(Some(Prefix { written: written.to_owned(), plain }))
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

/// A refused entry as it may stand in a message: bounded, and without characters that would drive a terminal.
fn printable(text: &str) -> String {
    const LONGEST: usize = 100;
    text.chars().take(LONGEST).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(text: &str) -> AllowEntry {
        AllowEntry::parse(text).unwrap_or_else(|error| panic!("{error}"))
    }

    /// The verdict on `https://host[:port]/path` or with http.
    fn permits(text: &str, url: &str) -> bool {
        let (scheme, rest) = split_scheme(url).unwrap();
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let (host, port) = split_port(authority);
        let port = port.map_or(scheme.default_port(), |port| port.parse().unwrap());
        entry(text).permits(scheme, &HostName::parse(host).unwrap(), port, if path.is_empty() { "/" } else { path })
    }

    #[test]
    fn an_entry_displays_as_the_shortest_text_that_means_the_same() {
        for (text, shortest) in [
            ("api.example.com", "api.example.com"),
            ("https://api.example.com", "api.example.com"),
            ("HTTPS://API.Example.COM.:443/", "api.example.com"),
            ("http://api.example.com", "http://api.example.com"),
            ("http://api.example.com:80", "http://api.example.com"),
            ("http://api.example.com:443", "http://api.example.com:443"),
            ("api.example.com:80", "api.example.com:80"),
            ("api.example.com:08443", "api.example.com:8443"),
            ("api.example.com:8443/crm/v3", "api.example.com:8443/crm/v3"),
            ("api.example.com/crm/V3/", "api.example.com/crm/V3/"),
            ("*.example.com", "*.example.com"),
            ("*.Example.com:8443/x", "*.example.com:8443/x"),
            ("*.a.b.example.co.uk", "*.a.b.example.co.uk"),
            ("*.somebody.github.io", "*.somebody.github.io"),
            ("192.0.2.1", "192.0.2.1"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("[2001:DB8::0:1]", "[2001:db8::1]"),
            ("http://[::1]:8080/v1", "http://[::1]:8080/v1"),
            ("localhost:3000", "localhost:3000"),
            ("xn--bcher-kva.example", "xn--bcher-kva.example"),
            ("example.com/users/@me", "example.com/users/@me"),
        ] {
            assert_eq!(entry(text).to_string(), shortest, "{text}");
            assert_eq!(entry(shortest), entry(text), "{text}");
        }
    }

    #[test]
    fn what_is_no_entry_is_refused_by_its_rule() {
        use AllowEntryFault as Fault;
        use HostNameError as Host;
        for (text, fault) in [
            ("", Fault::Empty),
            ("*", Fault::Everything),
            ("https://*", Fault::Everything),
            ("*:443", Fault::Everything),
            ("*.", Fault::Everything),
            ("*.*", Fault::Everything),
            ("api.*.example.com", Fault::Wildcard),
            ("*api.example.com", Fault::Wildcard),
            ("api.example.*", Fault::Wildcard),
            ("*.*.example.com", Fault::Wildcard),
            ("*.192.0.2.1", Fault::Wildcard),
            ("*.[::1]", Fault::Wildcard),
            ("a.example, b.example", Fault::Space),
            (" a.example", Fault::Space),
            ("a.example\n", Fault::Space),
            ("a.example\u{a0}", Fault::Space),
            ("https:\\\\a.example", Fault::Backslash),
            ("a.example/x?y=1", Fault::Query),
            ("a.example?", Fault::Query),
            ("a.example/#top", Fault::Query),
            ("ftp://a.example", Fault::Scheme),
            ("wss://a.example", Fault::Scheme),
            ("://a.example", Fault::Scheme),
            ("https:///a.example", Fault::Host(Host::Empty)),
            ("user@a.example", Fault::UserInfo),
            ("https://user:word@a.example/", Fault::UserInfo),
            ("https://good.example@evil.example", Fault::UserInfo),
            ("a.example:0", Fault::Port),
            ("a.example:65536", Fault::Port),
            ("a.example:", Fault::Port),
            ("a.example:http", Fault::Port),
            ("a.example:+80", Fault::Port),
            ("a.example:-1", Fault::Port),
            ("a.example:8*", Fault::Port),
            ("https:a.example", Fault::Port),
            ("[::1]:0", Fault::Port),
            ("[::1]8080", Fault::Host(Host::Ipv6)),
            ("::1", Fault::Host(Host::Ipv6)),
            ("2001:db8::1", Fault::Host(Host::Ipv6)),
            ("https://", Fault::Host(Host::Empty)),
            ("/v3", Fault::Host(Host::Empty)),
            (":443", Fault::Host(Host::Empty)),
            ("bücher.example", Fault::Host(Host::NotAscii)),
            ("127.1", Fault::Host(Host::Number)),
            ("0x7f000001", Fault::Host(Host::Number)),
            ("a_b!.example", Fault::Host(Host::Character)),
            ("a.example/../b", Fault::Path),
            ("a.example/%2e%2e/b", Fault::Path),
            ("a.example/a%2fb", Fault::Path),
            ("a.example/%zz", Fault::Path),
        ] {
            assert_eq!(AllowEntry::parse(text).unwrap_err().fault, fault, "{text:?}");
        }
    }

    #[test]
    fn nobody_is_allowed_all_names_below_a_public_suffix() {
        for suffix in
            ["com", "co.uk", "github.io", "anything.ck", "xn--55qx5d.cn", "s3.amazonaws.com", "internal", "localhost"]
        {
            let error = AllowEntry::parse(&format!("*.{suffix}")).unwrap_err();
            assert_eq!(error.fault, AllowEntryFault::PublicSuffix { suffix: suffix.to_owned() });
            assert!(AllowEntry::parse(&format!("*.example.{suffix}")).is_ok(), "{suffix}");
        }
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

    #[test]
    fn a_refused_entry_is_shown_without_what_drives_a_terminal() {
        let message = AllowEntry::parse("a\u{1b}[31m.example").unwrap_err().to_string();
        assert!(!message.contains('\u{1b}') && message.starts_with('`'), "{message}");
    }
}
