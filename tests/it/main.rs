//! Integration tests: one binary, so that wasmtime is linked once. They go through the public API and the real program.

mod support;

mod caching;
mod cli_refusals;
mod concurrency;
mod crash;
mod egress;
mod leak;
mod runs;
mod tidy;
