//! Compiled code: of a component, or of a core module.

use serde::{Deserialize, Serialize};
use wasmtime::component::Component;
use wasmtime::{Engine, Module};

use crate::action::error::LoadError;
use crate::action::load::Code;
use um_base::Shortage;

/// Compiled code.
pub(crate) enum Machine {
    Component(Component),
    Module(Module),
}

/// Which of the two it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Form {
    Component,
    Module,
}

impl Machine {
    pub fn compile(engine: &Engine, code: &Code) -> wasmtime::Result<Self> {
        match code {
            Code::Component(bytes) => Component::new(engine, bytes).map(Self::Component),
            Code::Module(bytes) => Module::new(engine, bytes).map(Self::Module),
        }
    }

    pub fn form(&self) -> Form {
        match self {
            Self::Component(_) => Form::Component,
            Self::Module(_) => Form::Module,
        }
    }

    pub fn serialize(&self) -> wasmtime::Result<Vec<u8>> {
        match self {
            Self::Component(component) => component.serialize(),
            Self::Module(module) => module.serialize(),
        }
    }
}

/// Why the engine does not take a component, without its backtrace.
pub(crate) fn refused(error: wasmtime::Error) -> LoadError {
    match shortage(&error) {
        Some(shortage) => LoadError::Shortage(shortage),
        None => LoadError::Compile { reason: error.root_cause().to_string() },
    }
}

/// Whether an error of the engine's is that the machine had no more of something: then it is the host's.
pub(crate) fn shortage(error: &wasmtime::Error) -> Option<Shortage> {
    let allocation = error.is::<wasmtime::OutOfMemory>().then_some(Shortage::Memory);
    let system = || error.chain().find_map(Shortage::of);
    // The engine starts no threads: what it would be told by that number is that a stream is not ready.
    allocation.or_else(system).filter(|shortage| *shortage != Shortage::Threads)
}
