//! From a file to a component that can be run: reads it within bounds, adapts core modules, and tells what it is. Python
//! scripts share one component, which [`python`] makes; their own code is taken whole (`Code`), so that what was loaded
//! is what runs.
//!
//! Nothing here compiles or runs an action; that is the runtime's. What a component imports is held against what the
//! host offers before any of it is compiled, so that the author reads names and not a linker's complaint.

mod check;
mod code;
mod load;
pub mod python;
mod script;
mod source;

pub use check::Kind;
pub use code::FolderBound;
pub(crate) use code::{Code, Entry, File, Judge, Stamp, is_code};
pub use load::{LoadError, MAX_COMPONENT_BYTES, Program};
pub use script::Script;
pub use source::{Source, Wasm};
