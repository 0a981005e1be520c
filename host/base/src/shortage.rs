//! What a machine, or the limits that a process was started with, may have no more of.
//!
//! Guarantees: it goes by the numbers of the operating system alone. What a guest does wrong has none of these.

use std::error::Error;
use std::fmt;
use std::io;

use rustix::io::Errno;

use crate::coded;

/// What there was no more of, for this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Shortage {
    /// Memory.
    Memory,
    /// Threads, or processes.
    Threads,
    /// Descriptors of open files.
    Files,
}

coded! { Shortage:
    Self::Memory => Unavailable "shortage-memory",
    Self::Threads => Unavailable "shortage-threads",
    Self::Files => Unavailable "shortage-files",
}

impl Shortage {
    /// Whether an error, or what caused it, is that something ran out.
    pub fn of(error: &(dyn Error + 'static)) -> Option<Self> {
        let mut next = Some(error);
        while let Some(cause) = next {
            let system = cause.downcast_ref::<Errno>().copied();
            let standard = || {
                let error = cause.downcast_ref::<io::Error>()?;
                let memory = (error.kind() == io::ErrorKind::OutOfMemory).then_some(Errno::NOMEM);
                error.raw_os_error().map(Errno::from_raw_os_error).or(memory)
            };
            if let Some(shortage) = system.or_else(standard).and_then(Self::of_number) {
                return Some(shortage);
            }
            next = cause.source();
        }
        None
    }

    fn of_number(number: Errno) -> Option<Self> {
        match number {
            Errno::NOMEM => Some(Self::Memory),
            Errno::AGAIN => Some(Self::Threads),
            Errno::MFILE | Errno::NFILE => Some(Self::Files),
            _ => None,
        }
    }
}

/// What is missing, and what to raise.
impl fmt::Display for Shortage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Memory => {
                "this machine gives um-host no more memory or address space; a run reserves some 5 GiB of addresses for \
                 each memory of its action, which it does not use: lift `ulimit -v` and `ulimit -d` (to `unlimited`), or \
                 raise vm.max_map_count if very many runs are under way"
            }
            Self::Threads => {
                "this machine gives um-host no more threads; raise `ulimit -u`, or the limit of processes (`pids.max`) \
                 of the container or service"
            }
            Self::Files => "this machine lets um-host open no more files; raise `ulimit -n`",
        })
    }
}

impl Error for Shortage {}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("a layer")]
    struct Layer(#[source] io::Error);

    #[test]
    fn what_ran_out_is_found_below_other_errors_and_nothing_else_is_taken_for_it() {
        let layer = |number: Errno| Layer(number.into());
        for (number, shortage) in
            [(Errno::NOMEM, Shortage::Memory), (Errno::AGAIN, Shortage::Threads), (Errno::MFILE, Shortage::Files)]
        {
            assert_eq!(Shortage::of(&layer(number)), Some(shortage));
            assert_eq!(Shortage::of(&number), Some(shortage));
        }
        assert_eq!(Shortage::of(&layer(Errno::NOENT)), None);
        assert_eq!(Shortage::of(&Layer(io::Error::other("Cannot allocate memory"))), None, "words do not count");
    }
}
