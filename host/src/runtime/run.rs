//! One run: what it may do, and how it is started.

use std::io;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use super::documents::DocumentsError;
use super::execution::Execution;
use super::folder::Folder;
use super::host::{Action, Entry, Host};
use super::limits::Limits;
use super::off_limits::OffLimitsError;
use super::outcome::Outcome;
use super::pipe::Output;
use super::policy::PolicyFile;
use super::script::Listener;
use super::tripwire::{Stop, Tripwire};
use super::world::{Stdin, World};
use crate::action::Kind;
use crate::base::Work;
use crate::base::json::{JsonError, MAX_DEPTH, MAX_TOKENS, tokens};
use crate::egress::{AllowEntry, AllowEntryError, HostName};
use crate::leak::Stream;
use crate::secret::{SecretName, SettleError, Snapshot, SnapshotError, WorkspaceName};

/// The workspace of a run that names none.
const DEFAULT_WORKSPACE: &str = "default";
/// How long a run waits for its snapshot.
const SNAPSHOT_PATIENCE: Duration = Duration::from_secs(10);

/// A run that has not been started. Whatever is not set is denied or empty:
///
/// - no network but what the workspace allows ([`allow`](Self::allow)) and no inside addresses ([`allow_private`](Self::allow_private))
/// - no directories ([`dir`](Self::dir)) but the folder of a Python script, environment ([`env`](Self::env)), arguments or standard input
/// - no documents ([`documents`](Self::documents))
/// - all secrets of the workspace `default`, unless [`only_secrets`](Self::only_secrets) narrows them
/// - [`Limits::default`]
#[must_use]
pub struct Run {
    pub(super) host: Host,
    pub(super) action: Action,
    workspace: Option<WorkspaceName>,
    pub(super) input: Option<String>,
    pub(super) world: World,
    pub(super) limits: Limits,
    pub(super) allow: Vec<AllowEntry>,
    pub(super) private: Vec<HostName>,
    pub(super) only: Option<Vec<SecretName>>,
    pub(super) strict: bool,
    pub(super) documents: Option<PathBuf>,
    pub(super) stdout: Output,
    pub(super) stderr: Output,
    pub(super) listener: Option<Listener>,
    interrupt: Option<Interrupt>,
}

