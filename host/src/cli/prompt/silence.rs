//! A terminal that shows nothing of what is typed and hands on every key.

use std::fs::File;
use std::io::{self, Write};

use rustix::termios::{
    LocalModes, OptionalActions, QueueSelector, SpecialCodeIndex, Termios, tcflush, tcgetattr, tcsetattr,
};

/// Lasts until it is dropped. Ctrl-C is a key like the others: as a signal it would end the shell's script as well.
pub struct Silence {
    terminal: File,
    before: Termios,
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
        Ok(Self { terminal, before })
    }

    /// The same terminal for whoever reads the keys.
    pub fn terminal(&self) -> io::Result<File> {
        self.terminal.try_clone()
    }

    /// Shows a text of ours.
    pub fn say(&self, text: &str) -> io::Result<()> {
        (&self.terminal).write_all(text.as_bytes())
    }
}

impl Drop for Silence {
    fn drop(&mut self) {
        // Keys that nobody read would go to the shell, which would show them and even run them.
        let _ = tcflush(&self.terminal, QueueSelector::IFlush);
        let _ = tcsetattr(&self.terminal, OptionalActions::Now, &self.before);
    }
}
