//! What hyper's errors say about the other side.

use std::io;

use super::http2;
use crate::error::response::ProtocolFault;

/// How an answer without a complete head breaks the rules.
pub(crate) fn head_fault(error: &hyper::Error) -> ProtocolFault {
    if let Some(fault) = http2::fault(error) {
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
    match http2::fault(error) {
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
