//! What hyper's errors say about the other side.

use std::io;

use crate::error::response::ProtocolFault;

/// How an answer without a complete head breaks the rules.
pub(crate) fn head_fault(error: &hyper::Error) -> ProtocolFault {
    if let Some(fault) = fault(error) {
        fault
    } else if error.is_parse_too_large() {
        ProtocolFault::HeadTooLarge
    } else if error.is_parse() || error.is_parse_status() {
        ProtocolFault::Malformed
    } else {
        ProtocolFault::Closed
    }
}

/// How a body breaks the rules. hyper reports framing as input/output errors of these kinds.
pub(crate) fn body_fault(error: &hyper::Error) -> ProtocolFault {
    match fault(error) {
        Some(ProtocolFault::Malformed | ProtocolFault::HeadTooLarge) => return ProtocolFault::Framing,
        // A request is told so before its answer begins.
        Some(ProtocolFault::Http1Required) => return ProtocolFault::Reset,
        Some(fault) => return fault,
        None => {}
    }
    let source = std::error::Error::source(error).and_then(|source| source.downcast_ref::<io::Error>());
    match source.map(io::Error::kind) {
        Some(io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput) => ProtocolFault::Framing,
        _ => ProtocolFault::Closed,
    }
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

/// How an error of HTTP/2 breaks the rules; `None` for any other error.
fn fault(error: &hyper::Error) -> Option<ProtocolFault> {
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

fn cause(error: &hyper::Error) -> Option<&h2::Error> {
    std::error::Error::source(error)?.downcast_ref()
}
