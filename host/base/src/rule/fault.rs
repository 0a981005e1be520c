//! What is said about a rule that is written wrongly.

use super::host_name::HostNameError;
use super::method::MethodError;
use crate::coded;

/// Why a text is no rule. `entry` is the text as it may stand in a message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{entry}` cannot be allowed: {fault}")]
pub struct RuleError {
    /// The text, as it may stand in a message.
    pub entry: String,
    /// What is wrong with it.
    pub fault: RuleFault,
}

coded! { RuleError:
    Self { fault, .. } => in fault,
}

/// The part of the grammar that a rule breaks.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "what each is stands in its message")]
pub enum RuleFault {
    #[error("it is empty; write a host, as in api.example.com")]
    Empty,
    #[error(
        "it contains a space or control character; give one entry at a time, with nothing before it but methods in \
         upper case, as in `GET,POST api.example.com`"
    )]
    Space,
    #[error("what stands before the host are no methods; write them as in `GET,POST api.example.com`")]
    Method,
    #[error("CONNECT and TRACE are never sent; leave them out")]
    NeverSent,
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
    #[error("it is every host at once; name each host, or the names below a domain as in *.example.com")]
    Everything,
    /// `10.0.0.0/8`, which would otherwise be a host and a path.
    #[error("it is a range of addresses; name each host or address that is meant")]
    Range,
    #[error("a `*` stands for names below a domain and only in front of it, as in *.example.com")]
    Wildcard,
    #[error("the names below `{suffix}` belong to different owners; name a domain below it, as in *.example.{suffix}")]
    PublicSuffix { suffix: String },
    #[error("the port must be a number from 1 to 65535; leave it out for 443 (https) or 80 (http)")]
    Port,
    #[error(
        "its path could be read in more than one way; write it without `.`, `..`, `%2e`, `%2f`, `%3f`, `%23`, `%25` and \
         without characters that are another one to some servers"
    )]
    Path,
}

coded! { RuleFault:
    Self::Empty | Self::Space | Self::Backslash => Invalid "rule-malformed",
    Self::Method => Invalid "method-malformed" of MethodError,
    Self::NeverSent => Invalid "method-never-sent" of MethodError,
    Self::Query => Invalid "rule-query",
    Self::Scheme => Invalid "rule-scheme",
    Self::UserInfo => Invalid "rule-user",
    Self::Host(error) => in error,
    Self::Everything => Invalid "rule-everything",
    Self::Range => Invalid "rule-range",
    Self::Wildcard => Invalid "rule-wildcard",
    Self::PublicSuffix { .. } => Invalid "rule-public-suffix",
    Self::Port => Invalid "rule-port",
    Self::Path => Invalid "rule-path",
}

impl From<MethodError> for RuleFault {
    fn from(error: MethodError) -> Self {
        match error {
            MethodError::Form => Self::Method,
            MethodError::NeverSent => Self::NeverSent,
        }
    }
}
