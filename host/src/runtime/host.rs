//! The host: one per process, shared by all runs. It loads actions and starts runs.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use wasmtime::component::{Component, InstancePre};
use wasmtime::{Config, Engine, WasmBacktraceDetails};

use super::bindings::ActionPre;
use super::cache::{Cache, CacheError, Cached, Origin};
use super::clock::Clock;
use super::run::Run;
use super::state::{self, State};
use crate::action::{Kind, LoadError, Program, Source};
use crate::egress::Client;
use crate::secret::Secrets;

/// Most of a guest's native stack, in bytes; deeper recursion is a trap.
const STACK_BYTES: usize = 1024 * 1024;
/// What one fiber needs: the guest's stack and room for the host functions that it calls.
const FIBER_BYTES: usize = STACK_BYTES + 1024 * 1024;

/// The name of an action that came from memory.
const UNNAMED: &str = "action";

/// Runs actions. Cheap to clone: clones are handles to the same host.
///
/// ```
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use um_host::Host;
///
/// let host = Host::builder().build()?;
/// let action = host.load("action.wasm").await?;
/// let outcome = host.run(&action).input(r#"{"page": 1}"#).start().await?;
/// println!("{:?}", outcome.result);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Host(pub(super) Arc<Inner>);

pub(super) struct Inner {
    engine: Engine,
    linker: wasmtime::component::Linker<State>,
    pub clock: Clock,
    pub secrets: Option<Arc<dyn Secrets>>,
    pub client: Client,
    cache: Option<Cache>,
    compilations: AtomicU64,
}

/// An action, loaded and compiled. Cheap to clone; any number of runs may use it at once.
#[derive(Clone)]
pub struct Action {
    pub(super) entry: Entry,
    name: Arc<str>,
    kind: Kind,
    uses_secrets: bool,
}

/// How the engine starts an action.
#[derive(Clone)]
pub(super) enum Entry {
    Command(wasmtime_wasi::p2::bindings::CommandPre<State>),
    Typed(ActionPre<State>),
}

/// Settings of a [`Host`]. By default there are no secrets and nothing is cached on disk.
#[derive(Default)]
#[must_use]
pub struct HostBuilder {
    secrets: Option<Arc<dyn Secrets>>,
    cache: Option<PathBuf>,
    client: Option<Client>,
}

/// Why there is no host.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HostError {
    #[error("the engine does not start on this machine: {reason}")]
    Engine { reason: String },
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

    /// Sends the requests of all runs by this client, for authorities of one's own.
    pub fn client(self, client: Client) -> Self {
        Self { client: Some(client), ..self }
    }

    /// Starts the engine.
    ///
    /// # Errors
    /// [`HostError`] if the machine cannot run the engine, or the cache directory is not safe to use.
    pub fn build(self) -> Result<Host, HostError> {
        let refused = |error: wasmtime::Error| HostError::Engine { reason: error.to_string() };
        let engine = engine().map_err(refused)?;
        let linker = state::linker(&engine).map_err(refused)?;
        let cache = self.cache.map(|directory| Cache::open(&directory, &engine)).transpose()?;
        let client = self.client.unwrap_or_default();
        let clock = Clock::start(&engine);
        let compilations = AtomicU64::new(0);
        Ok(Host(Arc::new(Inner { engine, linker, clock, secrets: self.secrets, client, cache, compilations })))
    }
}

impl Host {
    pub fn builder() -> HostBuilder {
        HostBuilder::default()
    }

    /// Loads an action from a file: from the cache where that is sure to be the same, compiled otherwise.
    ///
    /// # Errors
    /// [`LoadError`] that says what is in the way.
    pub async fn load(&self, path: impl AsRef<Path>) -> Result<Action, LoadError> {
        let host = self.clone();
        let path = path.as_ref().to_owned();
        blocking(move || {
            let source = Source::open(&path)?;
            let stamped = host.0.cache.as_ref().and_then(|cache| {
                let cached = cache.by_stamp(&host.0.engine, source.file(), source.path())?;
                host.adopt(cached, source.path())
            });
            match stamped {
                Some(action) => Ok(action),
                None => {
                    let (bytes, origin) = Origin::read(&source)?;
                    host.load_content(&bytes, origin.as_ref(), source.path())
                }
            }
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
        blocking(move || host.load_content(&bytes, None, Path::new(UNNAMED))).await
    }

    /// Prepares a run of an action. Nothing happens before [`Run::start`].
    pub fn run(&self, action: &Action) -> Run {
        Run::new(self.clone(), action.clone())
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
        self.0.compilations.load(Ordering::Relaxed)
    }

    fn load_content(&self, bytes: &[u8], origin: Option<&Origin>, path: &Path) -> Result<Action, LoadError> {
        let found = self.0.cache.as_ref().and_then(|cache| {
            let cached = cache.by_content(&self.0.engine, origin, bytes)?;
            self.adopt(cached, path)
        });
        if let Some(action) = found {
            return Ok(action);
        }
        let program = Program::new(bytes.to_vec())?;
        let refused = |error: wasmtime::Error| LoadError::Compile { reason: error.root_cause().to_string() };
        let component = Component::new(&self.0.engine, &program.component).map_err(refused)?;
        self.0.compilations.fetch_add(1, Ordering::Relaxed);
        let action = self.action(&component, program.kind, program.uses_secrets, path).map_err(refused)?;
        if let Some(cache) = &self.0.cache {
            // A cache that cannot be written costs the next run its time, and nothing else.
            let _ = cache.keep(origin, bytes, &component, program.kind, program.uses_secrets);
        }
        Ok(action)
    }

    fn adopt(&self, cached: Cached, path: &Path) -> Option<Action> {
        self.action(&cached.component, cached.kind, cached.uses_secrets, path).ok()
    }

    fn action(&self, component: &Component, kind: Kind, uses_secrets: bool, path: &Path) -> wasmtime::Result<Action> {
        let linked: InstancePre<State> = self.0.linker.instantiate_pre(component)?;
        let entry = match kind {
            Kind::Command => Entry::Command(wasmtime_wasi::p2::bindings::CommandPre::new(linked)?),
            Kind::Typed => Entry::Typed(ActionPre::new(linked)?),
        };
        let name = path.file_stem().unwrap_or(path.as_os_str()).to_string_lossy().into();
        Ok(Action { entry, name, kind, uses_secrets })
    }

    pub(super) fn engine(&self) -> &Engine {
        &self.0.engine
    }
}

impl Action {
    /// The name of its file, without the ending.
    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Whether the action imports `um:action/secrets`, so that its runs need a workspace.
    pub fn uses_secrets(&self) -> bool {
        self.uses_secrets
    }
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

/// Reading, compiling and mapping take a thread's time, so they get one of their own.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(failed) => std::panic::resume_unwind(failed.into_panic()),
    }
}
