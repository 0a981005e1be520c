//! From a file to a component or module that can be run: reads it within bounds and tells what it is. Python
//! scripts share one component, which [`python`] makes; their own code is taken whole (`Code`), so that what was loaded
//! is what runs.
//!
//! Nothing here compiles or runs an action; that is the runtime's. What a component imports is held against what the
//! host offers before any of it is compiled, so that the author reads names and not a linker's complaint.

pub(crate) mod bounds;
pub(crate) mod check;
pub(crate) mod code;
pub(crate) mod detect;
pub(crate) mod error;
pub(crate) mod kind;
pub(crate) mod load;
pub mod python;
pub(crate) mod script;

pub use bounds::{FolderBound, MAX_COMPONENT_BYTES};
pub use detect::{Source, Wasm};
pub use error::{Entryless, LoadError};
pub use kind::Kind;
pub use script::Script;
