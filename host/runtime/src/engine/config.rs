//! The engine that compiles and runs components.

use wasmtime::{Config, Engine, WasmBacktraceDetails};

use crate::limits::table::MOST_STACK;

/// Room on a fiber for the host functions that a guest calls, beside the guest's own stack: however deep the guest is by
/// then. None of them goes as deep as what they are given is nested.
const HOST_STACK_BYTES: usize = 1024 * 1024;

/// An engine for components of WASI 0.2 and modules of WASI 0.1, whose runs have so many bytes of stack. What no toolchain of ours needs is off: less for a hostile guest to reach.
pub(crate) fn engine(counts_fuel: bool, stack: u64) -> wasmtime::Result<Engine> {
    let stack = usize::try_from(stack.min(MOST_STACK))?;
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
    Engine::new(&config)
}
