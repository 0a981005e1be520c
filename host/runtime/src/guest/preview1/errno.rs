//! Error numbers of WASI 0.1.

use crate::guest::files::bindings::filesystem::types::ErrorCode;

/// The part of `errno` that this host says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
pub(super) enum Errno {
    Access = 2,
    Again = 6,
    Already = 7,
    BadDescriptor = 8,
    Busy = 10,
    Deadlock = 16,
    Quota = 19,
    Exists = 20,
    Fault = 21,
    TooLarge = 22,
    IllegalSequence = 25,
    InProgress = 26,
    Interrupted = 27,
    Invalid = 28,
    Io = 29,
    IsDirectory = 31,
    Loop = 32,
    TooManyOpen = 33,
    TooManyLinks = 34,
    MessageSize = 35,
    NameTooLong = 37,
    NoDevice = 43,
    NoEntry = 44,
    NoLock = 46,
    NoMemory = 48,
    NoSpace = 51,
    NotDirectory = 54,
    NotEmpty = 55,
    NotRecoverable = 56,
    NotSocket = 57,
    NotSupported = 58,
    NoTerminal = 59,
    NoSuchDevice = 60,
    Overflow = 61,
    NotPermitted = 63,
    Pipe = 64,
    ReadOnly = 69,
    InvalidSeek = 70,
    TextBusy = 74,
    CrossDevice = 75,
}

impl Errno {
    pub fn number(self) -> u32 {
        u32::from(self as u16)
    }
}

impl From<ErrorCode> for Errno {
    fn from(code: ErrorCode) -> Self {
        match code {
            ErrorCode::Access => Self::Access,
            ErrorCode::WouldBlock => Self::Again,
            ErrorCode::Already => Self::Already,
            ErrorCode::BadDescriptor => Self::BadDescriptor,
            ErrorCode::Busy => Self::Busy,
            ErrorCode::Deadlock => Self::Deadlock,
            ErrorCode::Quota => Self::Quota,
            ErrorCode::Exist => Self::Exists,
            ErrorCode::FileTooLarge => Self::TooLarge,
            ErrorCode::IllegalByteSequence => Self::IllegalSequence,
            ErrorCode::InProgress => Self::InProgress,
            ErrorCode::Interrupted => Self::Interrupted,
            ErrorCode::Invalid => Self::Invalid,
            ErrorCode::Io => Self::Io,
            ErrorCode::IsDirectory => Self::IsDirectory,
            ErrorCode::Loop => Self::Loop,
            ErrorCode::TooManyLinks => Self::TooManyLinks,
            ErrorCode::MessageSize => Self::MessageSize,
            ErrorCode::NameTooLong => Self::NameTooLong,
            ErrorCode::NoDevice => Self::NoDevice,
            ErrorCode::NoEntry => Self::NoEntry,
            ErrorCode::NoLock => Self::NoLock,
            ErrorCode::InsufficientMemory => Self::NoMemory,
            ErrorCode::InsufficientSpace => Self::NoSpace,
            ErrorCode::NotDirectory => Self::NotDirectory,
            ErrorCode::NotEmpty => Self::NotEmpty,
            ErrorCode::NotRecoverable => Self::NotRecoverable,
            ErrorCode::Unsupported => Self::NotSupported,
            ErrorCode::NoTty => Self::NoTerminal,
            ErrorCode::NoSuchDevice => Self::NoSuchDevice,
            ErrorCode::Overflow => Self::Overflow,
            ErrorCode::NotPermitted => Self::NotPermitted,
            ErrorCode::Pipe => Self::Pipe,
            ErrorCode::ReadOnly => Self::ReadOnly,
            ErrorCode::InvalidSeek => Self::InvalidSeek,
            ErrorCode::TextFileBusy => Self::TextBusy,
            ErrorCode::CrossDevice => Self::CrossDevice,
        }
    }
}
