//! Compiled code: of a component, or of a core module.

use serde::{Deserialize, Serialize};
use wasmtime::component::Component;
use wasmtime::{Engine, Module};

use crate::action::load::Code;

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
