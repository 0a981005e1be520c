//! One run: what it may do, and how it is started.

use std::io;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tracing::{Instrument, Span};

use super::documents::destination::Destination;
use super::documents::error::CheckError;
use super::documents::sink::{DocumentSink, Receipt};
use super::error::RunError;
use super::events::{Events, OutputEvent};
use super::execution::ending::stopped;
use super::execution::{Execution, Given};
use super::guest::files::Folder;
use super::host::Host;
use super::outcome::ended::Ended;
use super::outcome::{End, Outcome, Usage, blame};
use super::spec::RunSpec;
use super::tripwire::{Stop, Tripwire};
use crate::action::Kind;
use crate::engine::loaded::{Action, Entry};
use crate::guest::pipe::Output;
use crate::guest::script::Listener;
use crate::guest::wasi::{Stdin, World};
use um_base::json::{JsonError, tokens};
use um_base::{Over, Work, blocking};
use um_leak::Stream;
use um_secret::{Entry as SecretEntry, Snapshot, SnapshotError, WorkspaceName};

/// Longer input is read on a thread of its own.
const LARGE_INPUT: usize = 64 * 1024;
/// How long a run waits for its snapshot.
const SNAPSHOT_PATIENCE: Duration = Duration::from_secs(10);
/// How much longer than a run whoever keeps the secrets may go on: it finds out by itself that nobody waits.
const SNAPSHOT_GRACE: Duration = Duration::from_millis(100);

/// A run that has not been started: what was decided about it, and what of this machine it is given. Whatever is not given
/// is not there:
///
/// - no directories ([`dir`](Self::dir)) but the folder of a Python script, and no standard input
/// - no documents ([`documents`](Self::documents), [`document_sink`](Self::document_sink))
/// - nobody who reads its output as it comes ([`stdout`](Self::stdout), [`events`](Self::events)): it is collected
#[must_use]
pub struct Run {
    pub(super) host: Host,
    pub(super) action: Action,
    pub(super) spec: RunSpec,
    pub(super) world: World,
    documents: Option<Destination>,
    pub(super) stdout: Output,
    pub(super) stderr: Output,
    pub(super) listener: Option<Listener>,
    interrupt: Option<Interrupt>,
    spent: Duration,
    pub(super) patient: bool,
    on_entries: Option<OnEntries>,
}

/// Who wants to know which secrets there are.
type OnEntries = Box<dyn FnOnce(&[SecretEntry]) + Send>;

/// When a run began, by its own count.
#[derive(Clone, Copy)]
pub(super) struct Began {
    at: Instant,
    /// By the clock on the wall.
    pub on: Timestamp,
    /// What its caller had spent for it before.
    spent: Duration,
}

impl Began {
    pub fn elapsed(self) -> Duration {
        self.at.elapsed().saturating_add(self.spent)
    }
}

type Interrupt = Pin<Box<dyn Future<Output = ()> + Send>>;

impl Run {
    pub(super) fn new(host: Host, action: Action, spec: RunSpec) -> Self {
        Self {
            host,
            action,
            spec,
            world: World::default(),
            documents: None,
            stdout: Output::Collect,
            stderr: Output::Collect,
            listener: None,
            interrupt: None,
            spent: Duration::ZERO,
            patient: false,
            on_entries: None,
        }
    }

    pub fn stdin(mut self, stdin: Stdin) -> Self {
        self.world.stdin = stdin;
        self
    }

    /// Mounts a directory, read-only, under the name that the guest gives it.
    pub fn dir(mut self, host: impl Into<PathBuf>, guest: impl Into<String>) -> Self {
        self.world.dirs.push((host.into(), guest.into()));
        self
    }

    /// Where the run's documents are published: a directory that is absent or empty, or that holds nothing but what an
    /// earlier run has published there, which they replace then.
    pub fn documents(self, directory: impl Into<PathBuf>) -> Self {
        Self { documents: Some(Destination::Directory(directory.into())), ..self }
    }

    /// Has the run's documents kept elsewhere than in a directory of this machine.
    pub fn document_sink(self, sink: impl DocumentSink + 'static) -> Self {
        Self { documents: Some(Destination::Sink(Box::new(sink))), ..self }
    }

    pub fn stdout(self, output: Output) -> Self {
        Self { stdout: output, ..self }
    }

    pub fn stderr(self, output: Output) -> Self {
        Self { stderr: output, ..self }
    }

