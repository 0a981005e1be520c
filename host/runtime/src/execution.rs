//! The execution of a run: from everything that it needs at hand to its outcome, with the order of things at its end.

use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use wasmtime::{Store, UpdateDeadline};

use super::cpu::CpuTime;
use super::delivery::{Delivery, GRACE, Patience};
use super::documents::{CheckError, Checked, Document, Documents, OpenSink, Ready, Receipt};
use super::ending::{Ending, Return, stopped};
use super::error::RunError;
use super::guest::files::Folder;
use super::host::Host;
use super::http::Http;
use super::limits::{Limit, Limits};
use super::loaded::Entry;
use super::outcome::{End, Outcome, Usage, blame};
use super::pipe::{Allowance, Pipe};
use super::queue::Writers;
use super::run::{Began, Ended, Run};
use super::script::{Declaration, Declared, FOLDER};
use super::secrets::RunSecrets;
use super::signal_stack;
use super::spec::RunSpec;
use super::state::{MemoryLimiter, State};
use super::tripwire::{Stop, Tripwire};
use super::world::World;
use crate::action::Kind;
use um_base::Shortage;
use um_egress::{Bound, Policy, Seals};
use um_leak::{self, Filter, Leak, Stream};
use um_secret::{Misdirected, Reader, SettleError, Snapshot, wipe_stack};

/// The input of a typed action that is given none.
const DEFAULT_INPUT: &str = "{}";
/// How long the records of its reads may take to become durable.
const SETTLE_PATIENCE: Duration = Duration::from_secs(10);
/// Most bytes that one call of a guest may have the host copy; a result may be that much larger than its limit.
const HOSTCALL_BYTES: usize = 16 * 1024 * 1024;
/// How far calls below that of a run's end reach into the stack, and more.
const WIPED_BYTES: usize = 128 * 1024;
/// Most handles that a guest may hold at once.
const MAX_HANDLES: usize = 5_000;

/// What was found for a run before it could begin.
pub(super) struct Given {
    pub began: Began,
    pub input: Option<String>,
    pub snapshot: Option<Arc<dyn Snapshot>>,
    pub folder: Option<Folder>,
    pub sink: Option<OpenSink>,
}

/// A run with everything at hand that it needs.
pub(super) struct Execution {
    host: Host,
    entry: Entry,
    patience: Patience,
    declared: Declared,
    input: String,
    spec: RunSpec,
    reader: Reader,
    began: Began,
    /// What is known of the outcome from the start.
    outcome: Outcome,
    snapshot: Option<Arc<dyn Snapshot>>,
    filter: Filter,
    bound: Bound,
    tripwire: Tripwire,
    stdout: Pipe,
    stderr: Pipe,
    state: State,
    cpu: Arc<CpuTime>,
}

