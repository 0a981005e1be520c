//! Where a request goes: scheme, host and port, whatever it asks for there (RFC 6454).

use super::host_name::HostName;
use super::scheme::Scheme;

/// Where a request goes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Origin {
    /// How it is sent.
    pub scheme: Scheme,
    /// The host, by name or address.
    pub host: HostName,
    /// 1 to 65535.
    pub port: u16,
}

impl Origin {
    /// Host and port, without the port that the scheme implies (RFC 9110, 7.2).
    pub fn authority(&self) -> String {
        match self.port == self.scheme.default_port() {
            true => self.host.to_string(),
            false => format!("{}:{}", self.host, self.port),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_that_the_scheme_implies_is_left_out() {
        for (scheme, host, port, authority) in [
            (Scheme::Https, "a.example", 443, "a.example"),
            (Scheme::Https, "a.example", 80, "a.example:80"),
            (Scheme::Http, "[2001:db8::1]", 80, "[2001:db8::1]"),
            (Scheme::Http, "[2001:db8::1]", 443, "[2001:db8::1]:443"),
        ] {
            let origin = Origin { scheme, host: HostName::parse(host).unwrap(), port };
            assert_eq!(origin.authority(), authority);
        }
    }
}
