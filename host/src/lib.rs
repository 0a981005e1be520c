//! Runs actions (small automation programs) as WebAssembly components with a workspace's secrets, and masks these in
//! everything that a run puts out.
//!
//! A [`Host`] loads an [`Action`] once and starts a [`Run`] of it as often as you like; each comes to an [`Outcome`]. What
//! somebody asks for is an [`Ask`]; with the workspace, the actor and what is granted it is a [`RunSpec`].
//! Secrets come from a [`Store`](store::Store) on disk, or from whatever else implements [`Secrets`].
//!
//! # Layout
//! - [`base`]: the ground floor: a run's budget, JSON, and [`rule`]: where requests may go
//! - [`secret`]: names, values, and the border between those who keep secrets and those who use them
//! - [`leak`]: finds values in what leaves a run, in every form, and masks them
//! - [`store`]: secrets at rest: encrypted, versioned, audited
//! - [`egress`]: the only way to the network
//! - [`action`]: from a file to a component
//! - [`runtime`]: the engine: runs, limits, outcomes
//! - [`errors`]: the codes that errors are told apart by
//!
//! # What is promised
//! A value that an action was given is guarded against accidents on every way out. A hostile action can still transform
//! it and send it to a host that the run may call: the allow-list is that boundary. `host/DESIGN.md` has the whole of it.
//!
//! A program that embeds this library should wipe memory on free, since HTTP and TLS buffers do not: name
//! `zeroizing_alloc::ZeroAlloc` as its global allocator, as the `um-host` program does.

pub mod errors;

pub use um_base::{self as base, rule};
pub use um_egress as egress;
pub use um_leak as leak;
pub use um_runtime::{
    self as runtime, Action, Ask, Ended, Host, HostBuilder, HostError, Limits, LoadError, Outcome, Run, RunError,
    RunSpec, action,
};
pub use um_secret::{self as secret, MapSecret, MapVault, SecretName, SecretValue, Secrets, WorkspaceName};
pub use um_store as store;

/// Compiles what the page shows.
#[cfg(doctest)]
#[doc = include_str!("../docs/embedding.md")]
struct Embedding;
