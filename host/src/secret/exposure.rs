//! How a secret may be used: handed to the action or only put into its requests, and where it may go.

use serde::{Deserialize, Serialize};

/// Whether an action gets the value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Exposure {
    /// `get` hands out the value.
    #[default]
    Revealed,
    /// `get` hands out a placeholder; the host puts the value into the outgoing request.
    Sealed,
}

/// The protocol of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scheme {
    Http,
    Https,
}

impl Scheme {
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

/// Where a value may go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Binding {
    pub scheme: Scheme,
    /// Lower case, without port.
    pub host: String,
    pub port: u16,
    /// Upper case; empty means every method.
    pub methods: Vec<String>,
    /// The prefix that the path must have; `None` means every path.
    pub path_prefix: Option<String>,
    /// Which field of the request a sealed value is put into.
    pub placement: Placement,
}

/// The one field of a request that a sealed value is put into.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Placement {
    Header(String),
    Query(String),
    Body(String),
}
