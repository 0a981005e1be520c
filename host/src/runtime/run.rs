//! One run: what it may do, how it is started, and what is done at its end.

use std::io;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::de::IgnoredAny;
use wasmtime::{Store, UpdateDeadline};

use super::cpu::CpuTime;
use super::documents::{Documents, DocumentsError};
use super::ending::{Ending, Return};
use super::host::{Action, Entry, Host};
use super::http::Http;
use super::limits::{Limit, Limits};
use super::outcome::{End, Outcome, Usage};
use super::pipe::{Allowance, Output, Pipe};
use super::queue::Writers;
use super::secrets::RunSecrets;
use super::signal_stack;
use super::state::{MemoryLimiter, State};
use super::tripwire::{Stop, Tripwire};
use super::world::{Stdin, World};
use crate::action::Kind;
use crate::egress::{AllowEntry, AllowList, HostName, Policy};
use crate::leak::{self, Filter, Leak, Stream};
use crate::secret::{RunId, SecretName, SettleError, Snapshot, SnapshotError, WorkspaceName};

/// The workspace of a run that names none.
const DEFAULT_WORKSPACE: &str = "default";
/// The input of a typed action that is given none.
const DEFAULT_INPUT: &str = "{}";
/// How long a run waits for its snapshot.
const SNAPSHOT_PATIENCE: Duration = Duration::from_secs(10);
/// How long the records of its reads may take to become durable.
const SETTLE_PATIENCE: Duration = Duration::from_secs(10);
/// Most bytes that one call of a guest may have the host copy; a result may be that much larger than its limit.
const HOSTCALL_BYTES: usize = 16 * 1024 * 1024;
/// Most handles that a guest may hold at once.
const MAX_HANDLES: usize = 5_000;

/// A run that has not been started. Whatever is not set is denied or empty:
///
/// - no network ([`allow`](Self::allow)) and no inside addresses ([`allow_private`](Self::allow_private))
/// - no directories ([`dir`](Self::dir)), environment ([`env`](Self::env)), arguments or standard input
/// - no documents ([`documents`](Self::documents))
/// - all secrets of the workspace `default`, unless [`only_secrets`](Self::only_secrets) narrows them
/// - [`Limits::default`]
#[must_use]
pub struct Run {
    host: Host,
    action: Action,
    workspace: Option<WorkspaceName>,
    input: Option<String>,
    world: World,
    limits: Limits,
    allow: Vec<AllowEntry>,
    private: Vec<HostName>,
    only: Option<Vec<SecretName>>,
    documents: Option<PathBuf>,
    stdout: Output,
    stderr: Output,
    interrupt: Option<Interrupt>,
}

type Interrupt = Pin<Box<dyn Future<Output = ()> + Send>>;

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
    #[error("the action asks for secrets, and this host was given none to hand out")]
    NoSecrets,
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
    #[error("the directory `{}` cannot be mounted: {reason}", path.display())]
    Directory { path: PathBuf, reason: String },
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
            documents: None,
            stdout: Output::Collect,
            stderr: Output::Collect,
            interrupt: None,
        }
    }

    /// Whose secrets the run may ask for.
    pub fn workspace(self, workspace: WorkspaceName) -> Self {
        Self { workspace: Some(workspace), ..self }
    }

    /// The JSON text that a typed action is called with; `{}` if none is given.
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

    /// Lets the guest send requests to a host.
    pub fn allow(mut self, entry: AllowEntry) -> Self {
        self.allow.push(entry);
        self
    }

    /// Lets an allowed host be at an inside address: private, loopback, link-local.
    pub fn allow_private(mut self, host: HostName) -> Self {
        self.private.push(host);
        self
    }

    /// Narrows the run to these secrets of its workspace. Any other name is denied, whether or not it exists.
    pub fn only_secrets(self, names: impl IntoIterator<Item = SecretName>) -> Self {
        Self { only: Some(names.into_iter().collect()), ..self }
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
        let prepared = Prepared::new(self, workspace, snapshot)?;
        let mut abandoned = Abandon(Some(prepared.tripwire.clone()));
        // A task of its own, so that a panic of the host ends this run and no other, and a run that nobody waits for
        // any more comes to its end.
        let ended = tokio::spawn(prepared.run(interrupt)).await;
        abandoned.0 = None;
        ended.unwrap_or(Err(RunError::Panicked))
    }

    fn check(&self) -> Result<(), RunError> {
        match (self.action.kind(), &self.input) {
            (Kind::Command, Some(_)) => return Err(RunError::InputForCommand),
            (Kind::Typed, _) if !self.world.args.is_empty() => return Err(RunError::ArgsForTyped),
            (Kind::Typed, Some(input)) => {
                let parsed = serde_json::from_str::<IgnoredAny>(input);
                parsed.map_err(|invalid| RunError::Input { line: invalid.line(), column: invalid.column() })?;
            }
            _ => {}
        }
        Ok(())
    }
}

