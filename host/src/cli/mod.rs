//! The command line: one file per command, each a small function of settled values.
//!
//! Guarantees: an argument that might be a value is never repeated; what is not built yet is refused, never ignored;
//! only [`ui`] prints, and only `main.rs` exits.
//!
//! Deliberately absent: policy. What may be stored, run or sent is decided by the library.

mod args;
mod discreet;
mod exit;
mod failure;
mod init;
mod key;
mod masked;
mod place;
mod prompt;
mod python;
mod redact;
mod refusal;
mod run;
mod secrets;
mod show;
mod shown;
mod signals;
mod ui;
mod unbuilt;
mod value;
mod workspaces;

use std::ffi::OsString;
use std::os::unix::net::UnixStream;

use clap::Parser;

use args::{Cli, Command, Global};
use exit::Exit;
use failure::{Failure, OrFail};
use ui::Ui;

pub use ui::report_panic;

/// Does what the arguments ask for and returns the exit status.
pub fn main(arguments: impl Iterator<Item = OsString>) -> u8 {
    let arguments: Vec<OsString> = arguments.collect();
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

/// Where no more files may be open, what takes signals would panic: that is to be told as what it is.
fn check_room() -> Result<(), Failure> {
    let files = [UnixStream::pair(), UnixStream::pair(), UnixStream::pair()];
    files.into_iter().try_for_each(|opened| opened.map(drop)).or_fail(Exit::Host)
}

fn dispatch(cli: Cli) -> Result<Exit, Failure> {
    check_room()?;
    let Global { json, .. } = cli.global;
    let ui = Ui { json };
    let place = place::Place::new(cli.global)?;
    match cli.command {
        Command::Init => init::run(&place, ui),
        Command::Key(key) => key::run(key, &place, ui),
        Command::Workspaces(workspaces) => workspaces::run(workspaces, &place, ui),
        Command::Secrets(secrets) => secrets::run(secrets, &place, ui),
        Command::Run(run) => run::run(*run, place, ui),
        Command::Redact(redact) => redact::run(&redact, &place, ui),
        Command::Python(python) => python::run(python, &place, ui),
        Command::Store(_) => unbuilt::command("store"),
        Command::Backup(_) => unbuilt::command("backup"),
        Command::Restore(_) => unbuilt::command("restore"),
        Command::Audit(_) => unbuilt::command("audit"),
        Command::Check(_) => unbuilt::command("check"),
        Command::Build(_) => unbuilt::command("build"),
        Command::New(_) => unbuilt::command("new"),
        Command::Bench(_) => unbuilt::command("bench"),
    }
}
