//! Reads from what the engine came back with how a run ended, and filters whatever text the guest put into it.

use wasmtime::Trap;
use wasmtime::component::ResourceTableError;
use wasmtime_wasi::I32Exit;
use zeroize::Zeroizing;

use crate::engine::machine::shortage;
use crate::guest::bindings::runner::um::runner::script;
use crate::limits::table::{Limit, Limits};
use crate::outcome::End;
use crate::tripwire::{Stop, Tripwire};
use um_base::json::{Json, JsonError, MAX_DEPTH, MAX_TOKENS, Position};
use um_base::{Over, Shortage, Work, blocking};
use um_leak::{Filter, Ready, Stream};

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
        let over = || Ending { end: stopped(tripwire.reason(), limits), result: None };
        match self.said(tripwire.reason(), limits) {
            Said::Nothing(end) => Ending { end, result: None },
            Said::Trap(error) => match filter.ready(tripwire.work()).await {
                Ok(ready) => Ending { end: trapped(&error, ready), result: None },
                Err(_) => over(),
            },
            Said::Text(returned) if text(&returned).len() <= LARGE_BYTES => match filter.ready(tripwire.work()).await {
                Ok(ready) => typed(returned, ready, limits, tripwire),
                Err(_) => over(),
            },
            Said::Text(returned) => {
                let (filter, own, wire) = (filter.clone(), limits.clone(), tripwire.clone());
                let read = move || Ok(typed(returned, filter.ready_here(wire.work())?, &own, &wire));
                blocking(tripwire.work(), read).await.flatten().unwrap_or_else(|_: Over| over())
            }
        }
    }

    /// Whether it came to nothing since the machine had no more of something, which no guest can bring about alone.
    pub fn shortage(&self) -> Option<Shortage> {
        match self {
            Self::Command(Err(error)) | Self::Typed(Err(error)) | Self::Script(Err(error)) => shortage(error),
            _ => None,
        }
    }

    /// What the guest has to say at its end.
    fn said(self, reason: Option<Stop>, limits: &Limits) -> Said {
        match (self, reason) {
            // Whatever else the engine says is a consequence.
            (_, Some(stop)) | (Self::Stopped(stop), None) => Said::Nothing(stopped(Some(stop), limits)),
            (Self::Command(Ok(Ok(()))), None) => Said::Nothing(End::Completed),
            (Self::Command(Ok(Err(()))), None) => Said::Nothing(End::Exited { code: 1 }),
            (Self::Script(Ok(script::Ending::Exited(code))), None) => Said::Nothing(exited(code)),
            (Self::Command(Err(error)) | Self::Typed(Err(error)) | Self::Script(Err(error)), None) => {
                match error.downcast_ref::<I32Exit>() {
                    Some(exit) => Said::Nothing(exited(u8::try_from(exit.0).unwrap_or(1))),
                    None => match met(&error) {
                        Some(limit) => Said::Nothing(exceeded(limit, limits)),
                        None => Said::Trap(error),
                    },
                }
            }
            (Self::Typed(Ok(returned)), None) => Said::Text(returned),
            (Self::Script(Ok(script::Ending::Returned(text))), None) => Said::Text(Ok(text)),
            (Self::Script(Ok(script::Ending::Failed(text))), None) => Said::Text(Err(text)),
        }
    }
}

/// What a guest has to say at its end; of a run that says nothing no value is looked for.
enum Said {
    Nothing(End),
    Trap(wasmtime::Error),
    /// A result or an error.
    Text(Result<String, String>),
}

fn text(returned: &Result<String, String>) -> &str {
    let (Ok(text) | Err(text)) = returned;
    text
}

/// How a run ended that was not left to its guest.
pub(crate) fn stopped(stop: Option<Stop>, limits: &Limits) -> End {
    match stop {
        Some(Stop::Limit(limit)) => exceeded(limit, limits),
        Some(Stop::OutputClosed) => End::OutputClosed,
        // The last three are told as errors before anybody reads this.
        Some(Stop::Interrupted | Stop::Abandoned | Stop::ArgsForTyped | Stop::NoStore | Stop::Shortage(_)) | None => {
            End::Interrupted
        }
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
fn typed(returned: Result<String, String>, ready: Ready<'_>, limits: &Limits, tripwire: &Tripwire) -> Ending {
    if text(&returned).len() as u64 > limits.result {
        return Ending { end: exceeded(Limit::Result, limits), result: None };
    }
    let shown = match returned.map(Zeroizing::new).map_err(Zeroizing::new) {
        Err(message) => Err(ready.text(Stream::Error, &message)),
        Ok(text) => match result(&text, ready, tripwire.work()) {
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

fn result(text: &str, ready: Ready<'_>, work: &Work) -> Result<Json, JsonError> {
    let _held = work.hold(text.len() as u64)?;
    ready.json(Stream::Result, text, work)
}

/// What is wrong with a result, to go on with its name.
fn told(fault: JsonError) -> String {
    match fault {
        JsonError::Depth(Position { line, column }) => format!(
            "is nested too deeply (line {line}, column {column}); it may have {MAX_DEPTH} levels of lists and objects"
        ),
        JsonError::Tokens(Position { line, column }) => format!(
            "has too many parts (line {line}, column {column}); it may have {MAX_TOKENS} keys, values and brackets"
        ),
        JsonError::Unexpected(Position { line, column }) | JsonError::Unfinished(Position { line, column }) => {
            format!("is not JSON (line {line}, column {column})")
        }
        fault => fault.to_string(),
    }
}

/// The limit that the engine keeps by itself and that an error says was met. For two of them it has words alone.
fn met(error: &wasmtime::Error) -> Option<Limit> {
    let said = || error.root_cause().to_string();
    match (error.downcast_ref(), error.downcast_ref()) {
        (Some(Trap::OutOfFuel), _) => Some(Limit::Fuel),
        (Some(Trap::StackOverflow), _) => Some(Limit::Stack),
        (_, Some(ResourceTableError::Full)) => Some(Limit::Resources),
        (None, None) if said().contains("store handle limit exceeded") => Some(Limit::Handles),
        (None, None) if said().contains("instance count too high") => Some(Limit::Instances),
        _ => None,
    }
}

/// How a guest ended that left without returning, and not by its own exit.
fn trapped(error: &wasmtime::Error, ready: Ready<'_>) -> End {
    let reason = match error.downcast_ref::<Trap>() {
        Some(Trap::UnreachableCodeReached) => {
            "the guest gave up (panic or abort); its standard error may say why".to_owned()
        }
        Some(trap) => trap.to_string(),
        None => error.root_cause().to_string(),
    };
    let mut reason = ready.text(Stream::Trap, &reason);
    reason.truncate(reason.floor_char_boundary(MAX_TRAP_BYTES));
    End::Trapped { reason }
}
