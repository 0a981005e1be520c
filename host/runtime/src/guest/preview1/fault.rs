//! What becomes of a call that is not answered.

use um_base::Over;
use wasmtime_wasi::p2::StreamError;

use super::errno::Errno;
use crate::guest::files::bindings::filesystem::types::ErrorCode;
use crate::guest::files::failure::Failure;

/// Why a call does not do what it was asked for.
pub(super) enum Fault {
    Errno(Errno),
    /// The run is over.
    Trap(wasmtime::Error),
}

pub(super) type Answer<T = ()> = Result<T, Fault>;

impl From<Errno> for Fault {
    fn from(errno: Errno) -> Self {
        Self::Errno(errno)
    }
}

impl From<ErrorCode> for Fault {
    fn from(code: ErrorCode) -> Self {
        Self::Errno(code.into())
    }
}

impl From<wasmtime::Error> for Fault {
    fn from(error: wasmtime::Error) -> Self {
        Self::Trap(error)
    }
}

impl From<Failure> for Fault {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Code(code) => code.into(),
            Failure::Trap(error) => Self::Trap(error),
        }
    }
}

impl From<Over> for Fault {
    fn from(over: Over) -> Self {
        Failure::from(over).into()
    }
}

impl From<StreamError> for Fault {
    fn from(error: StreamError) -> Self {
        match error {
            StreamError::Closed => Errno::Pipe.into(),
            StreamError::LastOperationFailed(_) => Errno::Io.into(),
            StreamError::Trap(error) => Self::Trap(error),
        }
    }
}
