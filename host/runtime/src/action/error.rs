//! Why an action is not loaded.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::bounds::{FolderBound, MAX_COMPONENT_BYTES, MAX_FILE_BYTES};
use super::python::error::InstallError;
use crate::compile::error::CompilerError;
use crate::compile::limits::CompileLimit;
use um_base::{Shortage, coded};

/// What an action is that nobody can start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
#[expect(missing_docs, reason = "what each is stands in its message")]
pub enum Entryless {
    #[error("the action answers HTTP requests (it exports `wasi:http/incoming-handler`), and nothing of it can be run")]
    Server,
    #[error("the module is a library: it exports no function `_start` without parameters, which a program has")]
    Library,
    #[error("the action exports neither `wasi:cli/run` nor `run`")]
    Component,
}

/// Why an action cannot be run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "what each is stands in its message")]
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
    #[error("{0}")]
    NoEntry(Entryless),
    #[error("the action was not loaded: {0}")]
    Shortage(Shortage),
    #[error("the action does not compile: {reason}")]
    Compile { reason: String },
    #[error("compiling the action was stopped at its limit `{limit}` of {allowed}")]
    CompileLimit { limit: CompileLimit, allowed: String },
    #[error("the action was not compiled: {0}")]
    Compiler(#[source] CompilerError),
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
    Self::NoEntry(_) => Invalid "action-without-entry",
    Self::Shortage(shortage) => in shortage,
    Self::Compile { .. } => Invalid "action-uncompilable",
    Self::CompileLimit { .. } => Full "compile-limit",
    Self::Compiler(error) => in error,
}
