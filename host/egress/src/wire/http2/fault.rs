//! What errors of HTTP/2 say about the other side.

use crate::error::response::ProtocolFault;

/// How an error of HTTP/2 breaks the rules; `None` for any other error.
pub(crate) fn fault(error: &hyper::Error) -> Option<ProtocolFault> {
    let error = cause(error)?;
    Some(match error.reason() {
        // What our end says of heads that are far too long, or come in too many pieces.
        Some(h2::Reason::ENHANCE_YOUR_CALM | h2::Reason::COMPRESSION_ERROR) if error.is_library() => {
            ProtocolFault::HeadTooLarge
        }
        Some(_) if error.is_library() => ProtocolFault::Malformed,
        Some(h2::Reason::HTTP_1_1_REQUIRED) => ProtocolFault::Http1Required,
        Some(_) if error.is_reset() => ProtocolFault::Reset,
        _ => ProtocolFault::Closed,
    })
}

/// Whether the other side says that it has not looked at the request, which it then must not have (RFC 9113, 8.7): the
/// stream was refused, or lies behind the last one of a connection that is closing.
pub(crate) fn is_unprocessed(error: &hyper::Error) -> bool {
    cause(error).is_some_and(|error| {
        let refused = error.is_reset() && error.reason() == Some(h2::Reason::REFUSED_STREAM);
        error.is_remote() && (refused || error.is_go_away())
    })
}

/// Whether the other side says that it takes the request over HTTP/1.1 only (RFC 9113, 7).
pub(crate) fn is_for_http1(error: &hyper::Error) -> bool {
    fault(error) == Some(ProtocolFault::Http1Required)
}

fn cause(error: &hyper::Error) -> Option<&h2::Error> {
    std::error::Error::source(error)?.downcast_ref()
}
