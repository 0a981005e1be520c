//! A terminal that shows nothing of what is typed and hands on every key.

use std::fs::File;
use std::io::{self, Write};

use rustix::process::{Signal, getpid, kill_process};
use rustix::termios::{
    LocalModes, OptionalActions, QueueSelector, SpecialCodeIndex, Termios, tcflush, tcgetattr, tcsetattr,
};

use crate::cli::terminal;

/// Lasts until it is dropped. Ctrl-C is a key like the others: as a signal it would end the shell's script as well.
pub struct Silence {
    terminal: File,
    before: Termios,
    silent: Termios,
}

impl Silence {
    pub fn begin() -> io::Result<Self> {
        let terminal = File::options().read(true).write(true).open("/dev/tty")?;
        let before = tcgetattr(&terminal)?;
        let mut silent = before.clone();
        let shown = LocalModes::ECHO | LocalModes::ECHONL;
        silent.local_modes.remove(shown | LocalModes::ICANON | LocalModes::ISIG | LocalModes::IEXTEN);
        silent.special_codes[SpecialCodeIndex::VMIN] = 1;
        silent.special_codes[SpecialCodeIndex::VTIME] = 0;
        tcsetattr(&terminal, OptionalActions::Drain, &silent)?;
        Ok(Self { terminal, before, silent })
    }

    /// The same terminal for whoever reads the keys.
    pub fn terminal(&self) -> io::Result<File> {
        self.terminal.try_clone()
    }

    /// Stops this process, as it was asked to, with the terminal as it was before. It goes on when it is continued: then
    /// [`resume`](Self::resume) is to be called.
    pub fn suspend(&self) {
        self.lift();
        stop();
    }

    /// Silences the terminal again after a stop, whoever stopped us; gives whether it is ours to read from. In the
    /// background it is not: then we stop once more, as whoever reads from it there.
    pub fn resume(&self) -> io::Result<bool> {
        if !terminal::is_ours(&self.terminal) {
            stop();
            return Ok(false);
        }
        tcsetattr(&self.terminal, OptionalActions::Drain, &self.silent)?;
        Ok(true)
    }

    /// Gives the terminal back. What the shell has done with one that is its own now is left as it is.
    fn lift(&self) {
        if terminal::is_ours(&self.terminal) {
            // Keys that nobody read would go to the shell, which would show them and even run them.
            let _ = tcflush(&self.terminal, QueueSelector::IFlush);
            let _ = tcsetattr(&self.terminal, OptionalActions::Now, &self.before);
        }
    }

    /// Shows a text of ours.
    pub fn say(&self, text: &str) -> io::Result<()> {
        (&self.terminal).write_all(text.as_bytes())
    }
}

/// Stops this process. The signal that asked for that was taken, and does nothing more by itself.
pub fn stop() {
    // Nobody may be kept from this but by a fault of the kernel's.
    let _ = kill_process(getpid(), Signal::STOP);
}

impl Drop for Silence {
    fn drop(&mut self) {
        self.lift();
    }
}
