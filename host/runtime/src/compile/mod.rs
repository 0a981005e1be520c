//! Where an action that no cache has is compiled: in this process, or in one of its own.
//!
//! A compiler does what foreign bytes make it do. In a process of its own that costs a bounded amount of memory, time and
//! machine code, none of it this process's but the result, and what goes wrong there ends there.
//!
//! Guarantees of that process: it has no environment of ours, no directory, no key, and no descriptors but its two pipes
//! and what this process lets every program that it starts inherit; its limits hold before it reads a byte of the action;
//! it is gone when the host has what it wanted, when nobody waits any more, and when the host is gone. What it says in
//! words of its own is never shown.
//!
//! Deliberately absent: a sandbox. The process has the rights of this one's user, and what it compiles is run as it came;
//! that its results are sound is the compiler's matter, as it is in this process.

mod child;
pub(crate) mod error;
pub(crate) mod limits;
mod process;
mod wire;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::action::error::LoadError;
use crate::action::kind::Kind;
use crate::action::load::Program;
use crate::engine::engines::Engines;
use crate::engine::machine::{Machine, refused};
use crate::engine::mapping;
use um_base::Work;

pub use error::CompilerError;
pub use limits::{CompileLimit, CompileLimits};
use wire::Order;

/// What a process ends with that could not answer.
const FAILED: u8 = 125;

/// Where a host compiles actions that it does not know.
///
/// By default in the host's own process: a library cannot know a program that would do it. Then nothing bounds what an
/// action makes the compiler use, and who gives up waiting leaves a thread at work. Who loads what others wrote names a
/// program, which may be the `um-host` program of this version, or one's own that calls [`serve`](Self::serve) first.
#[derive(Clone, Debug)]
pub struct Compiler {
    program: Option<PathBuf>,
    limits: CompileLimits,
}

/// Compiled code, and what it tells about itself.
pub(crate) struct Made {
    pub machine: Machine,
    pub kind: Kind,
    pub uses_secrets: bool,
}

impl Compiler {
    /// In the host's own process.
    pub fn in_process() -> Self {
        Self { program: None, limits: CompileLimits::default() }
    }

    /// In a process of its own for each action, of a program that is um-host or calls [`serve`](Self::serve).
    /// A relative path counts from the directory that this process is in now.
    pub fn program(path: impl AsRef<Path>) -> Self {
        let path = path.as_ref();
        Self { program: Some(std::path::absolute(path).unwrap_or_else(|_| path.to_owned())), ..Self::in_process() }
    }

    /// How much a process may use. Without a program nothing is bounded.
    #[must_use]
    pub fn limits(self, limits: CompileLimits) -> Self {
        Self { limits, ..self }
    }

    /// Compiles for a host that has started this program to do so, and returns the status to end with; nothing, if the
    /// arguments say that this program was started for something else. To be called first of all, with all arguments but
    /// the program's name: before threads are started and anything is read.
    pub fn serve(arguments: impl IntoIterator<Item = OsString>) -> Option<u8> {
        let arguments: Vec<OsString> = arguments.into_iter().take(Order::ARGUMENTS + 1).collect();
        let order = Order::read(&arguments)?;
        Some(child::compile(&order).map_or(FAILED, |()| 0))
    }

    /// Compiles what has been read. Who waits no more says so by `work`.
    pub(crate) fn compile(
        &self,
        engines: &Engines,
        counts_fuel: bool,
        bytes: &[u8],
        work: &Work,
    ) -> Result<Made, LoadError> {
        let Some(program) = &self.program else { return here(engines, Program::new(bytes.to_vec())?) };
        if bytes.len() as u64 > crate::action::bounds::MAX_COMPONENT_BYTES {
            return Err(LoadError::TooLarge { bytes: bytes.len() as u64 });
        }
        let (facts, code) = process::compile(program, &self.limits, counts_fuel, bytes, work)?;
        // It tells by itself of which engine it is.
        let machine = engines.try_each(|engine| mapping::code(engine, facts.form, &code));
        let machine = machine.map_err(|_| LoadError::Compiler(CompilerError::Foreign))?;
        Ok(Made { machine, kind: facts.kind, uses_secrets: facts.uses_secrets })
    }
}

/// In this process.
pub(crate) fn here(engines: &Engines, program: Program) -> Result<Made, LoadError> {
    let machine = engines.try_each(|engine| Machine::compile(engine, &program.code)).map_err(refused)?;
    let Program { kind, uses_secrets, .. } = program;
    Ok(Made { machine, kind, uses_secrets })
}

impl Default for Compiler {
    fn default() -> Self {
        Self::in_process()
    }
}
