//! An action in the engine alone: the same component in the same engine, a fresh instance with a plain WASI of nothing but
//! arguments. What a run costs beside it is what um-host adds.
//!
//! It is for measuring. There is no filter, no secret, no network and no limit but that of memory; what the action writes goes
//! nowhere, and imports that are not WASI's trap when they are called. It gives its thread back as runs do, so that whoever
//! waits for it can give up.
//!
//! Deliberately absent: Python scripts and modules of WASI 0.1, which are not started by the engine's own crates here.

use std::sync::Arc;

use wasmtime::component::types::{ComponentInstance, ComponentItem};
use wasmtime::component::{Component, InstancePre, Linker, LinkerInstance, ResourceTable, ResourceType};
use wasmtime::{Engine, Store, StoreLimits, StoreLimitsBuilder, Trap};
use wasmtime_wasi::p2::bindings::CommandPre;
use wasmtime_wasi::p2::{DynInputStream, DynOutputStream, DynPollable, IoError};
use wasmtime_wasi::{I32Exit, WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView};

use super::engine::loaded::{Action, Entry};
use super::host::Host;
use crate::engine::ticker::Ticking;
use um_base::coded;

/// An action that the engine can start by itself. Cheap to clone.
#[derive(Clone)]
pub struct Bare {
    engine: Engine,
    start: Start,
    memory: usize,
    _ticking: Arc<Ticking>,
}

/// What an instance holds that has come to its end: its memory goes with this.
pub struct BareInstance {
    _store: Store<World>,
}

/// Why an action cannot be started by the engine alone, or did not complete.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "what each is stands in its message")]
pub enum BareError {
    #[error("the engine alone starts components of WASI 0.2, not {kind}")]
    Kind { kind: &'static str },
    #[error("the engine alone does not take the action")]
    Link,
    #[error("in the engine alone, with nothing but WASI, the action does not complete")]
    Incomplete,
}

coded! { BareError:
    Self::Kind { .. } => Unsupported "bare-kind",
    Self::Link => Unsupported "bare-link",
    Self::Incomplete => Unavailable "bare-incomplete",
}

#[derive(Clone)]
enum Start {
    Command(CommandPre<World>),
    Typed(InstancePre<World>),
}

struct World {
    wasi: WasiCtx,
    table: ResourceTable,
    limits: StoreLimits,
}

impl WasiView for World {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl Host {
    /// An action that was loaded, in the engine of this host alone, with so many bytes for each of its memories.
    ///
    /// # Errors
    /// [`BareError`]: it is none that the engine starts by itself.
    pub fn bare(&self, action: &Action, memory: usize) -> Result<Bare, BareError> {
        let link = |component: &Component| linked(action.entry.engine(), component).map_err(|_| BareError::Link);
        let start = match &action.entry {
            Entry::Command(command) => {
                let command = CommandPre::new(link(command.instance_pre().component())?);
                Start::Command(command.map_err(|_| BareError::Link)?)
            }
            Entry::Typed(action) => Start::Typed(link(action.instance_pre().component())?),
            Entry::Module(_) => return Err(BareError::Kind { kind: "modules of WASI 0.1" }),
            Entry::Script(_) => return Err(BareError::Kind { kind: "scripts" }),
        };
        Ok(Bare { engine: action.entry.engine().clone(), start, memory, _ticking: Arc::new(self.0.clock.tick()) })
    }
}

/// What the engine's crates have of WASI.
const PROVIDED: [&str; 6] =
    ["wasi:cli/", "wasi:clocks/", "wasi:filesystem/", "wasi:io/", "wasi:random/", "wasi:sockets/"];

fn linked(engine: &Engine, component: &Component) -> wasmtime::Result<InstancePre<World>> {
    let mut linker = Linker::new(engine);
    wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
    for (name, import) in component.component_type().imports(engine) {
        if let ComponentItem::ComponentInstance(interface) = import.ty
            && !PROVIDED.iter().any(|provided| name.starts_with(provided))
        {
            trap_in(&interface, linker.instance(name)?, engine)?;
        }
    }
    linker.instantiate_pre(component)
}

/// Has every function of an interface trap: the engine's own way to do so takes what has another version of WASI's for unknown.
fn trap_in(
    interface: &ComponentInstance,
    mut linker: LinkerInstance<'_, World>,
    engine: &Engine,
) -> wasmtime::Result<()> {
    for (name, export) in interface.exports(engine) {
        match export.ty {
            ComponentItem::ComponentFunc(_) => {
                linker.func_new(name, |_, _, _, _| Err(Trap::UnreachableCodeReached.into()))?
            }
            // Those that are WASI's own are the same wherever they are named.
            ComponentItem::Resource(_) => linker.resource(name, resource(name), |_, _| Ok(()))?,
            _ => {}
        }
    }
    Ok(())
}

fn resource(name: &str) -> ResourceType {
    match name {
        "input-stream" => ResourceType::host::<DynInputStream>(),
        "output-stream" => ResourceType::host::<DynOutputStream>(),
        "pollable" => ResourceType::host::<DynPollable>(),
        "error" | "io-error" => ResourceType::host::<IoError>(),
        _ => ResourceType::host::<()>(),
    }
}

impl Bare {
    /// Runs a fresh instance to its end. A command gets the arguments, a typed action the input.
    ///
    /// # Errors
    /// [`BareError::Incomplete`]: it trapped, failed, or ended with another status than 0.
    pub async fn run(&self, program: &str, arguments: &[String], input: &str) -> Result<BareInstance, BareError> {
        let mut wasi = WasiCtxBuilder::new();
        wasi.arg(program).args(arguments);
        let limits = StoreLimitsBuilder::new().memory_size(self.memory).build();
        let mut store = Store::new(&self.engine, World { wasi: wasi.build(), table: ResourceTable::new(), limits });
        store.limiter(|world| &mut world.limits);
        store.set_epoch_deadline(1);
        store.epoch_deadline_async_yield_and_update(1);
        let completed = match &self.start {
            Start::Command(command) => run_command(command, &mut store).await,
            Start::Typed(action) => run_typed(action, &mut store, input).await,
        };
        match completed {
            Ok(true) => Ok(BareInstance { _store: store }),
            _ => Err(BareError::Incomplete),
        }
    }
}

/// Whether it ended with status 0.
async fn run_command(command: &CommandPre<World>, store: &mut Store<World>) -> wasmtime::Result<bool> {
    let instance = command.instantiate_async(&mut *store).await?;
    match instance.wasi_cli_run().call_run(store).await {
        Ok(ended) => Ok(ended.is_ok()),
        Err(error) => Ok(error.downcast::<I32Exit>()?.0 == 0),
    }
}

/// Whether it returned a result.
async fn run_typed(action: &InstancePre<World>, store: &mut Store<World>, input: &str) -> wasmtime::Result<bool> {
    let instance = action.instantiate_async(&mut *store).await?;
    let run = instance.get_typed_func::<(&str,), (Result<String, String>,)>(&mut *store, "run")?;
    Ok(run.call_async(store, (input,)).await?.0.is_ok())
}
