//! The host: one per process, shared by all runs. It loads actions and starts runs.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::OnceCell;
use tracing::Instrument;

use super::action::detect::{Source, Wasm};
use super::action::error::LoadError;
use super::action::python::runner::Runner;
use super::action::python::step::Step;
use super::action::script::Script;
use super::admission::book::Quotas;
use super::admission::capacity::Capacity;
use super::admission::drain::Drained;
use super::admission::gate::Gate;
use super::admission::place::Occupancy;
use super::admission::quota::Quota;
use super::guest::linker::{Linkers, runner_linker};
use super::guest::state::State;
use super::off_limits::{OffLimits, OffLimitsError};
use crate::compile::Compiler;
use crate::engine::cache::{Cache, CacheError, Compiled};
use crate::engine::engines::Engines;
use crate::engine::loaded::Action;
use crate::engine::loader::{Loader, Role};
use crate::engine::machine::{Machine, refused, shortage};
use crate::engine::ticker::Clock;
use crate::guest::bindings::runner::RunnerPre;
use crate::guest::folder;
use crate::limits::table::{DEFAULT_STACK, LEAST_STACK, MOST_STACK};
use um_base::coded;
use um_base::{Shortage, Work, detached};
use um_egress::Client;
use um_secret::{Secrets, WorkspaceName};

/// The name of an action that came from memory.
const UNNAMED: &str = "action";

/// Runs actions. Cheap to clone: clones are handles to the same host.
///
/// ```
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use um_runtime::{Ask, Host, RunSpec};
/// use um_secret::WorkspaceName;
///
/// let host = Host::builder().build()?;
/// let action = host.load("action.wasm").await?;
/// let ask = Ask::from_json(r#"{"input": {"page": 1}}"#)?;
/// let ended = host.run(&action, RunSpec::new(WorkspaceName::parse("sales")?, ask)?).start().await?;
/// println!("{:?}", ended.outcome.result);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Host(pub(super) Arc<Inner>);

pub(super) struct Inner {
    loader: Loader,
    linkers: Linkers,
    pub clock: Clock,
    pub secrets: Option<Arc<dyn Secrets>>,
    pub client: Client,
    pub off_limits: OffLimits,
    pub gate: Arc<Gate>,
    /// The Python runner, once it has been loaded.
    runner: OnceCell<RunnerPre<State>>,
    progress: Option<Progress>,
    counts_fuel: bool,
    stack: u64,
}

/// Who is told what takes so long.
type Progress = Box<dyn Fn(Step) + Send + Sync>;

/// Settings of a [`Host`]. By default there are no secrets and nothing is cached on disk.
#[derive(Default)]
#[must_use]
pub struct HostBuilder {
    secrets: Option<Arc<dyn Secrets>>,
    cache: Option<PathBuf>,
    client: Option<Client>,
    off_limits: OffLimits,
    progress: Option<Progress>,
    fuel: bool,
    one_shot: bool,
    capacity: Capacity,
    quotas: Quotas,
    stack: Option<u64>,
    compiler: Compiler,
}

