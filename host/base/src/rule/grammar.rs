//! How a rule is written.

use std::net::IpAddr;
use std::str::FromStr;

use super::fault::{RuleError, RuleFault};
use super::host_name::{HostName, parse_port, split_port};
use super::matching::{Rule, in_order, is_length, registrable};
use super::method::{Method, of_method};
use super::origin::Origin;
use super::path::PathPrefix;
use super::scheme::Scheme;
use crate::display::drives_a_display;

impl Rule {
    /// Reads a rule as a person typed it.
    ///
    /// # Errors
    /// [`RuleError`] with the part of the grammar that it breaks and what to write instead.
    pub fn parse(text: &str) -> Result<Self, RuleError> {
        read(text).map_err(|fault| RuleError { entry: printable(text), fault })
    }
}

impl FromStr for Rule {
    type Err = RuleError;

    fn from_str(text: &str) -> Result<Self, RuleError> {
        Self::parse(text)
    }
}

fn read(text: &str) -> Result<Rule, RuleFault> {
    let (methods, text) = parse_methods(text)?;
    check_characters(text)?;
    let (scheme, rest) = split_scheme(text)?;
    let (authority, written) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    if authority.contains('@') {
        return Err(RuleFault::UserInfo);
    }
    if is_range(authority, written) {
        return Err(RuleFault::Range);
    }
    let (host, port) = split_port(authority);
    let port = match port {
        Some(port) => parse_port(port).ok_or(RuleFault::Port)?,
        None => scheme.default_port(),
    };
    let (subdomains, host) = parse_host(host)?;
    let prefix = parse_prefix(written)?;
    Ok(Rule { methods, origin: Origin { scheme, host, port }, subdomains, prefix })
}

fn is_range(authority: &str, written: &str) -> bool {
    let bits = written.strip_prefix('/').unwrap_or_default();
    is_length(bits) && authority.trim_matches(['[', ']']).parse::<IpAddr>().is_ok()
}

/// Splits off the methods that a rule begins with.
fn parse_methods(text: &str) -> Result<(Vec<Method>, &str), RuleFault> {
    let is_list = |head: &str| !head.is_empty() && head.bytes().all(|byte| byte == b',' || of_method(byte));
    let Some((head, rest)) = text.split_once(' ').filter(|(head, _)| is_list(head)) else {
        return Ok((Vec::new(), text));
    };
    let methods = head.split(',').map(Method::parse).collect::<Result<_, _>>()?;
    Ok((in_order(methods)?, rest))
}

fn check_characters(text: &str) -> Result<(), RuleFault> {
    if text.is_empty() {
        return Err(RuleFault::Empty);
    }
    if text.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Err(RuleFault::Space);
    }
    if text.contains('\\') {
        return Err(RuleFault::Backslash);
    }
    if text.contains(['?', '#']) {
        return Err(RuleFault::Query);
    }
    Ok(())
}

pub(super) fn split_scheme(text: &str) -> Result<(Scheme, &str), RuleFault> {
    // Behind a slash it is a part of a path.
    let scheme = text.split_once("://").filter(|(scheme, _)| !scheme.contains('/'));
    let Some((scheme, rest)) = scheme else { return Ok((Scheme::Https, text)) };
    match scheme.to_ascii_lowercase().as_str() {
        "https" => Ok((Scheme::Https, rest)),
        "http" => Ok((Scheme::Http, rest)),
        _ => Err(RuleFault::Scheme),
    }
}

fn parse_host(text: &str) -> Result<(bool, HostName), RuleFault> {
    if matches!(text, "*" | "*." | "*.*") {
        return Err(RuleFault::Everything);
    }
    let Some(base) = text.strip_prefix("*.") else {
        let wildcard = text.contains('*');
        return if wildcard { Err(RuleFault::Wildcard) } else { Ok((false, HostName::parse(text)?)) };
    };
    if base.contains('*') {
        return Err(RuleFault::Wildcard);
    }
    let host = HostName::parse(base)?;
    let name = host.name().ok_or(RuleFault::Wildcard)?;
    if registrable(name).is_none() {
        return Err(RuleFault::PublicSuffix { suffix: name.to_owned() });
    }
    Ok((true, host))
}

