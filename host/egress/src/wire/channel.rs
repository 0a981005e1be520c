//! What one request has of a connection.

use super::{http1, http2};

/// A connection of HTTP/1.1, or a stream of one of HTTP/2.
pub(crate) enum Channel {
    Alone(http1::Connection),
    Shared(http2::Slot),
}
