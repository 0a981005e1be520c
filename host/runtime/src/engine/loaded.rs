//! An action that was loaded: what is run is what it was then.

use std::sync::Arc;

use wasmtime::component::{Component, Linker};
use wasmtime::{Engine, ExternType, InstancePre, Module};
use wasmtime_wasi::p2::bindings::CommandPre;

use super::cache::Compiled;
use super::machine::{Machine, refused};
use crate::action::code::Code;
use crate::action::error::{Entryless, LoadError};
use crate::action::kind::Kind;
use crate::action::script::Script;
use crate::guest::bindings::ActionPre;
use crate::guest::bindings::runner::RunnerPre;
use crate::guest::linker::Linkers;
use crate::guest::script::FOLDER;
use crate::guest::state::State;

/// An action, loaded and compiled. Cheap to clone; any number of runs may use it at once.
#[derive(Clone)]
pub struct Action {
    pub(crate) entry: Entry,
    name: Arc<str>,
    digest: Arc<str>,
    uses_secrets: bool,
    uses_network: bool,
}

/// How the engine starts an action.
#[derive(Clone)]
pub(crate) enum Entry {
    Command(CommandPre<State>),
    /// A command of WASI 0.1.
    Module(InstancePre<State>),
    Typed(ActionPre<State>),
    Script(PythonScript),
}

/// A script, and the component that runs it.
#[derive(Clone)]
pub(crate) struct PythonScript {
    pub runner: RunnerPre<State>,
    pub script: Arc<Script>,
    /// As it was when the script was loaded.
    pub code: Arc<Code>,
}

impl Action {
    /// WebAssembly with a name.
    ///
    /// # Errors
    /// [`LoadError`] if it cannot be linked.
    pub(crate) fn compiled(compiled: Compiled, name: &str, linkers: &Linkers) -> Result<Self, LoadError> {
        let (entry, uses_network) = match &compiled.machine {
            Machine::Component(component) => {
                let linker = linkers.of(component).map_err(refused)?;
                (component_entry(component, compiled.kind, linker)?, imports_network(component, linker.engine()))
            }
            Machine::Module(module) => {
                check_start(module)?;
                let linked = linkers.modules(module.engine()).map_err(refused)?.instantiate_pre(module);
                // With its whole chain: the end of it does not say which import it is about.
                let linked = linked.map_err(|error| LoadError::Compile { reason: format!("{error:#}") })?;
                (Entry::Module(linked), false)
            }
        };
        Ok(Self {
            entry,
            name: name.into(),
            digest: compiled.sha256.into(),
            uses_secrets: compiled.uses_secrets,
            uses_network,
        })
    }

    /// A script with its code.
    pub(crate) fn script(script: Script, code: Arc<Code>, runner: RunnerPre<State>) -> Self {
        let (name, digest) = (script.name().into(), code.digest().into());
        let entry = Entry::Script(PythonScript { runner, script: Arc::new(script), code });
        Self { entry, name, digest, uses_secrets: true, uses_network: true }
    }

    /// The name of its file, without the ending; of its directory, if that was named.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What tells it from all other actions: the SHA-256 of its WebAssembly, or of the names and hashes of all modules of a
    /// script, in hex. What a script reads besides is not part of it.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// How it is started; [`Kind::Script`] of Python, which tells it only when it runs.
    pub fn kind(&self) -> Kind {
        self.entry.kind().unwrap_or(Kind::Script)
    }

    /// What the guest is told to be called.
    pub(crate) fn program(&self) -> &str {
        match &self.entry {
            Entry::Script(script) => script.script.file(),
            Entry::Command(_) | Entry::Module(_) | Entry::Typed(_) => &self.name,
        }
    }

    /// Whether the action imports `um:action/secrets`, or another host's interface in its place, so that its runs need a
    /// workspace.
    pub fn uses_secrets(&self) -> bool {
        self.uses_secrets
    }

    /// Whether the action imports `wasi:http/outgoing-handler`, so that its runs need what their workspace allows.
    pub fn uses_network(&self) -> bool {
        self.uses_network
    }
}

impl Entry {
    /// That runs it.
    pub fn engine(&self) -> &Engine {
        match self {
            Self::Command(command) => command.engine(),
            Self::Module(module) => module.module().engine(),
            Self::Typed(action) => action.engine(),
            Self::Script(script) => script.runner.engine(),
        }
    }

    /// Command or typed, where that is known before the action runs.
    pub fn kind(&self) -> Option<Kind> {
        match self {
            Self::Command(_) | Self::Module(_) => Some(Kind::Command),
            Self::Typed(_) => Some(Kind::Typed),
            Self::Script(_) => None,
        }
    }
}

impl PythonScript {
    /// Where the guest finds it.
    pub fn path(&self) -> String {
        format!("{FOLDER}/{}", self.script.file())
    }
}

/// What a command begins with takes nothing and returns nothing.
fn check_start(module: &Module) -> Result<(), LoadError> {
    match module.get_export("_start") {
        Some(ExternType::Func(start)) if start.params().len() == 0 && start.results().len() == 0 => Ok(()),
        _ => Err(LoadError::NoEntry(Entryless::Library)),
    }
}

fn component_entry(component: &Component, kind: Kind, linker: &Linker<State>) -> Result<Entry, LoadError> {
    let linked = linker.instantiate_pre(component).map_err(refused)?;
    let entry = match kind {
        Kind::Command => CommandPre::new(linked).map(Entry::Command),
        _ => ActionPre::new(linked).map(Entry::Typed),
    };
    entry.map_err(refused)
}

fn imports_network(component: &Component, engine: &Engine) -> bool {
    component.component_type().imports(engine).any(|(name, _)| name.starts_with("wasi:http/outgoing-handler@"))
}
