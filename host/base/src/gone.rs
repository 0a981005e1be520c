//! Readers that are gone.

use std::io::{self, ErrorKind};

/// Whether a stream cannot be written since its reader has gone away: a pipe that was closed, a socket whose other end
/// has left.
pub fn is_gone(error: &io::Error) -> bool {
    use ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, NotConnected};
    matches!(error.kind(), BrokenPipe | ConnectionAborted | ConnectionReset | NotConnected)
}
