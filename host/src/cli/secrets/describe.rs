//! `um-host secrets describe`: changes what is said about a secret.

use clap::Args;
use serde_json::json;
use um_secret::check_description;

use super::description;
use crate::cli::exit::Exit;
use crate::cli::failure::{Failure, OrFail};
use crate::cli::progress::during;
use crate::cli::settings::Settings;
use crate::cli::ui::Ui;

pub const AFTER_HELP: &str = "\
A description is one line of at most 1,024 bytes. Everyone who may use the secret sees it: no values in it.

Examples:
  um-host secrets describe HUBSPOT_API_KEY 'CRM, read only; ask ops for more'
  um-host secrets describe HUBSPOT_API_KEY ''";

#[derive(Args, Debug)]
pub struct DescribeArgs {
    /// Name of the secret; case matters
    #[arg(value_name = "NAME")]
    name: String,
    /// What the secret is for; an empty text removes the description
    #[arg(value_name = "TEXT", required_unless_present = "description")]
    text: Option<String>,
    /// The same, as an option
    #[arg(long, value_name = "TEXT", conflicts_with = "text")]
    description: Option<String>,
}

pub fn run(args: &DescribeArgs, settings: &Settings, ui: Ui) -> Result<Exit, Failure> {
    let name = super::stored_name(&args.name, settings)?;
    let text = args.text.as_deref().or(args.description.as_deref()).unwrap_or_default();
    check_description(text).or_fail(Exit::Usage)?;
    description::check(text)?;
    let workspace = settings.workspace();
    let store = settings.store()?;
    during(format!("describing {name}"), || store.describe(&settings.actor(), workspace, &name, text))?;
    ui.confirm(format!("described {name} in workspace `{workspace}`"));
    if ui.json {
        ui.object(&json!({ "workspace": workspace, "name": name, "description": text }))?;
    }
    Ok(Exit::Success)
}
