//! Everything that a guest can import, each with the part of the run's state that answers for it.

use std::sync::OnceLock;

use wasmtime::component::{Component, Linker};
use wasmtime::{Engine, Linker as ModuleLinker};
use wasmtime_wasi::cli::{WasiCli, WasiCliView as _};
use wasmtime_wasi::p2::bindings::{cli, random, sockets};
use wasmtime_wasi::random::WasiRandom;
use wasmtime_wasi::sockets::{WasiSockets, WasiSocketsView as _};

use super::state::State;
use super::{aliases, compression, documents, files, outgoing, preview1, refusals, script, secrets};
use crate::action::check::ALIASES;

/// What actions of a host can import.
pub(crate) struct Linkers {
    first: Engine,
    sets: [Set; 2],
}

/// For one engine. What few hosts ever see is made when it is needed.
#[derive(Default)]
struct Set {
    components: OnceLock<Linker<State>>,
    /// Components that ask for secrets by interfaces of other hosts.
    aliased: OnceLock<Linker<State>>,
    /// Modules of WASI 0.1.
    modules: OnceLock<ModuleLinker<State>>,
}

impl Linkers {
    /// For two engines, of which the first has at once what most actions need.
    pub fn new(first: &Engine) -> wasmtime::Result<Self> {
        let linkers = Self { first: first.clone(), sets: Default::default() };
        linkers.components(first)?;
        Ok(linkers)
    }

    /// What this component can import.
    pub fn of(&self, component: &Component) -> wasmtime::Result<&Linker<State>> {
        let engine = component.engine();
        let usual = self.components(engine)?;
        if !component.component_type().imports(engine).any(|(name, _)| ALIASES.contains(&name)) {
            return Ok(usual);
        }
        made(&self.set(engine).aliased, || {
            let mut linker = usual.clone();
            aliases::add_to_linker(&mut linker, |state| aliases::View {
                secrets: &mut state.secrets,
                refusals: state.http.refusals(),
                table: &mut state.table,
            })?;
            Ok(linker)
        })
    }

    /// For components of this engine that are um-host's own, or know of it or of nothing but WASI.
    pub fn components(&self, engine: &Engine) -> wasmtime::Result<&Linker<State>> {
        made(&self.set(engine).components, || linker(engine))
    }

    /// For modules of this engine.
    pub fn modules(&self, engine: &Engine) -> wasmtime::Result<&ModuleLinker<State>> {
        made(&self.set(engine).modules, || preview1::linker(engine))
    }

    fn set(&self, engine: &Engine) -> &Set {
        &self.sets[usize::from(!Engine::same(&self.first, engine))]
    }
}

fn made<T>(place: &OnceLock<T>, make: impl FnOnce() -> wasmtime::Result<T>) -> wasmtime::Result<&T> {
    if let Some(made) = place.get() {
        return Ok(made);
    }
    let new = make()?;
    Ok(place.get_or_init(|| new))
}

/// Everything that a component can import. Sockets are linked, since toolchains import them, and refuse every address.
fn linker(engine: &Engine) -> wasmtime::Result<Linker<State>> {
    let mut linker = Linker::new(engine);
    add_wasi_to_linker(&mut linker)?;
    files::add_to_linker(&mut linker)?;
    super::sockets::add_to_linker(&mut linker, |state| super::sockets::View {
        refusals: state.http.refusals().clone(),
        engine: state.sockets(),
    })?;
    outgoing::add_to_linker(&mut linker, |state| outgoing::Told {
        table: &state.table,
        refusals: state.http.refusals(),
    })?;
    documents::add_to_linker(&mut linker, |state| documents::View {
        documents: &mut state.documents,
        table: &mut state.table,
    })?;
    refusals::add_to_linker(&mut linker, |state| refusals::View {
        refusals: state.http.refusals(),
        secrets: &state.secrets,
    })?;
    secrets::add_to_linker(&mut linker, |state| &mut state.secrets)?;
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
    sockets::udp::add_to_linker::<_, WasiSockets>(linker, State::sockets)?;
    sockets::instance_network::add_to_linker::<_, WasiSockets>(linker, State::sockets)?;
    let stable = sockets::network::LinkOptions::default();
    sockets::network::add_to_linker::<_, WasiSockets>(linker, &stable, State::sockets)
}

/// What the Python runner can import: all of that, what scripts tell of themselves, and what Python
/// cannot decompress.
pub(crate) fn runner_linker(others: &Linker<State>) -> wasmtime::Result<Linker<State>> {
    let mut linker = others.clone();
    script::add_to_linker(&mut linker, |state| &mut state.declaration)?;
    compression::add_to_linker(&mut linker, |state| &mut state.declaration)?;
    Ok(linker)
}
