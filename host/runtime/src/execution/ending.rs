//! Reads from what the engine came back with how a run ended, and filters whatever text the guest put into it.

use wasmtime::Trap;
use wasmtime::component::ResourceTableError;
use wasmtime_wasi::I32Exit;
use zeroize::Zeroizing;

use crate::engine::loader::shortage;
use crate::guest::bindings::runner::um::runner::script;
use crate::guest::state::MAX_RESOURCES;
use crate::limits::table::{Limit, Limits};
use crate::outcome::End;
use crate::tripwire::{Stop, Tripwire};
use um_base::json::{Json, JsonError, MAX_DEPTH, MAX_TOKENS, Place};
use um_base::{Shortage, Work, blocking};
use um_leak::{Filter, Stream};

/// Longest trap text that is kept, in bytes. It is filtered before it is cut.
const MAX_TRAP_BYTES: usize = 1024;

/// A result of more bytes is filtered on a thread of its own.
const LARGE_BYTES: usize = 64 * 1024;

/// What the engine came back with.
pub(crate) enum Return {
    Command(wasmtime::Result<Result<(), ()>>),
    Typed(wasmtime::Result<Result<String, String>>),
    Script(wasmtime::Result<script::Ending>),
    Stopped(Stop),
}

/// How a run ended, and what it returned if it is a typed action that returned a result.
pub(crate) struct Ending {
    pub end: End,
    pub result: Option<Json>,
}

impl Return {
    /// Whether the guest came to its own end, so that what its streams still hold is complete.
    pub fn chosen(&self) -> bool {
        match self {
            Self::Command(Ok(_)) | Self::Typed(Ok(_)) | Self::Script(Ok(_)) => true,
            Self::Command(Err(error)) | Self::Typed(Err(error)) | Self::Script(Err(error)) => error.is::<I32Exit>(),
            Self::Stopped(_) => false,
        }
    }

    /// Reads the ending. What takes a thread's time, a large result, gets one of its own.
    pub async fn ending(self, filter: &Filter, limits: &Limits, tripwire: &Tripwire) -> Ending {
        if self.text().is_none_or(|text| text.len() <= LARGE_BYTES) {
            return self.read(filter, limits, tripwire);
        }
        let reading = {
            let (filter, limits, tripwire) = (filter.clone(), limits.clone(), tripwire.clone());
            move || self.read(&filter, &limits, &tripwire)
        };
        match blocking(tripwire.work(), reading).await {
            Ok(ending) => ending,
            Err(_) => Ending { end: stopped(tripwire.reason(), limits), result: None },
        }
    }

    /// Whether it came to nothing since the machine had no more of something, which no guest can bring about alone.
    pub fn shortage(&self) -> Option<Shortage> {
        match self {
            Self::Command(Err(error)) | Self::Typed(Err(error)) | Self::Script(Err(error)) => shortage(error),
            _ => None,
        }
    }

    /// The text that the guest came back with.
    fn text(&self) -> Option<&str> {
        match self {
            Self::Typed(Ok(Ok(text) | Err(text)))
            | Self::Script(Ok(script::Ending::Returned(text) | script::Ending::Failed(text))) => Some(text),
            _ => None,
        }
    }

    fn read(self, filter: &Filter, limits: &Limits, tripwire: &Tripwire) -> Ending {
        let end = match (self, tripwire.reason()) {
            // Whatever else the engine says is a consequence.
            (_, Some(stop)) | (Self::Stopped(stop), None) => stopped(Some(stop), limits),
            (Self::Command(Ok(Ok(()))), None) => End::Completed,
            (Self::Command(Ok(Err(()))), None) => End::Exited { code: 1 },
            (Self::Command(Err(error)), None) => broken_off(&error, filter),
            (Self::Typed(Err(error)), None) => broken_off(&error, filter),
            (Self::Typed(Ok(returned)), None) => return typed(returned, filter, limits, tripwire),
            (Self::Script(Err(error)), None) => broken_off(&error, filter),
            (Self::Script(Ok(script::Ending::Exited(code))), None) => exited(code),
            (Self::Script(Ok(script::Ending::Returned(text))), None) => {
                return typed(Ok(text), filter, limits, tripwire);
            }
            (Self::Script(Ok(script::Ending::Failed(text))), None) => {
                return typed(Err(text), filter, limits, tripwire);
            }
        };
        Ending { end, result: None }
    }
}

