//! `um-host key …`: a new key, and whether one opens the store.

use std::path::{self, Path, PathBuf};

use clap::Subcommand;
use serde_json::json;
use um_store::{Checked, KeyError, KeySourceError, NewKey};

use crate::cli::discreet;
use crate::cli::exit::Exit;
use crate::cli::failure::{Failure, OrFail};
use crate::cli::progress::during;
use crate::cli::settings::Settings;
use crate::cli::show;
use crate::cli::ui::{self, Ui};

const NEW_HELP: &str = "\
Writes a new key of 256 random bits to FILE, which only this account may read and which must not be there yet. Without \
FILE the key goes to stdout, for whatever keeps secrets on your side. It belongs to no store until `um-host init` is given \
the place of it.

Examples:
  um-host key new /etc/um-host/key
  um-host --key file:/etc/um-host/key init
  um-host key new | pass insert --multiline um-host
  um-host --key fd:3 init 3< <(pass show um-host)";

const CHECK_HELP: &str = "\
Opens the store with the key, finishes or takes back a change that was cut off, and says what is there.

Examples:
  um-host key check
  um-host --key env:BACKUP_KEY key check --json";

#[derive(Debug, Subcommand)]
pub enum Key {
    /// Make a key for a store that is still to be made
    #[command(after_help = NEW_HELP)]
    New {
        /// The file to write it to [default: stdout]
        #[arg(value_name = "FILE")]
        file: Option<PathBuf>,
    },
    /// Check that the key opens the store, and settle a change that was cut off
    #[command(after_help = CHECK_HELP)]
    Check,
}

pub fn run(key: Key, settings: &Settings, ui: Ui) -> Result<Exit, Failure> {
    match key {
        Key::New { file: Some(file) } => new_in(&file, ui),
        Key::New { file: None } => new(ui),
        Key::Check => check(settings, ui),
    }
}

fn new_in(file: &Path, ui: Ui) -> Result<Exit, Failure> {
    if discreet::is_key(file) {
        return Err(Failure::new(Exit::Usage, KeySourceError::LooksLikeKey));
    }
    let key = NewKey::random();
    let written = key.write(file);
    let exit = if matches!(written, Err(KeyError::FileExists { .. })) { Exit::Refused } else { Exit::Host };
    written.or_fail(exit)?;
    let path = path::absolute(file).unwrap_or_else(|_| file.to_owned());
    ui.confirm(format!("made the key {} in `{}`", key.id(), path.display()));
    ui.confirm("back it up, apart from the data of the store that it will be for: losing it loses all secrets");
    if ui.json {
        ui.object(&json!({ "key_id": key.id().to_string(), "key_file": path }))?;
    }
    Ok(Exit::Success)
}

/// The one place where a key is printed: it has just been made, and nothing is locked with it yet.
fn new(ui: Ui) -> Result<Exit, Failure> {
    let key = NewKey::random();
    let text = key.text();
    match ui.json {
        true => ui::write_out(format!("{{\"key_id\":\"{}\",\"key\":\"{}\"}}\n", key.id(), *text).as_bytes())?,
        false => ui::write_out(format!("{}\n", *text).as_bytes())?,
    }
    ui.confirm(format!("made the key {}; it is kept nowhere but where you put it", key.id()));
    if ui.stdout_is_terminal() {
        ui.say("whoever sees this terminal, or its scrollback, has it; `um-host key new FILE` shows it to nobody");
    }
    Ok(Exit::Success)
}

fn check(settings: &Settings, ui: Ui) -> Result<Exit, Failure> {
    let data = settings.data()?;
    let store = settings.store()?;
    let checked = during("checking the store", || store.check())?;
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
