//! The engine that compiles and runs components.

use wasmtime::{Config, Engine, WasmBacktraceDetails};

/// Most of a guest's native stack, in bytes; deeper recursion is a trap. With a quarter of it, Python traps before it
/// finds by itself that a recursion is too deep.
const STACK_BYTES: usize = 4 * 1024 * 1024;
/// What one fiber needs: the guest's stack and room for the host functions that it calls.
const FIBER_BYTES: usize = STACK_BYTES + 1024 * 1024;

/// An engine for components of WASI 0.2 and modules of WASI 0.1. What no toolchain of ours needs is off: less for a hostile guest to reach.
pub(crate) fn engine(counts_fuel: bool) -> wasmtime::Result<Engine> {
    let mut config = Config::new();
    config
        .concurrency_support(false)
        .epoch_interruption(true)
        .consume_fuel(counts_fuel)
        .max_wasm_stack(STACK_BYTES)
        .async_stack_size(FIBER_BYTES)
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
    Engine::new(&config)
}
