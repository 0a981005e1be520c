//! Commands and options that are decided but not built yet: they parse, and are refused with status 2.

use std::ffi::OsString;

use clap::Args;

use crate::cli::exit::Exit;
use crate::cli::failure::Failure;

/// Not built yet, and refused
#[derive(Args, Debug)]
pub struct Anything {
    /// Whatever stands behind the command.
    #[arg(hide = true, trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<OsString>,
}

/// Refuses `um-host PATH`.
pub fn command(path: &str) -> Result<Exit, Failure> {
    Err(Failure::usage(format!("`um-host {path}` is not built yet"))
        .hint("this version of um-host does not have it; `um-host --help` lists what it has"))
}

/// Refuses the first of the options that was given.
pub fn options(command: &str, given: &[(&str, bool)]) -> Result<(), Failure> {
    let Some((option, _)) = given.iter().find(|(_, given)| *given) else { return Ok(()) };
    Err(Failure::usage(format!("`{option}` of `um-host {command}` is not built yet; nothing was done"))
        .hint(format!("leave `{option}` out if the command does what you need without it")))
}
