//! The host: one per process, shared by all runs. It loads actions and starts runs.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::OnceCell;
use tracing::Instrument;
use wasmtime::component::Linker;
use wasmtime::{Config, Engine, WasmBacktraceDetails};
use wasmtime_wasi::p2::bindings::CommandPre;

use super::bindings::ActionPre;
use super::bindings::runner::RunnerPre;
use super::cache::{Cache, CacheError, Compiled};
use super::clock::Clock;
use super::folder::Folder;
use super::loader::{Loader, Role, refused, shortage};
use super::off_limits::{OffLimits, OffLimitsError};
use super::run::{Run, RunError};
use super::script::FOLDER;
use super::spec::RunSpec;
use super::state::{self, State};
use crate::action::python::{Runner, Step};
use crate::action::{Kind, LoadError, Script, Source};
use crate::base::{Shortage, Work, detached};
use crate::egress::Client;
use crate::secret::Secrets;

/// Most of a guest's native stack, in bytes; deeper recursion is a trap. With a quarter of it, Python traps before it
/// finds by itself that a recursion is too deep.
const STACK_BYTES: usize = 4 * 1024 * 1024;
/// What one fiber needs: the guest's stack and room for the host functions that it calls.
const FIBER_BYTES: usize = STACK_BYTES + 1024 * 1024;

/// The name of an action that came from memory.
const UNNAMED: &str = "action";

/// Runs actions. Cheap to clone: clones are handles to the same host.
///
/// ```
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use um_host::{Ask, Host, RunSpec, WorkspaceName};
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
    linker: Linker<State>,
    pub clock: Clock,
    pub secrets: Option<Arc<dyn Secrets>>,
    pub client: Client,
    off_limits: OffLimits,
    /// What runs Python scripts, once it has been loaded.
    runner: OnceCell<RunnerPre<State>>,
    progress: Option<Progress>,
}

/// Who is told what takes so long.
type Progress = Box<dyn Fn(Step) + Send + Sync>;

/// An action, loaded and compiled. Cheap to clone; any number of runs may use it at once.
#[derive(Clone)]
pub struct Action {
    pub(super) entry: Entry,
    name: Arc<str>,
    uses_secrets: bool,
    uses_network: bool,
}

/// How the engine starts an action.
#[derive(Clone)]
pub(super) enum Entry {
    Command(CommandPre<State>),
    Typed(ActionPre<State>),
    Script(PythonScript),
}

/// A script, and the component that runs it.
#[derive(Clone)]
pub(super) struct PythonScript {
    pub runner: RunnerPre<State>,
    script: Arc<Script>,
    /// Where copies of what it sees are made, if need be.
    cache: Arc<Path>,
}

/// Settings of a [`Host`]. By default there are no secrets and nothing is cached on disk.
#[derive(Default)]
#[must_use]
pub struct HostBuilder {
    secrets: Option<Arc<dyn Secrets>>,
    cache: Option<PathBuf>,
    client: Option<Client>,
    off_limits: OffLimits,
    progress: Option<Progress>,
}

