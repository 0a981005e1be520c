//! The Python runner: one component, CPython with the SDK `um_action`, that runs every script. It is packaged once per
//! machine, on first use, by componentize-py from sources that are part of this program; a release has it packaged in it.
//!
//! - It stands at `CACHE/python/KEY/runner.wasm`. The key is a hash of all that it is made of, so another version of
//!   um-host finds or makes its own. What older ones left is never read, and `rm -r` of the cache is always safe.
//! - The packages that make it are pinned by hash, and nothing of the user's environment, packages or paths gets in.
//! - Child processes get an environment of named variables, never one that holds a key, and do not outlive us.
//! - Directories are 0700 and ours, links in them are not followed; the file is 0400 and appears whole or not at all.
//!
//! Deliberately absent: compiling what was packaged, which is the runtime's, and removing what older versions left.

mod child;
mod directory;
mod embedded;
mod environment;
pub(crate) mod error;
mod install;
mod interpreter;
mod output;
mod packages;
pub(crate) mod runner;
mod sources;
pub(crate) mod step;
#[cfg(test)]
mod tests;

pub use error::InstallError;
pub use runner::Runner;
pub use step::Step;
