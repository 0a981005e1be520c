//! What a host and the process that compiles for it say to each other: arguments there, and on the way back a mark, the
//! length of an answer, the answer as JSON, and the compiled code.

use std::ffi::OsString;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::limits::CompileLimits;
use crate::action::error::{Entryless, LoadError};
use crate::action::kind::Kind;
use crate::engine::machine::Form;

/// What a program is asked by to compile.
pub(super) const VERB: &str = "compile-action";
/// An answer begins so; anything else is what a process says that fails.
pub(super) const MARK: &[u8] = b"um-host compiled\n";
/// Longest answer, in bytes, without the code.
pub(super) const MAX_ANSWER: usize = 64 * 1024;
/// Longest reason and longest name in it, and most names.
const MAX_REASON: usize = 2_000;
const MAX_NAME: usize = 200;
const MAX_NAMES: usize = 100;

/// What is to be compiled, and within what.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Order {
    /// The process that asks: whoever has another parent is not waited for any more.
    pub parent: u32,
    /// Bytes of the action.
    pub size: u64,
    pub memory: u64,
    /// In seconds.
    pub cpu: u64,
    pub code: u64,
    pub counts_fuel: bool,
}

/// What came of it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Answer {
    Compiled(Facts),
    NotWasm,
    Malformed {
        reason: String,
    },
    Imports {
        names: Vec<String>,
    },
    Wasi03,
    NoEntry(Entryless),
    Uncompilable {
        reason: String,
    },
    /// It has this many bytes of code, and may not.
    TooMuchCode,
    NoMemory,
}

/// What is known of compiled code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Facts {
    pub form: Form,
    pub kind: Kind,
    pub uses_secrets: bool,
    /// Bytes of it, which follow.
    pub bytes: u64,
}

impl Order {
    /// How many arguments it is told by.
    pub const ARGUMENTS: usize = 7;

    pub fn new(limits: &CompileLimits, size: usize, counts_fuel: bool) -> Self {
        let cpu = limits.cpu.saturating_add(Duration::from_nanos(999_999_999)).as_secs();
        let (memory, code) = (limits.memory, limits.code);
        Self { parent: std::process::id(), size: size as u64, memory, cpu, code, counts_fuel }
    }

    /// Behind [`VERB`].
    pub fn numbers(&self) -> [String; 6] {
        let &Self { parent, size, memory, cpu, code, counts_fuel } = self;
        [u64::from(parent), size, memory, cpu, code, u64::from(counts_fuel)].map(|number| number.to_string())
    }

    /// What arguments ask for, if it is this.
    pub fn read(arguments: &[OsString]) -> Option<Self> {
        let [verb, numbers @ ..] = arguments else { return None };
        let numbers: Vec<u64> = numbers.iter().map(|number| number.to_str()?.parse().ok()).collect::<Option<_>>()?;
        let [parent, size, memory, cpu, code, fuel] = numbers[..] else { return None };
        let parent = u32::try_from(parent).ok()?;
        (verb == VERB).then_some(Self { parent, size, memory, cpu, code, counts_fuel: fuel != 0 })
    }
}

impl Answer {
    /// Short, whatever the action made of it.
    pub fn of(error: &LoadError) -> Self {
        match error {
            LoadError::NotWasm => Self::NotWasm,
            LoadError::Malformed { reason } => Self::Malformed { reason: cut(reason, MAX_REASON) },
            LoadError::Imports { names } => {
                Self::Imports { names: names.iter().take(MAX_NAMES).map(|name| cut(name, MAX_NAME)).collect() }
            }
            LoadError::Wasi03 => Self::Wasi03,
            LoadError::NoEntry(entryless) => Self::NoEntry(*entryless),
            LoadError::Shortage(_) => Self::NoMemory,
            error => Self::Uncompilable { reason: cut(&reason(error), MAX_REASON) },
        }
    }
}

fn reason(error: &LoadError) -> String {
    match error {
        LoadError::Compile { reason } => reason.clone(),
        error => error.to_string(),
    }
}

fn cut(text: &str, most: usize) -> String {
    match text.len() > most {
        true => format!("{}…", &text[..text.floor_char_boundary(most)]),
        false => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_is_what_is_read() {
        let limits = CompileLimits { cpu: Duration::from_millis(1_001), ..CompileLimits::default() };
        let order = Order::new(&limits, 12, true);
        assert_eq!((order.cpu, order.size), (2, 12));
        let arguments: Vec<OsString> =
            [VERB.to_owned()].into_iter().chain(order.numbers()).map(OsString::from).collect();
        assert_eq!(Order::read(&arguments), Some(order));
        assert_eq!(Order::read(&arguments[..6]), None);
        assert_eq!(Order::read(&arguments[1..]), None);
        assert_eq!(Order::read(&[]), None);
    }

    #[test]
    fn an_answer_is_short_whatever_an_action_is_called_by() {
        let names = vec!["ü".repeat(100_000); 10_000];
        for error in [LoadError::Imports { names }, LoadError::Malformed { reason: "\u{1}".repeat(1 << 20) }] {
            let answer = serde_json::to_vec(&Answer::of(&error)).unwrap();
            assert!(answer.len() <= MAX_ANSWER, "{}", answer.len());
        }
    }
}