/// Why there is no host.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HostError {
    #[error("the engine does not start on this machine: {reason}")]
    Engine { reason: String },
    #[error("the engine does not start: {0}")]
    Shortage(Shortage),
    #[error("a thread that the engine needs could not be started: {0}")]
    Thread(#[source] std::io::Error),
    #[error(transparent)]
    Cache(#[from] CacheError),
}

impl HostBuilder {
    /// Where runs get their secrets from. Without it, an action that asks for secrets is not started.
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

    /// Is told each step while what runs Python is being made, which takes about a minute once per machine.
    pub fn progress(self, progress: impl Fn(Step) + Send + Sync + 'static) -> Self {
        Self { progress: Some(Box::new(progress)), ..self }
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
        let engine = engine().map_err(refused)?;
        let linker = state::linker(&engine).map_err(refused)?;
        let off_limits = match &self.cache {
            Some(directory) => self.off_limits.place("the cache of compiled actions", directory),
            None => self.off_limits,
        };
        let cache = self.cache.map(|directory| Cache::open(&directory, &engine)).transpose()?;
        let client = self.client.unwrap_or_default();
        let clock = Clock::start(&engine).map_err(|error| match Shortage::of(&error) {
            Some(shortage) => HostError::Shortage(shortage),
            None => HostError::Thread(error),
        })?;
        let loader = Loader::new(engine, cache);
        let Self { secrets, progress, .. } = self;
        let runner = OnceCell::new();
        Ok(Host(Arc::new(Inner { loader, linker, clock, secrets, client, off_limits, runner, progress })))
    }
}

impl Host {
    pub fn builder() -> HostBuilder {
        HostBuilder::default()
    }

    /// Loads an action: a WebAssembly file, from the cache where that is sure to be the same, compiled otherwise; or a
    /// Python script, a `.py` file or a directory with a `main.py`.
    ///
    /// The first script on a machine waits while what runs Python is made: see [`install_python`](Self::install_python).
    ///
    /// # Errors
    /// [`LoadError`] that says what is in the way.
    pub async fn load(&self, path: impl AsRef<Path>) -> Result<Action, LoadError> {
        let path = path.as_ref().to_owned();
        let span = tracing::info_span!("load", action = action_name(&path));
        self.load_from(path).instrument(span).await
    }

    async fn load_from(&self, path: PathBuf) -> Result<Action, LoadError> {
        let host = self.clone();
        if Script::is_at(&path) {
            return self.load_script(path).await;
        }
        detached(move || {
            let compiled = host.0.loader.file(&Source::open(&path)?, Role::Action, || ())?;
            host.action(&compiled, &path)
        })
        .await
    }

    /// Loads an action from memory, in the form in which it would be on disk.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub async fn load_bytes(&self, bytes: impl Into<Vec<u8>>) -> Result<Action, LoadError> {
        let host = self.clone();
        let bytes = bytes.into();
        detached(move || {
            let compiled = host.0.loader.content(bytes, None, Role::Action, || ())?;
            host.action(&compiled, Path::new(UNNAMED))
        })
        .await
    }

    /// Makes what runs Python scripts, if it is not there yet, and compiles it: needs `python3` with venv and pip, some
    /// 150 MB in the cache directory while it works, and the network once. Returns where it is.
    ///
    /// # Errors
    /// [`LoadError`] that says what is in the way.
    pub async fn install_python(&self) -> Result<PathBuf, LoadError> {
        self.runner().await?;
        let host = self.clone();
        detached(move || Ok(host.find_runner()?.path().to_owned())).await
    }

    /// Prepares a run of an action. Nothing happens before [`Run::start`].
    pub fn run(&self, action: &Action, spec: RunSpec) -> Run {
        Run::new(self.clone(), action.clone(), spec)
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

    async fn load_script(&self, path: PathBuf) -> Result<Action, LoadError> {
        let script = detached(move || Script::open(&path)).await?;
        let cache = self.0.loader.directory().ok_or(LoadError::NoPythonCache)?.into();
        let runner = self.runner().await?.clone();
        let name = script.name().into();
        let entry = Entry::Script(PythonScript { runner, script: Arc::new(script), cache });
        Ok(Action { entry, name, uses_secrets: true, uses_network: true })
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
        let source = Source::open(found.path())?;
        let compiled = self.0.loader.file(&source, Role::Runner, || self.tell(Step::Compiling)).map_err(damaged)?;
        let linker = state::runner_linker(&self.0.linker).map_err(refused)?;
        let linked = linker.instantiate_pre(&compiled.component).map_err(refused).map_err(damaged)?;
        RunnerPre::new(linked).map_err(refused).map_err(damaged)
    }

    fn find_runner(&self) -> Result<Runner, LoadError> {
        let cache = self.0.loader.directory().ok_or(LoadError::NoPythonCache)?;
        match Runner::find(cache) {
            Some(runner) => Ok(runner),
            None => Ok(Runner::install(cache, &|step| self.tell(step))?),
        }
    }

    fn action(&self, compiled: &Compiled, path: &Path) -> Result<Action, LoadError> {
        let linked = self.0.linker.instantiate_pre(&compiled.component).map_err(refused)?;
        let entry = match compiled.kind {
            Kind::Command => CommandPre::new(linked).map(Entry::Command),
            _ => ActionPre::new(linked).map(Entry::Typed),
        };
        let name = action_name(path).into();
        let uses_network = imports_network(&compiled.component, self.engine());
        Ok(Action { entry: entry.map_err(refused)?, name, uses_secrets: compiled.uses_secrets, uses_network })
    }

    fn tell(&self, step: Step) {
        if let Some(progress) = &self.0.progress {
            progress(step);
        }
    }

    pub(super) fn engine(&self) -> &Engine {
        self.0.loader.engine()
    }

    /// Refuses the first of the directories that no run may be given.
    pub(super) fn check_directories<'a>(
        &self,
        mut directories: impl Iterator<Item = &'a Path>,
    ) -> Result<(), OffLimitsError> {
        directories.try_for_each(|directory| self.0.off_limits.check(directory))
    }
}

