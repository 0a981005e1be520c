//! From a file or bytes to compiled code: from the cache where that is sure to be the same, compiled otherwise.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use super::cache::{Cache, Compiled, Origin, sha256};
use super::engines::Engines;
use crate::action::detect::Wasm;
use crate::action::error::LoadError;
use crate::action::kind::Kind;
use crate::action::load::Program;
use crate::compile::{self, Compiler, Made};
use um_base::Work;

/// What a component is loaded as: each is offered other imports.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Action,
    /// The component that runs Python scripts.
    Runner,
}

/// Loads components for the engines of one host.
pub(crate) struct Loader {
    engines: Engines,
    counts_fuel: bool,
    compiler: Compiler,
    cache: Option<Cache>,
    compilations: AtomicU64,
}

impl Loader {
    pub fn new(engines: Engines, counts_fuel: bool, compiler: Compiler, cache: Option<Cache>) -> Self {
        Self { engines, counts_fuel, compiler, cache, compilations: AtomicU64::new(0) }
    }

    /// The directory of what is kept, if anything is.
    pub fn directory(&self) -> Option<&Path> {
        self.cache.as_ref().map(Cache::directory)
    }

    /// How many components were compiled: those that no cache had.
    pub fn compilations(&self) -> u64 {
        self.compilations.load(Ordering::Relaxed)
    }

    /// How many files were hashed for the cache.
    pub fn hashed(&self) -> u64 {
        self.cache.as_ref().map_or(0, Cache::hashed)
    }

    /// Loads a file; `compiling` is told if it must be compiled. Who waits no more says so by `work`.
    pub fn file(
        &self,
        source: &Wasm,
        role: Role,
        work: &Work,
        compiling: impl FnOnce(),
    ) -> Result<Compiled, LoadError> {
        let cached = self.cache.as_ref().and_then(|cache| cache.by_stamp(&self.engines, source.file(), source.path()));
        match cached.filter(|cached| role.fits(cached.kind)) {
            Some(cached) => Ok(cached),
            None => {
                let (bytes, origin) = Origin::read(source)?;
                self.content(bytes, origin.as_ref(), role, work, compiling)
            }
        }
    }

    /// As [`file`](Self::file), of bytes that are read already.
    pub fn content(
        &self,
        bytes: Vec<u8>,
        origin: Option<&Origin>,
        role: Role,
        work: &Work,
        compiling: impl FnOnce(),
    ) -> Result<Compiled, LoadError> {
        let cached = self.cache.as_ref().and_then(|cache| cache.by_content(&self.engines, origin, &bytes));
        if let Some(cached) = cached.filter(|cached| role.fits(cached.kind)) {
            return Ok(cached);
        }
        compiling();
        let made = match role {
            Role::Action => self.compiler.compile(&self.engines, self.counts_fuel, &bytes, work)?,
            // It is our own, made of what is pinned by hash, and what it takes is known.
            Role::Runner => compile::here(&self.engines, Program::runner(bytes.clone())?)?,
        };
        self.compilations.fetch_add(1, Ordering::Relaxed);
        let Made { machine, kind, uses_secrets } = made;
        let compiled = Compiled { machine, kind, uses_secrets, sha256: sha256(&bytes) };
        if let Some(cache) = &self.cache {
            // A cache that cannot be written costs the next run its time, and nothing else.
            let _ = cache.keep(origin, bytes.len(), &compiled);
        }
        Ok(compiled)
    }
}

impl Role {
    /// An action that names the runner's own file must not be taken for it.
    fn fits(self, kind: Kind) -> bool {
        (self == Self::Runner) == (kind == Kind::Script)
    }
}
