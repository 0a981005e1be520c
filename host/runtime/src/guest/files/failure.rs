//! What goes wrong with a file, as the guest is told it.

use std::io;

use rustix::io::Errno;
use wasmtime::component::ResourceTableError;

use super::bindings::filesystem::types::ErrorCode;
use crate::tripwire::RunOver;
use um_base::Over;

/// An answer to the guest, or the end of it.
#[derive(Debug)]
pub enum Failure {
    Code(ErrorCode),
    Trap(wasmtime::Error),
}

impl From<ErrorCode> for Failure {
    fn from(code: ErrorCode) -> Self {
        Self::Code(code)
    }
}

impl From<Errno> for Failure {
    fn from(errno: Errno) -> Self {
        Self::Code(of_errno(errno).unwrap_or(ErrorCode::Io))
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Code(code(&error))
    }
}

impl From<Over> for Failure {
    fn from(_: Over) -> Self {
        Self::Trap(RunOver.into())
    }
}

impl From<ResourceTableError> for Failure {
    fn from(error: ResourceTableError) -> Self {
        Self::Trap(error.into())
    }
}

/// The code of an error that came from the operating system, or from whoever kept a path inside its directory.
pub fn code(error: &io::Error) -> ErrorCode {
    if let Some(code) = Errno::from_io_error(error).and_then(of_errno) {
        return code;
    }
    match error.kind() {
        io::ErrorKind::NotFound => ErrorCode::NoEntry,
        // A path that leads out of its directory, too.
        io::ErrorKind::PermissionDenied => ErrorCode::NotPermitted,
        io::ErrorKind::InvalidInput => ErrorCode::Invalid,
        _ => ErrorCode::Io,
    }
}

fn of_errno(errno: Errno) -> Option<ErrorCode> {
    Some(match errno {
        Errno::ACCESS => ErrorCode::Access,
        Errno::AGAIN => ErrorCode::WouldBlock,
        Errno::BADF => ErrorCode::BadDescriptor,
        Errno::BUSY => ErrorCode::Busy,
        Errno::EXIST => ErrorCode::Exist,
        Errno::FBIG => ErrorCode::FileTooLarge,
        Errno::ILSEQ => ErrorCode::IllegalByteSequence,
        Errno::INTR => ErrorCode::Interrupted,
        Errno::INVAL => ErrorCode::Invalid,
        Errno::ISDIR => ErrorCode::IsDirectory,
        Errno::LOOP => ErrorCode::Loop,
        Errno::NAMETOOLONG => ErrorCode::NameTooLong,
        Errno::NODEV => ErrorCode::NoDevice,
        Errno::NXIO => ErrorCode::NoSuchDevice,
        Errno::NOENT => ErrorCode::NoEntry,
        Errno::NOSPC => ErrorCode::InsufficientSpace,
        Errno::NOTEMPTY => ErrorCode::NotEmpty,
        Errno::NOMEM | Errno::MFILE | Errno::NFILE => ErrorCode::InsufficientMemory,
        Errno::NOTDIR => ErrorCode::NotDirectory,
        Errno::OPNOTSUPP => ErrorCode::Unsupported,
        Errno::OVERFLOW => ErrorCode::Overflow,
        Errno::PERM => ErrorCode::NotPermitted,
        Errno::ROFS => ErrorCode::ReadOnly,
        Errno::SPIPE => ErrorCode::InvalidSeek,
        // The kernel's word for a path that leads out of its directory.
        Errno::XDEV => ErrorCode::NotPermitted,
        _ => return None,
    })
}
