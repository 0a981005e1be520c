//! Integration tests: one binary, so that wasmtime is linked once. They go through the public API and the real program.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "children of tests speak and exit")]

mod support;

/// Wipes every allocation when it is freed, as programs that embed um-host should: the canary looks into the memory of one.
#[global_allocator]
static WIPING: zeroizing_alloc::ZeroAlloc<std::alloc::System> = zeroizing_alloc::ZeroAlloc(std::alloc::System);

mod admission;
mod aliases;
mod bound_runs;
mod budget;
mod caching;
mod calls;
mod canary;
mod cli_bench;
mod cli_bindings;
mod cli_display;
mod cli_hints;
mod cli_keys;
mod cli_parts;
mod cli_reads;
mod cli_redact;
mod cli_refusals;
mod cli_run;
mod cli_secrets;
mod cli_store;
mod cli_terminal;
mod cli_values;
mod cli_workspaces;
mod compiling;
mod concurrency;
mod core_modules;
mod crash;
mod docs;
mod documents;
mod edges;
mod errors;
mod files;
mod foreign_json;
mod isolation;
mod limits;
mod places;
mod python;
mod python_install;
mod python_scripts;
mod runs;
mod sdk_http;
mod sealed_contacts;
mod sealed_runs;
mod spec;
mod tidy;
