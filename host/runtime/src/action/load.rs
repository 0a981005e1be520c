//! Makes a component of an action's bytes, within bounds.

use wasi_preview1_component_adapter_provider::{
    WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME, WASI_SNAPSHOT_PREVIEW1_COMMAND_ADAPTER, WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER,
};
use wasmparser::{Parser, Payload};

use super::bounds::MAX_COMPONENT_BYTES;
use super::check::{check, check_runner};
use super::error::LoadError;
use super::kind::Kind;

/// A component that the host can run, and what it told about itself.
pub struct Program {
    /// The component; a core module has been adapted.
    pub component: Vec<u8>,
    pub kind: Kind,
    /// Whether it imports `um:action/secrets`, so that the store must be opened for it.
    pub uses_secrets: bool,
}

impl Program {
    /// Makes a component of what was read, adapting a core module, and checks that the host can run it.
    ///
    /// # Errors
    /// [`LoadError`] that says what is in the way.
    pub fn new(bytes: Vec<u8>) -> Result<Self, LoadError> {
        if bytes.len() as u64 > MAX_COMPONENT_BYTES {
            return Err(LoadError::TooLarge { bytes: bytes.len() as u64 });
        }
        let component = if Parser::is_component(&bytes) {
            bytes
        } else if Parser::is_core_wasm(&bytes) {
            adapt(&bytes)?
        } else {
            return Err(LoadError::NotWasm);
        };
        let facts = check(&component)?;
        Ok(Self { component, kind: facts.kind, uses_secrets: facts.uses_secrets })
    }

    /// As [`new`](Self::new), of the component that runs Python scripts.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn runner(bytes: Vec<u8>) -> Result<Self, LoadError> {
        let facts = check_runner(&bytes)?;
        Ok(Self { component: bytes, kind: facts.kind, uses_secrets: facts.uses_secrets })
    }
}

/// Makes a component of a core module that imports WASI 0.1, by the adapter of the Bytecode Alliance.
fn adapt(module: &[u8]) -> Result<Vec<u8>, LoadError> {
    let ModuleSurface { is_command, strangers } =
        module_surface(module).map_err(|error| LoadError::Malformed { reason: error.to_string() })?;
    if !strangers.is_empty() {
        return Err(LoadError::Imports { names: strangers });
    }
    let adapter =
        if is_command { WASI_SNAPSHOT_PREVIEW1_COMMAND_ADAPTER } else { WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER };
    let encoded = wit_component::ComponentEncoder::default()
        .validate(true)
        .module(module)
        .and_then(|encoder| encoder.adapter(WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME, adapter))
        .and_then(|mut encoder| encoder.encode());
    encoded.map_err(|error| LoadError::Malformed { reason: error.root_cause().to_string() })
}

struct ModuleSurface {
    is_command: bool,
    /// Import modules that no adapter knows.
    strangers: Vec<String>,
}

fn module_surface(module: &[u8]) -> wasmparser::Result<ModuleSurface> {
    let mut surface = ModuleSurface { is_command: false, strangers: Vec::new() };
    for payload in Parser::new(0).parse_all(module) {
        match payload? {
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    let from = import?.module;
                    // With a colon it is an interface of a component, which the module's own type section describes.
                    let known = from == WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME || from.contains(':');
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
        assert!(matches!(Program::new(b"\0asm\x01\0\0\0".to_vec()), Err(LoadError::NoEntry)));
    }
}
