//! What a guest finds: each import of its world, and the state behind them that one run has.

pub(crate) mod aliases;
pub(crate) mod bindings;
pub(crate) mod compression;
pub(crate) mod documents;
pub(crate) mod files;
pub(crate) mod folder;
pub(crate) mod http;
pub(crate) mod linker;
pub(crate) mod memory;
pub(crate) mod outgoing;
pub(crate) mod pipe;
pub(crate) mod preview1;
pub(crate) mod procfs;
pub(crate) mod queue;
pub(crate) mod refusals;
pub(crate) mod script;
pub(crate) mod secrets;
pub(crate) mod sockets;
pub(crate) mod state;
pub(crate) mod stream_end;
pub(crate) mod wasi;