impl Execution {
    pub fn new(run: Run, given: Given, tripwire: Tripwire) -> Result<Self, RunError> {
        let Run { host, action, spec, .. } = run;
        let Given { began, input, snapshot, folder, sink } = given;
        let (grant, limits) = (&spec.grant, spec.grant.limits());
        let reader = Reader::new(spec.run.clone(), spec.actor.clone());
        let outcome = Outcome::of(&spec, &action, began.on);
        let filter = Filter::new();
        let documents = Documents::new(sink, limits, filter.clone(), tripwire.clone());
        let mut writers = Writers::new();
        let mut pipe = |stream, output, limit, bytes| {
            let allowance = Allowance::new(limit, bytes);
            Pipe::new(filter.stream(stream), output, allowance, tripwire.clone(), &mut writers)
        };
        let stdout = pipe(Stream::Stdout, run.stdout, Limit::Stdout, limits.stdout);
        let stderr = pipe(Stream::Stderr, run.stderr, Limit::Stderr, limits.stderr);
        writers.start(tripwire.clone()).map_err(|source| match Shortage::of(&source) {
            Some(shortage) => RunError::Shortage(shortage),
            None => RunError::Output { stream: Stream::Stdout, source },
        })?;
        let declared = Declared::default();
        let (args, env) = (spec.ask.args.clone(), spec.ask.env.clone());
        let has_args = !args.is_empty();
        let mut world = World { program: action.program().to_owned(), args, env, ..run.world };
        if folder.is_some() {
            world.dirs.iter().try_for_each(|(directory, guest)| check_free(directory, guest))?;
        }
        host.check_directories(world.dirs.iter().map(|(directory, _)| directory.as_path()))?;
        let mut files = world.files(tripwire.work())?;
        if let Some(folder) = folder {
            files.show(folder, FOLDER.to_owned());
        }
        let wasi = world.context(stdout.clone(), stderr.clone(), declared.clone());
        let allow = grant.hosts().iter().map(|host| host.entry.clone()).collect();
        let bound = Bound::strict(grant.strict_egress());
        let seals = snapshot.clone().map(|snapshot| Seals::new(snapshot, reader.clone())).unwrap_or_default();
        let mut policy = Policy::new(allow).bound(bound.clone()).sealed(seals.clone());
        for host in grant.private_hosts() {
            policy = policy.allow_private(host.entry.clone());
        }
        let http = Http::new(host.0.client.clone(), &spec.workspace, policy, limits, filter.clone(), tripwire.clone());
        let secrets = RunSecrets::new(
            snapshot.clone(),
            grant.secrets().map(<[_]>::to_vec),
            reader.clone(),
            filter.clone(),
            bound.clone(),
            seals,
            tripwire.work().clone(),
        );
        let memory = MemoryLimiter::new(limits.memory, tripwire.clone());
        let declaration = Declaration::new(declared.clone(), run.listener, has_args, tripwire.clone());
        let state = State::new(wasi, files, http, secrets, documents, declaration, memory);
        let input = input.unwrap_or_else(|| DEFAULT_INPUT.to_owned());
        let cpu = Arc::new(CpuTime::new(limits.cpu, tripwire.clone()));
        Ok(Self {
            host,
            entry: action.entry,
            patience: Patience { limit: limits.deliver, for_ever: run.patient },
            declared,
            input,
            spec,
            reader,
            began,
            outcome,
            snapshot,
            filter,
            bound,
            tripwire,
            stdout,
            stderr,
            state,
            cpu,
        })
    }

    /// Runs the guest to its end, and brings out what it left: the result and the documents in the time and memory of the
    /// run, the records of its reads whatever happened, and its output as long as somebody takes it.
    pub async fn run(self) -> Result<Ended, RunError> {
        let _ticking = self.host.0.clock.tick();
        let limits = self.spec.grant.limits();
        let meter = self.state.http.meter();
        let mut store = store(&self.host, self.state, limits);
        let guest = self.cpu.measure(call(&self.entry, &mut store, self.input));
        let returned = tokio::select! {
            biased;
            stop = self.tripwire.tripped() => Return::Stopped(stop),
            returned = guest => returned,
        };
        let was_interrupted = self.tripwire.is_interrupted();
        let shortage = returned.shortage();
        // Before the guest's resources go: what they leave behind must not look like an end of their own.
        let end = if returned.chosen() { um_leak::End::Chosen } else { um_leak::End::Cut };
        meter.close();
        store.data().documents.finish(end);
        self.stdout.finish(end);
        self.stderr.finish(end);
        let State { secrets, mut documents, http, memory, .. } = store.into_data();

        let Ending { mut end, mut result } = returned.ending(&self.filter, limits, &self.tripwire).await;
        // Before the next wait: the run may go on in another thread.
        wipe_stack::<WIPED_BYTES>();
        if self.declared.kind() == Kind::Typed && end == End::Completed && result.is_none() {
            end = End::Failed { message: "the action ended by itself, without a result or an error".to_owned() };
        }
        let misdirected = misdirected(&self.bound, &self.filter);
        let settled = settle(self.snapshot.as_deref(), &misdirected, &self.reader).await;
        let mut failure = match (self.tripwire.reason(), shortage) {
            (Some(Stop::ArgsForTyped), _) => return Err(RunError::ArgsForTyped),
            (Some(Stop::Shortage(shortage)), _) | (None, Some(shortage)) => Some(RunError::Shortage(shortage)),
            _ => settled.err(),
        };
        if matches!(end, End::Completed | End::Failed { .. } | End::Exited { .. } | End::Trapped { .. }) {
            // The guest may well have failed for that alone.
            failure = failure.or_else(|| documents.failure().map(RunError::from));
        }
        let mut ready = Ready::default();
        if end == End::Completed && failure.is_none() {
            match documents.check(self.tripwire.work()).await {
                Ok(Checked::Ready(documents)) => ready = documents,
                Ok(Checked::Withheld { document, reason }) => {
                    (end, result) = (End::Withheld { document, reason }, None);
                }
                Err(CheckError::Over(_)) => (end, result) = (stopped(self.tripwire.reason(), limits), None),
                Err(CheckError::Documents(error)) => failure = Some(error.into()),
            }
        } else {
            documents.abort().await;
        }
        let usage = Usage {
            wall: self.began.elapsed(),
            cpu: self.cpu.used(),
            memory: memory.used(),
            host_memory: self.tripwire.work().peak(),
            http: Vec::new(),
        };
        let mut delivery = Delivery::of([&self.stdout, &self.stderr], &end, self.patience, was_interrupted)?;
        let (mut published, mut receipt) = Default::default();
        match publish(ready, &mut delivery, &self.tripwire).await {
            Ok(Some(done)) => (published, receipt) = done,
            Ok(None) => (end, result) = (End::Interrupted, None),
            Err(error) => failure = Some(error),
        }
        let late = delivery.wait(self.tripwire.interrupted_for(GRACE, was_interrupted)).await;
        let delivered = late.is_ok() && delivery.is_complete();
        // What is published is published, whatever a writer says afterwards.
        if published.is_empty() {
            failure = failure.or(late.err());
        }
        let (http, refused) = http.summary();
        let leaks = leaks(&self.filter);
        let [stdout, stderr] = std::mem::take(&mut delivery.collected);
        wipe_stack::<WIPED_BYTES>();
        let outcome = Outcome {
            kind: self.declared.kind(),
            blame: blame(&end, true, secrets.host_failed()),
            end,
            result,
            delivered,
            leaks,
            unguarded: self.filter.unguarded(),
            secrets: secrets.read(),
            unfit: secrets.unfit(),
            refused,
            misdirected,
            sealed: secrets.sealed(),
            documents: published,
            usage: Usage { http, ..usage },
            ..self.outcome
        };
        let ended = Ended { outcome, stdout, stderr, receipt };
        match failure {
            Some(cause) => Err(ended.failed(cause)),
            None => Ok(ended),
        }
    }
}

