//! `um-host key …`: the key and whether it opens the store.

use std::path;

use clap::Subcommand;
use serde_json::json;
use um_store::Checked;

use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::place::Place;
use crate::cli::show;
use crate::cli::ui::Ui;

const CHECK_HELP: &str = "\
Opens the store with the key, finishes or takes back a change that was cut off, and says what is there.

Examples:
  um-host key check
  um-host --key env:BACKUP_KEY key check --json";

#[derive(Debug, Subcommand)]
pub enum Key {
    /// Check that the key opens the store, and settle a change that was cut off
    #[command(after_help = CHECK_HELP)]
    Check,
}

pub fn run(key: Key, place: &Place, ui: Ui) -> Result<Exit, Failure> {
    match key {
        Key::Check => check(place, ui),
    }
}

fn check(place: &Place, ui: Ui) -> Result<Exit, Failure> {
    let data = place.data()?;
    let checked = place.store()?.check()?;
    if ui.json {
        ui.object(&json!({
            "store_id": checked.store_id.to_string(),
            "key_id": checked.key_id.to_string(),
            "generation": checked.generation,
            "workspaces": checked.workspaces,
            "audit_rows": checked.audit_rows,
            "reads_damaged": checked.reads_damaged,
            "settled": checked.settled,
            "data_dir": path::absolute(&data).unwrap_or(data),
        }))?;
        return told(&checked);
    }
    ui.line(format!("the key opens the store in `{}`", data.display()))?;
    ui.line(format!("store       {}", checked.store_id))?;
    ui.line(format!("key         {}", checked.key_id))?;
    ui.line(format!("changes     {}", checked.generation))?;
    ui.line(format!("workspaces  {}", checked.workspaces))?;
    ui.line(format!("audit       {}", show::counted(checked.audit_rows, "verified row")))?;
    if checked.settled {
        ui.line("a change that had been cut off was settled")?;
    }
    told(&checked)
}

/// All else was said: what is damaged is told last, and by the status.
fn told(checked: &Checked) -> Result<Exit, Failure> {
    if !checked.reads_damaged {
        return Ok(Exit::Success);
    }
    Err(Failure::host("records of reads are missing, were altered or cannot be read: what `secrets info` tells of use may be too little")
        .hint("the secrets are whole; compare `reads/` in the data directory with a backup"))
}
