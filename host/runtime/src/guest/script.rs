//! Python scripts: how a run gets to know what a script is, and the folder that the script sees.
//!
//! The interface `um:runner/script` is linked for the Python runner alone. The runner tells by it, before any of the
//! author's code runs, whether the script is a command or typed.

use std::sync::{Arc, OnceLock};

use wasmtime::component::{HasSelf, Linker};

use super::bindings::runner::um::runner::script as wit;
use crate::action::kind::Kind;
use crate::tripwire::{RunOver, Stop, Tripwire};

/// Where the guest finds the script and what lies beside it.
pub(crate) const FOLDER: &str = "/action";

/// Who wants to know how the action is started.
pub(crate) type Listener = Box<dyn FnOnce(Kind) + Send>;

/// How the run's action is started: known from the beginning, or told by the script.
#[derive(Clone, Default)]
pub(crate) struct Declared(Arc<OnceLock<Word>>);

/// What was said of it.
#[derive(Clone, Copy)]
struct Word {
    kind: Kind,
    bare: bool,
}

impl Declared {
    pub fn kind(&self) -> Kind {
        self.0.get().map_or(Kind::Script, |word| word.kind)
    }

    /// Whether it is a script that defines nothing to be called, and calls no `main` of its own.
    pub fn is_bare(&self) -> bool {
        self.0.get().is_some_and(|word| word.bare)
    }
}

/// What a run does when it gets to know how its action is started.
pub(crate) struct Declaration {
    declared: Declared,
    listener: Option<Listener>,
    has_args: bool,
    tripwire: Tripwire,
}

impl Declaration {
    pub fn new(declared: Declared, listener: Option<Listener>, has_args: bool, tripwire: Tripwire) -> Self {
        Self { declared, listener, has_args, tripwire }
    }

    /// Takes the first word on it; ends the run if that does not fit what it was started with.
    pub fn declare(&mut self, kind: Kind) -> wasmtime::Result<()> {
        self.take(Word { kind, bare: false })
    }

    /// What ends the run.
    pub(super) fn tripwire(&self) -> &Tripwire {
        &self.tripwire
    }

    fn take(&mut self, word: Word) -> wasmtime::Result<()> {
        let kind = word.kind;
        if self.declared.0.set(word).is_err() {
            return Ok(());
        }
        if kind == Kind::Typed && self.has_args {
            self.tripwire.trip(Stop::ArgsForTyped);
            return Err(RunOver.into());
        }
        if let Some(listener) = self.listener.take() {
            listener(kind);
        }
        Ok(())
    }
}

impl wit::Host for Declaration {
    async fn declare(&mut self, kind: wit::Kind, bare: bool) -> wasmtime::Result<()> {
        let kind = match kind {
            wit::Kind::Command => Kind::Command,
            wit::Kind::Typed => Kind::Typed,
        };
        self.take(Word { kind, bare })
    }

    async fn remaining(&mut self) -> wasmtime::Result<u64> {
        Ok(u64::try_from(self.tripwire.work().remaining().as_millis()).unwrap_or(u64::MAX))
    }
}

/// Links `um:runner/script`.
pub(crate) fn add_to_linker<T: Send + 'static>(
    linker: &mut Linker<T>,
    declaration: fn(&mut T) -> &mut Declaration,
) -> wasmtime::Result<()> {
    wit::add_to_linker::<T, HasSelf<Declaration>>(linker, declaration)
}
