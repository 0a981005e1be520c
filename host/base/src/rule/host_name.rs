//! The host of a URL: a DNS name in ASCII or a plain IP literal, and nothing that merely resolves like one.
//!
//! System resolvers read `127.1`, `0x7f000001`, `017700000001` and `2130706433` as addresses. Here these are refused as
//! text, by the rule of the WHATWG URL standard: a host whose last label is a number is an address or an error.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use crate::coded;

/// Longest name that DNS can carry, in bytes (RFC 1035, 2.3.4).
const MAX_NAME: usize = 253;
/// Longest label of a name, in bytes.
const MAX_LABEL: usize = 63;

/// The host of a URL: a lower-case ASCII name without trailing dot, or an IP address.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HostName(Kind);

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Kind {
    Name(Box<str>),
    Address(IpAddr),
}

/// Why a text is no host. The messages do not repeat the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "what each is stands in its message")]
pub enum HostNameError {
    #[error("the host is missing; write it as in https://api.example.com")]
    Empty,
    #[error("the host is longer than {MAX_NAME} bytes, or one of its parts than {MAX_LABEL}")]
    TooLong,
    #[error("the host is not ASCII; write it in punycode (`xn--…`)")]
    NotAscii,
    #[error("the host may have letters, digits, hyphens, underscores and dots only")]
    Character,
    #[error("the host is a number but no plain address; write four decimal numbers, as in 192.0.2.1")]
    Number,
    #[error("the host is no IPv6 address; write it in square brackets and without a zone, as in [2001:db8::1]")]
    Ipv6,
}

coded! { HostNameError:
    Self::Empty => Invalid "host-name-missing",
    Self::TooLong => Invalid "host-name-too-long",
    Self::NotAscii => Invalid "host-name-not-ascii",
    Self::Character => Invalid "host-name-character",
    Self::Number | Self::Ipv6 => Invalid "host-address-malformed",
}

impl HostName {
    /// Reads a host as it stands in a URL: IPv6 addresses in square brackets, names with or without trailing dot.
    ///
    /// # Errors
    /// [`HostNameError`] with the rule that the text breaks.
    pub fn parse(text: &str) -> Result<Self, HostNameError> {
        if !text.is_ascii() {
            return Err(HostNameError::NotAscii);
        }
        if text.starts_with('[') || text.contains(':') {
            return bracketed(text).map(|address| Self(Kind::Address(address.into()))).ok_or(HostNameError::Ipv6);
        }
        if let Ok(address) = text.parse::<Ipv4Addr>() {
            return Ok(Self(Kind::Address(address.into())));
        }
        let name = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
        check_name(&name)?;
        Ok(Self(Kind::Name(name.into())))
    }

    /// The name, if it is not an address.
    pub fn name(&self) -> Option<&str> {
        match &self.0 {
            Kind::Name(name) => Some(name),
            Kind::Address(_) => None,
        }
    }

    /// The address, if it is not a name.
    pub fn address(&self) -> Option<IpAddr> {
        match self.0 {
            Kind::Name(_) => None,
            Kind::Address(address) => Some(address),
        }
    }
}

/// As in a URL: IPv6 addresses in square brackets.
impl fmt::Display for HostName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Name(name) => f.write_str(name),
            Kind::Address(IpAddr::V4(address)) => address.fmt(f),
            Kind::Address(IpAddr::V6(address)) => write!(f, "[{address}]"),
        }
    }
}

impl FromStr for HostName {
    type Err = HostNameError;

    fn from_str(text: &str) -> Result<Self, HostNameError> {
        Self::parse(text)
    }
}

/// Splits `HOST[:PORT]`; the port as text. As entries and URLs have it.
pub fn split_port(authority: &str) -> (&str, Option<&str>) {
    match authority.rsplit_once(':') {
        // Two colons outside brackets are an IPv6 address without them, which `parse` explains.
        Some((host, port)) if !port.contains(']') && (host.contains(']') || !host.contains(':')) => (host, Some(port)),
        _ => (authority, None),
    }
}

/// A port is 1 to 5 digits, 1 to 65535.
pub fn parse_port(text: &str) -> Option<u16> {
    let digits = !text.is_empty() && text.len() <= 5 && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|&port| digits && port != 0)
}

fn bracketed(text: &str) -> Option<Ipv6Addr> {
    text.strip_prefix('[')?.strip_suffix(']')?.parse().ok()
}

fn check_name(name: &str) -> Result<(), HostNameError> {
    if name.is_empty() {
        return Err(HostNameError::Empty);
    }
    if name.len() > MAX_NAME {
        return Err(HostNameError::TooLong);
    }
    name.split('.').try_for_each(check_label)?;
    if ends_in_number(name) {
        return Err(HostNameError::Number);
    }
    Ok(())
}

