//! The present, as far as our formats keep it.

use jiff::Timestamp;

/// The present to the millisecond.
pub(crate) fn now() -> Timestamp {
    let exact = Timestamp::now();
    Timestamp::from_millisecond(exact.as_millisecond()).unwrap_or(exact)
}
