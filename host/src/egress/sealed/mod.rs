//! Sealed secrets: what an action sends is a placeholder, and the host puts the value in its place on the way out.
//!
//! Guarantees, for a run that was given placeholders:
//! - a placeholder leaves only as the whole of the one field that its secret is bound to ([`SealedSet::place`]), to the
//!   scheme, host, port, method and path of the binding; anything else that looks like a placeholder, in any form and of
//!   any run, is refused before a name is resolved;
//! - the value is put in last ([`Plan::fill`]): whatever the guest or the meter measures was measured before;
//! - from an origin to which any sealed secret of the workspace is bound nothing arrives that holds the whole value in
//!   a known form ([`Reflections`]), compressed or not, in head, body or trailers;
//! - neither the time nor the size of what arrives depends on how much of a value a server's answer has in common with
//!   it, unless that is all of it ([`matcher`]).
//!
//! Deliberately absent: defence against a server that transforms, cuts or hides the value on purpose. It has the value.
//!
//! `placeholder` makes and spots placeholders, `secret` holds what a run has, `place`, `field`, `query` and `body` say
//! where one stands and put the value there, `upload` watches bodies that stream; `decode`, `matcher`, `table`, `lane`
//! and `response` look after the answer.

mod body;
mod decode;
mod error;
mod field;
mod guards;
mod lane;
pub mod matcher;
mod place;
mod placeholder;
mod query;
mod response;
mod secret;
mod table;
mod upload;

#[cfg(test)]
mod attempts;
#[cfg(test)]
mod oracle;

pub use error::{PlacementError, ResponseFault, SealedFault, SealedValueError, Site};
pub use field::check_placement;
pub use matcher::{Matcher, Reflection, Reflections};
pub use place::{BodyPlan, Destination, Plan};
pub use placeholder::Placeholder;
pub use response::{Filtered, filter_head, prepare};
pub use secret::{MAX_SEALED_BYTES, MIN_SEALED_BYTES, Sealed, SealedSet, check_value};
pub use upload::{Watched, WatchedError};
