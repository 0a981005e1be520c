//! `um-host run`: one run of an action, with its streams on ours and its outcome as our status.

mod args;

pub use args::{AFTER_HELP, RunArgs};

use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::place::Place;
use crate::cli::ui::Ui;

pub fn run(args: RunArgs, place: Place, ui: Ui) -> Result<Exit, Failure> {
    let settled = args::settle(args)?;
    let _ = (place, ui, settled);
    todo!()
}
