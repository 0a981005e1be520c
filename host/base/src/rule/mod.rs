//! Where requests may go, and what they may ask for there: `[METHODS ][SCHEME://]HOST[:PORT][/PATH-PREFIX]`.
//!
//! Without methods, all of them are meant; `GET,HEAD api.example.com` permits these two. Without a scheme, https is meant;
//! http must be spelled. Without a port, that of the scheme. `*.example.com` means every name below example.com, not
//! example.com itself, and never reaches across a public suffix: `*.com` and `*.github.io` are refused, and
//! `*.amazonaws.com` does not match a bucket in `s3.amazonaws.com`, which is somebody else's.
//!
//! What a run is allowed, what a secret is bound to and what a policy file lists are all [`Rule`]s: read once, by one
//! grammar, and matched by one function, [`Rule::permits`]. A path is read strictly: one that any server could take for
//! another lies under no prefix.
//!
//! [`Placement`] stands here since it is the other half of what a secret is bound to.
//!
//! Deliberately absent: lists of rules and what a refusal says. They are for those who send requests.

mod common;
mod fault;
mod grammar;
mod host_name;
mod matching;
mod method;
mod origin;
mod path;
mod placement;
mod scheme;
mod text;

pub use fault::{RuleError, RuleFault};
pub use host_name::{HostName, HostNameError};
pub use matching::Rule;
pub use method::{Method, MethodError};
pub use origin::Origin;
pub use path::PathPrefix;
pub use placement::{PLACEHOLDER_PREFIX, Placement, PlacementError};
pub use scheme::Scheme;

pub use host_name::{parse_port, split_port};