/// The workspace as this run sees it; nothing is read for an action that asks for no secrets.
///
/// It borrows no [`Run`]: that is not `Sync`, and then a run could not be started inside a task of the caller's.
async fn snapshot(
    host: &Host,
    action: &Action,
    workspace: &WorkspaceName,
) -> Result<Option<Arc<dyn Snapshot>>, RunError> {
    if !action.uses_secrets() {
        return Ok(None);
    }
    let secrets = host.0.secrets.as_ref().ok_or(RunError::NoSecrets)?;
    let late = |_| SnapshotError::Unavailable("the secrets were not to be had in time; try again".into());
    let snapshot = tokio::time::timeout(SNAPSHOT_PATIENCE, secrets.snapshot(workspace, SNAPSHOT_PATIENCE)).await;
    Ok(Some(snapshot.map_err(late)??))
}

/// A run with everything at hand that it needs.
struct Prepared {
    host: Host,
    entry: Entry,
    input: String,
    limits: Limits,
    id: RunId,
    workspace: WorkspaceName,
    snapshot: Option<Arc<dyn Snapshot>>,
    filter: Filter,
    tripwire: Tripwire,
    stdout: Pipe,
    stderr: Pipe,
    state: State,
    cpu: Arc<CpuTime>,
}

impl Prepared {
    fn new(run: Run, workspace: WorkspaceName, snapshot: Option<Arc<dyn Snapshot>>) -> Result<Self, RunError> {
        let Run { host, action, limits, .. } = run;
        let (id, filter, tripwire) = (RunId::new(), Filter::new(), Tripwire::default());
        let documents = Documents::new(run.documents, &id, &limits, filter.clone(), tripwire.clone())?;
        let mut writers = Writers::new();
        let mut pipe = |stream, output, limit, bytes| {
            let allowance = Allowance::new(limit, bytes);
            Pipe::new(filter.stream(stream), output, allowance, tripwire.clone(), &mut writers)
        };
        let stdout = pipe(Stream::Stdout, run.stdout, Limit::Stdout, limits.stdout);
        let stderr = pipe(Stream::Stderr, run.stderr, Limit::Stderr, limits.stderr);
        writers.start(tripwire.clone());
        let world = World { program: action.name().to_owned(), ..run.world };
        let wasi = world.context(stdout.clone(), stderr.clone())?;
        let policy = run.private.into_iter().fold(Policy::new(AllowList::from_iter(run.allow)), Policy::allow_private);
        let http = Http::new(host.0.client.clone(), &workspace, policy, &limits, filter.clone(), tripwire.clone());
        let secrets = RunSecrets::new(snapshot.clone(), run.only, id.clone(), filter.clone());
        let memory = MemoryLimiter::new(limits.memory, tripwire.clone());
        let state = State::new(wasi, http, secrets, documents, memory);
        let input = run.input.unwrap_or_else(|| DEFAULT_INPUT.to_owned());
        let cpu = Arc::new(CpuTime::new(limits.cpu, tripwire.clone()));
        Ok(Self {
            host,
            entry: action.entry,
            input,
            limits,
            id,
            workspace,
            snapshot,
            filter,
            tripwire,
            stdout,
            stderr,
            state,
            cpu,
        })
    }

