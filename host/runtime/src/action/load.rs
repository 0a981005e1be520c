//! Makes a component of an action's bytes, within bounds.

use wasi_preview1_component_adapter_provider::{
    WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME, WASI_SNAPSHOT_PREVIEW1_COMMAND_ADAPTER, WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER,
};
use wasmparser::{Parser, Payload};

use super::bounds::MAX_COMPONENT_BYTES;
use super::check::{check, check_runner};
use super::error::{Entryless, LoadError};
use super::kind::Kind;

/// What the host can run, and what it told about itself.
pub struct Program {
    pub code: Code,
    pub kind: Kind,
    /// Whether it imports `um:action/secrets`, so that the store must be opened for it.
    pub uses_secrets: bool,
}

/// WebAssembly in the form in which it is compiled.
pub enum Code {
    /// A component; it may have been made of a module.
    Component(Vec<u8>),
    /// A core module with a `main`, for WASI 0.1 and nothing else.
    Module(Vec<u8>),
}

impl Program {
    /// Checks that the host can run what was read. A core module with a world of its own is made a component.
    ///
    /// # Errors
    /// [`LoadError`] that says what is in the way.
    pub fn new(bytes: Vec<u8>) -> Result<Self, LoadError> {
        if bytes.len() as u64 > MAX_COMPONENT_BYTES {
            return Err(LoadError::TooLarge { bytes: bytes.len() as u64 });
        }
        if Parser::is_component(&bytes) {
            return Self::component(bytes);
        }
        if !Parser::is_core_wasm(&bytes) {
            return Err(LoadError::NotWasm);
        }
        let surface = module_surface(&bytes).map_err(|error| LoadError::Malformed { reason: error.to_string() })?;
        match surface {
            ModuleSurface { strangers, .. } if !strangers.is_empty() => Err(LoadError::Imports { names: strangers }),
            ModuleSurface { is_command: true, has_world: false, .. } => {
                Ok(Self { code: Code::Module(bytes), kind: Kind::Command, uses_secrets: false })
            }
            ModuleSurface { has_world: false, .. } => Err(LoadError::NoEntry(Entryless::Library)),
            surface => Self::component(adapt(&bytes, &surface)?),
        }
    }

    fn component(component: Vec<u8>) -> Result<Self, LoadError> {
        let facts = check(&component)?;
        Ok(Self { code: Code::Component(component), kind: facts.kind, uses_secrets: facts.uses_secrets })
    }

    /// As [`new`](Self::new), of the component that runs Python scripts.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn runner(bytes: Vec<u8>) -> Result<Self, LoadError> {
        let facts = check_runner(&bytes)?;
        Ok(Self { code: Code::Component(bytes), kind: facts.kind, uses_secrets: facts.uses_secrets })
    }
}

/// Makes a component of a core module that has a world beside WASI 0.1, by the adapter of the Bytecode Alliance.
fn adapt(module: &[u8], surface: &ModuleSurface) -> Result<Vec<u8>, LoadError> {
    let adapter = if surface.is_command {
        WASI_SNAPSHOT_PREVIEW1_COMMAND_ADAPTER
    } else {
        WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER
    };
    let encoded = wit_component::ComponentEncoder::default()
        .validate(true)
        .module(module)
        .and_then(|encoder| encoder.adapter(WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME, adapter))
        .and_then(|mut encoder| encoder.encode());
    encoded.map_err(|error| LoadError::Malformed { reason: error.root_cause().to_string() })
}

#[derive(Default)]
struct ModuleSurface {
    is_command: bool,
    /// Whether it says which interfaces of components it imports and exports.
    has_world: bool,
    /// Import modules that no adapter knows.
    strangers: Vec<String>,
}

fn module_surface(module: &[u8]) -> wasmparser::Result<ModuleSurface> {
    let mut surface = ModuleSurface::default();
    for payload in Parser::new(0).parse_all(module) {
        match payload? {
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    let from = import?.module;
                    // With a colon it is an interface of a component, which the module's own type section describes.
                    let is_interface = from.contains(':');
                    surface.has_world |= is_interface;
                    let known = from == WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME || is_interface;
                    if !known && !surface.strangers.iter().any(|name| name == from) {
                        surface.strangers.push(from.to_owned());
                    }
                }
            }
            Payload::ExportSection(exports) => {
                for export in exports {
                    surface.is_command |= export?.name == "_start";
                }
            }
            // Left there by bindings, and taken away by whoever strips a module.
            Payload::CustomSection(section) => surface.has_world |= section.name().starts_with("component-type"),
            _ => {}
        }
    }
    Ok(surface)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_webassembly_is_refused() {
        assert!(matches!(Program::new(b"#!/bin/sh\n".to_vec()), Err(LoadError::NotWasm)));
        assert!(matches!(Program::new(Vec::new()), Err(LoadError::NotWasm)));
    }

    #[test]
    fn a_module_without_a_world_has_no_entry() {
        assert!(matches!(Program::new(b"\0asm\x01\0\0\0".to_vec()), Err(LoadError::NoEntry(Entryless::Library))));
    }
}