    /// Hands every piece of output on as it comes, with the run and the stream that it is of. It is called on a thread of
    /// the run's own; while it takes its time, the guest waits, and what it has not taken when the limit `deliver` is over
    /// is dropped.
    pub fn events(self, listener: impl Fn(OutputEvent) -> io::Result<()> + Send + Sync + 'static) -> Self {
        let listener: Arc<dyn Fn(OutputEvent) -> io::Result<()> + Send + Sync> = Arc::new(listener);
        let run = self.spec.run.clone();
        let output = |stream| Output::Writer(Box::new(Events::new(run.clone(), stream, Arc::clone(&listener))));
        let (stdout, stderr) = (output(Stream::Stdout), output(Stream::Stderr));
        Self { stdout, stderr, ..self }
    }

    /// Is told how the action is started, command or typed, before any of its code runs: a Python script is known only
    /// then.
    pub fn on_kind(self, listener: impl FnOnce(Kind) + Send + 'static) -> Self {
        Self { listener: Some(Box::new(listener)), ..self }
    }

    /// Time that the caller has spent for this run already, waiting for its input for instance: it counts as the run's.
    pub fn spent(self, spent: Duration) -> Self {
        Self { spent, ..self }
    }

    /// Waits for whoever reads the output until everything is taken, however long that takes, unless the limit `deliver`
    /// says how long.
    pub fn patient(self) -> Self {
        Self { patient: true, ..self }
    }

    /// Is told which secrets the workspace has, names and never values, before any of the action's code runs. Not for an
    /// action that asks for none.
    pub fn on_entries(self, listener: impl FnOnce(&[SecretEntry]) + Send + 'static) -> Self {
        Self { on_entries: Some(Box::new(listener)), ..self }
    }

    /// Ends the run when the future is ready, with everything settled as at any other end. It is heard until the documents
    /// are published, which nothing undoes; after that it ends the wait for whoever reads the output.
    pub fn interrupt(self, interrupt: impl Future<Output = ()> + Send + 'static) -> Self {
        Self { interrupt: Some(Box::pin(interrupt)), ..self }
    }

    /// Runs the action to its end. Dropping the future stops the run: it settles by itself, and publishes nothing.
    ///
    /// # Errors
    /// [`RunError`], which is never the guest's doing.
    pub async fn start(mut self) -> Result<Ended, RunError> {
        let began = Began { at: Instant::now(), on: Timestamp::now(), spent: self.spent };
        let limits = self.spec.grant.limits();
        let work = Work::new(limits.host_memory);
        work.end_after(limits.wall.saturating_sub(self.spent));
        let tripwire = Tripwire::new(work);
        let interrupt = self.interrupt.take();
        let mut abandoned = Abandon(Some(tripwire.clone()));
        let span = self.span();
        // A task of its own, so that a panic of the host ends this run and no other, and a run that nobody waits for
        // any more comes to its end.
        let performing = interruptible(self.perform(began, tripwire.clone()), interrupt, tripwire);
        let ended = tokio::spawn(performing.instrument(span)).await;
        abandoned.0 = None;
        ended.unwrap_or(Err(RunError::Panicked))
    }

    /// Who follows what happens sees ids and names, never a value, nor anything that the guest chose.
    fn span(&self) -> Span {
        let RunSpec { run, workspace, actor, .. } = &self.spec;
        tracing::info_span!("run", %run, %workspace, actor = actor.id(), action = self.action.name())
    }

    async fn perform(mut self, began: Began, tripwire: Tripwire) -> Result<Ended, RunError> {
        match self.prepare(began, tripwire.work()).await {
            Ok(given) => Execution::new(self, given, tripwire)?.run().await,
            Err(Unprepared::Failed(error)) => Err(error),
            Err(Unprepared::Over) => match stopped(tripwire.reason(), self.spec.grant.limits()) {
                End::Interrupted => Err(RunError::Interrupted),
                end => {
                    let usage = Usage { wall: began.elapsed(), ..Usage::default() };
                    let blame = blame(&end, false, false);
                    let nothing = Outcome::of(&self.spec, &self.action, began.on);
                    let outcome = Outcome { end, blame, usage, ..nothing };
                    Ok(Ended { outcome, stdout: Vec::new(), stderr: Vec::new(), receipt: Receipt::default() })
                }
            },
        }
    }