fn check_label(label: &str) -> Result<(), HostNameError> {
    if label.len() > MAX_LABEL {
        return Err(HostNameError::TooLong);
    }
    let valid = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let hyphen_outside = label.starts_with('-') || label.ends_with('-');
    if label.is_empty() || hyphen_outside || !label.bytes().all(valid) {
        return Err(HostNameError::Character);
    }
    Ok(())
}

/// WHATWG URL, 3.5, "ends in a number": resolvers take such names for addresses.
fn ends_in_number(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or(name);
    let hexadecimal = last.strip_prefix("0x").is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
    hexadecimal || last.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_lower_cased_and_lose_their_trailing_dot() {
        for (text, expected) in [
            ("API.Example.COM", "api.example.com"),
            ("example.com.", "example.com"),
            ("localhost", "localhost"),
            ("_dmarc.example.com", "_dmarc.example.com"),
            ("xn--bcher-kva.example", "xn--bcher-kva.example"),
            ("1e100.net", "1e100.net"),
            ("0x7f.example", "0x7f.example"),
            ("a-b.c1", "a-b.c1"),
            ("192.0.2.1", "192.0.2.1"),
            ("[2001:DB8:0::1]", "[2001:db8::1]"),
            ("[::ffff:127.0.0.1]", "[::ffff:127.0.0.1]"),
        ] {
            assert_eq!(HostName::parse(text).unwrap().to_string(), expected, "{text}");
        }
    }

    #[test]
    fn names_have_253_bytes_and_labels_63_at_most() {
        let labels = ["a".repeat(63), "b".repeat(63), "c".repeat(63), "d".repeat(61)].join(".");
        assert_eq!(labels.len(), 253);
        assert_eq!(HostName::parse(&labels).unwrap().name(), Some(&*labels));
        assert_eq!(HostName::parse(&labels.replacen('d', "dd", 1)), Err(HostNameError::TooLong));
        assert_eq!(HostName::parse(&"a".repeat(64)), Err(HostNameError::TooLong));
    }

    #[test]
    fn a_port_stands_behind_the_last_colon_that_is_of_no_address() {
        for (authority, split) in [
            ("a.example", ("a.example", None)),
            ("a.example:80", ("a.example", Some("80"))),
            ("a.example:", ("a.example", Some(""))),
            ("[::1]", ("[::1]", None)),
            ("[:1]", ("[:1]", None)),
            ("[::1]:80", ("[::1]", Some("80"))),
            ("[::1]80", ("[::1]80", None)),
            ("2001:db8::abcd", ("2001:db8::abcd", None)),
            ("a.example:80:81", ("a.example:80:81", None)),
            ("", ("", None)),
        ] {
            assert_eq!(split_port(authority), split, "{authority}");
        }
    }

    #[test]
    fn numbers_that_resolvers_take_for_addresses_are_no_hosts() {
        for text in [
            "2130706433",
            "0x7f000001",
            "0X7F000001",
            "017700000001",
            "127.1",
            "127.0.1",
            "0177.0.0.1",
            "0x7f.0.0.1",
            "0x7f.1",
            "127.0.0.1.",
            "127.0.0.01",
            "127.0.0.256",
            "1.2.3.4.5",
            "0",
            "0x",
            "foo.0x1",
            "foo.1",
            "127.0.0.1..",
            "00000000000000000000000000000000000000000000000000177.1",
            "4294967296",
            "١٢٧.0.0.1",
            "１２７.０.０.１",
            "127。0。0。1",
        ] {
            assert!(HostName::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_no_name_is_refused_with_its_rule() {
        use HostNameError::{Character, Empty, Ipv6, NotAscii, TooLong};
        let long_label = "a".repeat(64);
        let long_name = ["a".repeat(60).as_str(); 5].join(".");
        for (text, expected) in [
            ("", Empty),
            (".", Empty),
            ("a..b", Character),
            (".a", Character),
            ("-a.b", Character),
            ("a-.b", Character),
            ("a b", Character),
            ("a%2eb", Character),
            ("a@b", Character),
            ("a\\b", Character),
            ("a\0b", Character),
            ("*.example.com", Character),
            ("bücher.example", NotAscii),
            ("ｅxample.com", NotAscii),
            ("::1", Ipv6),
            ("[::1", Ipv6),
            ("[fe80::1%eth0]", Ipv6),
            ("[127.0.0.1]", Ipv6),
            ("[::1].", Ipv6),
            (long_label.as_str(), TooLong),
            (long_name.as_str(), TooLong),
        ] {
            assert_eq!(HostName::parse(text), Err(expected), "{text}");
        }
    }
}
