//! Our streams as an action writes to them, with a memory of whether a line was left open.

use std::io::{self, ErrorKind, IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::io::Errno;
use um_runtime::action::Kind;

use crate::cli::progress;
use crate::cli::ui::{self, Patient};

/// A stream of ours that an action writes to.
pub struct Passage<W> {
    stream: W,
    is_terminal: bool,
    inside_line: Option<InsideLine>,
}

/// Whether what an action wrote broke off in the middle of a line, where what we say would go unnoticed.
#[derive(Clone, Default)]
pub struct InsideLine(Arc<AtomicBool>);

/// Where the stdout of an action goes, which is known when its kind is: to ours if it is a command.
pub struct Stdout {
    is_command: IsCommand,
    stdout: Passage<Patient<io::Stdout>>,
    stderr: Passage<Patient<io::Stderr>>,
}

/// Whether the action has turned out to be a command.
#[derive(Clone, Default)]
pub struct IsCommand(Arc<AtomicBool>);

impl Passage<Patient<io::Stdout>> {
    /// Our stdout; it shares its lines with stderr if one terminal shows both.
    fn stdout(inside_line: &InsideLine) -> Self {
        let shared = io::stdout().is_terminal() && io::stderr().is_terminal();
        let (stream, is_terminal) = (Patient(io::stdout()), io::stdout().is_terminal());
        Self { stream, is_terminal, inside_line: shared.then(|| inside_line.clone()) }
    }
}

impl Passage<Patient<io::Stderr>> {
    pub fn stderr(inside_line: &InsideLine) -> Self {
        let (stream, is_terminal) = (Patient(io::stderr()), io::stderr().is_terminal());
        Self { stream, is_terminal, inside_line: Some(inside_line.clone()) }
    }
}

impl<W: Write> Write for Passage<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.is_terminal {
            progress::silence();
        }
        let written = self.stream.write(bytes).map_err(|error| match error.raw_os_error() {
            // What a terminal that was closed says.
            Some(number) if self.is_terminal && number == Errno::IO.raw_os_error() => ErrorKind::BrokenPipe.into(),
            _ => error,
        })?;
        if let (Some(inside_line), Some(last)) = (&self.inside_line, bytes[..written].last()) {
            inside_line.0.store(*last != b'\n', Ordering::Relaxed);
        }
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

impl IsCommand {
    pub fn set(&self, kind: Kind) {
        self.0.store(kind == Kind::Command, Ordering::Relaxed);
    }
}

impl Stdout {
    pub fn new(is_command: &IsCommand, inside_line: &InsideLine) -> Self {
        let (stdout, stderr) = (Passage::stdout(inside_line), Passage::stderr(inside_line));
        Self { is_command: is_command.clone(), stdout, stderr }
    }

    fn stream(&mut self) -> &mut dyn Write {
        match self.is_command.0.load(Ordering::Relaxed) {
            true => &mut self.stdout,
            false => &mut self.stderr,
        }
    }
}

impl Write for Stdout {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream().flush()
    }
}

impl InsideLine {
    /// Ends the line that was left open.
    pub fn end(&self) {
        if self.0.swap(false, Ordering::Relaxed) {
            ui::say("");
        }
    }
}
