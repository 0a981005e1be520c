//! What a command fails with: the exit status, the error with its causes, and what to do next (from [`advice`]).
//!
//! A message may hold a name, a path or a length. It never holds a value or an argument that might be one.

use std::fmt::Display;

use um_base::Shortage;
use um_runtime::action::LoadError;
use um_runtime::{CompileLimit, DocumentsError, RunError};
use um_secret::SnapshotError;
use um_store::{InitError, StoreError};

use crate::cli::advice;
use crate::cli::discreet;
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
    /// With what there is to do about the error. Where the machine had no more of something, it is that.
    pub fn new(exit: Exit, error: impl Into<anyhow::Error>) -> Self {
        let error = error.into();
        // By the number that tells of threads a terminal tells that it is not ready.
        let shortage = Shortage::of(&*error).filter(|shortage| *shortage != Shortage::Threads);
        let hint = shortage.map_or_else(|| advice::of(&*error), |shortage| Some(shortage.to_string()));
        Self { exit, hint, error: Some(error) }
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

    /// The error and its causes in one line, without what was typed and looks like a value.
    pub fn text(&self) -> Option<String> {
        let error = self.error.as_ref()?;
        let mut text = error.to_string();
        for cause in error.chain().skip(1).map(ToString::to_string) {
            if !text.contains(&cause) {
                text = format!("{text}: {cause}");
            }
        }
        Some(discreet::said(text))
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
            | StoreError::NoPart { .. }
            | StoreError::NotAllowed { .. }
            | StoreError::TooManyAllowed { .. }
            | StoreError::TooManySecrets { .. }
            | StoreError::WorkspaceFull { .. } => Exit::Refused,
            StoreError::Unmaskable { .. }
            | StoreError::Exposure { .. }
            | StoreError::EntryTooLong { .. }
            | StoreError::Description(_) => Exit::Usage,
            _ => Exit::Host,
        };
        Self::new(exit, error)
    }
}

impl From<SnapshotError> for Failure {
    fn from(error: SnapshotError) -> Self {
        Self::new(snapshot_exit(&error), error)
    }
}

/// As for a command that asks the store itself.
fn snapshot_exit(error: &SnapshotError) -> Exit {
    match error {
        SnapshotError::NoWorkspace { .. } => Exit::Refused,
        _ => Exit::Host,
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
        let exit = match &error {
            LoadError::NotFound { .. } => Exit::NoFile,
            LoadError::Python(_)
            | LoadError::Runner { .. }
            | LoadError::Shortage(_)
            | LoadError::Compiler(_)
            | LoadError::NoPythonCache => Exit::Host,
            // As for the limits of a run.
            LoadError::CompileLimit { limit, .. } => Exit::Run(match limit {
                CompileLimit::Memory => 137,
                CompileLimit::Cpu | CompileLimit::Wall => 124,
                _ => 123,
            }),
            LoadError::Unreadable { source, .. } if Shortage::of(source).is_some() => Exit::Host,
            _ => Exit::NotRunnable,
        };
        Self::new(exit, error)
    }
}

impl From<RunError> for Failure {
    fn from(error: RunError) -> Self {
        let exit = match &error {
            RunError::InputForCommand
            | RunError::ArgsForTyped
            | RunError::Input { .. }
            | RunError::InputDepth
            | RunError::Directory { .. }
            | RunError::OffLimits(_)
            | RunError::Given(_)
            | RunError::Documents(
                DocumentsError::NotADirectory { .. }
                | DocumentsError::Foreign { .. }
                | DocumentsError::Changed { .. }
                | DocumentsError::NoExchange { .. },
            ) => Exit::Usage,
            RunError::Documents(DocumentsError::Prepare { source, .. }) if !advice::lacks_room(source) => Exit::Usage,
            RunError::Snapshot(error) => snapshot_exit(error),
            _ => Exit::Host,
        };
        Self::new(exit, error)
    }
}
