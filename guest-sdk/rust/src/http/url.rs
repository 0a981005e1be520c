//! Addresses: taken apart, put together, followed. Percent-encoded as RFC 3986 asks.

use std::fmt;

/// An absolute address of the schemes http and https.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Url {
    /// Lower case.
    pub scheme: Scheme,
    /// Lower case; an IPv6 address stands in brackets.
    pub host: String,
    pub port: Option<u16>,
    /// Begins with a slash.
    pub path: String,
    pub query: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scheme {
    Http,
    Https,
}

/// Why a text is no address to call. Never holds the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Invalid {
    Scheme,
    UserInfo,
    Host,
    Port,
}

impl Url {
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let (scheme, rest) = text.trim().split_once("://").ok_or(Invalid::Scheme)?;
        let scheme = match scheme.to_ascii_lowercase().as_str() {
            "http" => Scheme::Http,
            "https" => Scheme::Https,
            _ => return Err(Invalid::Scheme),
        };
        let end = rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len());
        let (authority, rest) = rest.split_at(end);
        let (host, port) = split_authority(authority)?;
        let (path, query) = split_path(rest);
        Ok(Self { scheme, host, port, path: absolute(&path), query })
    }

    /// The address that `reference`, the `Location` of an answer from this address, means (RFC 3986, 5.2).
    pub fn join(&self, reference: &str) -> Result<Self, Invalid> {
        let reference = reference.trim();
        if let Some(rest) = reference.strip_prefix("//") {
            return Self::parse(&format!("{}://{rest}", self.scheme));
        }
        let relative_end = reference.find(['/', '?', '#']).unwrap_or(reference.len());
        if reference[..relative_end].contains(':') {
            return Self::parse(reference);
        }
        let (path, query) = split_path(reference);
        let path = match path.as_str() {
            "" if query.is_none() => return Ok(self.clone()),
            "" => self.path.clone(),
            _ if path.starts_with('/') => without_dots(&path),
            _ => {
                let folder = self.path.rfind('/').map_or("", |slash| &self.path[..slash]);
                without_dots(&format!("{folder}/{path}"))
            }
        };
        Ok(Self { path, query, ..self.clone() })
    }

    /// Appends `name=value` to the query.
    pub fn append_query(&mut self, name: &str, value: &str) {
        let query = self.query.get_or_insert_default();
        if !query.is_empty() {
            query.push('&');
        }
        encode(name, "%20", query);
        query.push('=');
        encode(value, "%20", query);
    }

    /// Host and port as the request names them.
    pub fn authority(&self) -> String {
        match self.port {
            Some(port) => format!("{}:{port}", self.host),
            None => self.host.clone(),
        }
    }

    pub fn path_with_query(&self) -> String {
        match &self.query {
            Some(query) => format!("{}?{query}", self.path),
            None => self.path.clone(),
        }
    }

    /// Whether both are of one scheme, host and port.
    pub fn same_origin(&self, other: &Self) -> bool {
        let port = |url: &Self| url.port.unwrap_or(url.scheme.default_port());
        self.scheme == other.scheme && self.host == other.host && port(self) == port(other)
    }

    /// What `um-host run --allow-host` takes to allow this address: https is what a bare host means.
    pub fn allow_entry(&self) -> String {
        match self.scheme {
            Scheme::Http => format!("http://{}", self.authority()),
            Scheme::Https => self.authority(),
        }
    }
}

/// Without the query, which often holds a credential.
impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}{}", self.scheme, self.authority(), self.path)
    }
}

impl Scheme {
    fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Http => "http",
            Self::Https => "https",
        })
    }
}

/// Appends the text percent-encoded: everything but letters, digits, `-`, `.`, `_` and `~`; a space as `space` says.
pub(super) fn encode(text: &str, space: &str, out: &mut String) {
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(byte.into()),
            b' ' => out.push_str(space),
            _ => push_escape(byte, out),
        }
    }
}

fn push_escape(byte: u8, out: &mut String) {
    const DIGITS: [u8; 16] = *b"0123456789ABCDEF";
    out.push('%');
    out.push(DIGITS[usize::from(byte >> 4)].into());
    out.push(DIGITS[usize::from(byte & 15)].into());
}

fn split_authority(authority: &str) -> Result<(String, Option<u16>), Invalid> {
    if authority.contains('@') {
        return Err(Invalid::UserInfo);
    }
    let port_colon = match authority.rfind(']') {
        Some(bracket) => authority[bracket..].find(':').map(|colon| bracket + colon),
        None => authority.find(':'),
    };
    let (host, port) = match port_colon {
        Some(colon) => (&authority[..colon], &authority[colon + 1..]),
        None => (authority, ""),
    };
    let inside_brackets = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let valid = match inside_brackets {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_')),
    };
    if host.is_empty() || !valid {
        return Err(Invalid::Host);
    }
    let digits = port.bytes().all(|byte| byte.is_ascii_digit());
    let port = match port {
        "" => None,
        _ if digits => Some(port.parse().map_err(|_| Invalid::Port)?),
        _ => return Err(Invalid::Port),
    };
    Ok((host.to_ascii_lowercase(), port))
}

