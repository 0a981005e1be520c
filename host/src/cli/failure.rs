//! What a command fails with: the exit status, the error with its causes, and what to do next.
//!
//! A message may hold a name, a path or a length. It never holds a value or an argument that might be one.

use std::fmt::Display;

use um_host::action::LoadError;
use um_host::runtime::{DocumentsError, RunError};
use um_host::store::{InitError, StoreError};

use crate::cli::exit::Exit;

/// A failed command.
#[derive(Debug)]
pub struct Failure {
    pub exit: Exit,
    /// Absent where silence is right: nobody reads any more.
    pub error: Option<anyhow::Error>,
    pub hint: Option<String>,
}

impl Failure {
    pub fn new(exit: Exit, error: impl Into<anyhow::Error>) -> Self {
        Self { exit, error: Some(error.into()), hint: None }
    }

    pub fn usage(message: impl Display) -> Self {
        Self::message(Exit::Usage, message)
    }

    pub fn host(message: impl Display) -> Self {
        Self::message(Exit::Host, message)
    }

    pub fn message(exit: Exit, message: impl Display) -> Self {
        Self::new(exit, anyhow::anyhow!("{message}"))
    }

    /// Ends without a word, as a program whose reader has gone away should.
    pub fn silent(exit: Exit) -> Self {
        Self { exit, error: None, hint: None }
    }

    /// The error alone, for those who pass it on.
    pub fn into_error(self) -> anyhow::Error {
        self.error.unwrap_or_else(|| anyhow::anyhow!("the command was stopped"))
    }

    /// Adds the next step.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// Turns an error of the library into a failure with a status.
pub trait OrFail<T> {
    fn or_fail(self, exit: Exit) -> Result<T, Failure>;
}

impl<T, E: Into<anyhow::Error>> OrFail<T> for Result<T, E> {
    fn or_fail(self, exit: Exit) -> Result<T, Failure> {
        self.map_err(|error| Failure::new(exit, error))
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let exit = match &error {
            StoreError::NoWorkspace { .. }
            | StoreError::WorkspaceExists { .. }
            | StoreError::TooManyWorkspaces
            | StoreError::NoSecret { .. }
            | StoreError::VersionConflict { .. }
            | StoreError::TooManySecrets { .. }
            | StoreError::WorkspaceFull { .. } => Exit::Refused,
            StoreError::Unmaskable { .. } | StoreError::Description(_) => Exit::Usage,
            _ => Exit::Host,
        };
        Self::new(exit, error)
    }
}

impl From<InitError> for Failure {
    fn from(error: InitError) -> Self {
        match error {
            InitError::Store(error) => error.into(),
            InitError::Exists { .. } | InitError::NotEmpty { .. } => Self::new(Exit::Refused, error),
            error => Self::new(Exit::Host, error),
        }
    }
}

impl From<LoadError> for Failure {
    fn from(error: LoadError) -> Self {
        let exit = if matches!(error, LoadError::NotFound { .. }) { Exit::NoFile } else { Exit::NotRunnable };
        Self::new(exit, error)
    }
}

impl From<RunError> for Failure {
    fn from(error: RunError) -> Self {
        let exit = match &error {
            RunError::InputForCommand
            | RunError::ArgsForTyped
            | RunError::Input { .. }
            | RunError::Directory { .. }
            | RunError::Documents(DocumentsError::NotEmpty { .. } | DocumentsError::NotADirectory { .. }) => {
                Exit::Usage
            }
            _ => Exit::Host,
        };
        Self::new(exit, error)
    }
}
