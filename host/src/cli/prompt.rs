//! Where a secret's value is read from when somebody types it.
//!
//! Guarantees: nothing that is typed or pasted is shown, from before the prompt stands until after the last key; the
//! terminal is left as it was, after Ctrl-C too.

use std::fs::File;
use std::io::{self, ErrorKind};

use rustix::termios::{LocalModes, OptionalActions, QueueSelector, Termios, tcflush, tcgetattr, tcsetattr};
use tokio::signal::unix::{SignalKind, signal};
use um_host::secret::SecretValue;

use crate::cli::exit::{Exit, Signal};
use crate::cli::failure::{Failure, OrFail};

/// Asks for the value at the terminal.
pub fn value(what: &str) -> Result<SecretValue, Failure> {
    match typed(&format!("um-host: {what} (hidden): ")) {
        Ok(text) => SecretValue::new(text).or_fail(Exit::Usage),
        Err(error) if error.kind() == ErrorKind::Interrupted => Err(Failure::silent(Exit::Stopped(Signal::Interrupt))),
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => {
            Err(Failure::usage("no value was typed; nothing was stored"))
        }
        Err(error) => {
            Err(Failure::new(Exit::Host, anyhow::Error::new(error).context("the terminal could not be read"))
                .hint("pipe the value to stdin, or use --from-file FILE"))
        }
    }
}

fn typed(prompt: &str) -> io::Result<String> {
    let silence = Silence::begin()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    let _entered = runtime.enter();
    // rpassword answers Ctrl-C with a SIGINT to us. Caught, it becomes an error, and the terminal is put right.
    let _caught = signal(SignalKind::interrupt())?;
    let typed = rpassword::prompt_password(prompt);
    // Of a pasted text of several lines the rest would go to the shell, which would show it and even run it.
    tcflush(&silence.terminal, QueueSelector::IFlush)?;
    typed
}

/// A terminal that shows nothing of what is typed. rpassword sees to that only after its prompt stands.
struct Silence {
    terminal: File,
    before: Termios,
}

impl Silence {
    fn begin() -> io::Result<Self> {
        let terminal = File::open("/dev/tty")?;
        let before = tcgetattr(&terminal)?;
        let mut silent = before.clone();
        silent.local_modes.remove(LocalModes::ECHO | LocalModes::ECHONL);
        tcsetattr(&terminal, OptionalActions::Drain, &silent)?;
        Ok(Self { terminal, before })
    }
}

impl Drop for Silence {
    fn drop(&mut self) {
        let _ = tcsetattr(&self.terminal, OptionalActions::Drain, &self.before);
    }
}