fn parse_prefix(written: &str) -> Result<Option<PathPrefix>, RuleFault> {
    if matches!(written, "" | "/") {
        return Ok(None);
    }
    PathPrefix::parse(written).map(Some).ok_or(RuleFault::Path)
}

/// A refused text as it may stand in a message: bounded, and without characters that would drive a terminal.
fn printable(text: &str) -> String {
    const LONGEST: usize = 100;
    text.chars().take(LONGEST).map(|c| if drives_a_display(c) { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::host_name::HostNameError;

    fn rule(text: &str) -> Rule {
        Rule::parse(text).unwrap_or_else(|error| panic!("{error}"))
    }

    #[test]
    fn a_rule_displays_as_the_shortest_text_that_means_the_same() {
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
            ("https://api.example.com/m:1://b", "api.example.com/m:1://b"),
            ("api.example.com/m:1://b", "api.example.com/m:1://b"),
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
            ("10.0.0.1/api", "10.0.0.1/api"),
            ("10.0.0.1:80/8", "10.0.0.1:80/8"),
            ("10.0.0.1:443/8", "10.0.0.1:443/8"),
            ("http://[fd00::]:80/128", "http://[fd00::]:80/128"),
            ("10.0.0.1:443/1024", "10.0.0.1/1024"),
            ("example.com/8", "example.com/8"),
            ("GET api.example.com", "GET api.example.com"),
            ("POST,GET,POST HTTPS://API.example.com:443/", "GET,POST api.example.com"),
            ("PROPFIND,M-SEARCH *.example.com/x", "M-SEARCH,PROPFIND *.example.com/x"),
        ] {
            assert_eq!(rule(text).to_string(), shortest, "{text}");
            assert_eq!(rule(shortest), rule(text), "{text}");
        }
    }

    #[test]
    fn what_is_no_rule_is_refused_with_its_reason() {
        use HostNameError as Host;
        use RuleFault as Fault;
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
            ("get a.example", Fault::Space),
            ("localhost other", Fault::Space),
            ("GET, POST a.example", Fault::Method),
            ("GET,,POST a.example", Fault::Method),
            (", a.example", Fault::Method),
            ("GET  a.example", Fault::Space),
            ("GET ", Fault::Empty),
            ("GET a.example b.example", Fault::Space),
            ("GET a.example ", Fault::Space),
            ("GET\ta.example", Fault::Space),
            ("GET,TRACE a.example", Fault::NeverSent),
            ("CONNECT a.example", Fault::NeverSent),
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
            ("10.0.0.0/8", Fault::Range),
            ("GET https://10.0.0.0/8", Fault::Range),
            ("[fd00::]/8", Fault::Range),
            ("fd00::/128", Fault::Range),
            ("a.example/../b", Fault::Path),
            ("a.example/%2e%2e/b", Fault::Path),
            ("a.example/a%2fb", Fault::Path),
            ("a.example/%zz", Fault::Path),
            ("a.example/%3f", Fault::Path),
            ("a.example/x\u{ff0f}y", Fault::Path),
        ] {
            assert_eq!(Rule::parse(text).unwrap_err().fault, fault, "{text:?}");
        }
    }

    #[test]
    fn nobody_is_allowed_all_names_below_a_public_suffix() {
        for suffix in
            ["com", "co.uk", "github.io", "anything.ck", "xn--55qx5d.cn", "s3.amazonaws.com", "internal", "localhost"]
        {
            let error = Rule::parse(&format!("*.{suffix}")).unwrap_err();
            assert_eq!(error.fault, RuleFault::PublicSuffix { suffix: suffix.to_owned() });
            assert!(Rule::parse(&format!("*.example.{suffix}")).is_ok(), "{suffix}");
        }
    }

    #[test]
    fn a_refused_rule_is_shown_up_to_its_100th_character_without_what_drives_a_terminal() {
        let shown = |text: &str| Rule::parse(text).unwrap_err().entry;
        assert_eq!(shown("a\u{1b}[31m.example"), "a\u{fffd}[31m.example");
        assert_eq!(shown(&"\u{e9}".repeat(100)), "\u{e9}".repeat(100));
        assert_eq!(shown(&"\u{e9}".repeat(101)), "\u{e9}".repeat(100));
        assert!(Rule::parse("b c").unwrap_err().to_string().starts_with("`b c` cannot be allowed: "));
    }
}
