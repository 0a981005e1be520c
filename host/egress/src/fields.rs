//! What the heads of requests and responses have in common: their limits, and the fields that are about one connection.

use http::header::CONNECTION;
use http::{HeaderMap, HeaderName};

/// Longest head of a request or response, in bytes.
pub(crate) const HEAD_LIMIT: usize = 64 * 1024;
/// Most header lines of a response.
pub(crate) const HEADER_LINES: usize = 100;

/// Fields about one connection and not the request (RFC 9110, 7.6.1), and those that only we may set.
pub(crate) const OURS: [&str; 10] = [
    "connection",
    "content-length",
    "expect",
    "host",
    "http2-settings",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Whether a response's head keeps to the limits. hyper holds HTTP/1.1 to them, but not HTTP/2.
pub(crate) fn fits(headers: &HeaderMap) -> bool {
    headers.len() <= HEADER_LINES && size(headers) <= HEAD_LIMIT
}

/// The fields that `Connection` names are about the connection too.
pub(crate) fn listed_in_connection(headers: &HeaderMap) -> Vec<HeaderName> {
    let values = headers.get_all(CONNECTION).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).filter_map(|name| name.trim().parse().ok()).collect()
}

/// In bytes, as lines of HTTP/1.1.
pub(crate) fn size(headers: &HeaderMap) -> usize {
    headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum()
}
