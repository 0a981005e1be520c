//! Why there is no outcome of a run, or one that the host has failed.

use std::io;
use std::path::PathBuf;

use super::admission::error::AdmissionError;
use super::documents::error::DocumentsError;
use super::off_limits::OffLimitsError;
use super::outcome::ended::Ended;
use super::outcome::{Blame, End};
use um_base::json::{MAX_DEPTH, MAX_TOKENS};
use um_base::{Coded, Shortage, coded};
use um_leak::Stream;
use um_secret::{GivenError, SettleError, SnapshotError};

/// Why a run was not started, or could not be ended as it must. Always the host's matter or the caller's, never the
/// guest's: that is an [`Outcome`](super::Outcome).
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "what each is stands in its message")]
pub enum RunError {
    /// It was not let in, and nothing of it was begun.
    #[error(transparent)]
    Admission(#[from] AdmissionError),
    #[error("a compiled command takes arguments and standard input, not an input")]
    InputForCommand,
    #[error("a typed action takes an input, not arguments")]
    ArgsForTyped,
    #[error("the input is not JSON (line {line}, column {column})")]
    Input { line: usize, column: usize },
    #[error("the input is nested too deeply; it may have {MAX_DEPTH} levels of lists and objects")]
    InputDepth,
    #[error("the input has too many parts; it may have {MAX_TOKENS} keys, values and brackets")]
    InputTokens,
    #[error(
        "the action that was loaded is another one than the run was decided for: its digest is {found}, not {expected}"
    )]
    OtherAction { expected: String, found: String },
    #[error("the run has the limit `fuel`, and this host does not count what guests execute")]
    Fuel,
    #[error("the run may have a stack of {most}, and each run of this host has one of {host}")]
    Stack { most: String, host: String },
    /// What keeps secrets was never made. `secret` has passed the leak filter; `closest` are names that resemble it, of
    /// secrets that the run was given.
    #[error("the action asks for the secret `{secret}`, and {cause}")]
    NoStore {
        secret: String,
        closest: Vec<String>,
        #[source]
        cause: Box<dyn std::error::Error + Send + Sync>,
    },
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
    #[error(transparent)]
    Given(#[from] GivenError),
    #[error("the directory `{}` cannot be mounted: {reason}", path.display())]
    Directory { path: PathBuf, reason: String },
    #[error(transparent)]
    OffLimits(#[from] OffLimitsError),
    #[error(transparent)]
    Documents(#[from] DocumentsError),
    #[error(transparent)]
    Settle(#[from] SettleError),
    #[error("the action's {stream} could not be written: {source}")]
    Output { stream: Stream, source: io::Error },
    #[error("the run was interrupted before its action was called")]
    Interrupted,
    #[error("the action was not at fault, and could not go on: {0}")]
    Shortage(Shortage),
    #[error("the host failed in the middle of the run")]
    Panicked,
    /// The action was called, and the host failed it, or what was to come after it: this is what it came to all the same.
    /// Whoever would start it again should know that it has run.
    #[error("{cause}")]
    AfterCall { cause: Box<RunError>, ended: Box<Ended> },
}

coded! { RunError:
    Self::Admission(error) => in error,
    Self::InputForCommand => Invalid "input-for-command",
    Self::ArgsForTyped => Invalid "args-for-typed",
    Self::Input { .. } => Invalid "input-not-json",
    Self::InputDepth => Full "input-too-deep",
    Self::InputTokens => Full "input-too-many-parts",
    Self::OtherAction { .. } => Conflict "other-action",
    Self::Fuel => Unsupported "fuel-not-counted",
    Self::Stack { .. } => Unsupported "stack-too-large",
    Self::NoStore { .. } => NotFound "no-store",
    Self::Snapshot(error) => in error,
    Self::Given(error) => in error,
    Self::Directory { .. } => Invalid "directory-unmountable",
    Self::OffLimits(error) => in error,
    Self::Documents(error) => in error,
    Self::Settle(error) => in error,
    Self::Output { .. } => Unavailable "output-unwritable",
    Self::Interrupted => Unavailable "run-interrupted",
    Self::Shortage(shortage) => in shortage,
    Self::Panicked => Unavailable "host-panicked",
    Self::AfterCall { cause, .. } => in &**cause,
}

impl RunError {
    /// What a run came to whose host has failed it for this cause.
    pub(crate) fn after(self, mut ended: Ended) -> Self {
        ended.outcome.result = None;
        ended.outcome.blame = Some(Blame::Host);
        ended.outcome.end = End::HostFailed { reason: self.code().to_owned(), message: self.to_string() };
        Self::AfterCall { cause: Box::new(self), ended: Box::new(ended) }
    }
}
