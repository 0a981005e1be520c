//! What somebody types: a secret's value, which is not shown, and the answer to a question.
//!
//! Guarantees: nothing of a value that is typed or pasted is shown, from before the prompt stands until after the last
//! key; what is stored is what was typed, or nothing; a signal ends the wait with the terminal left as it was.

mod line;
mod silence;

use std::io;

use tokio::runtime::{Builder, Runtime};
use um_host::base::detached;
use um_host::secret::{MAX_VALUE_BYTES, SecretValue};

use crate::cli::exit::{Exit, Signal};
use crate::cli::failure::{Failure, OrFail};
use crate::cli::signals::Signals;
use crate::cli::ui::{self, Ui};
use crate::cli::value::too_long;

use line::Typed;
use silence::Silence;

/// Asks for the value at the terminal.
pub fn value(what: &str) -> Result<SecretValue, Failure> {
    let wait = Wait::prepare()?;
    let silence = Silence::begin().map_err(unreadable)?;
    silence.say(&format!("um-host: {what} (hidden): ")).map_err(unreadable)?;
    let terminal = silence.terminal().map_err(unreadable)?;
    let typed = wait.unless_stopped(move || line::read(&terminal, MAX_VALUE_BYTES));
    // The key that ended the line was not shown either.
    let _ = silence.say("\n");
    drop(silence);
    match typed?.map_err(unreadable)? {
        Typed::Line(bytes) => SecretValue::from_bytes(bytes).or_fail(Exit::Usage),
        Typed::Nothing => Err(Failure::usage("no value was typed; nothing was stored")),
        Typed::CtrlC => Err(Failure::silent(Exit::Stopped(Signal::Interrupt))),
        Typed::TooLong => Err(too_long()),
        Typed::SeveralLines => Err(Failure::usage("the paste has several lines; nothing was stored")
            .hint("give a value of several lines with --from-file FILE, or pipe it to stdin")),
        Typed::Unprintable => {
            Err(Failure::usage("a key was pressed that is no text, such as an arrow; nothing was stored")
                .hint("type it again; a value that holds control characters can be given with --from-file FILE"))
        }
    }
}

/// Asks a question that only `y` or `yes` answers with yes.
pub fn confirm(question: String, ui: Ui) -> Result<bool, Failure> {
    let answer = Wait::prepare()?.unless_stopped(move || ui.ask(question));
    if answer.is_err() {
        // The terminal shows `^C` and leaves the line open.
        ui::say("");
    }
    answer?.or_fail(Exit::Host)
}

/// Waits for somebody at the terminal, or for a signal.
struct Wait {
    threads: Runtime,
    signals: Signals,
}

impl Wait {
    /// From now on a signal is kept until the wait begins: the terminal may be silenced in between.
    fn prepare() -> Result<Self, Failure> {
        let threads = Builder::new_current_thread().enable_all().build().map_err(unreadable)?;
        let signals = threads.block_on(async { Signals::listen() }).map_err(unreadable)?;
        Ok(Self { threads, signals })
    }

    fn unless_stopped<T: Send + 'static>(self, wait: impl FnOnce() -> T + Send + 'static) -> Result<T, Failure> {
        let Self { threads, signals } = self;
        let ended = threads.block_on(async {
            tokio::select! {
                ended = detached(wait) => Ok(ended),
                signal = signals.urgent() => Err(Failure::silent(Exit::Stopped(signal))),
            }
        });
        // Whoever still waits for a key does so until the process ends.
        threads.shutdown_background();
        ended
    }
}

fn unreadable(error: io::Error) -> Failure {
    Failure::new(Exit::Host, anyhow::Error::new(error).context("the terminal could not be read"))
        .hint("pipe the value to stdin, or use --from-file FILE")
}
