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
    /// SIGINT.
    Interrupted,
    /// SIGTERM.
    Terminated,
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
            Self::Interrupted => 130,
            Self::ClosedStdout => 141,
            Self::Terminated => 143,
            Self::Run(status) => status,
        }
    }
}
