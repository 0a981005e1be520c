//! The one place that prints, but for the line of [`progress`]: data to stdout, talk to stderr.
//!
//! Guarantees: a closed stdout is a quiet failure of its own, a closed stderr never stops a command, and nothing that
//! somebody else chose the words of drives the terminal or looks like a line of ours ([`shown`]).

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};
use std::os::fd::AsFd;
use std::panic::Location;

use clap::builder::styling::Style;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use serde::Serialize;
use um_base::is_gone;

use crate::cli::discreet;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::progress;
use crate::cli::show::{Table, WIDTH, wrapped};
use crate::cli::shown;
use crate::cli::terminal;

/// What begins all that we say.
const NAME: &str = "um-host:";

/// How the command talks.
#[derive(Clone, Copy)]
pub struct Ui {
    /// One JSON object on stdout in place of text for people.
    pub json: bool,
}

impl Ui {
    /// Prints one line of data.
    pub fn line(&self, text: impl Display) -> Result<(), Failure> {
        write_out(format!("{}\n", shown::line(&text.to_string())).as_bytes())
    }

    /// Prints a label and what belongs to it: in lines that fit the terminal, and whole where nobody watches.
    pub fn field(&self, label: &str, text: impl Display) -> Result<(), Failure> {
        let text = shown::line(&text.to_string());
        let lines = match self.width() {
            None => vec![format!("{label}{text}")],
            width => wrapped(label, &text, width.map(|width| width.min(WIDTH))),
        };
        lines.iter().try_for_each(|line| self.line(line.trim_end()))
    }

    /// Prints a table: what it has in lines, with its head first.
    pub fn table<const N: usize>(&self, table: &Table<N>) -> Result<(), Failure> {
        let stdout = io::stdout();
        for (number, line) in table.lines(self.width()).iter().enumerate() {
            let line = if number == 0 { &terminal::styled(line, terminal::HEAD, &stdout) } else { line };
            write_out(format!("{line}\n").as_bytes())?;
        }
        Ok(())
    }

    /// Prints the command's one object.
    pub fn object(&self, object: &impl Serialize) -> Result<(), Failure> {
        let text = serde_json::to_string(object).map_err(|error| Failure::new(Exit::Host, error))?;
        write_out(format!("{}\n", shown::json(&text)).as_bytes())
    }

    /// Says something about what was done.
    pub fn say(&self, text: impl Display) {
        say(&named(&fitting(NAME.len() + 1, &shown::line(&text.to_string()))));
    }

    /// Says what was masked, or was not, so that it is noticed.
    pub fn notice(&self, text: impl Display) {
        let text = fitting(NAME.len() + 1, &shown::line(&text.to_string()));
        say(&named(&terminal::styled(&text, terminal::NOTICE, &io::stderr())));
    }

    /// Says what was done where no object says it already.
    pub fn confirm(&self, text: impl Display) {
        if !self.json {
            self.say(text);
        }
    }

    /// Says the next step of what is under way: in the line of progress, or where nobody watches, in one that stays.
    pub fn step(&self, text: impl Display) {
        if !progress::step(&text) {
            self.say(text);
        }
    }

    /// Asks a question that only `y` or `yes` answers with yes.
    pub fn ask(&self, question: impl Display) -> io::Result<bool> {
        say_without_newline(&named(&format!("{} [y/N] ", shown::line(&question.to_string()))));
        let mut answer = String::new();
        io::stdin().read_line(&mut answer)?;
        Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
    }

    /// Columns of what stdout is shown in, if somebody watches it.
    pub fn width(&self) -> Option<usize> {
        terminal::width(&io::stdout())
    }

    pub fn stdout_is_terminal(&self) -> bool {
        io::stdout().is_terminal()
    }

    pub fn stdin_is_terminal(&self) -> bool {
        io::stdin().is_terminal()
    }
}

/// A stream that whoever started us may have made non-blocking: what it does not take at once is waited for.
pub struct Patient<W>(pub W);

