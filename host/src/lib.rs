//! Runs actions (small automation programs) as WebAssembly components with a workspace's secrets, and masks these in
//! everything that a run puts out.
//!
//! A [`Host`] loads an [`Action`] once and starts a [`Run`] of it as often as you like; each comes to an [`Outcome`]. What
//! somebody asks for is an [`Ask`]; with the workspace, the actor and what is granted it is a [`RunSpec`].
//! Secrets come from `um_store::Store` on disk, or from whatever else implements [`Secrets`](secret::Secrets).
//!
//! # Layout
//! This crate is the door of several, and names what an embedder needs. Who needs more names the crate:
//! - `um-base`, the ground floor: a run's budget, JSON, and [`rule`]: where requests may go
//! - `um-secret`: names, values, and the border between those who keep secrets and those who use them: [`secret`]
//! - `um-leak`: finds values in what leaves a run, in every form, and masks them
//! - `um-store`: secrets at rest: encrypted, versioned, audited
//! - `um-egress`: the only way to the network
//! - `um-runtime`: from a file to a component, and the engine: runs, limits, outcomes
//!
//! [`errors`] has the codes that errors are told apart by.
//!
//! # What is promised
//! A value that an action was given is guarded against accidents on every way out. A hostile action can still transform
//! it and send it to a host that the run may call: the allow-list is that boundary. `host/DESIGN.md` has the whole of it.
//!
//! A program that embeds this library should wipe memory on free, since HTTP and TLS buffers do not: name
//! `zeroizing_alloc::ZeroAlloc` as its global allocator, as the `um-host` program does.

pub mod errors;
pub mod secret;

pub use um_base::rule;
pub use um_egress::{Client, ClientBuilder, Proxy};
pub use um_leak::{Form, Leak, Stream, parts_of};
pub use um_runtime::{
    Action, AdmissionError, Ask, Blame, Capacity, Ceiling, CompileLimit, CompileLimits, Compiler, CompilerError,
    Document, DocumentSink, DocumentsError, Drained, End, Ended, Grant, Granted, GrantedBy, Host, HostBuilder,
    HostError, Limit, LimitWishes, Limits, LoadError, Occupancy, OffLimits, Outcome, Output, OutputEvent, Overflow,
    Passed, Place, PolicyFile, Published, Quota, Receipt, Refusal, Run, RunError, RunHandle, RunSpec, RunState,
    SecretRead, SpecError, Stdin, Unsent, Usage, parse_duration,
};
pub use um_secret::{MapSecret, MapVault, SecretName, SecretValue, WorkspaceName};

/// Compiles what the page shows.
#[cfg(doctest)]
#[doc = include_str!("../docs/embedding.md")]
struct Embedding;