    /// Finds what the run needs, in its own time.
    async fn prepare(&mut self, began: Began, work: &Work) -> Result<Given, Unprepared> {
        work.step()?;
        if let Some(expected) = self.spec.digest.take_if(|expected| *expected != self.action.digest()) {
            return Err(RunError::OtherAction { expected, found: self.action.digest().to_owned() }.into());
        }
        let (kind, input) = (self.action.kind(), self.spec.ask.input.take());
        let has_args = !self.spec.ask.args.is_empty();
        let input = match input.as_ref().is_some_and(|input| input.len() > LARGE_INPUT) {
            true => {
                let own = work.clone();
                blocking(work, move || check(kind, input, has_args, &own)).await??
            }
            false => check(kind, input, has_args, work)?,
        };
        let (host, action) = (self.host.clone(), self.action.clone());
        let snapshot = work.within(snapshot(&host, &action, &self.spec.workspace, work)).await??;
        if let Some(snapshot) = &snapshot {
            if let Some(listener) = self.on_entries.take() {
                listener(snapshot.entries());
            }
            self.spec.grant.allow_all_of(snapshot.allow_list());
        }
        let folder = folder(&host, &action, work).await?;
        let sink = match self.documents.take() {
            Some(destination) => Some(destination.open(&self.spec.run, host.cache(), work).await?),
            None => None,
        };
        Ok(Given { began, input, snapshot, folder, sink })
    }
}

/// Why a run did not come to call its action.
enum Unprepared {
    Over,
    Failed(RunError),
}

impl From<Over> for Unprepared {
    fn from(_: Over) -> Self {
        Self::Over
    }
}

impl From<CheckError> for Unprepared {
    fn from(error: CheckError) -> Self {
        match error {
            CheckError::Over(over) => over.into(),
            CheckError::Documents(error) => error.into(),
        }
    }
}

impl<E: Into<RunError>> From<E> for Unprepared {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// Trips the wire when the interruption comes; whatever is under way finds its end by that.
async fn interruptible<T>(performing: impl Future<Output = T>, interrupt: Option<Interrupt>, tripwire: Tripwire) -> T {
    let mut performing = std::pin::pin!(performing);
    let interrupt = async {
        match interrupt {
            Some(interrupt) => interrupt.await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        biased;
        () = interrupt => tripwire.trip(Stop::Interrupted),
        done = &mut performing => return done,
    }
    performing.await
}

/// Whether the action can be started with this.
fn check(kind: Kind, input: Option<String>, has_args: bool, work: &Work) -> Result<Option<String>, Unprepared> {
    match (kind, &input) {
        (Kind::Command, Some(_)) => return Err(RunError::InputForCommand.into()),
        (Kind::Typed, _) if has_args => return Err(RunError::ArgsForTyped.into()),
        (Kind::Typed | Kind::Script, Some(input)) => check_input(input, work)?,
        _ => {}
    }
    Ok(input)
}

/// No more than a parser in the guest can bear either.
fn check_input(input: &str, work: &Work) -> Result<(), Unprepared> {
    tokens(input, work).try_for_each(|token| match token {
        Ok(_) => Ok(()),
        Err(JsonError::Depth(_)) => Err(RunError::InputDepth.into()),
        Err(JsonError::Tokens(_)) => Err(RunError::InputTokens.into()),
        Err(JsonError::Unexpected(place) | JsonError::Unfinished(place)) => {
            Err(RunError::Input { line: place.line, column: place.column }.into())
        }
        Err(JsonError::Over(over)) => Err(over.into()),
    })
}

/// What a script sees of its folder. Opening it takes a thread's time, so it gets one.
async fn folder(host: &Host, action: &Action, work: &Work) -> Result<Option<Folder>, Unprepared> {
    let Entry::Script(script) = &action.entry else { return Ok(None) };
    let (host, script) = (host.clone(), script.clone());
    let opened = blocking(work, move || script.folder(&host.0.off_limits)).await?;
    Ok(Some(opened?))
}

/// The workspace as this run sees it. Nothing is read for an action that neither asks for secrets nor calls hosts; one
/// that only calls hosts goes on without where nothing is there that keeps secrets.
///
/// It borrows no [`Run`]: that is not `Sync`, and then a run could not be started inside a task of the caller's.
async fn snapshot(
    host: &Host,
    action: &Action,
    workspace: &WorkspaceName,
    work: &Work,
) -> Result<Option<Arc<dyn Snapshot>>, RunError> {
    let required = action.uses_secrets();
    let secrets = match &host.0.secrets {
        Some(secrets) if required || action.uses_network() => secrets,
        None if required => return Err(RunError::NoSecrets),
        _ => return Ok(None),
    };
    // Longer than the run has time: that it was late is then how the run ended.
    let patience = SNAPSHOT_PATIENCE.min(work.remaining().saturating_add(SNAPSHOT_GRACE));
    let late = |_| SnapshotError::Unavailable("the secrets were not to be had in time; try again".into());
    let snapshot = tokio::time::timeout(SNAPSHOT_PATIENCE, secrets.snapshot(workspace, patience)).await;
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
