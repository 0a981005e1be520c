//! `um-host secrets delete`: deletes a secret for good, after a question.

use clap::Args;
use serde_json::json;
use um_secret::{Precondition, SecretName};

use crate::cli::again;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::progress::during;
use crate::cli::prompt;
use crate::cli::secrets::entry;
use crate::cli::settings::Settings;
use crate::cli::ui::Ui;

pub const AFTER_HELP: &str = "\
Says when the secret was last used and asks. The value cannot be brought back; runs that are under way keep it until \
they end. Revoke it where it was issued, too.

Examples:
  um-host secrets delete HUBSPOT_API_KEY
  um-host secrets delete HUBSPOT_API_KEY --yes";

#[derive(Args, Debug)]
pub struct DeleteArgs {
    /// Name of the secret; case matters
    #[arg(value_name = "NAME")]
    name: String,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
}

pub fn run(args: &DeleteArgs, settings: &Settings, ui: Ui) -> Result<Exit, Failure> {
    let name = super::stored_name(&args.name, settings)?;
    let store = settings.store()?;
    let workspace = settings.workspace();
    // What was shown is what is deleted.
    let mut only = Precondition::any();
    if !args.yes {
        let (secret, used, reads_damaged) = during(format!("looking up {name}"), || store.summary(workspace, &name))?;
        ui.say(format!("{name} in workspace `{workspace}` was last used: {}", entry::last_use_line(used.as_ref())));
        if reads_damaged {
            ui.say(entry::READS_DAMAGED);
        }
        if !confirmed(&name, ui)? {
            ui.say("kept it; nothing was changed");
            return Ok(Exit::Refused);
        }
        only = only.version(name.clone(), secret.version);
    }
    let (by, within, under) = (settings.actor(), workspace.clone(), name.clone());
    let deleted =
        prompt::unless_stopped(format!("deleting {name}"), move || store.delete_if(&by, &within, &under, &only))??;
    ui.confirm(format!("deleted {name} from workspace `{workspace}`"));
    if args.yes {
        ui.confirm(format!("it was last used: {}", entry::last_use_line(deleted.last_use.as_ref())));
    }
    if args.yes && deleted.reads_damaged {
        ui.say(entry::READS_DAMAGED);
    }
    if ui.json {
        ui.object(&json!({
            "workspace": workspace,
            "name": name,
            "version": deleted.version,
            "last_use": entry::last_use(deleted.last_use.as_ref()),
            "reads_damaged": deleted.reads_damaged,
        }))?;
    }
    Ok(Exit::Success)
}

fn confirmed(name: &SecretName, ui: Ui) -> Result<bool, Failure> {
    if !ui.stdin_is_terminal() {
        return Err(Failure::usage("stdin is no terminal, so nobody can be asked; nothing was deleted").hint(format!(
            "`um-host secrets delete {name} --yes{here}` deletes without asking",
            here = again::here()
        )));
    }
    prompt::confirm(format!("delete {name} for good?"), ui)
}
