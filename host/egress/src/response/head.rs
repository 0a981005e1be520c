//! The head of a response: held to its limits, and on its way from an origin that sealed secrets are bound to without
//! their values, and without what measures its body.

use http::header::{CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, response};

use super::sealed_search::matcher::Reflections;
use crate::error::response::ResponseFault;
use crate::fields::{OURS, listed_in_connection};

/// Fields that tell how long the body was, or a hash of it, with the value in it. Who knows the rest of the body could
/// try guesses of the value against a hash, and with no server to count them. Many servers make `ETag` of length and
/// hash, and nothing tells those from others; so a guest has none to ask again with, and gets each answer anew.
const MEASURES: [&str; 10] = [
    "content-digest",
    "content-length",
    "content-md5",
    "content-range",
    "digest",
    "etag",
    "repr-digest",
    "x-goog-hash",
    "x-ms-blob-content-md5",
    "x-ms-content-crc64",
];
/// How the names of more such fields begin.
const MEASURED_BY: &str = "x-amz-checksum-";

/// Removes the fields of a response that are about its connection: its body arrives without its framing.
pub(crate) fn strip_connection_fields(headers: &mut HeaderMap) {
    let listed = listed_in_connection(headers);
    let length = headers.remove(CONTENT_LENGTH).filter(|_| !headers.contains_key(TRANSFER_ENCODING));
    for name in OURS.iter().copied().filter(|name| *name != "host") {
        headers.remove(name);
    }
    for name in listed {
        headers.remove(name);
    }
    if let Some(length) = length {
        headers.insert(CONTENT_LENGTH, length);
    }
}

/// Holds the head of an answer, as it arrived, to what can be looked through: a body that is compressed for its transfer
/// would pass as it is, since nobody undoes that.
///
/// # Errors
/// [`ResponseFault::Encoding`] if its transfer is encoded in any way but chunked.
pub fn check_transfer(headers: &HeaderMap) -> Result<(), ResponseFault> {
    let mut codings = headers.get_all(TRANSFER_ENCODING).iter();
    match codings.all(|coding| coding.as_bytes().trim_ascii().eq_ignore_ascii_case(b"chunked")) {
        true => Ok(()),
        false => Err(ResponseFault::Encoding),
    }
}

/// Whether the body is some bytes of another (RFC 9110, 15.3.7), or what differs from one (RFC 3229), in which a value
/// may be cut. Services that give lists in pages say 206 too, with the unit that they count in.
pub(crate) fn is_part(parts: &response::Parts) -> bool {
    let values = |name: HeaderName| parts.headers.get_all(name).into_iter().map(|value| value.as_bytes());
    let begins = |value: &[u8], with: &str| value.to_ascii_lowercase().starts_with(with.as_bytes());
    let in_pages = values(CONTENT_RANGE).next().is_some()
        && !values(CONTENT_RANGE).any(|value| begins(value, "bytes"))
        && !values(CONTENT_TYPE)
            .any(|value| begins(value, "multipart/byteranges") || begins(value, "multipart/x-byteranges"));
    let in_bytes = values(CONTENT_RANGE).any(|value| begins(value, "bytes"));
    let differs = parts.status == StatusCode::IM_USED;
    differs || parts.status.is_success() && in_bytes || parts.status == StatusCode::PARTIAL_CONTENT && !in_pages
}

/// The fields of a head, or of trailers, without values and measures.
pub(crate) fn filter_fields(fields: &HeaderMap, reflections: &Reflections) -> HeaderMap {
    let kept = || fields.iter().filter(|(name, _)| !is_measure(name));
    if !reflections.stand_in(kept().flat_map(|(name, value)| [name.as_str().as_bytes(), value.as_bytes()])) {
        return kept().map(|(name, value)| (name.clone(), value.clone())).collect();
    }
    let mut filtered = HeaderMap::with_capacity(fields.len());
    for (name, value) in kept() {
        let name = match reflections.replace(name.as_str().as_bytes()) {
            Some(replaced) => HeaderName::from_bytes(&replaced).unwrap_or(HeaderName::from_static("um-sealed")),
            None => name.clone(),
        };
        let value = match reflections.replace(value.as_bytes()) {
            Some(replaced) => HeaderValue::from_bytes(&replaced).unwrap_or(HeaderValue::from_static("***")),
            None => value.clone(),
        };
        filtered.append(name, value);
    }
    filtered
}

fn is_measure(name: &HeaderName) -> bool {
    MEASURES.contains(&name.as_str()) || name.as_str().starts_with(MEASURED_BY)
}
