//! One run: what it may do, and how it is started.

use std::io;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tracing::{Instrument, Span};

use super::action::kind::Kind;
use super::admission::capacity::reserved;
use super::admission::gate::{Applicant, OnWait, Unadmitted};
use super::admission::handle::RunHandle;
use super::admission::moves::Ticket;
use super::admission::place::Place;
use super::documents::destination::Destination;
use super::documents::sink::{DocumentSink, Receipt};
use super::engine::loaded::Action;
use super::error::RunError;
use super::events::{Events, OutputEvent};
use super::execution::assembly::Execution;
use super::execution::ending::stopped;
use super::execution::given::{Began, Order, Setting};
use super::guest::pipe::Output;
use super::guest::wasi::Stdin;
use super::host::Host;
use super::outcome::ended::Ended;
use super::outcome::{End, Outcome, Usage, blame};
use super::prepare::{OnEntries, Unprepared, prepare};
use super::spec::RunSpec;
use super::tripwire::{Stop, Tripwire};
use um_base::Work;
use um_leak::Stream;
use um_secret::{Entry, MapSecret};

/// A run that has not been started: what was decided about it, and what of this machine it is given. Whatever is not given
/// is not there:
///
/// - no directories ([`dir`](Self::dir)) but the folder of a Python script and an empty `/tmp`, and no standard input
/// - no secrets but those of its workspace ([`secret`](Self::secret))
/// - no documents ([`documents`](Self::documents), [`document_sink`](Self::document_sink))
/// - nobody who reads its output as it comes ([`stdout`](Self::stdout), [`events`](Self::events)): it is collected
#[must_use]
pub struct Run {
    order: Order,
    setting: Setting,
    documents: Option<Destination>,
    secrets: Vec<MapSecret>,
    interrupt: Option<Interrupt>,
    spent: Duration,
    on_entries: Option<OnEntries>,
    on_wait: Option<OnWait>,
    tripwire: Tripwire,
    ticket: Arc<OnceLock<Ticket>>,
}

type Interrupt = Pin<Box<dyn Future<Output = ()> + Send>>;
type Performing<T> = dyn Future<Output = T> + Send;

impl Host {
    /// Prepares a run of an action. Nothing happens before [`Run::start`].
    pub fn run(&self, action: &Action, spec: RunSpec) -> Run {
        let tripwire = Tripwire::new(Work::new(spec.grant.limits().host_memory));
        Run {
            order: Order { host: self.clone(), action: action.clone(), spec, rates: None },
            setting: Setting::default(),
            documents: None,
            secrets: Vec::new(),
            interrupt: None,
            spent: Duration::ZERO,
            on_entries: None,
            on_wait: None,
            tripwire,
            ticket: Arc::default(),
        }
    }
}

impl Run {
    /// What a command reads from its standard input. A typed action finds it at its end.
    pub fn stdin(mut self, stdin: Stdin) -> Self {
        self.setting.world.stdin = stdin;
        self
    }

    /// Mounts a directory, read-only, under the name that the guest gives it.
    pub fn dir(mut self, host: impl Into<PathBuf>, guest: impl Into<String>) -> Self {
        self.setting.world.dirs.push((host.into(), guest.into()));
        self
    }

