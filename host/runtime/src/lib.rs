//! Runs actions: loads and compiles them, gives each run a world of its own, bounds it, and tells what it came to.
//!
//! A [`Host`] loads an [`Action`] once; a [`Run`] is one execution of it, a fresh instance with its own memory, secrets,
//! leak filter, limits and streams; an [`Outcome`] is what it came to. A guest that fails is an outcome with blame; only
//! the host's own failure is an error.
//!
//! Guarantees:
//! - Everything that leaves a run has passed its leak filter: streams and documents as they are written, results, errors
//!   and trap texts before they are stored, shown or cut. A binary document is looked through when it is complete.
//! - A run gets the secrets of one workspace, from one snapshot. Values are decrypted when asked for and wiped at its end.
//! - Hitting a limit ends that run and no other.
//!
//! Deliberately absent: anything that outlives a run inside a guest, sockets, writable directories, and the store, which
//! is known only as [`Secrets`](um_secret::Secrets).

#![warn(missing_docs)]

pub mod action;
mod admission;
mod bare;
mod compile;
mod documents;
mod engine;
mod error;
mod events;
mod execution;
mod guest;
mod host;
mod limits;
mod off_limits;
mod outcome;
mod policy;
mod prepare;
mod run;
mod spec;
mod tripwire;

pub use action::LoadError;
pub use admission::capacity::Capacity;
pub use admission::drain::Drained;
pub use admission::error::AdmissionError;
pub use admission::handle::{RunHandle, RunState};
pub use admission::place::{Occupancy, Place};
pub use admission::quota::{Overflow, Quota};
pub use bare::{Bare, BareError, BareInstance};
pub use compile::{CompileLimit, CompileLimits, Compiler, CompilerError};
pub use documents::directory::PUBLISH_STEPS;
pub use documents::document::Document;
pub use documents::error::DocumentsError;
pub use documents::sink::{DocumentSink, Passed, Published, Receipt};
pub use engine::cache::CacheError;
pub use engine::loaded::Action;
pub use error::RunError;
pub use events::OutputEvent;
pub use guest::pipe::Output;
pub use guest::wasi::Stdin;
pub use host::{Host, HostBuilder, HostError};
pub use limits::table::{Limit, Limits};
pub use limits::text::{LimitError, parse_duration, parse_size};
pub use limits::wishes::LimitWishes;
pub use off_limits::{OffLimits, OffLimitsError};
pub use outcome::ended::Ended;
pub use outcome::refusal::{FieldsTooLarge, KeyRefused, Refusal, SocketRefused};
pub use outcome::{Blame, End, OUTCOME_SCHEMA, Outcome, SecretRead, Unsent, Usage};
pub use policy::{MAX_POLICY_BYTES, PolicyError, PolicyFault, PolicyFile};
pub use run::Run;
pub use spec::{Ask, AskError, Ceiling, Grant, GrantError, Granted, GrantedBy, MAX_ASK_BYTES, RunSpec, SpecError};
