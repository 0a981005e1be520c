//! The `um-host` program: hardens its process, hands over to [`cli`], and is the only place that exits.

#![forbid(unsafe_code)]

mod cli;

use std::alloc::System;
use std::panic;
use std::process;

use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};
use um_runtime::Compiler;
use zeroizing_alloc::ZeroAlloc;

/// Wipes every allocation when it is freed: hyper, rustls and wasmtime copy values and do not.
#[global_allocator]
static WIPING: ZeroAlloc<System> = ZeroAlloc(System);

/// What a fault of um-host itself ends with, as any other failure of the host.
const FAULT: u8 = 125;

fn main() {
    harden();
    let status = panic::catch_unwind(work).unwrap_or(FAULT);
    process::exit(status.into());
}

/// As a process of its own that compiles for a host, or as what somebody has typed.
fn work() -> u8 {
    Compiler::serve(std::env::args_os().skip(1)).unwrap_or_else(|| cli::main(std::env::args_os()))
}

/// Keeps memory and environment from other processes of the same user, and both and the values in panics out of
/// files and logs; keeps descriptors from children. Runs before anything secret is read.
fn harden() {
    // Where the kernel refuses either, um-host still works, as any program without them does.
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    // What we were given by number, a key perhaps, is for us, and for none that we start.
    close_fds::set_fds_cloexec(3, &[]);
    // The message of a panic may quote what was being worked on; its place in the source cannot.
    panic::set_hook(Box::new(|panic| cli::report_panic(panic.location())));
}
