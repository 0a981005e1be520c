//! `um-host workspaces …`: the scopes that secrets live in.

use clap::Subcommand;
use serde_json::json;
use um_host::secret::WorkspaceName;

use crate::cli::exit::Exit;
use crate::cli::failure::{Failure, OrFail};
use crate::cli::place::Place;
use crate::cli::show;
use crate::cli::ui::Ui;
use crate::cli::unbuilt::{self, Anything};

#[derive(Debug, Subcommand)]
pub enum Workspaces {
    /// Create a workspace
    #[command(after_help = "Example:\n  um-host workspaces create marketing")]
    Create {
        /// Letters, digits, `.`, `_` and `-`, at most 64
        #[arg(value_name = "NAME")]
        name: String,
    },
    /// List the workspaces of the store
    #[command(after_help = "Examples:\n  um-host workspaces list\n  um-host workspaces list --json")]
    List,
    #[command(hide = true, disable_help_flag = true)]
    Delete(Anything),
    #[command(hide = true, disable_help_flag = true)]
    Rotate(Anything),
    #[command(hide = true, disable_help_flag = true)]
    Allow(Anything),
    #[command(hide = true, disable_help_flag = true)]
    Disallow(Anything),
    #[command(hide = true, disable_help_flag = true)]
    Show(Anything),
}

pub fn run(workspaces: Workspaces, place: &Place, ui: Ui) -> Result<Exit, Failure> {
    match workspaces {
        Workspaces::Create { name } => create(&name, place, ui),
        Workspaces::List => list(place, ui),
        Workspaces::Delete(_) => unbuilt::command("workspaces delete"),
        Workspaces::Rotate(_) => unbuilt::command("workspaces rotate"),
        Workspaces::Allow(_) => unbuilt::command("workspaces allow"),
        Workspaces::Disallow(_) => unbuilt::command("workspaces disallow"),
        Workspaces::Show(_) => unbuilt::command("workspaces show"),
    }
}

fn create(name: &str, place: &Place, ui: Ui) -> Result<Exit, Failure> {
    let name = WorkspaceName::parse(name).or_fail(Exit::Usage)?;
    place.store()?.create_workspace(&name)?;
    ui.confirm(format!("created the workspace `{name}`"));
    if ui.json {
        ui.object(&json!({ "workspace": name }))?;
    }
    Ok(Exit::Success)
}

fn list(place: &Place, ui: Ui) -> Result<Exit, Failure> {
    let workspaces = place.store()?.workspaces()?;
    if ui.json {
        let listed: Vec<_> = workspaces
            .iter()
            .map(|workspace| json!({ "name": workspace.name, "created": show::stamp(workspace.created), "secrets": workspace.secrets }))
            .collect();
        ui.object(&json!({ "workspaces": listed }))?;
        return Ok(Exit::Success);
    }
    let rows = workspaces
        .iter()
        .map(|workspace| [workspace.name.to_string(), workspace.secrets.to_string(), show::time(workspace.created)]);
    for line in show::table(["NAME", "SECRETS", "CREATED"], rows) {
        ui.line(line)?;
    }
    Ok(Exit::Success)
}
