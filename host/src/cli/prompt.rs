//! What somebody types: a secret's value, which is not shown, and the answer to a question.
//!
//! Guarantees: nothing of a value that is typed or pasted is shown, from before the prompt stands until after the last
//! key; what is stored is what was typed, or nothing; a signal ends the wait, or stops us, with the terminal left as it was.

mod line;
mod silence;

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use rustix::process;
use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::SignalKind;
use um_base::detached;
use um_secret::{MAX_VALUE_BYTES, SecretValue};

use crate::cli::exit::{Exit, Signal};
use crate::cli::failure::{Failure, OrFail};
use crate::cli::progress::{self, during};
use crate::cli::signals::{Arrivals, Signals};
use crate::cli::ui::{self, Ui};
use crate::cli::value::too_long;

use line::Typed;
use silence::Silence;

/// Asks for the value at the terminal.
pub fn value(what: &str) -> Result<SecretValue, Failure> {
    let wait = Wait::prepare()?;
    let mut stops = wait.stops()?;
    let silence = Silence::begin().map_err(unreadable)?;
    let prompt = format!("um-host: {what} (hidden): ");
    silence.say(&prompt).map_err(unreadable)?;
    let terminal = silence.terminal().map_err(unreadable)?;
    let prompts = Arc::new(AtomicU32::new(0));
    let asked = Arc::clone(&prompts);
    let pauses = async {
        loop {
            if stops.next().await {
                silence.suspend();
                // What cannot be done at a terminal that has gone away, the reading tells.
            } else if silence.resume().is_ok_and(|ours| ours) {
                prompts.fetch_add(1, Ordering::AcqRel);
                let _ = silence.say(&format!("\n{prompt}"));
            }
        }
    };
    let typed = wait.unless_stopped(move || line::read(&terminal, MAX_VALUE_BYTES, &asked), pauses);
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
    let answer = Wait::prepare()?.unless_stopped(move || ui.ask(question), std::future::pending());
    if answer.is_err() {
        // The terminal shows `^C` and leaves the line open.
        ui::say("");
    }
    answer?.or_fail(Exit::Host)
}

/// Does what somebody was asked about, which may have to wait for others, or for a signal: those that a prompt has taken
/// over would do nothing any more. What is under way then is left where it is, as by a signal that nobody takes.
pub fn unless_stopped<T: Send + 'static>(
    what: String,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Failure> {
    let wait = Wait::prepare()?;
    let mut stops = wait.stops()?;
    let pauses = async {
        loop {
            if stops.next().await {
                drop(progress::make_way());
                silence::stop();
            }
        }
    };
    during(what, || wait.unless_stopped(work, pauses))
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
        let signals = threads.block_on(async { Signals::listen_to_all() }).map_err(unreadable)?;
        Ok(Self { threads, signals })
    }

    /// Takes over the signals that stop and continue us, too.
    fn stops(&self) -> Result<Stops, Failure> {
        self.threads.block_on(async { Stops::listen() }).map_err(unreadable)
    }

    /// Waits for what `wait` comes to, with `pauses` beside it, or for a signal.
    fn unless_stopped<T: Send + 'static>(
        self,
        wait: impl FnOnce() -> T + Send + 'static,
        pauses: impl Future<Output = ()>,
    ) -> Result<T, Failure> {
        let Self { threads, signals } = self;
        let ended = threads.block_on(async {
            tokio::select! {
                ended = detached(wait) => Ok(ended),
                signal = signals.urgent() => Err(Failure::silent(Exit::Stopped(signal))),
                () = pauses => unreachable!("there is always one more pause"),
            }
        });
        // Whoever still waits for a key does so until the process ends.
        threads.shutdown_background();
        ended
    }
}

/// The signals of job control.
struct Stops {
    stopped: [Arrivals; 3],
    continued: Arrivals,
}

impl Stops {
    fn listen() -> io::Result<Self> {
        let take = |signal: process::Signal| Arrivals::take(SignalKind::from_raw(signal.as_raw()));
        let stopped = [take(process::Signal::TSTP)?, take(process::Signal::TTIN)?, take(process::Signal::TTOU)?];
        Ok(Self { stopped, continued: take(process::Signal::CONT)? })
    }

    /// Whether the next one asks us to stop; else we go on.
    async fn next(&mut self) -> bool {
        let [typed, input, output] = &mut self.stopped;
        tokio::select! {
            () = typed.next() => true,
            () = input.next() => true,
            () = output.next() => true,
            () = self.continued.next() => false,
        }
    }
}

fn unreadable(error: io::Error) -> Failure {
    Failure::new(Exit::Host, anyhow::Error::new(error).context("the terminal could not be read"))
        .hint("pipe the value to stdin, or use --from-file FILE")
}
