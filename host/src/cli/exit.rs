//! Exit statuses, each with one meaning for every command.

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    Success,
    /// What was asked for is sound, but the store's content speaks against it: no such secret, a stale version.
    Refused,
    /// The command line, or a value given to it, is wrong.
    Usage,
    /// The host, the store or the key failed.
    Host,
    /// The file is no action that can be run.
    NotRunnable,
    /// There is no such file.
    NoFile,
    /// A signal that asks to stop.
    Stopped(Signal),
    /// Whoever reads our stdout has closed it.
    ClosedStdout,
    /// What the run came to: the table is `Outcome::status`.
    Run(u8),
}

impl Exit {
    pub fn status(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::Refused => 1,
            Self::Usage => 2,
            Self::Host => 125,
            Self::NotRunnable => 126,
            Self::NoFile => 127,
            Self::Stopped(signal) => signal.status(),
            Self::ClosedStdout => 141,
            Self::Run(status) => status,
        }
    }
}

/// A signal that asks to stop, and not merely kills.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// SIGHUP: the terminal is gone.
    HangUp,
    /// SIGINT: Ctrl-C.
    Interrupt,
    /// SIGTERM.
    Terminate,
    /// Another that ends a program which does not take it, by its number.
    Other(u8),
}

impl Signal {
    /// 128 and the number of the signal, as a shell tells it.
    fn status(self) -> u8 {
        match self {
            Self::HangUp => 129,
            Self::Interrupt => 130,
            Self::Terminate => 143,
            Self::Other(number) => 128 + number,
        }
    }
}