/// Why there is no host.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "what each is stands in its message")]
pub enum HostError {
    #[error("the engine does not start on this machine: {reason}")]
    Engine { reason: String },
    #[error("the engine does not start: {0}")]
    Shortage(Shortage),
    #[error("a thread that the engine needs could not be started: {0}")]
    Thread(#[source] std::io::Error),
    #[error("a run's stack may have 64 KiB to 256 MiB, not {bytes} bytes")]
    Stack { bytes: u64 },
    #[error(transparent)]
    Cache(#[from] CacheError),
}

coded! { HostError:
    Self::Engine { .. } => Unavailable "engine-unavailable",
    Self::Shortage(shortage) => in shortage,
    Self::Thread(_) => Unavailable "engine-thread",
    Self::Stack { .. } => Invalid "stack-size",
    Self::Cache(error) => in error,
}

impl HostBuilder {
    /// Where runs get their secrets from. Without it, a run that asks for a secret which it was not given itself ends there.
    pub fn secrets(self, secrets: Arc<dyn Secrets>) -> Self {
        Self { secrets: Some(secrets), ..self }
    }

    /// Keeps compiled actions in a directory, which is made if it is not there. It must be the user's own and closed to
    /// others: what is in it is run as machine code.
    pub fn cache_dir(self, directory: impl Into<PathBuf>) -> Self {
        Self { cache: Some(directory.into()), ..self }
    }

    /// Sends the requests of all runs by this client, for authorities of one's own, those of the machine, or a proxy.
    pub fn client(self, client: Client) -> Self {
        Self { client: Some(client), ..self }
    }

    /// Refuses runs a directory that holds one of these places, the store and its key for instance, and hides them from
    /// scripts that lie beside them. The cache directory is one of them anyway.
    pub fn off_limits(self, off_limits: OffLimits) -> Self {
        Self { off_limits, ..self }
    }

    /// Is told each step while the Python runner is being made, which takes about a minute once per machine.
    pub fn progress(self, progress: impl Fn(Step) + Send + Sync + 'static) -> Self {
        Self { progress: Some(Box::new(progress)), ..self }
    }

    /// Counts what guests execute, for the limit `fuel`. They take half as long again, and what was compiled without it is
    /// compiled anew.
    pub fn fuel(self) -> Self {
        Self { fuel: true, ..self }
    }

    /// Sets nothing aside for further runs: for a process that runs one action and ends, which comes to it in half the
    /// time. By default there are places for as many runs at once as the [`Capacity`] says, 4 GiB of address space each,
    /// which are cleared between runs: there a run starts in a third of the time. Where the machine does not let so much be
    /// set aside, there are none.
    pub fn one_shot(self) -> Self {
        Self { one_shot: true, ..self }
    }

    /// How much runs at once, and how much waits. By default as much as fits the machine.
    pub fn capacity(self, capacity: Capacity) -> Self {
        Self { capacity, ..self }
    }

    /// What each workspace may use that has no [quota of its own](Self::quota_of). By default there is none.
    pub fn quota(mut self, quota: Quota) -> Self {
        self.quotas.usual = Arc::new(quota);
        self
    }

    /// What one workspace may use.
    pub fn quota_of(mut self, workspace: WorkspaceName, quota: Quota) -> Self {
        self.quotas.own.insert(workspace, Arc::new(quota));
        self
    }

    /// How many bytes of stack each run of this host has: 64 KiB to 256 MiB, by default 4 MiB. A run whose limit `stack` is
    /// lower is not started. What was compiled stays.
    pub fn stack(self, bytes: u64) -> Self {
        Self { stack: Some(bytes), ..self }
    }

    /// Where actions that no cache has are compiled; by default in this process. The Python runner always is: it is our
    /// own.
    pub fn compiler(self, compiler: Compiler) -> Self {
        Self { compiler, ..self }
    }

    /// Starts the engine.
    ///
    /// # Errors
    /// [`HostError`] if the machine cannot run the engine, or the cache directory is not safe to use.
    pub fn build(self) -> Result<Host, HostError> {
        let refused = |error: wasmtime::Error| match shortage(&error) {
            Some(shortage) => HostError::Shortage(shortage),
            None => HostError::Engine { reason: error.to_string() },
        };
        let stack = self.stack.unwrap_or(DEFAULT_STACK);
        if !(LEAST_STACK..=MOST_STACK).contains(&stack) {
            return Err(HostError::Stack { bytes: stack });
        }
        let places = self.capacity.places().filter(|_| !self.one_shot);
        let engines = Engines::new(self.fuel, stack, places).map_err(refused)?;
        let linkers = Linkers::new(engines.first()).map_err(refused)?;
        let off_limits = match &self.cache {
            Some(directory) => self.off_limits.add("the cache of compiled actions", directory),
            None => self.off_limits,
        };
        let cache = self.cache.map(|directory| Cache::open(&directory, &engines)).transpose()?;
        let client = self.client.unwrap_or_default();
        let clock = Clock::start(&engines).map_err(|error| match Shortage::of(&error) {
            Some(shortage) => HostError::Shortage(shortage),
            None => HostError::Thread(error),
        })?;
        let loader = Loader::new(engines, self.fuel, self.compiler, cache);
        let Self { secrets, progress, fuel: counts_fuel, capacity, quotas, .. } = self;
        let (gate, runner) = (Arc::new(Gate::new(capacity, quotas)), OnceCell::new());
        Ok(Host(Arc::new(Inner {
            loader,
            linkers,
            clock,
            secrets,
            client,
            off_limits,
            gate,
            runner,
            progress,
            counts_fuel,
            stack,
        })))
    }
}

impl Host {
    /// A host with nothing but the engine, to be given what its runs may have.
    pub fn builder() -> HostBuilder {
        HostBuilder::default()
    }

    /// Loads the action that a path names: a WebAssembly file, or a Python script, which is a `.py` file or a directory
    /// with a `main.py`. See [`load_source`](Self::load_source).
    ///
    /// # Errors
    /// [`LoadError`] that says what is in the way.
    pub async fn load(&self, path: impl AsRef<Path>) -> Result<Action, LoadError> {
        let path = path.as_ref().to_owned();
        self.load_source(detached(move || Source::open(&path)).await?).await
    }

    /// Loads an action: WebAssembly from the cache where that is sure to be the same, compiled otherwise; of a script all
    /// its code, as it is now. Runs of the action are runs of that, whatever becomes of the files.
    ///
    /// The first script on a machine waits while the Python runner is made: see [`install_python`](Self::install_python).
    ///
    /// # Errors
    /// [`LoadError`] that says what is in the way.
    pub async fn load_source(&self, source: impl Into<Source>) -> Result<Action, LoadError> {
        let source = source.into();
        let span = tracing::info_span!("load", action = source.name());
        self.load_opened(source).instrument(span).await
    }

    async fn load_opened(&self, source: Source) -> Result<Action, LoadError> {
        match source {
            Source::Script(script) => self.load_script(script).await,
            Source::Wasm(wasm) => {
                self.compiled(move |loader, work| Ok((loader.file(&wasm, Role::Action, work, || ())?, wasm.name())))
                    .await
            }
        }
    }

    /// Loads WebAssembly from memory, in the form in which it would be on disk. For scripts there is
    /// [`Script::of_files`].
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub async fn load_bytes(&self, bytes: impl Into<Vec<u8>>) -> Result<Action, LoadError> {
        let bytes = bytes.into();
        self.compiled(move |loader, work| {
            Ok((loader.content(bytes, None, Role::Action, work, || ())?, UNNAMED.to_owned()))
        })
        .await
    }

    /// An action of what `load` comes to, with its name. Who waits no more ends what is under way for it.
    async fn compiled(
        &self,
        load: impl FnOnce(&Loader, &Work) -> Result<(Compiled, String), LoadError> + Send + 'static,
    ) -> Result<Action, LoadError> {
        let (host, work) = (self.clone(), Work::unlimited());
        let _stop = StopOnDrop(work.clone());
        detached(move || {
            let (compiled, name) = load(&host.0.loader, &work)?;
            Action::compiled(compiled, &name, &host.0.linkers)
        })
        .await
    }

    /// Makes The Python runner, if it is not there yet, and compiles it: needs `python3` with venv and pip, some
    /// 150 MB in the cache directory while it works, and the network once. Returns where it is.
    ///
    /// # Errors
    /// [`LoadError`] that says what is in the way.
    pub async fn install_python(&self) -> Result<PathBuf, LoadError> {
        self.runner().await?;
        let host = self.clone();
        detached(move || Ok(host.find_runner()?.path().to_owned())).await
    }

    /// Wipes at once what is kept of secrets between runs: cached snapshots, and idle connections with their buffers.
    /// Runs that are under way keep what they have.
    pub fn forget(&self) {
        if let Some(secrets) = &self.0.secrets {
            secrets.forget();
        }
        self.0.client.close_idle();
    }

    /// How many actions this host has compiled: those that no cache had.
    pub fn compilations(&self) -> u64 {
        self.0.loader.compilations()
    }

    /// How many files this host has read and hashed for its cache, since they were not known as they were: sources and
    /// compiled code. A start that finds all as it was hashes nothing.
    pub fn hashed(&self) -> u64 {
        self.0.loader.hashed()
    }

    /// How much of it is taken now.
    pub fn occupancy(&self) -> Occupancy {
        self.0.gate.taken()
    }

    /// Shuts the host down: from now on it starts no further run, for good. Runs that wait are refused at once, as new ones
    /// are ([`AdmissionError::Draining`](crate::AdmissionError)), so that whoever wants them can start them elsewhere. Those
    /// under way may go on for this time; what is still going on then is cancelled, as by
    /// [`RunHandle::cancel`](crate::RunHandle::cancel).
    ///
    /// It may be called again, for a time that is shorter or longer; all calls count together. Dropping the future cancels
    /// nothing.
    pub async fn drain(&self, time: Duration) -> Drained {
        self.0.gate.drain(time).await
    }

    async fn load_script(&self, script: Script) -> Result<Action, LoadError> {
        let host = self.clone();
        let work = Work::unlimited();
        // Who waits no more, wants no more of it to be read.
        let _stop = StopOnDrop(work.clone());
        let taken = detached(move || folder::take(&script, &host.0.off_limits, &work).map(|code| (code, script)));
        let (code, script) = taken.await?;
        Ok(Action::script(script, code, self.runner().await?.clone()))
    }

    /// The component that runs scripts, loaded once; who comes meanwhile waits without a thread.
    async fn runner(&self) -> Result<&RunnerPre<State>, LoadError> {
        let host = self.clone();
        self.0.runner.get_or_try_init(|| detached(move || host.load_runner())).await
    }

    fn load_runner(&self) -> Result<RunnerPre<State>, LoadError> {
        // Kept until it is compiled: others that install at the same time wait for that too.
        let found = self.find_runner()?;
        let damaged = |error: LoadError| match error {
            LoadError::Shortage(_) => error,
            error => LoadError::Runner { path: found.path().to_owned(), reason: error.to_string() },
        };
        let source = Wasm::open(found.path())?;
        let compiled = self
            .0
            .loader
            .file(&source, Role::Runner, &Work::unlimited(), || self.tell(Step::Compiling))
            .map_err(damaged)?;
        let Machine::Component(component) = &compiled.machine else {
            return Err(damaged(LoadError::NotWasm));
        };
        let linker = self.0.linkers.components(component.engine()).and_then(runner_linker).map_err(refused)?;
        let linked = linker.instantiate_pre(component).map_err(refused).map_err(damaged)?;
        RunnerPre::new(linked).map_err(refused).map_err(damaged)
    }

    fn find_runner(&self) -> Result<Runner, LoadError> {
        let cache = self.0.loader.directory().ok_or(LoadError::NoPythonCache)?;
        match Runner::find(cache) {
            Some(runner) => Ok(runner),
            None => Ok(Runner::install(cache, &|step| self.tell(step))?),
        }
    }

    fn tell(&self, step: Step) {
        if let Some(progress) = &self.0.progress {
            progress(step);
        }
    }

    /// Whether runs can be given the limit `fuel`.
    pub(super) fn counts_fuel(&self) -> bool {
        self.0.counts_fuel
    }

    /// Bytes of stack that each run has.
    pub(super) fn stack(&self) -> u64 {
        self.0.stack
    }

    /// Where the host keeps what is its own, if it was given a place.
    pub(super) fn cache(&self) -> Option<&Path> {
        self.0.loader.directory()
    }

    /// Refuses the first of the directories that no run may be given.
    pub(super) fn check_directories<'a>(
        &self,
        mut directories: impl Iterator<Item = &'a Path>,
    ) -> Result<(), OffLimitsError> {
        directories.try_for_each(|directory| self.0.off_limits.check(directory))
    }
}

struct StopOnDrop(Work);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.stop();
    }
}
