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
//!   it, unless that is all of it ([`matcher`]);
//! - no size that a run can see tells the length of a value: bodies count as the guest writes and gets them, what is
//!   held back is as long for values of many lengths, and fields that measure or hash an answer are dropped, `ETag`
//!   with them;
//! - a value goes out only when that is on record, once for each run, secret and host ([`Seals`]).
//!
//! What sends a request asks in this order:
//! 1. [`SealedSet::place`], with the request as the guest made it, right behind the allow-list and before the meter;
//! 2. [`Plan::body`]: the body is wrapped in [`Watched`], *below* what counts it and holds it to its declared length,
//!    or it is read to its end through that and given to [`Plan::fill_body`]; neither in a workspace without sealed
//!    secrets;
//! 3. [`prepare`] on the rebuilt headers, if the origin is watched;
//! 4. `Seals::note`, when there is a connection: the values that are about to go out are on record;
//! 5. [`Plan::fill`] on the rebuilt head, behind every check of its size; `Content-Length` is that of the filled body;
//! 6. [`check_transfer`] on the answer of a watched origin as it arrived, and [`filter_head`], *below* what counts its
//!    bytes.
//!
//! Deliberately absent: defence against a server that transforms, cuts or hides the value on purpose. It has the value.
//! Nor does anything hide where heads become too long, by a server's limit or by ours for its answers: who fills them up
//! learns the length of a value.
//!
//! `placeholder` makes and spots placeholders, `secret` holds what a run has and `seals` what its workspace has
//! besides, `place`, `field`, `query` and `body` say where one stands and put the value there, `upload` watches bodies
//! that stream; `charset`, `decode`, `matcher`, `table`, `lane` and `response` look after the answer.

mod body;
mod charset;
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
mod seals;
mod secret;
mod table;
mod upload;
mod zstd;

#[cfg(test)]
mod attempts;
#[cfg(test)]
pub(crate) mod oracle;
#[cfg(test)]
pub(crate) mod planted;

pub use charset::CharsetName;
pub use error::{ResponseFault, SealedFault, Site};
pub use matcher::{Matcher, Reflection, Reflections};
pub use place::{BodyPlan, Plan};
pub use placeholder::Placeholder;
pub use response::{Filtered, check_transfer, filter_head, prepare};
pub use seals::Seals;
pub use secret::{Sealed, SealedSet};
pub use upload::{Watched, WatchedError};