/// How a run ended that was not left to its guest.
pub(crate) fn stopped(stop: Option<Stop>, limits: &Limits) -> End {
    match stop {
        Some(Stop::Limit(limit)) => exceeded(limit, limits),
        Some(Stop::OutputClosed) => End::OutputClosed,
        // The last two are told as errors before anybody reads this.
        Some(Stop::Interrupted | Stop::Abandoned | Stop::ArgsForTyped | Stop::Shortage(_)) | None => End::Interrupted,
    }
}

fn exited(code: u8) -> End {
    match code {
        0 => End::Completed,
        code => End::Exited { code },
    }
}

fn exceeded(limit: Limit, limits: &Limits) -> End {
    End::Limit { limit, allowed: limits.show(limit) }
}

/// What a typed action returned. Size is counted before the filter.
fn typed(returned: Result<String, String>, filter: &Filter, limits: &Limits, tripwire: &Tripwire) -> Ending {
    let (Ok(text) | Err(text)) = &returned;
    if text.len() as u64 > limits.result {
        return Ending { end: exceeded(Limit::Result, limits), result: None };
    }
    let shown = match returned.map(Zeroizing::new).map_err(Zeroizing::new) {
        Err(message) => Err(filter.text(Stream::Error, &message)),
        Ok(text) => match result(&text, filter, tripwire.work()) {
            Ok(result) => Ok(result),
            Err(JsonError::Over(_)) => {
                let end = stopped(tripwire.reason(), limits);
                return Ending { end, result: None };
            }
            Err(fault) => Err(format!("the action's result {}", told(fault))),
        },
    };
    match shown {
        Ok(result) => Ending { end: End::Completed, result: Some(result) },
        Err(message) => Ending { end: End::Failed { message }, result: None },
    }
}

fn result(text: &str, filter: &Filter, work: &Work) -> Result<Json, JsonError> {
    let _held = work.hold(text.len() as u64)?;
    filter.json(Stream::Result, text, work)
}

/// What is wrong with a result, to go on with its name.
fn told(fault: JsonError) -> String {
    match fault {
        JsonError::Depth(Place { line, column }) => format!(
            "is nested too deeply (line {line}, column {column}); it may have {MAX_DEPTH} levels of lists and objects"
        ),
        JsonError::Tokens(Place { line, column }) => format!(
            "has too many parts (line {line}, column {column}); it may have {MAX_TOKENS} keys, values and brackets"
        ),
        JsonError::Unexpected(Place { line, column }) | JsonError::Unfinished(Place { line, column }) => {
            format!("is not JSON (line {line}, column {column})")
        }
        fault => fault.to_string(),
    }
}

/// How a guest left without returning: by its own exit, or by a trap.
fn broken_off(error: &wasmtime::Error, filter: &Filter) -> End {
    if let Some(exit) = error.downcast_ref::<I32Exit>() {
        return exited(u8::try_from(exit.0).unwrap_or(1));
    }
    let reason = match error.downcast_ref::<Trap>() {
        Some(Trap::UnreachableCodeReached) => {
            "the guest gave up (panic or abort); its standard error may say why".to_owned()
        }
        Some(Trap::StackOverflow) => "the guest's calls went too deep (stack overflow)".to_owned(),
        Some(trap) => trap.to_string(),
        None if matches!(error.downcast_ref(), Some(ResourceTableError::Full)) => format!(
            "the guest holds {MAX_RESOURCES} streams, answers and files of the host, which is as many as it may; let go of \
             each when it is through: read answers to their end or drop them"
        ),
        None => error.root_cause().to_string(),
    };
    let mut reason = filter.text(Stream::Trap, &reason);
    reason.truncate(reason.floor_char_boundary(MAX_TRAP_BYTES));
    End::Trapped { reason }
}