    async fn run(self, mut interrupt: Interrupt) -> Result<Outcome, RunError> {
        let started = Instant::now();
        let _ticking = self.host.0.clock.tick();
        let meter = self.state.http.meter();
        let mut store = store(&self.host, self.state, &self.limits);
        let guest = self.cpu.measure(call(&self.entry, &mut store, self.input));
        let returned = tokio::select! {
            biased;
            stop = self.tripwire.tripped() => Return::Stopped(stop),
            () = &mut interrupt => Return::Interrupted,
            returned = tokio::time::timeout(self.limits.wall, guest) => returned.unwrap_or(Return::TimedOut),
        };
        let wall = started.elapsed();
        let interrupted = matches!(returned, Return::Interrupted);
        // Before the guest's resources go: what they leave behind must not look like an end of their own.
        let end = if returned.chosen() { leak::End::Chosen } else { leak::End::Cut };
        meter.close();
        store.data().documents.finish(end);
        self.stdout.finish(end);
        self.stderr.finish(end);
        let State { secrets, documents, http, memory, .. } = store.into_data();

        let Ending { end, result } = returned.ending(&self.filter, &self.limits, &self.tripwire).await;
        let settled = settle(self.snapshot.as_deref(), &self.id).await;
        let delivering = async {
            let stdout = delivered(&self.stdout, Stream::Stdout, &end).await?;
            let stderr = delivered(&self.stderr, Stream::Stderr, &end).await?;
            Ok::<_, RunError>((stdout, stderr))
        };
        // A reader that does not read would keep the run for ever; whoever interrupts it does without the rest.
        let (stdout, stderr) = tokio::select! {
            delivered = delivering => delivered?,
            () = &mut interrupt, if !interrupted => (Vec::new(), Vec::new()),
        };
        // Last, so that nothing is published that is then told as failed, or whose reads are not on record.
        settled?;
        let published = if end == End::Completed { documents.publish().await? } else { Vec::new() };
        let (http, refused) = http.summary();
        Ok(Outcome {
            run: self.id,
            workspace: self.workspace,
            end,
            result,
            stdout,
            stderr,
            leaks: leaks(&self.filter),
            unguarded: self.filter.unguarded(),
            secrets: secrets.names(),
            refused,
            documents: published,
            usage: Usage { wall, cpu: self.cpu.used(), memory: memory.used(), http },
            host_failed: secrets.host_failed(),
        })
    }
}

/// Calls the guest. Any error from here on is the guest's.
async fn call(entry: &Entry, store: &mut Store<State>, input: String) -> Return {
    let returned = match entry {
        Entry::Command(command) => Return::Command(
            async {
                let command = command.instantiate_async(&mut *store).await?;
                command.wasi_cli_run().call_run(store).await
            }
            .await,
        ),
        Entry::Typed(action) => Return::Typed(
            async {
                let action = action.instantiate_async(&mut *store).await?;
                action.call_run(store, &input).await
            }
            .await,
        ),
    };
    if !returned.chosen() {
        // A trap comes back in the same poll, so this is still the thread that took its signal.
        signal_stack::wipe();
    }
    returned
}

/// The engine's store for one run.
fn store(host: &Host, state: State, limits: &Limits) -> Store<State> {
    let mut store = Store::new(host.engine(), state);
    store.limiter(|state| &mut state.memory);
    let result = usize::try_from(limits.result).unwrap_or(usize::MAX);
    store.set_hostcall_fuel(HOSTCALL_BYTES.max(result.saturating_add(HOSTCALL_BYTES)));
    store.set_max_component_handles(MAX_HANDLES);
    // Before instantiation: start functions are guest code too. Yields, so that clocks and other runs get their turn.
    store.set_epoch_deadline(1);
    store.epoch_deadline_callback(|_| Ok(UpdateDeadline::YieldCustom(1, Box::pin(tokio::task::yield_now()))));
    store
}

/// Makes the records of the run's reads durable, within bounds.
async fn settle(snapshot: Option<&dyn Snapshot>, run: &RunId) -> Result<(), RunError> {
    let Some(snapshot) = snapshot else { return Ok(()) };
    let late = |_| SettleError("not within 10 seconds".into());
    tokio::time::timeout(SETTLE_PATIENCE, snapshot.settle(run)).await.map_err(late)??;
    Ok(())
}

/// What was masked. A document's name may hold a value that was guarded after it was given.
fn leaks(filter: &Filter) -> Vec<Leak> {
    let mut leaks = filter.report();
    for leak in &mut leaks {
        if let Stream::Document(name) = &mut leak.stream {
            *name = filter.text(Stream::Error, name);
        }
    }
    leaks
}

/// Waits for a finished stream. That its reader went away is how the run ended, and no failure of the host.
async fn delivered(pipe: &Pipe, stream: Stream, end: &End) -> Result<Vec<u8>, RunError> {
    match pipe.delivered().await {
        Ok(delivered) => Ok(delivered.collected),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe || *end == End::OutputClosed => Ok(Vec::new()),
        Err(source) => Err(RunError::Output { stream, source }),
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
