//! Where a secret's value is read from when somebody types it.
//!
//! Guarantees: nothing that is typed or pasted is shown, from before the prompt stands until after the last key; the
//! terminal is left as it was, after a signal too.

use std::fs::File;
use std::io::{self, ErrorKind};
use std::panic::resume_unwind;

use rustix::termios::{
    LocalModes, OptionalActions, QueueSelector, SpecialCodeIndex, Termios, tcflush, tcgetattr, tcsetattr,
};
use tokio::runtime::Builder;
use tokio::task::spawn_blocking;
use um_host::secret::SecretValue;

use crate::cli::exit::{Exit, Signal};
use crate::cli::failure::{Failure, OrFail};
use crate::cli::signals::Signals;

/// Asks for the value at the terminal.
pub fn value(what: &str) -> Result<SecretValue, Failure> {
    let silence = Silence::begin().map_err(unreadable)?;
    let typed = typed(format!("um-host: {what} (hidden): "));
    // Of a pasted text of several lines the rest would go to the shell, which would show it and even run it.
    let _ = tcflush(&silence.terminal, QueueSelector::IFlush);
    drop(silence);
    SecretValue::new(typed?).or_fail(Exit::Usage)
}

/// What is typed until Enter. A signal ends the wait in order; so does Ctrl-C, which rpassword makes one.
fn typed(prompt: String) -> Result<String, Failure> {
    let threads = Builder::new_current_thread().enable_all().build().map_err(unreadable)?;
    let typed = threads.block_on(async {
        let signals = Signals::listen().map_err(unreadable)?;
        tokio::select! {
            typed = spawn_blocking(|| rpassword::prompt_password(prompt)) => match typed {
                Ok(Ok(text)) => Ok(text),
                Ok(Err(error)) if error.kind() == ErrorKind::Interrupted => {
                    Err(Failure::silent(Exit::Stopped(Signal::Interrupt)))
                }
                Ok(Err(error)) if error.kind() == ErrorKind::UnexpectedEof => {
                    Err(Failure::usage("no value was typed; nothing was stored"))
                }
                Ok(Err(error)) => Err(unreadable(error)),
                Err(failed) => resume_unwind(failed.into_panic()),
            },
            signal = signals.urgent() => Err(Failure::silent(Exit::Stopped(signal))),
        }
    });
    // Whoever still waits for a key does so until the process ends.
    threads.shutdown_background();
    typed
}

fn unreadable(error: io::Error) -> Failure {
    Failure::new(Exit::Host, anyhow::Error::new(error).context("the terminal could not be read"))
        .hint("pipe the value to stdin, or use --from-file FILE")
}

/// A terminal that shows nothing of what is typed and hands on every key, Ctrl-C too. rpassword asks for the same, but only
/// after its prompt stands: what is typed in between would be shown, and Ctrl-C would end the shell's script as well.
struct Silence {
    terminal: File,
    before: Termios,
}

impl Silence {
    fn begin() -> io::Result<Self> {
        let terminal = File::open("/dev/tty")?;
        let before = tcgetattr(&terminal)?;
        let mut silent = before.clone();
        silent.local_modes.remove(LocalModes::ECHO | LocalModes::ECHONL | LocalModes::ICANON | LocalModes::ISIG);
        silent.special_codes[SpecialCodeIndex::VMIN] = 1;
        silent.special_codes[SpecialCodeIndex::VTIME] = 0;
        tcsetattr(&terminal, OptionalActions::Drain, &silent)?;
        Ok(Self { terminal, before })
    }
}

impl Drop for Silence {
    fn drop(&mut self) {
        let _ = tcsetattr(&self.terminal, OptionalActions::Drain, &self.before);
    }
}