/// Path and query without the fragment; what may not stand in them is escaped, escapes that are there stay.
fn split_path(text: &str) -> (String, Option<String>) {
    let text = text.split_once('#').map_or(text, |(text, _)| text);
    match text.split_once('?') {
        Some((path, query)) => (escape(path), Some(escape(query))),
        None => (escape(text), None),
    }
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}' => push_escape(byte, &mut out),
            b'!'..=b'~' => out.push(byte.into()),
            _ => push_escape(byte, &mut out),
        }
    }
    out
}

fn absolute(path: &str) -> String {
    if path.starts_with('/') { without_dots(path) } else { format!("/{path}") }
}

/// Removes `.` and `..` segments (RFC 3986, 5.2.4).
fn without_dots(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let segments = path.strip_prefix('/').unwrap_or(path).split('/');
    let last = segments.clone().count() - 1;
    for (index, segment) in segments.enumerate() {
        match segment {
            "." | ".." => {
                if segment == ".." {
                    kept.pop();
                }
                if index == last {
                    kept.push("");
                }
            }
            _ => kept.push(segment),
        }
    }
    format!("/{}", kept.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn an_address_is_taken_apart() {
        let parsed = url("HTTPS://Api.Example.com:8443/a/b?x=1#top");
        assert_eq!(parsed.authority(), "api.example.com:8443");
        assert_eq!(parsed.path_with_query(), "/a/b?x=1");
        assert_eq!(parsed.to_string(), "https://api.example.com:8443/a/b", "a message never holds the query");
        assert_eq!(url("http://host").path_with_query(), "/");
        assert_eq!(url("http://host?q").path_with_query(), "/?q");
        assert_eq!(url("http://[::1]:80/x").authority(), "[::1]:80");
    }

    #[test]
    fn what_cannot_be_called_is_refused_by_reason() {
        for (text, reason) in [
            ("example.com", Invalid::Scheme),
            ("ftp://example.com", Invalid::Scheme),
            ("https://", Invalid::Host),
            ("https://bücher.example", Invalid::Host),
            ("https://a b/", Invalid::Host),
            ("https://[::g]/", Invalid::Host),
            ("https://user:pass@example.com/", Invalid::UserInfo),
            ("https://example.com:99999/", Invalid::Port),
            ("https://example.com:+1/", Invalid::Port),
        ] {
            assert_eq!(Url::parse(text), Err(reason), "{text}");
        }
    }

    #[test]
    fn a_backslash_does_not_hide_another_host() {
        assert_eq!(url("https://good.example\\@evil.example/").host, "good.example");
    }

    #[test]
    fn what_may_not_stand_in_a_path_is_escaped_and_escapes_stay() {
        assert_eq!(url("https://h/a b/ü%20?q=a b|c").path_with_query(), "/a%20b/%C3%BC%20?q=a%20b%7Cc");
        assert_eq!(url("https://h/a/../b/./c/..").path_with_query(), "/b/");
    }

    #[test]
    fn a_query_is_appended_and_encoded() {
        let mut parsed = url("https://h/p?x=1");
        parsed.append_query("q", "a&b=c d+é");
        assert_eq!(parsed.path_with_query(), "/p?x=1&q=a%26b%3Dc%20d%2B%C3%A9");
        let mut empty = url("https://h/p?");
        empty.append_query("limit", "3");
        assert_eq!(empty.path_with_query(), "/p?limit=3");
    }

    #[test]
    fn a_location_is_followed_as_rfc_3986_says() {
        let base = url("https://h:1/a/b?x=1");
        for (reference, expected) in [
            ("c", "https://h:1/a/c"),
            ("../c", "https://h:1/c"),
            ("/c/./d", "https://h:1/c/d"),
            ("//other/c", "https://other/c"),
            ("http://other/c?y=2", "http://other/c"),
            ("?y=2", "https://h:1/a/b"),
            ("", "https://h:1/a/b"),
        ] {
            assert_eq!(base.join(reference).unwrap().to_string(), expected, "{reference}");
        }
        assert_eq!(base.join("?y=2").unwrap().query.as_deref(), Some("y=2"));
        assert_eq!(base.join("mailto:a@b"), Err(Invalid::Scheme));
    }

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        assert!(url("https://h/a").same_origin(&url("https://H:443/b")));
        assert!(!url("https://h/a").same_origin(&url("http://h/a")));
        assert!(!url("https://h/a").same_origin(&url("https://h:444/a")));
    }

    #[test]
    fn the_allow_list_entry_spells_http_and_odd_ports_only() {
        assert_eq!(url("https://api.example.com/x").allow_entry(), "api.example.com");
        assert_eq!(url("https://api.example.com:8443/x").allow_entry(), "api.example.com:8443");
        assert_eq!(url("http://127.0.0.1:8080/x").allow_entry(), "http://127.0.0.1:8080");
    }
}
