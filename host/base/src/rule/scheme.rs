//! The protocols that requests are sent by.

use serde::{Deserialize, Serialize};

/// The protocol of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scheme {
    /// Without encryption.
    Http,
    /// Over TLS.
    Https,
}

impl Scheme {
    /// As a URL begins, without the colon.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    /// The port that a URL without one means.
    pub fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scheme_has_one_name_in_urls_and_in_what_is_stored() {
        for (scheme, name) in [(Scheme::Http, "http"), (Scheme::Https, "https")] {
            assert_eq!(scheme.as_str(), name);
            assert_eq!(serde_json::to_value(scheme).unwrap(), name);
        }
    }
}
