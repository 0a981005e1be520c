//! The engines that compile and run guests: one with a pool of places that are made once and cleared between runs, and one
//! that maps memory for each run anew.
//!
//! A run in the pool starts in a third of the time. What does not fit into a place of it, a guest of two memories say, runs
//! in the other engine, and so does everything where the machine does not let so much address space be set aside, or where
//! a process says that it runs one action and no more. Compiled code is the same for both.

use wasmtime::{Config, Enabled, Engine, InstanceAllocationStrategy, PoolingAllocationConfig, WasmBacktraceDetails};

use crate::limits::table::MOST_STACK;

/// Room on a fiber for the host functions that a guest calls, beside the guest's own stack: however deep the guest is by
/// then. None of them goes as deep as what they are given is nested.
const HOST_STACK_BYTES: usize = 1024 * 1024;

/// What a place of the pool holds: the Python runner takes 25 core instances and 9 tables.
const PLACE_INSTANCES: u32 = 64;
const PLACE_TABLES: u32 = 16;
/// Elements of one table: what the limit `table-elements` allows by default, so that this is met first.
const TABLE_ELEMENTS: usize = 1024 * 1024;
/// Bytes of the engine's own data about the instances of one component.
const PLACE_BYTES: usize = 4 * 1024 * 1024;

/// How much of a place's memory, tables and stack is cleared by writing over it, in bytes; what lies behind that is given
/// back to the system. Pages that were not touched are told apart by asking the kernel, where it can be asked (since 6.7).
const KEPT_MEMORY: usize = 1024 * 1024;
const KEPT_TABLE: usize = 64 * 1024;
const KEPT_STACK: usize = 64 * 1024;

/// The engines of one host.
pub(crate) struct Engines {
    first: Engine,
    /// Without a pool, if the first has one.
    spare: Option<Engine>,
}

impl Engines {
    /// Engines whose runs have so many bytes of stack, and of which one has a pool of so many places, if there can be one.
    ///
    /// # Errors
    /// If the machine cannot run the engine at all.
    pub fn new(counts_fuel: bool, stack: u64, places: Option<u32>) -> wasmtime::Result<Self> {
        let spare = engine(counts_fuel, stack)?;
        let pooled = places.and_then(|places| {
            let mut config = config(counts_fuel, stack);
            config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool(places)));
            // Refused where address space is limited or counted: then there is none.
            Engine::new(&config).ok()
        });
        Ok(match pooled {
            Some(first) => Self { first, spare: Some(spare) },
            None => Self { first: spare, spare: None },
        })
    }

    /// The one that is tried first.
    pub fn first(&self) -> &Engine {
        &self.first
    }

    pub fn all(&self) -> impl Iterator<Item = &Engine> {
        [&self.first].into_iter().chain(&self.spare)
    }

    /// Does what an engine may refuse, by the first that does not.
    ///
    /// # Errors
    /// Why the last of them refuses.
    pub fn try_each<T>(&self, attempt: impl Fn(&Engine) -> wasmtime::Result<T>) -> wasmtime::Result<T> {
        match (attempt(&self.first), &self.spare) {
            (Err(_), Some(spare)) => attempt(spare),
            (done, _) => done,
        }
    }
}

/// An engine without a pool, whose runs have so many bytes of stack.
///
/// # Errors
/// If the machine cannot run it.
pub(crate) fn engine(counts_fuel: bool, stack: u64) -> wasmtime::Result<Engine> {
    Engine::new(&config(counts_fuel, stack))
}

/// For components of WASI 0.2 and modules of WASI 0.1. What no toolchain of ours needs is off: less for a hostile guest to
/// reach.
fn config(counts_fuel: bool, stack: u64) -> Config {
    // No more than fits an address, by far.
    let stack = usize::try_from(stack.min(MOST_STACK)).unwrap_or(usize::MAX / 2);
    let mut config = Config::new();
    config
        .concurrency_support(false)
        .epoch_interruption(true)
        .consume_fuel(counts_fuel)
        .max_wasm_stack(stack)
        .async_stack_size(stack + HOST_STACK_BYTES)
        .async_stack_zeroing(true)
        .wasm_backtrace_details(WasmBacktraceDetails::Disable)
        // For debuggers alone. LLVM's unwinder, which a release has, keeps one entry for each function and walks through all
        // of them for each that goes when a program ends: 0.15 s for the Python runner.
        .native_unwind_info(false)
        .wasm_memory64(false)
        .wasm_multi_memory(false)
        .wasm_relaxed_simd(false)
        .wasm_tail_call(false)
        .wasm_wide_arithmetic(false)
        .wasm_custom_page_sizes(false);
    config
}

/// So many places, each for one run.
fn pool(places: u32) -> PoolingAllocationConfig {
    let mut pool = PoolingAllocationConfig::default();
    pool.total_component_instances(places)
        .max_component_instance_size(PLACE_BYTES)
        .max_core_instance_size(PLACE_BYTES)
        .total_core_instances(places.saturating_mul(PLACE_INSTANCES))
        .max_core_instances_per_component(PLACE_INSTANCES)
        .total_memories(places)
        .max_memories_per_component(1)
        .total_tables(places.saturating_mul(PLACE_TABLES))
        .max_tables_per_component(PLACE_TABLES)
        .max_tables_per_module(PLACE_TABLES)
        .table_elements(TABLE_ELEMENTS)
        .total_stacks(places)
        .linear_memory_keep_resident(KEPT_MEMORY)
        .table_keep_resident(KEPT_TABLE)
        .async_stack_keep_resident(KEPT_STACK)
        .pagemap_scan(Enabled::Auto);
    pool
}

#[cfg(test)]
mod tests {
    use std::collections::hash_map::DefaultHasher;
    use std::hash::{Hash, Hasher};

    use super::*;
    use crate::limits::table::DEFAULT_STACK;

    #[test]
    fn there_are_no_places_where_so_much_address_space_is_not_to_be_had() {
        let most = Engines::new(false, DEFAULT_STACK, Some(60_000)).unwrap();
        assert_eq!(most.all().count(), 1, "240 TiB are more than an address has bits for");
        assert_eq!(Engines::new(false, DEFAULT_STACK, None).unwrap().all().count(), 1);
        assert_eq!(Engines::new(false, DEFAULT_STACK, Some(10)).unwrap().all().count(), 2);
    }

    #[test]
    fn compiled_code_is_the_same_for_both() {
        let engines = Engines::new(true, DEFAULT_STACK, Some(10)).unwrap();
        let hashes = engines.all().map(|engine| {
            let mut hasher = DefaultHasher::new();
            engine.precompile_compatibility_hash().hash(&mut hasher);
            hasher.finish()
        });
        let hashes: Vec<u64> = hashes.collect();
        assert_eq!(hashes[0], hashes[1]);
    }
}
