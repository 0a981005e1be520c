//! Makes a component of an action's bytes, within bounds.

use std::path::PathBuf;

use wasi_preview1_component_adapter_provider::{
    WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME, WASI_SNAPSHOT_PREVIEW1_COMMAND_ADAPTER, WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER,
};
use wasmparser::{Parser, Payload};

use super::Kind;
use super::check::{check, check_runner};
use super::code::{FolderBound, MAX_FILE_BYTES};
use super::python::InstallError;
use um_base::Shortage;
use um_base::coded;

/// Largest action that is read, in bytes.
pub const MAX_COMPONENT_BYTES: u64 = 64 * 1024 * 1024;

/// A component that the host can run, and what it told about itself.
pub struct Program {
    /// The component; a core module has been adapted.
    pub component: Vec<u8>,
    pub kind: Kind,
    /// Whether it imports `um:action/secrets`, so that the store must be opened for it.
    pub uses_secrets: bool,
}

/// Why an action cannot be run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    #[error("there is no file `{}`", path.display())]
    NotFound { path: PathBuf },
    #[error("`{}` cannot be read: {source}", path.display())]
    Unreadable { path: PathBuf, source: std::io::Error },
    #[error("`{}` is a directory without a main.py", path.display())]
    Directory { path: PathBuf },
    #[error("`{}` is no regular file", path.display())]
    NotAFile { path: PathBuf },
    #[error("the action has {bytes} bytes; at most {MAX_COMPONENT_BYTES} are loaded")]
    TooLarge { bytes: u64 },
    #[error("the name of `{}` is not UTF-8 text", path.display())]
    Unnameable { path: PathBuf },
    #[error("`{}` has {bytes} bytes; a script's modules may have {MAX_FILE_BYTES} each", path.display())]
    ModuleTooLarge { path: PathBuf, bytes: u64 },
    #[error("the folder `{}` holds more than {bound}", path.display())]
    FolderTooLarge { path: PathBuf, bound: FolderBound },
    #[error("`{}` would see the whole machine", path.display())]
    RootFolder { path: PathBuf },
    #[error(
        "the folder of `{}` holds files of um-host's own, and so shows no script that is hidden or a link",
        path.display()
    )]
    NotShown { path: PathBuf },
    #[error("`{name}` cannot name a file of a script; use plain names, with `/` between them, once each")]
    FileName { name: String },
    #[error("nobody waits for the action any more")]
    GivenUp,
    #[error("Python actions need a cache directory, which this host was not given")]
    NoPythonCache,
    #[error(transparent)]
    Python(#[from] InstallError),
    #[error("the Python runner is damaged ({reason})")]
    Runner { path: PathBuf, reason: String },
    #[error("`{}` is a link that leads out of its directory", path.display())]
    LinkedOut { path: PathBuf },
    #[error("this is neither WebAssembly nor a Python script, whose name ends in .py")]
    NotWasm,
    #[error("the WebAssembly is damaged: {reason}")]
    Malformed { reason: String },
    #[error("the action imports what this host does not offer: {}", names.join(", "))]
    Imports { names: Vec<String> },
    #[error("the action is built for WASI 0.3, which is not built yet")]
    Wasi03,
    #[error("the action exports neither `wasi:cli/run` nor `run`")]
    NoEntry,
    #[error("the action was not loaded: {0}")]
    Shortage(Shortage),
    #[error("the action does not compile: {reason}")]
    Compile { reason: String },
}

coded! { LoadError:
    Self::NotFound { .. } => NotFound "action-not-found",
    Self::Unreadable { .. } => Unavailable "action-unreadable",
    Self::Directory { .. } => Invalid "action-without-main",
    Self::NotAFile { .. } => Invalid "action-not-a-file",
    Self::TooLarge { .. } => Full "action-too-large",
    Self::Unnameable { .. } => Invalid "action-unnameable",
    Self::ModuleTooLarge { .. } => Full "module-too-large",
    Self::FolderTooLarge { .. } => Full "folder-too-large",
    Self::RootFolder { .. } => Denied "folder-is-root",
    Self::NotShown { .. } => Denied "folder-off-limits",
    Self::FileName { .. } => Invalid "file-name-invalid",
    Self::GivenUp => Unavailable "load-given-up",
    Self::NoPythonCache => Unavailable "python-no-cache",
    Self::Python(error) => in error,
    Self::Runner { .. } => Damaged "python-runner-damaged",
    Self::LinkedOut { .. } => Denied "action-linked-out",
    Self::NotWasm => Unsupported "action-not-wasm",
    Self::Malformed { .. } => Invalid "action-malformed",
    Self::Imports { .. } => Unsupported "action-imports",
    Self::Wasi03 => Unsupported "action-wasi-03",
    Self::NoEntry => Invalid "action-without-entry",
    Self::Shortage(shortage) => in shortage,
    Self::Compile { .. } => Invalid "action-uncompilable",
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
