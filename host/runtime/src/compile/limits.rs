//! How much compiling one action may use, where it takes place in a process of its own.

use std::fmt;
use std::time::Duration;

use crate::limits::text::{LimitError, parse_duration, parse_size, show_milliseconds, show_size};

const MIB: u64 = 1024 * 1024;
/// The compiler itself and its threads need some.
const LEAST_MEMORY: u64 = 64 * MIB;

/// The limits of compiling one action. Hitting one is the action's matter: it is not loaded, and the next one is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CompileLimits {
    /// Memory of the process, in bytes. Default 2 GiB; 64 MiB is the least.
    pub memory: u64,
    /// Processor time of all its threads, counted in whole seconds. Default 5 min.
    pub cpu: Duration,
    /// Time from start to end. Default 10 min.
    pub wall: Duration,
    /// Bytes that an action may be compiled to. Default 512 MiB.
    pub code: u64,
}

/// Names one of the limits: in an option, in a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CompileLimit {
    /// [`CompileLimits::memory`]
    Memory,
    /// [`CompileLimits::cpu`]
    Cpu,
    /// [`CompileLimits::wall`]
    Wall,
    /// [`CompileLimits::code`]
    Code,
}

impl Default for CompileLimits {
    fn default() -> Self {
        Self { memory: 2048 * MIB, cpu: Duration::from_secs(300), wall: Duration::from_secs(600), code: 512 * MIB }
    }
}

impl CompileLimits {
    /// Sets a limit from the text of an option.
    ///
    /// # Errors
    /// [`LimitError`]: a value that does not parse, or that is too low.
    pub fn set(&mut self, limit: CompileLimit, value: &str) -> Result<(), LimitError> {
        match limit {
            CompileLimit::Memory => self.memory = at_least(limit, parse_size(value)?, LEAST_MEMORY)?,
            CompileLimit::Code => self.code = at_least(limit, parse_size(value)?, 1)?,
            CompileLimit::Cpu => self.cpu = some_time(limit, value)?,
            CompileLimit::Wall => self.wall = some_time(limit, value)?,
        }
        Ok(())
    }

    /// The value of a limit as it stands in messages.
    pub fn show(&self, limit: CompileLimit) -> String {
        let time = |time: Duration| show_milliseconds(u64::try_from(time.as_millis()).unwrap_or(u64::MAX));
        match limit {
            CompileLimit::Memory => show_size(self.memory),
            CompileLimit::Code => show_size(self.code),
            CompileLimit::Cpu => time(self.cpu),
            CompileLimit::Wall => time(self.wall),
        }
    }
}

impl CompileLimit {
    /// Every limit, in the order in which they are listed.
    pub const ALL: [Self; 4] = [Self::Memory, Self::Cpu, Self::Wall, Self::Code];

    /// What it is called in options and messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Memory => "compile-memory",
            Self::Cpu => "compile-cpu",
            Self::Wall => "compile-wall",
            Self::Code => "compile-code",
        }
    }

    /// The limit of this name, if there is one.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|limit| limit.name() == name)
    }
}

impl fmt::Display for CompileLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

fn some_time(limit: CompileLimit, value: &str) -> Result<Duration, LimitError> {
    match parse_duration(value)? {
        Duration::ZERO => Err(LimitError::Zero { name: limit.name() }),
        time => Ok(time),
    }
}

fn at_least(limit: CompileLimit, bytes: u64, least: u64) -> Result<u64, LimitError> {
    match bytes < least {
        true => Err(LimitError::TooLow { name: limit.name(), least: show_size(least) }),
        false => Ok(bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_limit_can_be_set_by_its_name_and_is_more_than_nothing() {
        let mut limits = CompileLimits::default();
        for limit in CompileLimit::ALL {
            let (value, nothing) = match limit {
                CompileLimit::Memory | CompileLimit::Code => ("96MiB", "0"),
                CompileLimit::Cpu | CompileLimit::Wall => ("96s", "0s"),
            };
            assert_eq!(CompileLimit::by_name(limit.name()), Some(limit));
            limits.set(limit, value).unwrap();
            assert!(limits.show(limit).starts_with("96 "), "{limit}: {}", limits.show(limit));
            assert!(limits.set(limit, nothing).is_err(), "{limit}");
        }
        let error = limits.set(CompileLimit::Memory, "63MiB").unwrap_err();
        assert_eq!(error.to_string(), "the limit `compile-memory` must be at least 64 MiB");
    }
}