    /// Gives the run a secret that its workspace does not have: kept nowhere, and in all else like one of the workspace's.
    /// Nobody records what is done with it. If the workspace has one of this name, the run is not started.
    ///
    /// Its value is masked from the beginning of the run, whether the action asks for it or comes by it in another way, in its
    /// input for instance. That is not so of one that the action cannot have by asking: sealed, or left out by
    /// [`Ask::secrets`](crate::Ask) or a policy.
    pub fn secret(mut self, secret: MapSecret) -> Self {
        self.secrets.push(secret);
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

    /// Where standard output goes. Without it, it is [collected](Output::Collect).
    pub fn stdout(mut self, output: Output) -> Self {
        self.setting.stdout = output;
        self
    }

    /// Where standard error goes. Without it, it is [collected](Output::Collect).
    pub fn stderr(mut self, output: Output) -> Self {
        self.setting.stderr = output;
        self
    }

    /// Hands every piece of output on as it comes, with the run and the stream that it is of. It is called on a thread of
    /// the run's own; while it takes its time, the guest waits, and what it has not taken when the limit `deliver` is over
    /// is dropped.
    pub fn events(self, listener: impl Fn(OutputEvent) -> io::Result<()> + Send + Sync + 'static) -> Self {
        let listener: Arc<dyn Fn(OutputEvent) -> io::Result<()> + Send + Sync> = Arc::new(listener);
        let run = self.order.spec.run.clone();
        let output = |stream| Output::Writer(Box::new(Events::new(run.clone(), stream, Arc::clone(&listener))));
        let (stdout, stderr) = (output(Stream::Stdout), output(Stream::Stderr));
        self.stdout(stdout).stderr(stderr)
    }

    /// Is told how the action is started, command or typed, before any of its code runs: a Python script is known only
    /// then.
    pub fn on_kind(mut self, listener: impl FnOnce(Kind) + Send + 'static) -> Self {
        self.setting.listener = Some(Box::new(listener));
        self
    }

    /// Time that the caller has spent for this run already, waiting for its input for instance: it counts as the run's.
    pub fn spent(self, spent: Duration) -> Self {
        Self { spent, ..self }
    }

    /// Waits for whoever reads the output until everything is taken, however long that takes, unless the limit `deliver`
    /// says how long.
    pub fn patient(mut self) -> Self {
        self.setting.patient = true;
        self
    }

    /// Is told which secrets the workspace has, names and never values, before any of the action's code runs. Not for an
    /// action that asks for none.
    pub fn on_entries(self, listener: impl FnOnce(&[Entry]) + Send + 'static) -> Self {
        Self { on_entries: Some(Box::new(listener)), ..self }
    }

    /// Is told the place of a run that has to wait for its turn, once, when it begins to. Where it is later
    /// [`RunHandle::state`] says.
    pub fn on_wait(self, listener: impl FnOnce(Place) + Send + 'static) -> Self {
        Self { on_wait: Some(Box::new(listener)), ..self }
    }

    /// By which the run can be cancelled and asked how far it has come, from now on until its end.
    pub fn handle(&self) -> RunHandle {
        let gate = Arc::clone(&self.order.host.0.gate);
        RunHandle { gate, ticket: Arc::clone(&self.ticket), tripwire: self.tripwire.clone() }
    }

    /// Keeps the instance when its guest has ended until the future is ready, for whoever measures what instances take. The
    /// run's time goes on meanwhile.
    pub fn linger(mut self, until: impl Future<Output = ()> + Send + 'static) -> Self {
        self.setting.linger = Some(Box::pin(until));
        self
    }

    /// Ends the run when the future is ready, with everything settled as at any other end. It is heard until the documents
    /// are published, which nothing undoes; after that it ends the wait for whoever reads the output.
    pub fn interrupt(self, interrupt: impl Future<Output = ()> + Send + 'static) -> Self {
        Self { interrupt: Some(Box::pin(interrupt)), ..self }
    }

    /// Runs the action to its end, when it has its turn: how long it waits for that is bounded by the host's
    /// [`Capacity`](crate::Capacity), and is not of its own time. Dropping the future stops the run: it settles by itself,
    /// and publishes nothing.
    ///
    /// # Errors
    /// [`RunError`], which is never the guest's doing.
    pub async fn start(mut self) -> Result<Ended, RunError> {
        let tripwire = self.tripwire.clone();
        let interrupt = self.interrupt.take();
        let mut abandoned = Abandon(Some(tripwire.clone()));
        let span = self.span();
        // A task of its own, so that a panic of the host ends this run and no other, and a run that nobody waits for
        // any more comes to its end.
        let performing = interruptible(Box::pin(self.admitted()), interrupt, tripwire);
        let ended = tokio::spawn(performing.instrument(span)).await;
        abandoned.0 = None;
        ended.unwrap_or(Err(RunError::Panicked))
    }

    /// Who follows what happens sees ids and names, never a value, nor anything that the guest chose.
    fn span(&self) -> Span {
        let RunSpec { run, workspace, actor, .. } = &self.order.spec;
        tracing::info_span!("run", %run, %workspace, actor = actor.id(), action = self.order.action.name())
    }

    /// With a permit, which is given back when all is over.
    async fn admitted(mut self) -> Result<Ended, RunError> {
        let gate = Arc::clone(&self.order.host.0.gate);
        let RunSpec { workspace, grant, .. } = &self.order.spec;
        let (tripwire, on_wait) = (self.tripwire.clone(), self.on_wait.take());
        let applicant = Applicant { workspace, memory: reserved(grant.limits()), tripwire: &tripwire, on_wait };
        let ticket = *self.ticket.get_or_init(|| gate.ticket());
        let mut permit = match gate.admit(ticket, applicant).await {
            Ok(permit) => permit,
            Err(Unadmitted::Over) => return Err(RunError::Interrupted),
            Err(Unadmitted::Refused(error)) => return Err(error.into()),
        };
        let began = Began::now(self.spent);
        tripwire.work().end_after(grant.limits().wall.saturating_sub(self.spent));
        self.order.rates = permit.rates.take();
        let mut ended = self.perform(began, tripwire).await;
        permit.ends(code(&ended));
        match &mut ended {
            Ok(ended) => ended.queued = permit.waited,
            Err(RunError::AfterCall { ended, .. }) => ended.queued = permit.waited,
            Err(_) => {}
        }
        ended
    }

    async fn perform(self, began: Began, tripwire: Tripwire) -> Result<Ended, RunError> {
        let Self { mut order, setting, documents, secrets, on_entries, .. } = self;
        match prepare(&mut order, documents, secrets, on_entries, tripwire.work()).await {
            Ok(given) => Execution::new(order, setting, given, began, tripwire)?.run().await,
            Err(Unprepared::Failed(error)) => Err(error),
            Err(Unprepared::Over) => match stopped(tripwire.reason(), order.spec.grant.limits()) {
                End::Interrupted => Err(RunError::Interrupted),
                end => Ok(uncalled(&order, end, began)),
            },
        }
    }
}

/// What a run came to that was over before its action was called.
fn uncalled(order: &Order, end: End, began: Began) -> Ended {
    let usage = Usage { wall: began.elapsed(), ..Usage::default() };
    let blame = blame(&end, false, false);
    let outcome = Outcome { end, blame, usage, ..order.outcome(began) };
    Ended { outcome, stdout: Vec::new(), stderr: Vec::new(), receipt: Receipt::default(), queued: Duration::ZERO }
}

/// How a run ended that was admitted, for whoever counts.
fn code(ended: &Result<Ended, RunError>) -> &str {
    match ended {
        Ok(ended) => ended.outcome.end.code(),
        Err(RunError::AfterCall { ended, .. }) => ended.outcome.end.code(),
        Err(RunError::Interrupted) => End::Interrupted.code(),
        Err(RunError::Panicked) => "host-failed",
        Err(_) => "not-started",
    }
}

/// Trips the wire when the interruption comes; whatever is under way finds its end by that. What is performed is large, and
/// in a place of its own: else it would be copied by each of the futures around it.
async fn interruptible<T>(
    mut performing: Pin<Box<Performing<T>>>,
    interrupt: Option<Interrupt>,
    tripwire: Tripwire,
) -> T {
    let Some(interrupt) = interrupt else { return performing.await };
    tokio::select! {
        biased;
        () = interrupt => tripwire.trip(Stop::Interrupted),
        done = &mut performing => return done,
    }
    performing.await
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