/// Publishes documents that may leave; none at all, if somebody wants the run to end before that.
///
/// That is the last thing, so that nothing is published that is then told as failed. But a reader that does not read
/// holds up its own output alone: at the deadline it is not waited for any more.
async fn publish(
    ready: Ready,
    delivery: &mut Delivery,
    tripwire: &Tripwire,
) -> Result<Option<(Vec<Document>, Receipt)>, RunError> {
    if ready.is_empty() {
        return Ok(Some(Default::default()));
    }
    delivery.wait(tripwire.tripped()).await?;
    match tripwire.is_interrupted() {
        true => {
            ready.abort().await;
            Ok(None)
        }
        false => Ok(Some(ready.publish().await?)),
    }
}

/// Calls the guest. Any error from here on is the guest's.
async fn call(entry: &Entry, store: &mut Store<State>, input: String) -> Return {
    if let Some(kind) = entry.kind() {
        let declared = store.data_mut().declaration.declare(kind);
        declared.expect("what a component takes was checked before");
    }
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
        Entry::Script(script) => Return::Script(
            async {
                let runner = script.runner.instantiate_async(&mut *store).await?;
                runner.call_run(store, &script.path(), &input).await
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

/// Where a script finds its folder, no other directory may stand.
fn check_free(directory: &Path, guest: &str) -> Result<(), RunError> {
    let reason = format!("a Python action finds its own folder at {FOLDER}; give this one another name");
    let plain: PathBuf = Path::new("/").join(guest).components().filter(|part| *part != Component::CurDir).collect();
    match plain.starts_with(FOLDER) || plain.components().any(|part| part == Component::ParentDir) {
        true => Err(RunError::Directory { path: directory.to_owned(), reason }),
        false => Ok(()),
    }
}

/// Makes the records of the run's reads, and of what was refused for what it read, durable, within bounds.
async fn settle(snapshot: Option<&dyn Snapshot>, misdirected: &[Misdirected], by: &Reader) -> Result<(), RunError> {
    let Some(snapshot) = snapshot else { return Ok(()) };
    let settled = async {
        if !misdirected.is_empty() {
            snapshot.record_refusals(misdirected, by).await?;
        }
        snapshot.settle(by).await
    };
    let late = |_| SettleError("not within 10 seconds".into());
    tokio::time::timeout(SETTLE_PATIENCE, settled).await.map_err(late)??;
    Ok(())
}

/// What was refused. A host's name is the guest's own text.
fn misdirected(bound: &Bound, filter: &Filter) -> Vec<Misdirected> {
    let mut misdirected = bound.misdirected();
    for refused in &mut misdirected {
        refused.host = filter.text(Stream::Error, &refused.host);
    }
    misdirected
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