impl Action {
    /// The name of its file, without the ending; of its directory, if that was named.
    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn kind(&self) -> Kind {
        self.entry.kind().unwrap_or(Kind::Script)
    }

    /// What the guest is told to be called.
    pub(super) fn program(&self) -> &str {
        match &self.entry {
            Entry::Script(script) => script.script.file(),
            Entry::Command(_) | Entry::Typed(_) => &self.name,
        }
    }

    /// Whether the action imports `um:action/secrets`, so that its runs need a workspace.
    pub fn uses_secrets(&self) -> bool {
        self.uses_secrets
    }

    /// Whether the action imports `wasi:http/outgoing-handler`, so that its runs need what their workspace allows.
    pub fn uses_network(&self) -> bool {
        self.uses_network
    }
}

impl Entry {
    /// Command or typed, where that is known before the action runs.
    pub fn kind(&self) -> Option<Kind> {
        match self {
            Self::Command(_) => Some(Kind::Command),
            Self::Typed(_) => Some(Kind::Typed),
            Self::Script(_) => None,
        }
    }
}

impl PythonScript {
    /// Where the guest finds it.
    pub fn path(&self) -> String {
        format!("{FOLDER}/{}", self.script.file())
    }

    /// What it sees of the host, for one run.
    ///
    /// # Errors
    /// [`RunError::Directory`] if its folder cannot be shown.
    pub fn folder(&self, host: &Host, work: &Work) -> Result<Folder, RunError> {
        Folder::open(&self.script, &host.0.off_limits, &self.cache, work)
    }
}

fn action_name(path: &Path) -> String {
    path.file_stem().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

fn imports_network(component: &wasmtime::component::Component, engine: &Engine) -> bool {
    component.component_type().imports(engine).any(|(name, _)| name.starts_with("wasi:http/outgoing-handler@"))
}

/// An engine for components of WASI 0.2. What no toolchain of ours needs is off: less for a hostile guest to reach.
fn engine() -> wasmtime::Result<Engine> {
    let mut config = Config::new();
    config
        .concurrency_support(false)
        .epoch_interruption(true)
        .max_wasm_stack(STACK_BYTES)
        .async_stack_size(FIBER_BYTES)
        .async_stack_zeroing(true)
        .wasm_backtrace_details(WasmBacktraceDetails::Disable)
        .wasm_memory64(false)
        .wasm_multi_memory(false)
        .wasm_relaxed_simd(false)
        .wasm_tail_call(false)
        .wasm_wide_arithmetic(false)
        .wasm_custom_page_sizes(false);
    Engine::new(&config)
}
