//! What a command fails with: the exit status, the error with its causes, and what to do next.
//!
//! A message may hold a name, a path or a length. It never holds a value or an argument that might be one.

use std::fmt::Display;
use std::io;

use um_host::action::LoadError;
use um_host::base::Shortage;
use um_host::runtime::{DocumentsError, RunError};
use um_host::store::{InitError, KeyError, StoreError};

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
    /// Where the machine had no more of something, that is what there is to do.
    pub fn new(exit: Exit, error: impl Into<anyhow::Error>) -> Self {
        let error = error.into();
        // By the number that tells of threads a terminal tells that it is not ready.
        let shortage = Shortage::of(&*error).filter(|shortage| *shortage != Shortage::Threads);
        Self { exit, hint: shortage.as_ref().map(ToString::to_string), error: Some(error) }
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

    /// The error and its causes in one line.
    pub fn text(&self) -> Option<String> {
        let error = self.error.as_ref()?;
        let mut text = error.to_string();
        for cause in error.chain().skip(1).map(ToString::to_string) {
            if !text.contains(&cause) {
                text = format!("{text}: {cause}");
            }
        }
        Some(text)
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
        let hint = store_hint(&error);
        hint.into_iter().fold(Self::new(exit, error), Self::hint)
    }
}

/// The next step, where the message has none.
fn store_hint(error: &StoreError) -> Option<String> {
    match error {
        StoreError::Io { source, .. } | StoreError::Key(KeyError::File { source, .. }) if is_denied(source) => {
            Some("run um-host as the user who made the store, or give that file back to this user".to_owned())
        }
        StoreError::Io { source, .. } if source.kind() == io::ErrorKind::NotADirectory => Some(
            "a file stands where a directory is needed; set HOME, or name another place with --data-dir DIR (and \
             XDG_CONFIG_HOME for the key)"
                .to_owned(),
        ),
        StoreError::WorkspaceExists { workspace } => {
            Some(format!("choose another name, or work in it: --workspace {workspace}"))
        }
        _ => None,
    }
}

/// Whether a disk, or what a user may have of it, is full.
fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

/// Whether that is the machine's matter and not that of what was typed.
fn lacks_room(error: &io::Error) -> bool {
    is_full(error) || Shortage::of(error).is_some()
}

fn is_denied(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::PermissionDenied
}

impl From<InitError> for Failure {
    fn from(error: InitError) -> Self {
        match error {
            InitError::Store(error) => error.into(),
            InitError::Exists { .. } => Self::new(Exit::Refused, error)
                .hint("`um-host key check` tells what is in it; --data-dir DIR makes another one"),
            InitError::NotEmpty { .. } => Self::new(Exit::Refused, error),
            error => Self::new(Exit::Host, error),
        }
    }
}

impl From<LoadError> for Failure {
    fn from(error: LoadError) -> Self {
        let (exit, hint) = match &error {
            LoadError::NotFound { path } if path.is_relative() => {
                (Exit::NoFile, Some("the path counts from the current directory; look at both"))
            }
            LoadError::NotFound { .. } => (Exit::NoFile, None),
            LoadError::Python(_) | LoadError::Runner { .. } | LoadError::Shortage(_) => (Exit::Host, None),
            LoadError::NoPythonCache => {
                (Exit::Host, Some("set XDG_CACHE_HOME, or HOME, to a place that this user can write"))
            }
            LoadError::Imports { .. } => (
                Exit::NotRunnable,
                Some("build it for WASI 0.2 (wasm32-wasip2), with `um_action` for what um-host offers beyond that"),
            ),
            LoadError::Unreadable { source, .. } if Shortage::of(source).is_some() => (Exit::Host, None),
            LoadError::Unreadable { source, .. } if is_denied(source) => (
                Exit::NotRunnable,
                Some("let this user read it: `chmod +r` on the file, `chmod +x` on its directories"),
            ),
            _ => (Exit::NotRunnable, None),
        };
        hint.into_iter().fold(Self::new(exit, error), Self::hint)
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
            | RunError::Documents(
                DocumentsError::NotADirectory { .. }
                | DocumentsError::Foreign { .. }
                | DocumentsError::Changed { .. }
                | DocumentsError::NoExchange { .. },
            ) => Exit::Usage,
            RunError::Documents(DocumentsError::Prepare { source, .. }) if !lacks_room(source) => Exit::Usage,
            _ => Exit::Host,
        };
        let hint = match &error {
            RunError::OffLimits(_) => Some("give it a directory with what it needs and no more"),
            RunError::Directory { path, .. } if path.is_file() => {
                Some("--dir takes a directory: put the file into one that holds what the action needs and no more")
            }
            RunError::Documents(
                DocumentsError::Prepare { source, .. }
                | DocumentsError::Write { source, .. }
                | DocumentsError::Publish { source, .. },
            ) if is_full(source) => {
                Some("make room on the file system of the documents directory, or name one that lies elsewhere")
            }
            _ => None,
        };
        hint.into_iter().fold(Self::new(exit, error), Self::hint)
    }
}
