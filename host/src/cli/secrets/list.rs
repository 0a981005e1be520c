//! `um-host secrets list`: names and descriptions, never values.

use jiff::Timestamp;
use serde_json::json;
use um_secret::SecretSummary;

use crate::cli::again;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::progress::during;
use crate::cli::secrets::entry;
use crate::cli::settings::Settings;
use crate::cli::show::{self, Table};
use crate::cli::ui::Ui;

pub fn run(settings: &Settings, ui: Ui) -> Result<Exit, Failure> {
    let workspace = settings.workspace();
    let store = settings.store()?;
    let secrets = during("reading the list of secrets", || store.list(workspace))?;
    if ui.json {
        let listed: Vec<_> = secrets.iter().map(entry::object).collect();
        ui.object(&json!({ "workspace": workspace, "secrets": listed }))?;
        return Ok(Exit::Success);
    }
    if secrets.is_empty() {
        let here = again::here();
        ui.say(format!("workspace `{workspace}` has no secrets; `um-host secrets set NAME{here}` stores one"));
        return Ok(Exit::Success);
    }
    let full = table(&secrets, show::time);
    match full.fits(ui.width()) {
        true => ui.table(&full)?,
        false => ui.table(&table(&secrets, show::day))?,
    }
    if secrets.iter().any(entry::is_judged_otherwise) {
        ui.say(format!("* {}", entry::JUDGED_OTHERWISE));
    }
    Ok(Exit::Success)
}

fn table(secrets: &[SecretSummary], changed: impl Fn(Timestamp) -> String) -> Table<7> {
    let rows = secrets.iter().map(|secret| {
        [
            secret.name.to_string(),
            secret.version.to_string(),
            changed(secret.updated),
            secret.exposure.to_string(),
            entry::bound_to(&secret.bindings),
            entry::masked(secret).to_owned(),
            secret.description.clone(),
        ]
    });
    Table::new(["NAME", "VERSION", "CHANGED", "EXPOSURE", "BOUND TO", "MASKED", "DESCRIPTION"], rows)
}
