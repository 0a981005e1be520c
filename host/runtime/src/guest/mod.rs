//! What a guest finds of WASI that is not the engine's own.

pub mod files;
