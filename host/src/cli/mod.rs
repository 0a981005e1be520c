//! The command line: one file per command, each a small function of settled values.
//!
//! Guarantees: an argument that might be a value is never repeated; what is not known is refused, never ignored;
//! only [`ui`] prints, and only `main.rs` exits.
//!
//! Deliberately absent: policy. What may be stored, run or sent is decided by the library.

mod advice;
mod again;
mod args;
mod bench;
mod discreet;
mod exit;
mod failure;
mod init;
mod kept;
mod key;
mod masked;
mod options;
mod progress;
mod prompt;
mod python;
mod redact;
mod refusal;
mod run;
mod secrets;
mod settings;
mod show;
mod shown;
mod signals;
mod terminal;
mod ui;
mod value;
mod workspaces;

use std::ffi::OsString;
use std::io;
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex, mpsc};
use std::thread;

use clap::Parser;
use rustix::process::{Resource, getrlimit};
use um_base::Shortage;

use args::{Cli, Command};
use exit::Exit;
use failure::{Failure, OrFail};
use options::Global;
use ui::Ui;

pub use ui::report_panic;

/// Threads that a run needs: the engine's clock, its workers, and those that wait for files and streams.
const THREADS: usize = 6;
/// Whoever may have so many need not try.
const PLENTY: u64 = 4096;

/// Does what the arguments ask for and returns the exit status.
pub fn main(arguments: impl Iterator<Item = OsString>) -> u8 {
    let arguments: Vec<OsString> = arguments.collect();
    discreet::remember(&arguments);
    again::remember(&arguments);
    let ended = match Cli::try_parse_from(&arguments) {
        Ok(cli) => dispatch(cli),
        Err(refused) => refusal::explain(&refused, &arguments),
    };
    match ended {
        Ok(exit) => exit.status(),
        Err(failure) => {
            ui::report(&failure);
            failure.exit.status()
        }
    }
}

/// Where no more files may be open or no more threads begun, what takes signals and tasks would panic: that is to be told
/// as what it is.
fn check_room() -> Result<(), Failure> {
    if getrlimit(Resource::Nproc).current.is_some_and(|threads| threads < PLENTY) {
        check_threads()?;
    }
    let files = [UnixStream::pair(), UnixStream::pair(), UnixStream::pair()];
    files.into_iter().try_for_each(|opened| opened.map(drop)).or_fail(Exit::Host)
}

/// Begins so many threads at once as a run needs, and ends them.
fn check_threads() -> Result<(), Failure> {
    let (gate, waiting) = mpsc::channel::<()>();
    let waiting = Arc::new(Mutex::new(waiting));
    let begun = [(); THREADS].map(|()| {
        let waiting = Arc::clone(&waiting);
        thread::Builder::new().spawn(move || drop(waiting.lock().map(|waiting| waiting.recv())))
    });
    drop(gate);
    for thread in begun {
        let thread =
            thread.map_err(|error| Shortage::of(&error).map_or(error, io::Error::other)).or_fail(Exit::Host)?;
        let _ = thread.join();
    }
    Ok(())
}

fn dispatch(cli: Cli) -> Result<Exit, Failure> {
    check_room()?;
    let Global { json, .. } = cli.global;
    let ui = Ui { json };
    let settings = settings::Settings::new(cli.global)?;
    match cli.command {
        Command::Init => init::run(&settings, ui),
        Command::Key(key) => key::run(key, &settings, ui),
        Command::Workspaces(workspaces) => workspaces::run(workspaces, &settings, ui),
        Command::Secrets(secrets) => secrets::run(secrets, &settings, ui),
        Command::Run(run) => run::run(*run, settings, ui),
        Command::Bench(bench) => bench::run(*bench, settings, ui),
        Command::Redact(redact) => redact::run(&redact, &settings, ui),
        Command::Python(python) => python::run(python, &settings, ui),
    }
}
