//! The engine alone, with the settings of the host.

use std::path::Path;

use wasmtime::component::types::{ComponentFunc, ComponentItem};
use wasmtime::component::{Component, InstancePre, Linker, ResourceTable, Val};
use wasmtime::{
    Config, Enabled, Engine, InstanceAllocationStrategy, PoolingAllocationConfig, Store, StoreContextMut, StoreLimits,
    StoreLimitsBuilder, UpdateDeadline,
};
use wasmtime_wasi::p2::bindings::CommandPre;
use wasmtime_wasi::p2::pipe::MemoryOutputPipe;
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

/// One guest, to be run again and again.
pub struct Bare {
    engine: Engine,
    linked: InstancePre<State>,
    is_command: bool,
}

struct State {
    wasi: WasiCtx,
    table: ResourceTable,
    limits: StoreLimits,
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl Bare {
    pub fn new(guest: &Path) -> Self {
        let engine = engine();
        let component = Component::from_file(&engine, guest).expect("the guest compiles");
        let mut linker = Linker::<State>::new(&engine);
        wasmtime_wasi::p2::add_to_linker_async(&mut linker).expect("WASI can be linked");
        leave_out(&mut linker, &component);
        let linked = linker.instantiate_pre(&component).expect("the guest can be linked");
        let is_command = CommandPre::new(linked.clone()).is_ok();
        Self { engine, linked, is_command }
    }

    /// Runs it once.
    pub async fn run(&self) {
        let mut wasi = WasiCtx::builder();
        wasi.stdout(MemoryOutputPipe::new(1 << 20)).stderr(MemoryOutputPipe::new(1 << 20));
        let limits = StoreLimitsBuilder::new().memory_size(256 << 20).build();
        let mut store = Store::new(&self.engine, State { wasi: wasi.build(), table: ResourceTable::new(), limits });
        store.limiter(|state| &mut state.limits);
        store.set_epoch_deadline(1);
        store.epoch_deadline_callback(|_| Ok(UpdateDeadline::YieldCustom(1, Box::pin(tokio::task::yield_now()))));
        if self.is_command {
            let command = CommandPre::new(self.linked.clone()).expect("it is a command");
            let command = command.instantiate_async(&mut store).await.expect("it can be instantiated");
            command.wasi_cli_run().call_run(&mut store).await.expect("it runs").expect("it succeeds");
        } else {
            let instance = self.linked.instantiate_async(&mut store).await.expect("it can be instantiated");
            let run = instance.get_typed_func::<(&str,), (Result<String, String>,)>(&mut store, "run");
            let (result,) = run.expect("it is typed").call_async(&mut store, ("{}",)).await.expect("it runs");
            result.expect("it succeeds");
        }
    }
}

/// What is not WASI is there and is never called.
fn leave_out(linker: &mut Linker<State>, component: &Component) {
    let engine = linker.engine().clone();
    for (name, import) in component.component_type().imports(&engine) {
        let ComponentItem::ComponentInstance(interface) = import.ty else { continue };
        if name.starts_with("wasi:") {
            continue;
        }
        let mut instance = linker.instance(name).expect("nothing else has its name");
        for (function, export) in interface.exports(&engine) {
            if let ComponentItem::ComponentFunc(_) = export.ty {
                let never = |_: StoreContextMut<'_, State>, _: ComponentFunc, _: &[Val], _: &mut [Val]| {
                    Err(wasmtime::format_err!("the bench calls nothing of the kind"))
                };
                instance.func_new(function, never).expect("nothing else has its name");
            }
        }
    }
}

fn engine() -> Engine {
    let mut pool = PoolingAllocationConfig::default();
    pool.total_component_instances(64)
        .total_core_instances(64 * 8)
        .max_core_instances_per_component(8)
        .total_memories(64)
        .max_memories_per_component(1)
        .total_tables(64 * 4)
        .max_tables_per_component(4)
        .total_stacks(64)
        .linear_memory_keep_resident(1 << 20)
        .table_keep_resident(64 << 10)
        .async_stack_keep_resident(64 << 10)
        .pagemap_scan(Enabled::Auto);
    let mut config = Config::new();
    config
        .concurrency_support(false)
        .epoch_interruption(true)
        .max_wasm_stack(4 << 20)
        .async_stack_size(5 << 20)
        .async_stack_zeroing(true)
        .allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    Engine::new(&config).expect("the engine starts")
}