pub(super) type Interrupt = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Why a run was not started, or could not be ended as it must. Always the host's matter or the caller's, never the
/// guest's: that is an [`Outcome`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    #[error("a compiled command takes arguments and standard input, not an input; pass it after `--` or on stdin")]
    InputForCommand,
    #[error("a typed action takes an input, not arguments; pass JSON with `--input`")]
    ArgsForTyped,
    #[error("the input is not JSON (line {line}, column {column})")]
    Input { line: usize, column: usize },
    #[error("the input is nested too deeply; it may have {MAX_DEPTH} levels of lists and objects")]
    InputDepth,
    #[error("the input has too many parts; it may have {MAX_TOKENS} keys, values and brackets")]
    InputTokens,
    #[error("the action asks for secrets, and this host was given none to hand out")]
    NoSecrets,
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
    #[error("what the workspace allows cannot be understood: {0}; take it back, and allow what is meant")]
    Allowed(#[from] AllowEntryError),
    #[error("the directory `{}` cannot be mounted: {reason}", path.display())]
    Directory { path: PathBuf, reason: String },
    #[error(transparent)]
    OffLimits(#[from] OffLimitsError),
    #[error("what the script sees could not be copied into the cache directory `{}`: {source}", path.display())]
    Copies { path: PathBuf, source: io::Error },
    #[error(transparent)]
    Documents(#[from] DocumentsError),
    #[error(transparent)]
    Settle(#[from] SettleError),
    #[error("the guest's {stream} could not be written: {source}")]
    Output { stream: Stream, source: io::Error },
    #[error("the run was interrupted before it began")]
    Interrupted,
    #[error("the host failed in the middle of the run")]
    Panicked,
}

impl Run {
    pub(super) fn new(host: Host, action: Action) -> Self {
        Self {
            host,
            action,
            workspace: None,
            input: None,
            world: World::default(),
            limits: Limits::default(),
            allow: Vec::new(),
            private: Vec::new(),
            only: None,
            strict: false,
            documents: None,
            stdout: Output::Collect,
            stderr: Output::Collect,
            listener: None,
            interrupt: None,
        }
    }

    /// Whose secrets the run may ask for.
    pub fn workspace(self, workspace: WorkspaceName) -> Self {
        Self { workspace: Some(workspace), ..self }
    }

    /// The JSON text that a typed action is called with, or a Python script finds as `app.input`; `{}` if none is given.
    pub fn input(self, json: impl Into<String>) -> Self {
        Self { input: Some(json.into()), ..self }
    }

    /// The arguments of a command, without the program's name.
    pub fn args(mut self, args: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.world.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// Adds a variable to the guest's environment, which is empty otherwise.
    pub fn env(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.world.env.push((name.into(), value.into()));
        self
    }

    pub fn stdin(mut self, stdin: Stdin) -> Self {
        self.world.stdin = stdin;
        self
    }

    pub fn limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// Lets the guest send requests to a host, besides those that its workspace allows.
    pub fn allow(mut self, entry: AllowEntry) -> Self {
        self.allow.push(entry);
        self
    }

    /// Lets an allowed host be at an inside address: private, loopback, link-local.
    pub fn allow_private(mut self, host: HostName) -> Self {
        self.private.push(host);
        self
    }

    /// Narrows the run to these secrets of its workspace. Any other name is denied, whether or not it exists. Said twice,
    /// it narrows the run to those that were named both times.
    pub fn only_secrets(mut self, names: impl IntoIterator<Item = SecretName>) -> Self {
        let mut names: Vec<_> = names.into_iter().collect();
        if let Some(before) = &self.only {
            names.retain(|name| before.contains(name));
        }
        self.only = Some(names);
        self
    }

    /// Once the run has been given a secret that is bound, only hosts are reached that secrets which it has read are
    /// bound to, and of those what is allowed besides.
    pub fn strict_egress(self) -> Self {
        Self { strict: true, ..self }
    }

    /// Takes over a policy: its limits for those that were set before; its hosts besides those that were allowed; of the
    /// secrets those that both name.
    pub fn policy(mut self, policy: PolicyFile) -> Self {
        self.allow.extend(policy.hosts);
        self.private.extend(policy.private_hosts);
        self.strict |= policy.strict_egress;
        self.limits = policy.limits;
        policy.secrets.into_iter().fold(self, Self::only_secrets)
    }

    /// Mounts a directory, read-only, under the name that the guest gives it.
    pub fn dir(mut self, host: impl Into<PathBuf>, guest: impl Into<String>) -> Self {
        self.world.dirs.push((host.into(), guest.into()));
        self
    }

    /// Where the run's documents are published: a directory that is absent or empty.
    pub fn documents(self, directory: impl Into<PathBuf>) -> Self {
        Self { documents: Some(directory.into()), ..self }
    }

    pub fn stdout(self, output: Output) -> Self {
        Self { stdout: output, ..self }
    }

    pub fn stderr(self, output: Output) -> Self {
        Self { stderr: output, ..self }
    }

    /// Is told how the action is started, command or typed, before any of its code runs: a Python script is known only
    /// then.
    pub fn on_kind(self, listener: impl FnOnce(Kind) + Send + 'static) -> Self {
        Self { listener: Some(Box::new(listener)), ..self }
    }

    /// Ends the run when the future is ready, with everything settled as at any other end.
    pub fn interrupt(self, interrupt: impl Future<Output = ()> + Send + 'static) -> Self {
        Self { interrupt: Some(Box::pin(interrupt)), ..self }
    }

    /// Runs the action to its end. Dropping the future stops the run: it settles by itself, and publishes nothing.
    ///
    /// # Errors
    /// [`RunError`], which is never the guest's doing.
    pub async fn start(mut self) -> Result<Outcome, RunError> {
        self.check()?;
        let workspace = self
            .workspace
            .take()
            .unwrap_or_else(|| WorkspaceName::parse(DEFAULT_WORKSPACE).expect("the default is a valid name"));
        let mut interrupt = self.interrupt.take().unwrap_or_else(|| Box::pin(std::future::pending()));
        let (host, action) = (self.host.clone(), self.action.clone());
        let snapshot = tokio::select! {
            biased;
            () = &mut interrupt => return Err(RunError::Interrupted),
            snapshot = snapshot(&host, &action, &workspace) => snapshot?,
        };
        let folder = tokio::select! {
            biased;
            () = &mut interrupt => return Err(RunError::Interrupted),
            folder = folder(&host, &action) => folder?,
        };
        let execution = Execution::new(self, workspace, snapshot, folder)?;
        let mut abandoned = Abandon(Some(execution.tripwire()));
        // A task of its own, so that a panic of the host ends this run and no other, and a run that nobody waits for
        // any more comes to its end.
        let ended = tokio::spawn(execution.run(interrupt)).await;
        abandoned.0 = None;
        ended.unwrap_or(Err(RunError::Panicked))
    }

    fn check(&self) -> Result<(), RunError> {
        match (self.action.kind(), &self.input) {
            (Kind::Command, Some(_)) => return Err(RunError::InputForCommand),
            (Kind::Typed, _) if !self.world.args.is_empty() => return Err(RunError::ArgsForTyped),
            (Kind::Typed | Kind::Script, Some(input)) => check_input(input)?,
            _ => {}
        }
        Ok(())
    }
}

/// No more than a parser in the guest can bear either.
fn check_input(input: &str) -> Result<(), RunError> {
    tokens(input, &Work::unlimited()).try_for_each(|token| match token {
        Ok(_) => Ok(()),
        Err(JsonError::Depth(_)) => Err(RunError::InputDepth),
        Err(JsonError::Tokens(_)) => Err(RunError::InputTokens),
        Err(JsonError::Unexpected(place) | JsonError::Unfinished(place)) => {
            Err(RunError::Input { line: place.line, column: place.column })
        }
        Err(JsonError::Over(_)) => Err(RunError::Interrupted),
    })
}

/// What a script sees of its folder. Copying takes a thread's time, so it gets one.
async fn folder(host: &Host, action: &Action) -> Result<Option<Folder>, RunError> {
    let Entry::Script(script) = &action.entry else { return Ok(None) };
    let (host, script) = (host.clone(), script.clone());
    let opened = tokio::task::spawn_blocking(move || script.folder(&host)).await;
    opened.unwrap_or(Err(RunError::Panicked)).map(Some)
}

/// The workspace as this run sees it. Nothing is read for an action that neither asks for secrets nor calls hosts; one
/// that only calls hosts goes on without where nothing is there that keeps secrets.
///
/// It borrows no [`Run`]: that is not `Sync`, and then a run could not be started inside a task of the caller's.
async fn snapshot(
    host: &Host,
    action: &Action,
    workspace: &WorkspaceName,
) -> Result<Option<Arc<dyn Snapshot>>, RunError> {
    let required = action.uses_secrets();
    let secrets = match &host.0.secrets {
        Some(secrets) if required || action.uses_network() => secrets,
        None if required => return Err(RunError::NoSecrets),
        _ => return Ok(None),
    };
    let late = |_| SnapshotError::Unavailable("the secrets were not to be had in time; try again".into());
    let snapshot = tokio::time::timeout(SNAPSHOT_PATIENCE, secrets.snapshot(workspace, SNAPSHOT_PATIENCE)).await;
    match snapshot.map_err(late)? {
        Err(SnapshotError::Absent(_)) if !required => Ok(None),
        snapshot => Ok(Some(snapshot?)),
    }
}

/// Stops the run when whoever waits for it does not any more.
struct Abandon(Option<Tripwire>);

impl Drop for Abandon {
    fn drop(&mut self) {
        if let Some(tripwire) = &self.0 {
            tripwire.trip(Stop::Abandoned);
        }
    }
}