impl<W: Write + AsFd> Patient<W> {
    fn once_writable<T>(&mut self, mut write: impl FnMut(&mut W) -> io::Result<T>) -> io::Result<T> {
        loop {
            match write(&mut self.0) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                done => return done,
            }
            match poll(&mut [PollFd::new(&self.0, PollFlags::OUT)], None) {
                Ok(_) | Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

impl<W: Write + AsFd> Write for Patient<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.once_writable(|stream| stream.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.once_writable(Write::flush)
    }
}

/// Prints text that is data as it stands, such as help.
pub fn write_out(bytes: &[u8]) -> Result<(), Failure> {
    let _way = progress::make_way();
    let mut stdout = Patient(io::stdout().lock());
    match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        Ok(()) => Ok(()),
        Err(error) if is_gone(&error) => Err(Failure::silent(Exit::ClosedStdout)),
        Err(error) => Err(Failure::new(Exit::Host, anyhow::Error::new(error).context("stdout could not be written"))),
    }
}

/// Prints a failure: the error and its causes, then the next step.
pub fn report(failure: &Failure) {
    let Some(error) = &failure.error else { return };
    let mut said = shown::line(&discreet::said(error));
    let error_at = NAME.len() + " error: ".len();
    say(&named(&format!("{} {}", labelled("error:", terminal::ERROR), fitting(error_at, &said))));
    for cause in error.chain().skip(1) {
        let cause = shown::line(&discreet::said(cause));
        if !said.contains(&cause) {
            say(&format!("  because: {}", fitting("  because: ".len(), &cause)));
            said = cause;
        }
    }
    if let Some(hint) = &failure.hint {
        let hint = fitting("  hint: ".len(), &shown::line(&discreet::said(hint)));
        say(&format!("  {} {hint}", labelled("hint:", terminal::HINT)));
    }
}

/// Prints what a typed action failed with: its own words.
pub fn report_failed(message: &str) {
    say(&format!("{} {}", labelled("error:", terminal::ERROR), shown::lines(message)));
}

/// Says that um-host itself is at fault and where, never what the panic said. A panic that the store catches is an
/// error of its own, not a fault.
pub fn report_panic(location: Option<&Location<'_>>) {
    if um_store::is_guarded() {
        return;
    }
    let at = location.map(|location| format!(" at {location}")).unwrap_or_default();
    // Not by way of the progress, which may be what is at fault.
    write_err(&format!("{}\n", named(&format!("fault in um-host itself{at}"))));
}

/// Prints text of our own for people as it stands.
pub fn say(text: &str) {
    say_without_newline(&format!("{text}\n"));
}

/// A text for stderr behind so many columns, in lines that fit the terminal.
fn fitting(behind: usize, text: &str) -> String {
    match terminal::width(&io::stderr()) {
        None => text.to_owned(),
        width => wrapped(&" ".repeat(behind), text, width).join("\n").trim_start().to_owned(),
    }
}

/// A text for stderr, behind our name.
fn named(text: &str) -> String {
    format!("{} {text}", labelled(NAME, terminal::NAME))
}

/// A word for stderr, in colour if that takes one.
fn labelled(word: &str, style: Style) -> String {
    terminal::styled(word, style, &io::stderr())
}

fn say_without_newline(text: &str) {
    let _way = progress::make_way();
    write_err(text);
}

fn write_err(text: &str) {
    let mut stderr = Patient(io::stderr().lock());
    let _ = stderr.write_all(text.as_bytes()).and_then(|()| stderr.flush());
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::os::unix::net::UnixStream;
    use std::thread;

    use super::*;

    /// The run ended with "resource temporarily unavailable" once the reader was slower than the action.
    #[test]
    fn what_a_stream_does_not_take_at_once_is_waited_for() {
        const MOST: usize = 4 << 20;
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        ours.set_nonblocking(true).unwrap();
        let mut full = &ours;
        while full.write(&[0; 4096]).is_ok() {}
        let reading = thread::spawn(move || {
            let mut read = Vec::new();
            theirs.read_to_end(&mut read).map(|_| read.iter().filter(|byte| **byte == 1).count())
        });
        let mut patient = Patient(ours);
        patient.write_all(&vec![1; MOST]).unwrap();
        patient.flush().unwrap();
        drop(patient);
        assert_eq!(reading.join().unwrap().unwrap(), MOST);
    }

    #[test]
    fn a_reader_that_has_gone_is_not_waited_for() {
        let (ours, theirs) = UnixStream::pair().unwrap();
        ours.set_nonblocking(true).unwrap();
        let mut full = &ours;
        while full.write(&[0; 4096]).is_ok() {}
        drop(theirs);
        assert!(is_gone(&Patient(ours).write_all(b"more").unwrap_err()));
    }
}
