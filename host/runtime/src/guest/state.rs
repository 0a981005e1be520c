//! What the engine keeps for one run: the guest's view of the world, and nothing of any other run.

use wasmtime::component::{HasSelf, Linker, ResourceTable};
use wasmtime::{Engine, ResourceLimiter};
use wasmtime_wasi::cli::{WasiCli, WasiCliView as _};
use wasmtime_wasi::p2::bindings::{cli, random, sockets};
use wasmtime_wasi::random::WasiRandom;
use wasmtime_wasi::sockets::{WasiSockets, WasiSocketsView as _};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};

use super::bindings;
use super::documents::Documents;
use super::files::{self, Files, View, WithFiles};
use super::http::Http;
use super::outgoing;
use super::script::{self, Declaration};
use super::secrets::{self, RunSecrets};
use crate::engine::loader::shortage;
use crate::limits::table::Limit;
use crate::tripwire::{RunOver, Stop, Tripwire};

/// Most resources (streams, files, requests) that a guest may hold at once.
pub(crate) const MAX_RESOURCES: usize = 500;
/// Most elements of all the guest's tables together, and how many instances, tables and memories there may be.
const MAX_TABLE_ELEMENTS: usize = 1_000_000;
const MAX_INSTANCES: usize = 200;
const MAX_TABLES: usize = 100;
const MAX_MEMORIES: usize = 50;
/// Largest set of header fields, in bytes as the engine counts them.
pub(crate) const MAX_FIELD_BYTES: usize = 64 * 1024;

/// One run's state.
pub(crate) struct State {
    pub table: ResourceTable,
    pub wasi: WasiCtx,
    pub files: Files,
    pub http_ctx: WasiHttpCtx,
    pub http: Http,
    pub secrets: RunSecrets,
    pub documents: Documents,
    pub declaration: Declaration,
    pub memory: MemoryLimiter,
}

impl State {
    pub fn new(
        wasi: WasiCtx,
        files: Files,
        http: Http,
        secrets: RunSecrets,
        documents: Documents,
        declaration: Declaration,
        memory: MemoryLimiter,
    ) -> Self {
        let mut table = ResourceTable::new();
        table.set_max_capacity(MAX_RESOURCES);
        let mut http_ctx = WasiHttpCtx::new();
        http_ctx.set_field_size_limit(MAX_FIELD_BYTES);
        Self { table, wasi, files, http_ctx, http, secrets, documents, declaration, memory }
    }
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl WasiHttpView for State {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView { hooks: &mut self.http, table: &mut self.table, ctx: &mut self.http_ctx }
    }
}

impl WithFiles for State {
    fn files(&mut self) -> View<'_> {
        View { files: &mut self.files, table: &mut self.table }
    }
}

/// Everything that a guest can import. Sockets are linked, since toolchains import them, and refuse every address.
pub(crate) fn linker(engine: &Engine) -> wasmtime::Result<Linker<State>> {
    let mut linker = Linker::new(engine);
    add_wasi_to_linker(&mut linker)?;
    files::add_to_linker(&mut linker)?;
    outgoing::add_to_linker(&mut linker)?;
    bindings::um::action::documents::add_to_linker::<_, HasSelf<State>>(&mut linker, |state| state)?;
    bindings::um::action::refusals::add_to_linker::<_, HasSelf<State>>(&mut linker, |state| state)?;
    secrets::add_to_linker(&mut linker)?;
    Ok(linker)
}

/// WASI as the engine's crates have it, but for files.
fn add_wasi_to_linker(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    // Streams, clocks, random bytes and the standard streams.
    wasmtime_wasi::p2::add_to_linker_proxy_interfaces_async(linker)?;
    random::insecure::add_to_linker::<_, WasiRandom>(linker, |state| state.wasi.random())?;
    random::insecure_seed::add_to_linker::<_, WasiRandom>(linker, |state| state.wasi.random())?;
    cli::exit::add_to_linker::<_, WasiCli>(linker, State::cli)?;
    cli::environment::add_to_linker::<_, WasiCli>(linker, State::cli)?;
    cli::terminal_input::add_to_linker::<_, WasiCli>(linker, State::cli)?;
    cli::terminal_output::add_to_linker::<_, WasiCli>(linker, State::cli)?;
    cli::terminal_stdin::add_to_linker::<_, WasiCli>(linker, State::cli)?;
    cli::terminal_stdout::add_to_linker::<_, WasiCli>(linker, State::cli)?;
    cli::terminal_stderr::add_to_linker::<_, WasiCli>(linker, State::cli)?;
    sockets::tcp::add_to_linker::<_, WasiSockets>(linker, State::sockets)?;
    sockets::tcp_create_socket::add_to_linker::<_, WasiSockets>(linker, State::sockets)?;
    sockets::udp::add_to_linker::<_, WasiSockets>(linker, State::sockets)?;
    sockets::udp_create_socket::add_to_linker::<_, WasiSockets>(linker, State::sockets)?;
    sockets::instance_network::add_to_linker::<_, WasiSockets>(linker, State::sockets)?;
    let stable = sockets::network::LinkOptions::default();
    sockets::network::add_to_linker::<_, WasiSockets>(linker, &stable, State::sockets)?;
    sockets::ip_name_lookup::add_to_linker::<_, WasiSockets>(linker, State::sockets)
}

/// What the Python runner can import: all of that, and what scripts tell of themselves.
pub(crate) fn runner_linker(others: &Linker<State>) -> wasmtime::Result<Linker<State>> {
    let mut linker = others.clone();
    script::add_to_linker(&mut linker)?;
    Ok(linker)
}

/// Bounds the linear memory of all the guest's memories together, and its tables. Going over ends the run.
pub(crate) struct MemoryLimiter {
    allowed: u64,
    used: u64,
    table_elements: usize,
    tripwire: Tripwire,
}

impl MemoryLimiter {
    pub fn new(allowed: u64, tripwire: Tripwire) -> Self {
        Self { allowed, used: 0, table_elements: 0, tripwire }
    }

    /// Linear memory in bytes: it never shrinks, so this is also the most there was.
    pub fn used(&self) -> u64 {
        self.used
    }

    fn refuse(&self) -> wasmtime::Error {
        self.tripwire.trip(Stop::Limit(Limit::Memory));
        RunOver.into()
    }
}

impl ResourceLimiter for MemoryLimiter {
    fn memory_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        let used = self.used + desired.saturating_sub(current) as u64;
        if used > self.allowed {
            return Err(self.refuse());
        }
        self.used = used;
        Ok(true)
    }

    /// The operating system had no memory to give: what the run may use it would have got.
    fn memory_grow_failed(&mut self, error: wasmtime::Error) -> wasmtime::Result<()> {
        let Some(shortage) = shortage(&error) else { return Err(self.refuse()) };
        self.tripwire.trip(Stop::Shortage(shortage));
        Err(RunOver.into())
    }

    fn table_growing(&mut self, current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        let elements = self.table_elements + desired.saturating_sub(current);
        if elements > MAX_TABLE_ELEMENTS {
            return Err(self.refuse());
        }
        self.table_elements = elements;
        Ok(true)
    }

    fn instances(&self) -> usize {
        MAX_INSTANCES
    }

    fn tables(&self) -> usize {
        MAX_TABLES
    }

    fn memories(&self) -> usize {
        MAX_MEMORIES
    }
}
